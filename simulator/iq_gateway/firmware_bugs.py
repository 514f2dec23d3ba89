"""Faults that real firmware has, as changes to payloads."""

from collections.abc import Callable
from typing import Any

from .config import Measurement
from .faults import Fault, Mutate
from .meters import EIDS

READINGS = "/ivp/meters/readings"
REPORTS = "/ivp/meters/reports"
INVERTERS = "/api/v1/production/inverters"
DEVICE_DATA = "/ivp/pdm/device_data"
ENSEMBLE = "/ivp/ensemble/inventory"
PDM_ENERGY = "/ivp/pdm/energy"
API_PRODUCTION = "/api/v1/production"
PRODUCTION_JSON = "/production.json"
_UNKNOWN_EID = 1023410688
_WRAP = 1 << 32
_COUNTERS = ("actEnergyDlvd", "actEnergyRcvd")


def _each_reading(change: Callable[[dict[str, Any]], None]) -> Callable[[Any], None]:
    def apply(payload: Any) -> None:
        for meter in payload:
            change(meter)
            for channel in meter["channels"]:
                change(channel)

    return apply


def _each_pcu(change: Callable[[dict[str, Any]], None]) -> Callable[[Any], None]:
    def apply(payload: Any) -> None:
        for device in payload.values():
            if isinstance(device, dict) and device["devName"] == "pcu":
                for channel in device["channels"]:
                    change(channel)

    return apply


def lifetime_zero() -> Fault:
    """Read every meter counter as zero."""

    def zero(row: dict[str, Any]) -> None:
        row.update(dict.fromkeys(_COUNTERS, 0.0))

    return Mutate(_each_reading(zero), (READINGS,))


def lifetime_dip(watt_hours: float) -> Fault:
    """Read every meter counter lower by so many Wh."""

    def dip(row: dict[str, Any]) -> None:
        for name in _COUNTERS:
            row[name] = round(max(0.0, row[name] - watt_hours), 3)

    return Mutate(_each_reading(dip), (READINGS,))


def daily_wrap() -> Fault:
    """Show today's energies as just under 2^32 Wh."""

    def wrap(payload: Any) -> None:
        for sums in _sums_of(payload):
            sums["wattHoursToday"] = _WRAP - 17

    return Mutate(wrap, (API_PRODUCTION, PDM_ENERGY))


def today_is_lifetime() -> Fault:
    """Show the lifetime as today's and as the week's energy."""

    def repeat(payload: Any) -> None:
        for sums in _sums_of(payload):
            sums["wattHoursToday"] = sums["wattHoursLifetime"]
            sums["wattHoursSevenDays"] = sums["wattHoursLifetime"]

    return Mutate(repeat, (API_PRODUCTION, PDM_ENERGY))


def today_resets_late() -> Fault:
    """Go on with yesterday's sums after midnight, for as long as the fault lasts."""
    highest: dict[str, float] = {}

    def hold(payload: Any) -> None:
        for name, row, key in _todays(payload):
            highest[name] = row[key] = max(highest.get(name, 0), row[key])

    return Mutate(hold, (API_PRODUCTION, PDM_ENERGY, PRODUCTION_JSON))


def _todays(payload: dict[str, Any]) -> list[tuple[str, dict[str, Any], str]]:
    if isinstance(payload.get("production"), list):
        rows = [*payload["production"], *payload.get("consumption", [])]
        return [(row["measurementType"], row, "whToday") for row in rows if "whToday" in row]
    return [(str(number), sums, "wattHoursToday") for number, sums in enumerate(_sums_of(payload))]


def _sums_of(payload: dict[str, Any]) -> list[dict[str, Any]]:
    if "wattHoursToday" in payload:
        return [payload]
    return [sums for group in payload.values() for sums in group.values()]


def storage_channel_zero(channel: int = 0) -> Fault:
    """Lose one channel of a split-phase storage CT; the aggregate halves."""

    def lose(payload: Any) -> None:
        for meter in payload:
            if meter["eid"] != EIDS[Measurement.STORAGE]:
                continue
            lost = meter["channels"][channel]
            for name, value in lost.items():
                if name not in ("eid", "timestamp"):
                    if name not in ("freq", "pwrFactor"):
                        meter[name] = round(meter[name] - value, 3)
                    lost[name] = 0.0

    return Mutate(lose, (READINGS,))


def unsigned_watts() -> Fault:
    """Show negative watts as unsigned 32-bit numbers."""

    def wrap(payload: Any) -> None:
        for sums in _sums_of(payload):
            watts = min(-4, sums["wattsNow"])
            sums["wattsNow"] = watts % _WRAP

    return Mutate(wrap, (API_PRODUCTION, PDM_ENERGY))


def blank_meters() -> Fault:
    """Show what a gateway shows just after its start: nothing measured yet."""

    def blank(payload: Any) -> None:
        rows = payload if isinstance(payload, list) else [payload]
        for row in rows:
            _zero_numbers(row, keep=("eid", "timestamp", "createdAt"))

    return Mutate(blank, (READINGS, REPORTS, API_PRODUCTION, PDM_ENERGY))


def _zero_numbers(node: Any, *, keep: tuple[str, ...]) -> None:
    if isinstance(node, dict):
        for name, value in node.items():
            if name in keep:
                continue
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                node[name] = type(value)(0)
            else:
                _zero_numbers(value, keep=keep)
    elif isinstance(node, list):
        for each in node:
            _zero_numbers(each, keep=keep)


def no_inverters() -> Fault:
    """Return an empty list of inverters."""
    return Mutate(lambda _: [], (INVERTERS,))


def partial_inverters(keep: int) -> Fault:
    """Return only the first inverters of the list."""
    return Mutate(lambda payload: payload[:keep], (INVERTERS,))


def disabled_ct_garbage() -> Fault:
    """Add a disabled CT to the readings, with garbage in it."""

    def add(payload: Any) -> None:
        if payload:
            row = _copy_of(payload[0], 704644864, 1778386705)
            row.update(activePower=-14.617, actEnergyDlvd=123.136, actEnergyRcvd=-19.677)
            payload.append(row)

    return Mutate(add, (READINGS,))


def disabled_ct_listed() -> Fault:
    """List that disabled CT among the meters."""

    def add(payload: Any) -> None:
        if payload:
            payload.append(payload[0] | {"eid": 704644864, "measurementType": "evse", "state": "disabled"})

    return Mutate(add, ("/ivp/meters",))


def unknown_eid() -> Fault:
    """Add a meter to the readings that is not among the meters."""

    def add(payload: Any) -> None:
        if payload:
            row = _copy_of(payload[0], _UNKNOWN_EID, 2097152513)
            _zero_numbers(row, keep=("eid", "timestamp"))
            payload.append(row)

    return Mutate(add, (READINGS,))


def _copy_of(meter: dict[str, Any], eid: int, channel: int) -> dict[str, Any]:
    channels = [each | {"eid": channel + number} for number, each in enumerate(meter["channels"])]
    return meter | {"eid": eid, "channels": channels}


def third_channel_garbage(watts: float = -3545.0) -> Fault:
    """Let the third channel of each meter carry unrelated power, W."""

    def soil(payload: Any) -> None:
        for meter in payload:
            meter["channels"][2].update(
                activePower=watts,
                instantaneousDemand=watts,
                current=29.4,
                actEnergyDlvd=77_777.0,
            )

    return Mutate(soil, (READINGS,))


def power_factor_sums() -> Fault:
    """Show the sum of the phases' power factors as the whole meter's."""

    def add(payload: Any) -> None:
        for meter in payload:
            meter["pwrFactor"] = round(sum(channel["pwrFactor"] for channel in meter["channels"]), 3)

    return Mutate(add, (READINGS,))


def stalled_production() -> Fault:
    """Repeat the first answer of /api/v1/production for ever."""
    first: list[Any] = []

    def stall(payload: Any) -> Any:
        if not first:
            first.append(payload)
        return dict(first[0])

    return Mutate(stall, (API_PRODUCTION,))


def stalled_live_data() -> Fault:
    """Repeat live values while their time stamp goes on."""
    first: dict[str, Any] = {}

    def stall(payload: Any) -> None:
        stamp = payload["meters"]["last_update"]
        first.update(payload["meters"] if not first else {})
        payload["meters"] = first | {"last_update": stamp}

    return Mutate(stall, ("/ivp/livedata/status",))


def no_last_reading() -> Fault:
    """Empty each inverter's last reading, as many gateways do at night."""

    def forget(channel: dict[str, Any]) -> None:
        channel["lastReading"] = {}

    return Mutate(_each_pcu(forget), (DEVICE_DATA,))


def inverter_lifetime_wraps() -> Fault:
    """Wrap each inverter's lifetime joules at 2^32."""

    def wrap(channel: dict[str, Any]) -> None:
        lifetime = channel["lifetime"]
        if "joulesProduced" in lifetime:
            lifetime["joulesProduced"] %= _WRAP

    return Mutate(_each_pcu(wrap), (DEVICE_DATA,))


def temperature_unknown() -> Fault:
    """Show the batteries' temperatures as the word `unknown`."""

    def forget(payload: Any) -> None:
        for group in payload:
            if group["type"] == "ENCHARGE":
                for device in group["devices"]:
                    device["temperature"] = "unknown"

    return Mutate(forget, (ENSEMBLE,))


def total_is_net() -> Fault:
    """Show net consumption as total consumption in production.json."""

    def copy(payload: Any) -> None:
        by_kind = {row["measurementType"]: row for row in payload.get("consumption", [])}
        total, net = by_kind.get("total-consumption"), by_kind.get("net-consumption")
        if total and net:
            total["wNow"], total["whLifetime"] = net["wNow"], net["whLifetime"]

    return Mutate(copy, (PRODUCTION_JSON, "/production"))


def no_active_meter() -> Fault:
    """Show production.json's meters as not active though they measure."""

    def hide(payload: Any) -> None:
        for row in [*payload["production"], *payload.get("consumption", [])]:
            if row["type"] == "eim":
                row["activeCount"] = 0

    return Mutate(hide, (PRODUCTION_JSON, "/production"))
