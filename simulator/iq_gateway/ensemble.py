"""Payloads of battery power and levels, the main relay and the generator."""

from typing import Any

from simulator.house.noise import fraction

from .config import Controller
from .reply import Json
from .state import GatewayState

_POWER_STEP_MILLIWATTS = 4000
IDLE_WATTS = 25


def unit_level(state: GatewayState, index: int) -> int:
    """Return a unit's level in percent; units differ by a percent or so."""
    battery = state.house.battery
    if battery is None:
        return 0
    apart = round(2 * fraction(int(state.battery_serial(index)), 3) - 1)
    middle = min(1.0, (100 - battery.level) / 5, battery.level / 5)
    return min(100, max(0, round(battery.level + apart * middle)))


def power(state: GatewayState) -> Json:
    """Return each battery's power in mW; the key really ends in a colon."""
    units = state.encharges
    devices = []
    for index in range(units):
        milliwatts = state.house.flow.battery / units * 1000
        steps = round(milliwatts / _POWER_STEP_MILLIWATTS) * _POWER_STEP_MILLIWATTS
        if not steps:
            # An idle battery shows what its electronics take.
            steps = 16_000 + 8000 * (index % 2)
        devices.append(
            {
                "serial_num": state.battery_serial(index),
                "real_power_mw": steps,
                "apparent_power_mva": steps,
                "soc": unit_level(state, index),
            }
        )
    return {"devices:": devices}


def secctrl(state: GatewayState) -> dict[str, Any]:
    """Return levels (percent) and energies (Wh), and the reserve in force."""
    battery = state.house.battery
    encharge, acb = bool(state.encharges), bool(state.ac_batteries)
    level = round(battery.level) if battery else 0
    capacity = round(battery.capacity) if battery else 0
    stored = round(battery.available_wh) if battery else 0
    reserve = round(battery.settings.effective_reserve) if battery else 0
    off_grid = not state.house.on_grid
    zeros: dict[str, Any] = {}
    for phase in ("", "_phaseb", "_phasec"):
        zeros |= {
            f"freq_bias_hz{phase}": 0.0,
            f"voltage_bias_v{phase}": 0.0,
            f"freq_bias_hz_q8{phase}": 0,
            f"voltage_bias_v_q5{phase}": 0,
        }
    return {
        "shutdown": bool(encharge and battery and off_grid and battery.level <= 0),
        **zeros,
        "offgrid_secctrl": {
            "F": 0.0,
            "V": 0.0,
            "Vd_neg": 0.0,
            "Vq_neg": 0.0,
            "Vd_zero": 0.0,
            "Vq_zero": 0.0,
            "is_active": bool(encharge and off_grid),
            "is_system_balanced": True,
        },
        "configured_backup_soc": reserve,
        "adjusted_backup_soc": reserve,
        "agg_soc": level,
        "Max_energy": capacity,
        "ENC_agg_soc": level if encharge else 0,
        "ENC_agg_soh": 100 if encharge else 0,
        "ENC_agg_backup_energy": round(capacity * reserve / 100) if encharge else 0,
        "ENC_agg_avail_energy": stored if encharge else 0,
        "Enc_commissioned_capacity": capacity if encharge else 0,
        "Enc_max_available_capacity": capacity if encharge else 0,
        "ACB_agg_soc": level if acb else 0,
        "ACB_agg_energy": stored if acb else 0,
        "VLS_Limit": round(battery.settings.shutdown_level) if battery else 5,
        "soc_rec_enabled": encharge,
        "soc_recovery_entry": 0,
        "soc_recovery_exit": 10,
        "Commission_in_progress": False,
        "ESS_in_progress": False,
    }


def grid_mode(state: GatewayState) -> str:
    """Return the batteries' grid mode as the gateway names it."""
    if not state.encharges:
        return "unknown"
    if state.house.on_grid:
        return "multimode-ongrid"
    return "multimode-generator" if state.house.generator_runs else "multimode-offgrid"


def relay(state: GatewayState) -> dict[str, Any]:
    """Return the state of the main relay."""
    oper = "closed"
    if state.config.controller is Controller.SYSTEM_CONTROLLER:
        oper = state.relay.oper_state(state.house.time)
    mode = grid_mode(state)
    return {
        "mains_admin_state": state.relay.admin_state,
        "mains_oper_state": oper,
        "srt12_state": "open",
        "srt13_state": "open",
        "der1_state": int(bool(state.house.inverters)),
        "der2_state": int(bool(state.encharges)),
        "der3_state": 0,
        "Enchg_grid_mode": mode,
        "Solar_grid_mode": mode if mode != "unknown" else "grid-tied",
    }


def device_list(state: GatewayState) -> Json | None:
    """Return devices on the CAN bus; None where there are none."""
    if not state.encharges:
        return None
    battery = state.house.battery
    return {
        "usb": {"ck2_bridge": "connected", "auto_scan": "false"},
        "devices": [
            {
                "serial_number": state.battery_serial(index),
                "device_type": 13,
                "com_interface": 2,
                "com_interface_str": "CAN",
                "status": "Connected",
                "dev_info": {
                    "capacity": round(battery.config.capacity_wh) if battery else 0,
                    "DER_Index": 1 + index % int(state.house.config.phases),
                },
            }
            for index in range(state.encharges)
        ],
    }


def generator(state: GatewayState) -> Json:
    """Return the generator, or that there is none."""
    config = state.house.config.generator
    if config is None:
        return {
            "admin_state": "unknown",
            "oper_state": "open",
            "admin_mode": 0,
            "schedule": 0,
            "start_soc": 100,
            "stop_soc": -1,
            "exc_on": 0,
            "present": 0,
            "type": 1,
        }
    running = "closed" if state.house.generator_runs else "open"
    return {
        "admin_state": running,
        "oper_state": running,
        "admin_mode": {"off": 0, "on": 2, "auto": 1}[state.house.switches.generator],
        "schedule": 1,
        "start_soc": round(config.start_level),
        "stop_soc": round(config.stop_level),
        "exc_on": 0,
        "present": 1,
        "type": 1,
    }
