"""Live data: fresh only while somebody keeps the stream on."""

from typing import TYPE_CHECKING, Any

from simulator.house import Flow

from .config import Controller
from .reply import Json

if TYPE_CHECKING:
    from .state import GatewayState

_NOT_ENABLED = (
    "Last available status data shown. Live stream not enabled. "
    "To enable the live stream, POST to /ivp/livedata/stream."
)
_NO_GENERATOR = 5
_GENERATOR_OPEN = 1
_GENERATOR_CLOSED = 2
_POWER_FACTOR = 0.97


class LiveStream:
    """Whether live data flows, and the last of it."""

    def __init__(self, *, seconds: float) -> None:
        """Switch off by itself after `seconds`."""
        self._seconds = seconds
        self._until = 0.0
        self._last: dict[str, Any] | None = None
        self.served = 0

    def enabled(self, now: float) -> bool:
        """Whether data flows at `now`, epoch s."""
        return now < self._until

    def switch(self, *, on: bool, now: float) -> Json:
        """Enable or disable the stream."""
        self._until = now + self._seconds if on else 0.0
        return {"sc_stream": "enabled" if on else "disabled"}

    def status(self, state: GatewayState) -> Json:
        """Return the status; without the stream its meters are stale."""
        now = state.house.time
        on = self.enabled(now)
        self.served += 1
        if on or self._last is None:
            self._last = meters(state)
        status: dict[str, Any] = {
            "connection": {
                "mqtt_state": "connected",
                "prov_state": "configured",
                "auth_state": "ok",
                "sc_stream": "enabled" if on else "disabled",
                "sc_debug": "disabled",
            },
            "meters": self._last,
            "tasks": {
                "task_id": 2072606140,
                "timestamp": state.stamp(now - now % 3600),
            },
            "counters": {
                "main_CfgLoad": 1,
                "main_CfgChanged": 1,
                "main_taskUpdate": 62,
                "rest_Meters": 7,
                "rest_Status": self.served,
            },
            "dry_contacts": {"": {"dry_contact_id": "", "dry_contact_status": 0}},
        }
        if not on:
            status["info"] = _NOT_ENABLED
        return status


def meters(state: GatewayState) -> dict[str, Any]:
    """Return power in mW and mVA, levels in percent, energy in Wh."""
    house = state.house
    battery = house.battery
    level = round(battery.level) if battery else 0
    encharge, ac_battery = bool(state.encharges), bool(state.ac_batteries)
    stored = round(battery.available_wh) if battery else 0
    flows = house.flow_by_phase
    measured = state.consumption_ct is not None
    solar = [flow.solar if state.has_ct else 0.0 for flow in flows]
    working = [inverter for inverter in house.inverters if inverter.works]
    return {
        "last_update": state.stamp(house.time),
        "soc": level,
        "main_relay_state": 1 if house.on_grid else 0,
        "gen_relay_state": _generator_relay(state),
        "backup_bat_mode": 0,
        "backup_soc": round(battery.settings.effective_reserve) if battery else 0,
        "is_split_phase": int(house.config.split_phase),
        "phase_count": int(house.config.phases),
        "enc_agg_soc": level if encharge else 0,
        "enc_agg_energy": stored if encharge else 0,
        "acb_agg_soc": level if ac_battery else 0,
        "acb_agg_energy": stored if ac_battery else 0,
        "pv": _milli(solar),
        "storage": _milli([flow.battery for flow in flows]),
        "grid": _milli([flow.grid if measured else 0.0 for flow in flows]),
        "load": _milli([_load(flow, sun) if measured else 0.0 for flow, sun in zip(flows, solar, strict=True)]),
        "generator": _milli([flow.generator for flow in flows]),
        "iqpm": {
            "status": state.config.controller is not Controller.NONE,
            "issupported": True,
            "total_PCU_count": len(working),
            "running_PCU_count": sum(inverter.power > 0 for inverter in working),
        },
    }


def _load(flow: Flow, solar: float) -> float:
    """The gateway computes the load from what it measures."""
    return flow.grid + solar + flow.battery + flow.generator


def _generator_relay(state: GatewayState) -> int:
    if state.house.config.generator is None:
        return _NO_GENERATOR
    return _GENERATOR_CLOSED if state.house.generator_runs else _GENERATOR_OPEN


def _milli(watts: list[float]) -> dict[str, int]:
    three = [*watts, 0.0, 0.0][:3]
    active = dict(zip("abc", (round(each * 1000) for each in three), strict=True))
    apparent = {name: round(each / _POWER_FACTOR) for name, each in active.items()}
    return {
        "agg_p_mw": sum(active.values()),
        "agg_s_mva": sum(apparent.values()),
        **{f"agg_p_ph_{name}_mw": each for name, each in active.items()},
        **{f"agg_s_ph_{name}_mva": each for name, each in apparent.items()},
    }
