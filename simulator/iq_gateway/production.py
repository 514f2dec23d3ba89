"""Payloads of production: quarter-hour sums, and the slow production.json."""

from typing import Any

from simulator.house import Truth

from .config import Measurement
from .meters import Electrics, lines, total
from .reply import Json
from .reports import consumption_lines
from .state import GatewayState

_IDLE_WATTS = 5


def _house_energy(truth: Truth) -> float:
    """Return Wh of consumption as the gateway computes it, battery included."""
    return truth.solar + truth.grid_import - truth.grid_export


def _sums(phases: tuple[Truth, ...], key: str) -> float:
    if key == "solar":
        return sum(phase.solar for phase in phases)
    return sum(_house_energy(phase) for phase in phases)


def _meter_sums(state: GatewayState, key: str, watts: float) -> dict[str, int]:
    diary, lifetime = state.house.diary, _sums(state.recorder.rollup.phases, key)
    today = max(0.0, lifetime - _sums(diary.today.phases, key))
    week = max(0.0, lifetime - _sums(diary.back(6).phases, key))
    return {
        "wattHoursToday": int(today),
        "wattHoursSevenDays": int(week),
        "wattHoursLifetime": int(lifetime),
        "wattsNow": round(watts),
    }


def inverter_sums(state: GatewayState) -> dict[str, int]:
    """Return the inverters' sums, Wh and W, as last reported."""
    house, reports = state.house, state.recorder.reports
    lifetime = sum(report.energy for report in reports.values()) / 1e6
    diary = house.diary
    return {
        "wattHoursToday": int(max(0.0, lifetime - sum(diary.today.inverters) / 1e6)),
        "wattHoursSevenDays": int(max(0.0, lifetime - sum(diary.back(6).inverters) / 1e6)),
        "wattHoursLifetime": int(lifetime),
        "wattsNow": inverter_watts(state),
    }


def inverter_watts(state: GatewayState) -> int:
    """Return W of those inverters whose report is fresh."""
    fresh = state.house.time - 2.5 * state.config.report_interval
    return sum(each.watts for each in state.recorder.reports.values() if each.end >= fresh)


_NOTHING = dict.fromkeys(("wattHoursToday", "wattHoursSevenDays", "wattHoursLifetime", "wattsNow"), 0)


def api_production(state: GatewayState) -> Json:
    """Return production: by the CT each quarter hour, else by the inverters."""
    if state.has_ct:
        return _meter_sums(state, "solar", state.recorder.rollup.mean.solar)
    if state.config.metered:
        # Metered hardware without CTs believes the CTs it does not have.
        return dict(_NOTHING)
    return inverter_sums(state)


def api_consumption(state: GatewayState) -> Json:
    """Return consumption each quarter hour."""
    if state.consumption_ct is None:
        return dict(_NOTHING)
    mean = state.recorder.rollup.mean
    return _meter_sums(state, "house", mean.solar + mean.grid)


def pdm_energy(state: GatewayState) -> Json:
    """Return sums by the inverters and by the meters."""
    produced = api_production(state) if state.has_ct else dict(_NOTHING)
    return {
        "production": {
            "pcu": inverter_sums(state),
            "rgm": dict(_NOTHING),
            "eim": produced,
        },
        "consumption": {"eim": api_consumption(state)},
    }


def production_json(state: GatewayState, *, details: bool) -> Json:
    """Return the slow production page; `details` adds each phase."""
    house = state.house
    working = [each for each in house.inverters if each.works]
    newest = max((each.end for each in state.recorder.reports.values()), default=0.0)
    produced: list[Json] = [
        {
            "type": "inverters",
            "activeCount": len(working),
            "readingTime": state.stamp(newest) if newest else 0,
            "wNow": inverter_watts(state),
            "whLifetime": inverter_sums(state)["wattHoursLifetime"],
        }
    ]
    page: dict[str, Any] = {"production": produced}
    if state.config.metered:
        solar = lines(state, Measurement.PRODUCTION)
        starts = [
            (now.solar, week.solar)
            for now, week in zip(house.diary.today.phases, house.diary.back(6).phases, strict=True)
        ]
        produced.append(_eim(state, "production", solar, starts, active=state.has_ct, details=details))
        page["consumption"] = _consumption(state, details=details)
    page["storage"] = [_storage(state)]
    return page


def _consumption(state: GatewayState, *, details: bool) -> list[Json]:
    house = state.house
    starts = [
        (_house_energy(now), _house_energy(week))
        for now, week in zip(house.diary.today.phases, house.diary.back(6).phases, strict=True)
    ]
    active = state.consumption_ct is not None
    disabled = lines(state, Measurement.NET_CONSUMPTION)
    both = (Measurement.TOTAL_CONSUMPTION, Measurement.NET_CONSUMPTION)
    return [
        _eim(
            state,
            kind.value,
            consumption_lines(state, kind) if active else disabled,
            starts if kind is Measurement.TOTAL_CONSUMPTION and active else None,
            active=active,
            details=details,
        )
        for kind in both
    ]


def _eim(
    state: GatewayState,
    kind: str,
    wires: list[Electrics],
    starts: list[tuple[float, float]] | None,
    *,
    active: bool,
    details: bool,
) -> Json:
    pairs = starts if starts and active else [None] * len(wires)
    known = [pair for pair in pairs if pair is not None]
    whole = (sum(day for day, _ in known), sum(week for _, week in known)) if known else None
    entry: dict[str, Any] = {
        "type": "eim",
        "activeCount": int(active),
        "measurementType": kind,
        "readingTime": state.stamp(state.house.time),
        **_row(total(wires), whole),
    }
    if details:
        entry["lines"] = [_row(each, pair) for each, pair in zip(wires, pairs, strict=True)]
    return entry


def _row(each: Electrics, starts: tuple[float, float] | None) -> dict[str, float]:
    moved = abs(each.delivered) + each.received
    row: dict[str, float] = {
        "wNow": round(each.power, 3),
        "whLifetime": round(each.delivered, 3),
        "varhLeadLifetime": round(moved * 0.083, 3),
        "varhLagLifetime": round(moved * 0.021, 3),
        "vahLifetime": round(moved * 1.19, 3),
        "rmsCurrent": round(each.current, 3),
        "rmsVoltage": round(each.voltage, 3),
        "reactPwr": round(each.reactive, 3),
        "apprntPwr": round(each.apparent, 3),
        "pwrFactor": round(each.factor, 2),
        "whToday": 0,
        "whLastSevenDays": 0,
        "vahToday": 0,
        "varhLeadToday": 0,
        "varhLagToday": 0,
    }
    if starts is not None:
        today = max(0.0, each.delivered - starts[0])
        row["whToday"] = round(today, 3)
        row["whLastSevenDays"] = round(max(0.0, each.delivered - starts[1]), 3)
        row["vahToday"] = round(today * 1.19, 3)
        row["varhLeadToday"] = round(today * 0.083, 3)
        row["varhLagToday"] = round(today * 0.021, 3)
    return row


def _storage(state: GatewayState) -> Json:
    battery = state.house.battery
    if not state.ac_batteries or battery is None:
        return {
            "type": "acb",
            "activeCount": 0,
            "readingTime": 0,
            "wNow": 0,
            "whNow": 0,
            "state": "idle",
        }
    watts = round(state.house.flow.battery)
    return {
        "type": "acb",
        "activeCount": state.ac_batteries,
        "readingTime": state.stamp(state.house.time),
        "wNow": watts,
        "whNow": round(battery.available_wh),
        "state": charge_state(watts),
        "percentFull": round(battery.level),
    }


def charge_state(watts: float) -> str:
    """Return what a battery does at W of discharge."""
    if abs(watts) < _IDLE_WATTS:
        return "idle"
    return "discharging" if watts > 0 else "charging"
