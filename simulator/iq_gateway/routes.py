"""Which path answers what."""

from collections.abc import Callable, Mapping
import json
from typing import Any

from . import (
    device_data,
    devices,
    ensemble,
    ensemble_devices,
    export_limit,
    identity,
    inverters,
    meters,
    production,
    reports,
    settings,
)
from .config import Controller
from .dynamic_limit import DPEL
from .host import Call
from .reply import Json, Reply, html, not_found
from .state import GatewayState

type Read = Callable[[GatewayState], Json | None]
type Write = Callable[[GatewayState, Any], Json | None]

READS: Mapping[str, Read] = {
    "/ivp/ensemble/device_list": ensemble.device_list,
    "/ivp/ensemble/inventory": ensemble_devices.inventory,
    "/ivp/ensemble/power": ensemble.power,
    "/ivp/ensemble/secctrl": ensemble.secctrl,
    "/ivp/ensemble/status": ensemble_devices.status,
    "/ivp/ensemble/relay": ensemble.relay,
    "/ivp/ensemble/generator": ensemble.generator,
    "/ivp/ensemble/dry_contacts": lambda state: {"dry_contacts": state.contacts.states(state.house.time)},
    "/ivp/meters": meters.meters,
    "/ivp/meters/readings": meters.readings,
    "/ivp/meters/gridReading": meters.grid_reading,
    "/ivp/meters/pvReading": meters.pv_reading,
    "/ivp/meters/reports": reports.reports,
    "/ivp/meters/reports/consumption": reports.consumption,
    "/ivp/meters/reports/production": lambda state: reports.production(state) if state.has_ct else {},
    "/api/v1/production": production.api_production,
    "/api/v1/consumption": production.api_consumption,
    "/api/v1/production/inverters": inverters.api_inverters,
    "/ivp/pdm/energy": production.pdm_energy,
    "/ivp/pdm/device_data": lambda state: device_data.device_data(state) if state.config.device_data else None,
    "/ivp/livedata/status": lambda state: state.live.status(state),
    "/ivp/ss/dry_contact_settings": lambda state: {"dry_contacts": state.contacts.settings},
    "/ivp/ss/gen_config": settings.gen_config,
    "/ivp/ss/gen_schedule": settings.gen_schedule,
    "/ivp/ss/gen_mode": settings.gen_mode,
    "/ivp/ss/pel_settings": export_limit.pel_settings,
    DPEL: lambda state: state.dynamic_limit.payload(),
    "/ivp/sc/sched": settings.sc_sched,
    "/ivp/sc/status": settings.sc_status,
    "/ivp/sc/pvlimit": lambda state: state.pv_limit,
    "/admin/lib/tariff": lambda state: state.tariff.payload(state.now),
    "/inv": devices.inv,
    "/home": identity.home,
    "/home.json": identity.home,
}
# The firmware that first knew a path.
SINCE: Mapping[str, tuple[int, ...]] = {
    "/ivp/livedata/status": (7,),
    "/ivp/meters/reports": (7, 3),
    "/ivp/meters/reports/consumption": (7, 3),
    "/ivp/meters/reports/production": (7, 3),
    DPEL: (8,),
    "/ivp/sc/sched": (8,),
    "/ivp/sc/status": (8,),
    "/ivp/meters/gridReading": (8, 2),
    "/ivp/pdm/energy": (8, 2, 4),
    "/ivp/pdm/device_data": (8, 2, 4300),
    "/ivp/meters/pvReading": (8, 3),
}
INSTALLER_ONLY = frozenset(
    {
        "/ivp/mod/603980032/mode/power",
        "/ivp/peb/devstatus",
        "/ivp/peb/newscan",
        "/ivp/peb/reportsettings",
        "/ivp/meters/cts",
        "/installer/pcu_comm_check",
        "/installer/agf/index.json",
    }
)
_WITH_JSON_TYPE = ("/api/", "/admin/", "/inv", "/home", "/production")


def read(state: GatewayState, call: Call) -> Reply:
    """Answer a GET."""
    if call.path in ("/info", "/info.xml"):
        return identity.info(state)
    if state.version < SINCE.get(call.path, ()):
        return not_found()
    payload: Json | None
    if call.path == "/ivp/mod/603980032/mode/power":
        payload = {"powerForcedOff": not state.house.switches.production_allowed}
    elif call.path in ("/production.json", "/production"):
        details = call.query.get("details") == "1"
        payload = production.production_json(state, details=details)
    elif call.path in ("/inventory.json", "/inventory"):
        deleted = call.query.get("deleted") == "1"
        payload = devices.inventory(state, deleted=deleted)
    elif call.path.startswith("/ivp/meters/readings/"):
        payload = _one_reading(state, call.path.rpartition("/")[2])
    elif call.path in READS:
        payload = READS[call.path](state)
    else:
        payload = None
    if payload is None:
        return not_found()
    return as_reply(call.path, payload)


def as_reply(path: str, payload: Json) -> Reply:
    """Wrap a payload; what is native names no type on real gateways."""
    typed = path.startswith(_WITH_JSON_TYPE)
    kind = "application/json" if typed else "application/octet-stream"
    return Reply(payload=payload, content_type=kind)


def _one_reading(state: GatewayState, eid: str) -> Json | None:
    for kind in meters.fitted(state):
        if str(meters.EIDS[kind]) == eid:
            return meters.reading(state, kind)
    return None


def _stream(state: GatewayState, body: Any) -> Json | None:
    enable = body.get("enable") if isinstance(body, dict) else None
    if enable not in (0, 1):
        return None
    return state.live.switch(on=enable == 1, now=state.house.time)


def _relay(state: GatewayState, body: Any) -> Json | None:
    wanted = body.get("mains_admin_state") if isinstance(body, dict) else None
    has_relay = state.config.controller is Controller.SYSTEM_CONTROLLER
    if wanted not in ("open", "closed") or not has_relay:
        return None
    state.relay.command(wanted, state.house.time)
    return ensemble.relay(state)


def _dry_contacts(state: GatewayState, body: Any) -> Json | None:
    order = body.get("dry_contacts") if isinstance(body, dict) else None
    if not state.contacts.switch(order, state.house.time):
        return None
    return {"dry_contacts": order}


def _dry_contact_settings(state: GatewayState, body: Any) -> Json | None:
    wanted = body.get("dry_contacts") if isinstance(body, dict) else None
    if not state.contacts.configure(wanted, state.house.time):
        return None
    return {"dry_contacts": wanted}


def _tariff(state: GatewayState, body: Any) -> Json | None:
    taken = state.tariff.write(body, state.version, state.now)
    return body if taken else None


def _gen_mode(state: GatewayState, body: Any) -> Json | None:
    return settings.gen_mode(state) if settings.set_gen_mode(state, body) else None


def _pv_limit(state: GatewayState, body: Any) -> Json | None:
    return state.pv_limit if export_limit.set_pv_limit(state, body) else None


def _production_switch(state: GatewayState, body: Any) -> Json | None:
    order = body.get("arr") if isinstance(body, dict) else None
    if order not in ([0], [1]):
        return None
    state.house.switches.production_allowed = order == [0]
    return {"powerForcedOff": order == [1]}


WRITES: Mapping[tuple[str, str], Write] = {
    ("POST", "/ivp/livedata/stream"): _stream,
    ("POST", "/ivp/ensemble/relay"): _relay,
    ("POST", "/ivp/ensemble/dry_contacts"): _dry_contacts,
    ("POST", "/ivp/ss/dry_contact_settings"): _dry_contact_settings,
    ("POST", "/ivp/ss/gen_mode"): _gen_mode,
    ("POST", "/ivp/sc/pvlimit"): _pv_limit,
    ("POST", DPEL): lambda state, body: state.dynamic_limit.write(body),
    ("PUT", "/admin/lib/tariff"): _tariff,
    ("PUT", "/ivp/mod/603980032/mode/power"): _production_switch,
}
# What moves a switch or a machine, which may take its time.
_REACTING = frozenset(
    {
        "/ivp/ensemble/relay",
        "/ivp/ensemble/dry_contacts",
        "/ivp/ss/dry_contact_settings",
        "/ivp/ss/gen_mode",
        DPEL,
    }
)


def write(state: GatewayState, call: Call) -> Reply:
    """Answer a POST or PUT; what cannot be understood gets 400."""
    writer = WRITES.get((call.method, call.path))
    if writer is None:
        return html(405) if call.path in READS else not_found()
    try:
        body = json.loads(call.body)
    except ValueError:
        return html(400)
    if state.reaction and call.path in _REACTING:
        state.react(lambda: writer(state, body))
        return as_reply(call.path, body)
    payload = writer(state, body)
    return html(400) if payload is None else as_reply(call.path, payload)
