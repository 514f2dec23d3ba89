"""The gateway's current state: live data, network, cloud."""

from dataclasses import dataclass, field

from .....api.payload import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFlow:
    """One flow of `/ivp/livedata/status`: mW in total and by phase."""

    power_mw: float | None
    phases_mw: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveData:
    """`/ivp/livedata/status`: %, Wh, mW; positive towards the house.

    Unless a stream is armed, the values are those of the last one, at `last_update` in seconds
    since the epoch.
    """

    streaming: bool
    last_update: int | None
    state_of_charge: float | None
    main_relay_state: int | None
    solar: LiveFlow
    battery: LiveFlow
    grid: LiveFlow
    load: LiveFlow
    generator: LiveFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInterface:
    """One network interface of the gateway; the signal strength is in bars, up to `signal_max`."""

    kind: str
    carrier: bool
    signal: int | None
    signal_max: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """`/home`: the site's time zone, the network, and the time of the last report to the cloud."""

    timezone: str | None = field(repr=False)
    cloud_connected: bool | None
    last_cloud_report: int | None
    interfaces: tuple[NetworkInterface, ...]
    database_percent_full: float | None


def parse_live_data(endpoint: str, payload: object) -> LiveData:
    """Read `/ivp/livedata/status`."""
    root = Record(endpoint, payload)
    meters = root.record("meters")
    return LiveData(
        streaming=root.record_or_empty("connection").text_or_none("sc_stream") == "enabled",
        last_update=meters.integer_or_none("last_update"),
        state_of_charge=meters.number_or_none("soc"),
        main_relay_state=meters.integer_or_none("main_relay_state"),
        solar=_flow(meters, "pv"),
        battery=_flow(meters, "storage"),
        grid=_flow(meters, "grid"),
        load=_flow(meters, "load"),
        generator=_flow(meters, "generator"),
    )


def parse_home(endpoint: str, payload: object) -> Home:
    """Read `/home`."""
    root = Record(endpoint, payload)
    network = root.record_or_empty("network")
    full = root.value("db_percent_full")
    return Home(
        timezone=root.text_or_none("timezone"),
        cloud_connected=network.flag_or_none("web_comm"),
        last_cloud_report=network.integer_or_none("last_enlighten_report_time"),
        interfaces=tuple(_interface(item) for item in network.records("interfaces")),
        database_percent_full=_percent(full),
    )


def _flow(meters: Record, name: str) -> LiveFlow:
    flow = meters.record_or_empty(name)
    return LiveFlow(
        power_mw=flow.number_or_none("agg_p_mw"),
        phases_mw=tuple(flow.number_or_none(f"agg_p_ph_{phase}_mw") for phase in "abc"),
    )


def _interface(item: Record) -> NetworkInterface:
    return NetworkInterface(
        kind=item.code_or_none("type") or "unknown",
        carrier=item.flag_or_none("carrier") is True,
        signal=item.integer_or_none("signal_strength"),
        signal_max=item.integer_or_none("signal_strength_max"),
    )


def _percent(value: object) -> float | None:
    if isinstance(value, str):
        value = value.strip().rstrip("%").strip()
        return float(value) if len(value) < 4 and value.isascii() and value.isdigit() else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        return None
    return float(value)
