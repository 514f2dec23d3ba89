"""Payloads of the ensemble's devices: inventory and the long status page."""

from typing import Any

from .config import Controller
from .ensemble import IDLE_WATTS, grid_mode, relay, secctrl, unit_level
from .reply import Json
from .state import GatewayState

_RATED_WATTS = 3840
_BATTERY_TYPE, _CONTROLLER_TYPE, _COLLAR_TYPE = 13, 17, 27
_LED = {"charging": 12, "discharging": 13, "full": 14, "low": 17}
_FULL_LEVEL = 90


def inventory(state: GatewayState) -> Json:
    """Return the batteries and what stands before the grid."""
    groups: list[Any] = []
    controller = state.config.controller
    if state.encharges or controller is not Controller.NONE:
        groups.append(
            {
                "type": "ENCHARGE",
                "devices": [_encharge(state, i) for i in range(state.encharges)],
            }
        )
    if controller is Controller.SYSTEM_CONTROLLER:
        groups.append({"type": "ENPOWER", "devices": [_enpower(state)]})
    if controller is Controller.COLLAR:
        groups.append({"type": "COLLAR", "devices": [_collar(state)]})
        groups.append({"type": "C6 COMBINER CONTROLLER", "devices": [_combiner(state)]})
        groups.append({"type": "C6 RGM", "devices": [_rgm(state)]})
    return groups


def _dates(state: GatewayState, back: float) -> dict[str, int]:
    installed = state.stamp(state.house.diary.today.epoch - 90 * 86400)
    return {
        "installed": installed,
        "last_rpt_date": state.stamp(state.house.time - back),
        "created_date": installed,
        "img_load_date": installed,
    }


def _encharge(state: GatewayState, index: int) -> dict[str, Any]:
    house, battery = state.house, state.house.battery
    watts = house.flow.battery / max(1, state.encharges)
    level = unit_level(state, index)
    idle = "full" if level >= _FULL_LEVEL else "low"
    doing = idle if abs(watts) < IDLE_WATTS else ("discharging" if watts > 0 else "charging")
    warm = round(22 + 0.3 * (house.roof.air_temperature - 15) + abs(watts) / 400)
    return {
        "part_num": "836-01250-r00",
        "serial_num": state.battery_serial(index),
        "device_status": ["envoy.global.ok", "prop.done"],
        **_dates(state, house.time % 60 + 17 * index),
        "admin_state": 63,
        "admin_state_str": "ENCMN_MDE_ENCHARGE_READY",
        "img_pnum_running": "4.5.35",
        "bmu_fw_version": "4.5.35",
        "communicating": True,
        "sleep_enabled": False,
        "percentFull": level,
        "temperature": warm,
        "maxCellTemp": warm + 1,
        "reported_enc_grid_state": "grid-tied" if house.on_grid else "multimode-offgrid",
        "comm_level_sub_ghz": 0,
        "comm_level_2_4_ghz": 0,
        "led_status": _LED[doing],
        "dc_switch_off": False,
        "encharge_rev": 4,
        "encharge_capacity": round(battery.config.capacity_wh) if battery else 0,
        "phase": f"ph-{'abc'[index % int(house.config.phases)]}",
        "der_index": 2,
    }


def _enpower(state: GatewayState) -> dict[str, Any]:
    house = state.house
    celsius = house.roof.air_temperature + 12
    closed = relay(state)["mains_oper_state"] == "closed"
    mode = grid_mode(state)
    return {
        "part_num": "865-00378-r27",
        "serial_num": state.controller_serial,
        "device_status": ["envoy.global.ok", "prop.done"],
        **_dates(state, house.time % 30),
        "admin_state": 24 if closed else 22,
        "admin_state_str": f"ENPWR_STATE_OPER_{'CLOSED' if closed else 'OPEN'}",
        "img_pnum_running": "3.0.5654_rel/31.13",
        "communicating": True,
        "temperature": round(celsius * 1.8 + 32),
        "comm_level_sub_ghz": 5,
        "comm_level_2_4_ghz": 5,
        "mains_admin_state": state.relay.admin_state,
        "mains_oper_state": state.relay.oper_state(house.time),
        "Enpwr_grid_mode": mode if mode != "unknown" else "grid-tied",
        "Enchg_grid_mode": mode,
        "Enpwr_relay_state_bm": 15868 if closed else 15360,
        "Enpwr_curr_state_id": 16 if closed else 14,
    }


def _collar(state: GatewayState) -> dict[str, Any]:
    on_grid = state.house.on_grid
    return {
        "part_num": "865-00400-r22",
        "serial_num": state.controller_serial,
        "device_status": ["envoy.global.ok", "prop.done"],
        **_dates(state, 300),
        "admin_state": 88 if on_grid else 89,
        "admin_state_str": "ENCMN_MDE_ON_GRID" if on_grid else "ENCMN_MDE_OFF_GRID",
        "img_pnum_running": "3.0.6-D0",
        "communicating": True,
        "temperature": round(state.house.roof.air_temperature + 15),
        # These two lag behind on real collars: only the admin state tells.
        "mid_state": "close",
        "grid_state": "on_grid",
        "control_error": 0,
        "collar_state": "Installed",
    }


def _combiner(state: GatewayState) -> dict[str, Any]:
    return {
        "part_num": "800-02403-r08",
        "serial_num": f"4825{state.config.serial[-6:]}91",
        **_dates(state, 300),
        "admin_state": 82,
        "admin_state_str": "ENCMN_C6_CC_READY",
        "fw_version": "0.1.20-D1",
        "dmir_version": "0.1.20-D1",
        "communicating": True,
    }


def _rgm(state: GatewayState) -> dict[str, Any]:
    return {
        "part_num": "800-02403-r08",
        "serial_num": f"4825{state.config.serial[-6:]}92",
        "installed": _dates(state, 0)["installed"],
        "FW Version": "2.2.1-D4119",
        "Device State": 80,
    }


def status(state: GatewayState) -> Json:
    """Return everything about the ensemble in one page."""
    devices: dict[str, Any] = {}
    for index in range(state.encharges):
        devices[state.battery_serial(index)] = _device(state, state.battery_serial(index), _BATTERY_TYPE) | {
            "admin_state": 63,
            "admin_state_str": "ENCMN_MDE_ENCHARGE_READY",
            "reported_grid_mode": grid_mode(state),
            "phase": f"ph-{'abc'[index % int(state.house.config.phases)]}",
            "der_index": 2,
            "encharge_revision": 4,
            "encharge_capacity": _encharge(state, index)["encharge_capacity"],
            "encharge_rated_power": _RATED_WATTS,
            "reported_enc_grid_state": grid_mode(state),
        }
    kinds = {Controller.SYSTEM_CONTROLLER: _CONTROLLER_TYPE, Controller.COLLAR: _COLLAR_TYPE}
    if state.config.controller in kinds:
        serial = state.controller_serial
        kind = kinds[state.config.controller]
        shown = _enpower(state) if kind == _CONTROLLER_TYPE else _collar(state)
        devices[serial] = _device(state, serial, kind) | {
            "admin_state": shown["admin_state"],
            "admin_state_str": shown["admin_state_str"],
        }
    return {
        "inventory": {"serial_nums": devices},
        "secctrl": secctrl(state),
        "relay": relay(state),
    }


def _device(state: GatewayState, serial: str, kind: int) -> dict[str, Any]:
    collar = state.config.controller is Controller.COLLAR
    radio = {} if collar else {"zb_fw_version": "100F", "zb_bootloader_vers": "1.B.5"}
    submodules = {} if kind == _COLLAR_TYPE else {f"54{serial[2:]}": _submodule()}
    return {
        "device_type": kind,
        "com_interface_str": "CAN" if collar else "ZigBee",
        "device_id": serial,
        "admin_state": 0,
        "admin_state_str": "",
        "prop_set": True,
        "installed": 1,
        "msg_retry_count": 0,
        "part_number": "836-01250-r00",
        "assembly_number": "836-01250-r00",
        "app_fw_version": "4.5.35",
        **radio,
        "ibl_fw_version": "",
        "swift_asic_fw_version": "",
        "bmu_fw_version": "4.5.35",
        "dmir": {"part_number": "", "assembly_number": ""},
        "procload": {"part_number": "", "assembly_number": ""},
        "submodule_count": len(submodules),
        "submodules": submodules,
    }


def _submodule() -> dict[str, Any]:
    return {
        "device_type": 16,
        "admin_state": 1,
        "part_number": "836-11350-r11",
        "assembly_number": "892-10301-r11",
        "dmir": {"part_number": "000-00000-r00", "assembly_number": "0.0.0-D0"},
        "procload": {"part_number": "522-00040-r00", "assembly_number": "4.5.35-D1"},
    }
