"""The six writes: what they may say, and what answers them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from simulator.iq_gateway.reply import Json

from .asking import Ask, Handler
from .behaviour import Write
from .errors import failure
from .settings import EXPORT_RULES, MODES
from .site import EnergySite
from .tariffs import accepted

type Body = dict[str, Any]
_STRATEGIES = ("economics", "balanced")
_DISALLOW, _RULE = "disallow_charge_from_grid_with_solar_installed", "customer_preferred_export_rule"


def _write(write: Write, ask: Ask) -> Json:
    site = ask.site
    body = _READ[write](ask.content(), site)
    offline = site.behaviour.offline_status
    if offline is not None and site.uploads.offline(ask.now):
        raise failure(offline)
    site.settings.take(write, body, ask.now, blocked=site.events_block(ask.now))
    return {"response": {"code": 201, "message": "Updated"}}


WRITES: dict[Write, Handler] = {write: partial(_write, write) for write in Write}
"""A handler for each."""


def _percent(name: str, body: Body, _: EnergySite) -> Body:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise failure(400, description=f"{name} must be an integer from 0 to 100")
    return {name: value}


def _operation(body: Body, _: EnergySite) -> Body:
    if body.get("default_real_mode") not in MODES:
        raise failure(400, description="default_real_mode is unknown")
    return body


def _storm_mode(body: Body, site: EnergySite) -> Body:
    if not isinstance(body.get("enabled"), bool) or not site.details.storm_capable:
        raise failure(400, description="enabled must be a boolean")
    return body


def _grid(body: Body, _: EnergySite) -> Body:
    given = {name: value for name, value in body.items() if name in {_DISALLOW, _RULE}}
    if not given or not isinstance(given.get(_DISALLOW, True), bool) or given.get(_RULE, "never") not in EXPORT_RULES:
        raise failure(400, description=f"{_DISALLOW} or {_RULE} is missing or wrong")
    return given


def _tariff(body: Body, site: EnergySite) -> Body:
    wanted = body.get("tou_settings")
    if not isinstance(wanted, dict) or wanted.get("optimization_strategy", "balanced") not in _STRATEGIES:
        raise failure(400, description="tou_settings is missing or wrong")
    if "tariff_content_v2" in wanted:
        return wanted | {"tariff_content_v2": accepted(wanted["tariff_content_v2"], site.behaviour)}
    return wanted


_READ: dict[Write, Callable[[Body, EnergySite], Body]] = {
    Write.BACKUP: partial(_percent, "backup_reserve_percent"),
    Write.VEHICLE_RESERVE: partial(_percent, "off_grid_vehicle_charging_reserve_percent"),
    Write.OPERATION: _operation,
    Write.STORM_MODE: _storm_mode,
    Write.GRID: _grid,
    Write.TARIFF: _tariff,
}
