"""Payload of /ivp/pdm/device_data: details of every device, in mV, mA, mHz and J."""

from typing import Any

from simulator.house import Inverter, Truth

from .config import Measurement
from .inverters import acb_channel_eid, channel_eid, q_relay_channel_eid, q_relay_serial
from .meters import EIDS, Electrics, channel_base, fitted, lines
from .recorder import Report, frequency, line_voltage
from .reply import Json
from .state import GatewayState

_PCU_KEY, _ACB_KEY, _NSRB_KEY, _KEY_STEP = 553648384, 721420544, 838860800, 256
_QUIET_AFTER = 7200.0
_GONE_AFTER = 900.0
_CT_CHANNELS = 4


def device_data(state: GatewayState) -> Json:
    """Return details of every device, up to a limit that cuts larger sites."""
    devices: dict[str, Any] = {}
    for index, inverter in enumerate(state.house.inverters):
        devices[str(_PCU_KEY + index * _KEY_STEP)] = _pcu(state, index, inverter)
    if state.config.metered:
        for kind in fitted(state):
            if EIDS[kind] <= EIDS[Measurement.NET_CONSUMPTION]:
                devices[str(EIDS[kind])] = _eim(state, kind)
    for index in range(state.ac_batteries):
        devices[str(_ACB_KEY + index * _KEY_STEP)] = _acb(state, index)
    if state.config.q_relay:
        devices[str(_NSRB_KEY)] = _nsrb(state)
    limit = state.config.device_data_limit
    shown = dict(list(devices.items())[:limit])
    return shown | {"deviceCount": len(devices), "deviceDataLimit": limit}


def _pcu(state: GatewayState, index: int, inverter: Inverter) -> dict[str, Any]:
    report = state.recorder.reports.get(inverter.serial)
    silence = state.house.time - report.end if report else float("inf")
    channel: dict[str, Any] = {
        "chanEid": channel_eid(index),
        "created": state.stamp(report.end) if report else 0,
        "wattHours": _days(state, index, report),
        "watts": {
            "now": report.watts if report and silence < _GONE_AFTER else 0,
            "nowUsed": 0,
            "max": report.peak_watts if report else 0,
        },
        "lastReading": {},
        "lifetime": {},
    }
    if report is not None:
        if silence < _QUIET_AFTER and inverter.works:
            channel["lastReading"] = _reading(state, index, report)
        channel["lifetime"] = {
            "createdTime": state.stamp(inverter.installed_at),
            "duration": int(max(0.0, state.house.time - inverter.installed_at)),
            "joulesProduced": round(report.energy * 0.0036),
        }
    return {
        "devName": "pcu",
        "sn": inverter.serial,
        "active": not inverter.removed,
        "modGone": inverter.removed or silence > _GONE_AFTER,
        "channels": [channel],
    }


def _days(state: GatewayState, index: int, report: Report | None) -> dict[str, int]:
    diary = state.house.diary
    energy = report.energy if report else 0
    today = diary.today.inverter(index)
    yesterday, week = diary.back(1).inverter(index), diary.back(6).inverter(index)

    def since(begin: int | None, end: int | None) -> int:
        if end is None:
            return 0
        return max(0, round((end - (begin or 0)) / 1e6))

    return {
        "today": since(today, energy),
        "yesterday": since(yesterday, today),
        "week": since(week, energy),
    }


def _reading(state: GatewayState, index: int, report: Report) -> dict[str, Any]:
    current = report.watts / report.ac_voltage * 1000
    return {
        "eid": channel_eid(index),
        "interval_type": 0,
        "endDate": state.stamp(report.end),
        "duration": int(report.duration),
        "flags": 0,
        "flags_hex": "0x0000000000000000",
        "joulesProduced": report.joules,
        "acVoltageINmV": round(report.ac_voltage * 1000),
        "acFrequencyINmHz": round(report.ac_frequency * 1000),
        "dcVoltageINmV": round(report.dc_voltage * 1000),
        "dcCurrentINmA": round(report.dc_current * 1000),
        "channelTemp": round(report.temperature),
        "pwrConvErrSecs": 0,
        "pwrConvMaxErrCycles": 0,
        "joulesUsed": 0,
        "leadingVArs": 170,
        "laggingVArs": 20,
        "acCurrentInmA": round(current),
        "l1NAcVoltageInmV": 0,
        "l2NAcVoltageInmV": 0,
        "l3NAcVoltageInmV": 0,
        "rssi": 106,
        "issi": 60 + index % 12,
    }


def _eim(state: GatewayState, kind: Measurement) -> dict[str, Any]:
    produces = kind is Measurement.PRODUCTION
    enabled = kind in state.config.cts
    base = channel_base(EIDS[kind])
    wires = lines(state, kind) if enabled else []
    channels = [_ct_channel(state, kind, base + wire, wire, each) for wire, each in enumerate(wires)]
    channels.extend(_no_channel(base + wire) for wire in range(len(wires), _CT_CHANNELS))
    return {
        "devName": "eim",
        "sn": f"{state.config.serial}EIM{1 if produces else 2}",
        "active": enabled,
        "modGone": True,
        "channels": channels,
    }


def _ct_channel(state: GatewayState, kind: Measurement, eid: int, wire: int, each: Electrics) -> dict[str, Any]:
    """Return one phase of a CT; consumption is the house's, battery included."""
    rollup, diary = state.recorder.rollup, state.house.diary
    now = rollup.phases[wire]
    energy, watts = _house_energy, rollup.mean.solar + rollup.mean.grid
    positive, negative = now.grid_import, now.grid_export
    if kind is Measurement.PRODUCTION:
        energy, watts = _solar_energy, rollup.mean.solar
        positive, negative = now.solar, 0.0
    elif kind is Measurement.TOTAL_CONSUMPTION:
        positive, negative = now.load, 0.0
    lifetime, today = energy(now), energy(diary.today.phases[wire])
    mean = round(watts / len(rollup.phases))
    sums = {
        "wh_dlvd_cum": int(lifetime),
        "varh_lead_cum": int(lifetime * 0.083),
        "varh_lag_cum": int(lifetime * 0.021),
        "vah_cum": int(lifetime * 1.19),
    }
    return {
        "chanEid": eid,
        "created": state.stamp(rollup.end),
        "wattHours": {
            "today": int(max(0.0, lifetime - today)),
            "yesterday": int(max(0.0, today - energy(diary.back(1).phases[wire]))),
            "week": int(max(0.0, lifetime - energy(diary.back(6).phases[wire]))),
        },
        # The gateway shows a negative number as an unsigned one here.
        "watts": {"now": mean % (1 << 32), "nowUsed": 0, "max": max(0, mean)},
        "lastReading": {
            "eid": eid,
            "interval_type": 0,
            "endDate": state.stamp(rollup.end),
            "duration": int(state.config.rollup_interval),
            "curr_w": mean,
            **sums,
            "rms_mvolt": round(each.voltage * 1000),
            "rms_mamp": round(each.current * 1000),
            "freq_mhz": round(each.frequency * 1000),
            "wh_pos": int(positive),
            "wh_neg": int(negative),
        },
        "lifetime": {
            "createdTime": state.stamp(rollup.end),
            "duration": int(state.config.rollup_interval),
            **sums,
        },
    }


def _solar_energy(truth: Truth) -> float:
    return truth.solar


def _house_energy(truth: Truth) -> float:
    return truth.solar + truth.grid_import - truth.grid_export


def _no_channel(eid: int) -> dict[str, Any]:
    return {
        "chanEid": eid,
        "created": 0,
        "wattHours": {"today": 0, "yesterday": 0, "week": 0},
        "watts": {"now": 0, "nowUsed": 0, "max": 0},
        "lastReading": {},
        "lifetime": {},
    }


def _acb(state: GatewayState, index: int) -> dict[str, Any]:
    house, battery = state.house, state.house.battery
    units = max(1, state.ac_batteries)
    watts = house.flow.battery / units
    made, used = max(0.0, watts), max(0.0, -watts)
    truth = house.truth
    voltage = line_voltage(house, house.time)
    level = battery.level if battery else 0.0
    end = house.time - house.time % 300
    warm = round(house.roof.air_temperature + 10)
    return {
        "devName": "acb",
        "sn": state.battery_serial(index),
        "active": True,
        "modGone": False,
        "channels": [
            {
                "chanEid": acb_channel_eid(index),
                "created": state.stamp(end),
                "wattHours": {"today": 0, "yesterday": 0, "week": 0},
                "watts": {
                    "now": round(made),
                    "nowUsed": round(used),
                    "max": round(battery.config.discharge_watts) if battery else 0,
                },
                "lastReading": {
                    "eid": acb_channel_eid(index),
                    "interval_type": 0,
                    "endDate": state.stamp(end),
                    "duration": 900,
                    "flags": 0,
                    "flags_hex": "0x0000000000000000",
                    "joulesProduced": round(made * 900),
                    "acVoltageINmV": round(voltage * 1000),
                    "acFrequencyINmHz": round(frequency(house, end) * 1000),
                    "dcVoltageINmV": 21000 + round(25 * level),
                    "dcCurrentINmA": round(abs(watts) / 22 * 1000),
                    "channelTemp": warm + 5,
                    "pwrConvErrSecs": 0,
                    "pwrConvMaxErrCycles": 0,
                    "joulesUsed": round(used * 900),
                    "leadingVArs": 15157,
                    "laggingVArs": 0,
                    "SOC": round(level),
                    "SOH": 98,
                    "minCellTemp": warm,
                    "maxCellTemp": warm + 1,
                    "totVoltage": 21000 + round(24 * level),
                    "vendor_data": "00" * 16,
                },
                "lifetime": {
                    "createdTime": state.stamp(end),
                    "duration": 900,
                    "joulesProduced": round(truth.battery_discharge * 3600 / units),
                    "joulesUsed": round(truth.battery_charge * 3600 / units),
                },
            }
        ],
    }


def _nsrb(state: GatewayState) -> dict[str, Any]:
    wires = lines(state, Measurement.PRODUCTION)
    volts = [round(each.voltage * 1000) for each in wires] + [5956, 5956]
    return {
        "devName": "nsrb",
        "sn": q_relay_serial(state),
        "active": True,
        "modGone": False,
        "channels": [
            {
                "chanEid": q_relay_channel_eid(),
                "created": state.stamp(state.house.time),
                "lastReading": {
                    "eid": q_relay_channel_eid(),
                    "interval_type": 0,
                    "endDate": state.stamp(state.house.time),
                    "duration": 900,
                    "flags": 0,
                    "flags_hex": "0x0000000000000000",
                    "temperature": round(state.house.roof.air_temperature + 20),
                    "acCurrOffset": -19,
                    "VrmsL1N": volts[0],
                    "VrmsL2N": volts[1],
                    "VrmsL3N": volts[2],
                    "freqInmHz": round(frequency(state.house, state.house.time) * 1000),
                    "stateChngCnt": 1,
                },
            }
        ],
    }
