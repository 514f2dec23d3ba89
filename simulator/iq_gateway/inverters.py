"""Payload of the inverters' short list, and the numbers devices go by."""

from typing import Any

from .reply import Json
from .state import GatewayState

_CHANNEL_STEP = 256
PCU, ACB, NSRB, ESUB = 1, 11, 12, 19
_PCU_CHANNEL, _ACB_CHANNEL, _NSRB_CHANNEL = 1627390225, 1795162385, 1912602897


def channel_eid(index: int) -> int:
    """Return the channel of an inverter."""
    return _PCU_CHANNEL + index * _CHANNEL_STEP


def acb_channel_eid(index: int) -> int:
    """Return the channel of an AC Battery."""
    return _ACB_CHANNEL + index * _CHANNEL_STEP


def q_relay_channel_eid() -> int:
    """Return the channel of the Q-relay."""
    return _NSRB_CHANNEL


def q_relay_serial(state: GatewayState) -> str:
    """Return the serial number of the Q-relay."""
    return f"1219{state.config.serial[-6:]}70"


def api_inverters(state: GatewayState) -> Json:
    """Return the last report of each inverter, and of AC Batteries among them."""
    rows: list[Any] = []
    for inverter in state.house.inverters:
        report = state.recorder.reports.get(inverter.serial)
        if report is not None and not inverter.removed:
            rows.append(
                _short(inverter.serial, state.stamp(report.end), PCU, report.watts)
                | {"maxReportWatts": report.peak_watts}
            )
    battery = state.house.battery
    for index in range(state.ac_batteries):
        watts = round(state.house.flow.battery / state.ac_batteries)
        most = round(battery.config.discharge_watts) if battery else 0
        end = state.house.time - state.house.time % 300
        rows.append(_short(state.battery_serial(index), state.stamp(end), ACB, watts) | {"maxReportWatts": most})
    return rows


def _short(serial: str, end: int, kind: int, watts: int) -> dict[str, Any]:
    return {
        "serialNumber": serial,
        "lastReportDate": end,
        "devType": kind,
        "lastReportWatts": watts,
        "maxReportWatts": 0,
    }
