"""Payloads of the meter reports: like readings, and consumption computed."""

from dataclasses import replace
from typing import Any

from .config import Measurement
from .meters import Electrics, lines, total
from .reply import Json
from .state import GatewayState


def consumption_lines(state: GatewayState, kind: Measurement) -> list[Electrics]:
    """Return net or total consumption a phase, computed from what is measured.

    The gateway does not know the battery here: charging counts as consumption.
    Net energy is import less export.
    """
    solar = lines(state, Measurement.PRODUCTION)
    measured = state.consumption_ct
    if measured is None:
        return []
    result = []
    for made, used in zip(solar, lines(state, measured), strict=True):
        if measured is Measurement.NET_CONSUMPTION:
            net_power, net = used.power, used.delivered - used.received
        else:
            net_power, net = used.power - made.power, used.delivered - made.delivered
        house = kind is Measurement.TOTAL_CONSUMPTION
        result.append(
            replace(
                used,
                power=net_power + made.power if house else net_power,
                delivered=net + made.delivered if house else net,
                received=0.0,
            )
        )
    return result


def reports(state: GatewayState) -> Json:
    """Return production, net and total consumption."""
    if not state.config.metered:
        return []
    produced = [production(state)] if state.has_ct else []
    return [*produced, *consumption(state)]


def production(state: GatewayState) -> dict[str, Any]:
    """Return the production report."""
    return _report(state, "production", lines(state, Measurement.PRODUCTION))


def consumption(state: GatewayState) -> list[dict[str, Any]]:
    """Return the reports of net and of total consumption."""
    if state.consumption_ct is None:
        return []
    return [
        _report(state, kind.value, consumption_lines(state, kind))
        for kind in (Measurement.NET_CONSUMPTION, Measurement.TOTAL_CONSUMPTION)
    ]


def _report(state: GatewayState, kind: str, wires: list[Electrics]) -> dict[str, Any]:
    return {
        "createdAt": state.stamp(state.house.time),
        "reportType": kind,
        "cumulative": _sums(total(wires)),
        "lines": [_sums(each) for each in wires],
    }


def _sums(each: Electrics) -> dict[str, float]:
    moved = abs(each.delivered) + each.received
    return {
        "currW": round(each.power, 3),
        "actPower": round(each.power, 3),
        "apprntPwr": round(each.apparent, 3),
        "reactPwr": round(each.reactive, 3),
        "whDlvdCum": round(each.delivered, 3),
        "whRcvdCum": round(each.received, 3),
        "varhLagCum": round(moved * 0.021, 3),
        "varhLeadCum": round(moved * 0.083, 3),
        "vahCum": round(moved * 1.19, 3),
        "rmsVoltage": round(each.voltage, 3),
        "rmsCurrent": round(each.current, 3),
        "pwrFactor": round(max(-1.0, min(1.0, each.factor)), 2),
        "freqHz": round(each.frequency, 2),
    }
