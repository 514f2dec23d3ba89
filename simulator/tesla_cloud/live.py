"""live_status: power, level, grid, chargers."""

from typing import Any

from simulator.cloud.days import LocalDays
from simulator.iq_gateway.reply import Json

from .asking import Ask
from .behaviour import LevelDropout
from .errors import failure
from .site import EnergySite, Live

_UTC = LocalDays("UTC")
_ENERGY = ("energy_left", "total_pack_energy", "grid_services_active", "grid_services_power", "backup_capable")
_POWERS = ("solar_power", "battery_power", "load_power", "grid_power", "generator_power")


def live_status(ask: Ask) -> Json:
    """Return the values of now, or those that were cached."""
    site, now = ask.site, ask.now
    behaviour = site.behaviour
    offline = site.uploads.offline(now)
    if offline and behaviour.offline_status is not None:
        raise failure(behaviour.offline_status)
    last = site.live
    stands = behaviour.live_stuck or offline or (last is not None and now - last.at < behaviour.live_cache)
    if last is None or not stands:
        values = _values(site, now)
        if last is not None and behaviour.stamp_stuck:
            values["timestamp"] = last.values["timestamp"]
        last = site.live = Live(at=now, values=values)
    return {"response": _answer(site, last.values)}


def island_status(site: EnergySite) -> str:
    """Return how the site is connected, in the words of live_status."""
    if site.island_status is not None:
        return site.island_status
    if not site.has_battery:
        return "island_status_unknown"
    if site.house.on_grid:
        return "on_grid"
    if not site.house.switches.relay_closed:
        return "off_grid_intentional"
    return "_".join(filter(None, ("off_grid_unintentional", site.island_reason)))


def _values(site: EnergySite, now: float) -> dict[str, Any]:
    flow = site.house.flow
    chargers = [each.live(now) for each in site.chargers if not each.missing]
    charging = sum(each["wall_connector_power"] for each in chargers)
    watts = (flow.solar, flow.battery, flow.load, flow.grid, flow.generator)
    values: dict[str, Any] = dict.fromkeys(_POWERS, 0.0)
    if site.measured:
        values = {name: round(power, 3) + 0.0 for name, power in zip(_POWERS, watts, strict=True)}
        values["load_power"] -= charging if site.behaviour.load_without_chargers else 0
    up = "Active" if site.house.on_grid else "Inactive"
    values |= {
        "percentage_charged": site.level,
        "energy_left": site.energy_left,
        "total_pack_energy": site.pack_wh,
        "backup_capable": site.has_battery,
        "grid_status": up if site.has_battery else "Unknown",
        "grid_services_active": site.grid_services_power is not None,
        "grid_services_power": site.grid_services_power or 0,
        "island_status": island_status(site),
        "storm_mode_active": site.settings.storm,
        "timestamp": _UTC.stamp(int(now)),
        "wall_connectors": chargers or None,
    }
    if site.storms:
        values["storm_mode_states"] = [
            {
                "watch_event_id": each.event_id,
                "start_time": _UTC.stamp(each.start),
                "end_time": _UTC.stamp(each.end),
                "storm_type": each.storm_type,
                "opted_out": each.opted_out,
            }
            for each in site.storms
        ]
    if site.has_battery:
        values["battery_breaker_open"] = site.breaker_open
    return values


def _answer(site: EnergySite, values: dict[str, Any]) -> dict[str, Any]:
    behaviour = site.behaviour
    answer = dict(values)
    left_out = set(behaviour.live_omits)
    left_out |= {"island_status"} if not behaviour.island_status_sent else set()
    left_out |= {"wall_connectors"} if not behaviour.wall_connectors_sent else set()
    left_out |= set(_ENERGY) if not behaviour.energy_sent else set()
    if behaviour.level_dropout is not None:
        answer["percentage_charged"] = 0
    if behaviour.level_dropout is LevelDropout.ALONE:
        left_out |= {*_ENERGY, "battery_power"}
    if behaviour.all_zeros:
        answer |= dict.fromkeys((*_POWERS, "percentage_charged"), 0)
    return {name: value for name, value in answer.items() if name not in left_out}
