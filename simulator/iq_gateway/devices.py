"""Payloads of the device inventories: the slow one and the flat one."""

from typing import Any

from simulator.house import Inverter

from .config import Controller, Measurement
from .ensemble import unit_level
from .inverters import ACB, ESUB, NSRB, PCU, acb_channel_eid, channel_eid, q_relay_channel_eid, q_relay_serial
from .meters import lines
from .production import charge_state
from .reply import Json
from .state import GatewayState

_SILENT_AFTER = 3600.0
_SUBMODULE_CHANNEL = 1929380113
_ACTIVE, _REMOVED = 2, 6
_DC_TOO_LOW = 2_097_152


def inventory(state: GatewayState, *, deleted: bool) -> Json:
    """Return all devices by kind; `deleted` adds what was removed."""
    inverters = state.house.inverters
    return [
        {
            "type": "PCU",
            "devices": [
                _pcu(state, index, each) for index, each in enumerate(inverters) if deleted or not each.removed
            ],
        },
        {"type": "ACB", "devices": [_acb(state, i) for i in range(state.ac_batteries)]},
        {"type": "NSRB", "devices": [_nsrb(state)] if state.config.q_relay else []},
        {"type": "ESUB", "devices": [_esub(state)] if _has_submodule(state) else []},
    ]


def _has_submodule(state: GatewayState) -> bool:
    return state.config.controller is Controller.SYSTEM_CONTROLLER


def _common(state: GatewayState, serial: str, kind: int, eid: int, end: float) -> dict[str, Any]:
    installed = f"{state.stamp(state.house.diary.back(8).epoch - 400 * 86400)}"
    return {
        "part_num": "800-01331-r02",
        "installed": installed,
        "serial_num": serial,
        "device_status": ["envoy.global.ok"],
        "last_rpt_date": f"{state.stamp(end)}",
        "admin_state": _ACTIVE,
        "dev_type": kind,
        "created_date": installed,
        "img_load_date": installed,
        "img_pnum_running": "521-00005-r06-v02.61.01",
        "ptpn": "549-00040-r01-v02.61.01",
        "chaneid": eid,
        "device_control": [{"gficlearset": False}],
    }


def _pcu(state: GatewayState, index: int, inverter: Inverter) -> dict[str, Any]:
    report = state.recorder.reports.get(inverter.serial)
    end = report.end if report else 0.0
    talks = inverter.works and state.house.time - end < _SILENT_AFTER
    phase = "a" if state.house.config.split_phase else "abc"[inverter.phase]
    row = _common(state, inverter.serial, PCU, channel_eid(index), end)
    if not talks:
        row["device_status"] = ["envoy.cond_flags.pcu_ctrl.dc-pwr-low"]
    if inverter.dead:
        row["device_status"] = ["envoy.cond_flags.obs_strs.failure"]
    if inverter.removed:
        row["admin_state"] = _REMOVED
    return row | {
        "producing": talks and inverter.power > 0,
        "communicating": talks,
        "provisioned": not inverter.removed,
        "operating": talks,
        "phase": f"ph-{phase}",
    }


def _acb(state: GatewayState, index: int) -> dict[str, Any]:
    house = state.house
    end = house.time - house.time % 300
    serial = state.battery_serial(index)
    return _common(state, serial, ACB, acb_channel_eid(index), end) | {
        "part_num": "800-00930-r03",
        "producing": True,
        "communicating": True,
        "provisioned": True,
        "operating": True,
        "sleep_enabled": False,
        "percentFull": unit_level(state, index),
        "maxCellTemp": round(house.roof.air_temperature + 11),
        "sleep_min_soc": 25,
        "sleep_max_soc": 30,
        "charge_status": charge_state(house.flow.battery),
    }


def _nsrb(state: GatewayState) -> dict[str, Any]:
    serial, eid = q_relay_serial(state), q_relay_channel_eid()
    wires = lines(state, Measurement.PRODUCTION)
    return _common(state, serial, NSRB, eid, state.house.time) | {
        "part_num": "800-00598-r04",
        "producing": False,
        "communicating": True,
        "provisioned": True,
        "operating": True,
        "relay": "closed" if state.house.on_grid else "open",
        "reason_code": 0,
        "reason": "ok",
        "line-count": len(wires),
        **{f"line{wire + 1}-connected": True for wire in range(len(wires))},
    }


def _esub(state: GatewayState) -> dict[str, Any]:
    serial = f"4825{state.config.serial[-6:]}93"
    row = _common(state, serial, ESUB, _SUBMODULE_CHANNEL, state.house.time)
    return row | {
        "part_num": "800-01855-r01",
        "admin_state": 1,
        "producing": False,
        "communicating": True,
        "operating": True,
    }


def inv(state: GatewayState) -> Json:
    """Return the flat list: numbers are strings here, `ld` is the last report."""
    rows = []
    for index, inverter in enumerate(state.house.inverters):
        report = state.recorder.reports.get(inverter.serial)
        end = report.end if report else 0.0
        quiet = state.house.time - end > _SILENT_AFTER
        rows.append(
            _flat(state, inverter.serial, (PCU, 1), channel_eid(index), end)
            | {
                "as": str(_REMOVED if inverter.removed else _ACTIVE),
                "ctcon": str(_DC_TOO_LOW if quiet else 0),
                "ctobs": str(int(quiet)),
            }
        )
    recent = state.house.time - state.house.time % 300
    rows.extend(
        _flat(state, state.battery_serial(index), (ACB, 5), acb_channel_eid(index), recent)
        for index in range(state.ac_batteries)
    )
    if state.config.q_relay:
        rows.append(_flat(state, q_relay_serial(state), (NSRB, 0), q_relay_channel_eid(), recent))
    if _has_submodule(state):
        serial = f"4825{state.config.serial[-6:]}93"
        rows.append(_flat(state, serial, (ESUB, 0), _SUBMODULE_CHANNEL, recent))
    return {"numrows": len(rows), "rows": rows}


def _flat(state: GatewayState, serial: str, kinds: tuple[int, int], eid: int, end: float) -> dict[str, str]:
    zeros = ("edcon", "devobs", "ctcon", "ctobs", "ctctf", "chcon", "chobs", "chctf")
    return {
        "ce": str(eid),
        "dtype": str(kinds[0]),
        "chtype": str(kinds[1]),
        "as": str(_ACTIVE),
        "s": serial,
        "pn": "800-01331-r02",
        "ptpn": "549-00040-r01-v02.61.01",
        **dict.fromkeys(zeros, "0"),
        "cd": str(state.stamp(state.house.diary.back(8).epoch - 400 * 86400)),
        "ld": str(state.stamp(end)),
        "ip": "521-00005-r06-v02.61.01",
        "id": "0",
        "ap": "885-01325-r12",
        "fp": "000-00000-r00",
        "cap": "6308347",
    }
