"""Payloads of site settings and of the storage controller's own view."""

from typing import Any

from simulator.house import StorageMode

from .reply import Json
from .state import GatewayState

_SCHEDULE_KEYS = [
    "ID - Idle",
    "ZN - Zero Net",
    "CG - Charge From Grid",
    "DG - Discharge to Grid",
    "ND - No Discharge",
    "DL - Discharge to Load",
    "CP - Charge From PV",
    "HEMS Discharge",
    "HEMS Charge",
    "FCR - Charge or discharge",
    "HEMS Charge from Grid",
]
_IDLE, _ZERO_NET, _FROM_GRID, _NO_DISCHARGE, _TO_LOAD, _FROM_PV = 0, 1, 2, 4, 5, 6
_IDLE_WATTS = 25


def gen_config(state: GatewayState) -> Json:
    """Return the generator's nameplate; `wat` is kW in truth."""
    generator = state.house.config.generator
    if generator is None:
        return {}
    return {
        "max_cont_gen_amps": round(generator.watts / 240, 1),
        "min_gen_loading_perc": 5,
        "max_gen_efficiency_perc": 100,
        "name_plate_rating_wat": generator.watts / 1000,
        "start_method": "auto",
        "warm_up_mins": 5,
        "cool_down_mins": 5,
        "gen_type": "Standby",
        "model": "Standby 10-22",
        "manufacturer": "Simulated",
        "last_updated_by": "ITK",
        "generator_id": f"3019{state.config.serial[-6:]}",
        "charge_from_generator": True,
    }


def gen_schedule(state: GatewayState) -> Json:
    """Return when the generator exercises and starts."""
    generator = state.house.config.generator
    if generator is None:
        return {}
    return {
        "exercise_config": {
            "freq_in_weeks": 3,
            "start": 945,
            "duration": 20,
            "day": "Sat",
        },
        "default_soc": {
            "start_soc": round(generator.start_level),
            "stop_soc": round(generator.stop_level),
        },
        "schedule": {
            "default": [
                {
                    "id": "always_on",
                    "start": "1/1",
                    "end": "12/31",
                    "days": [
                        {
                            "id": "all_days",
                            "week_days": "Mon,Tue,Wed,Thu,Fri,Sat,Sun",
                            "periods": [
                                {
                                    "id": "normal_1",
                                    "start": 0.0,
                                    "duration": 1440.0,
                                    "start_soc": 100.0,
                                    "stop_soc": -1.0,
                                    "setting": "AON",
                                }
                            ],
                        }
                    ],
                }
            ]
        },
        "last_updated_by": "ITK",
    }


def gen_mode(state: GatewayState) -> Json:
    """Return how the generator is commanded."""
    if state.house.config.generator is None:
        return {}
    return {"gen_cmd": state.house.switches.generator, "last_updated_by": "ITK"}


def set_gen_mode(state: GatewayState, body: Any) -> bool:
    """Take `{"gen_cmd": "off" | "on" | "auto"}`; False when it is not that."""
    command = body.get("gen_cmd") if isinstance(body, dict) else None
    if command not in ("off", "on", "auto") or state.house.config.generator is None:
        return False
    state.house.switches.generator = command
    return True


def schedule_mode(state: GatewayState) -> int:
    """Return what the controller is doing, an index of `sched_mode_key`."""
    battery = state.house.battery
    if battery is None:
        return _IDLE
    settings = battery.settings
    if settings.mode is StorageMode.BACKUP:
        return _FROM_PV
    if settings.mode is StorageMode.SAVINGS:
        watts = state.house.flow.battery
        if watts < -_IDLE_WATTS:
            from_grid = settings.charge_from_grid and state.house.flow.grid > _IDLE_WATTS
            return _FROM_GRID if from_grid else _FROM_PV
        return _TO_LOAD if watts > _IDLE_WATTS else _NO_DISCHARGE
    return _ZERO_NET


def sc_sched(state: GatewayState) -> Json:
    """Return what the storage controller does now; energies in Wh."""
    battery = state.house.battery
    capacity = round(battery.capacity) if battery else 0
    settings = battery.settings if battery else None
    reserve = settings.effective_reserve if settings else 0.0
    shutdown = settings.shutdown_level if settings else 0.0
    return {
        "acb_current_mode": schedule_mode(state),
        "ENC_agg_energy": round(battery.available_wh) if battery and state.encharges else 0,
        "Agg Backup Energy": round(capacity * reserve / 100),
        "Agg VLS Energy": round(capacity * shutdown / 100),
        "Num_of_enc": state.encharges,
        "Force Discharge": False,
        "Charge From Grid Allowed": bool(settings and settings.charge_from_grid),
        "max_energy": capacity,
        "sched_mode_key": list(_SCHEDULE_KEYS),
    }


def sc_status(state: GatewayState) -> Json:
    """Return setpoints (W): an array's below its maximum means curtailment."""
    house = state.house
    possible = house.available_solar()
    rated = sum(each.rated_watts for each in house.inverters if each.works)
    curtailed = possible - house.flow.solar > 1
    groups = [
        {
            "name": "PV",
            "setpoint_val": round(house.flow.solar if curtailed else rated),
            "max": round(rated),
        }
    ]
    if house.battery:
        most = round(house.battery.config.discharge_watts * house.battery.config.units)
        name = "ENC" if state.encharges else "ACB"
        groups.insert(0, {"name": name, "setpoint_val": round(house.flow.battery), "max": most})
    return {
        "nameplate": {
            "pv_watts": round(rated),
            "num_encharge": state.encharges,
            "num_acb": state.ac_batteries,
        },
        "groups": groups,
        "meter_samples": [
            {
                "timestamp": state.stamp(house.time),
                "pv_w": round(house.flow.solar, 3),
                "grid_w": round(house.flow.grid, 3),
                "storage_w": round(house.flow.battery, 3),
                "load_w": round(house.flow.load, 3),
            }
        ],
    }
