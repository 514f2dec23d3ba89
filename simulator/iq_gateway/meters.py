"""Payloads of the meters: W, VA, var, V, A, Hz, and Wh with three decimals."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

from simulator.house import Flow, Truth
from simulator.house.noise import smooth

from .config import Measurement
from .recorder import frequency, phase_voltage
from .reply import Json
from .state import GatewayState

EIDS = {
    Measurement.PRODUCTION: 704643328,
    Measurement.NET_CONSUMPTION: 704643584,
    Measurement.TOTAL_CONSUMPTION: 704643584,
    Measurement.STORAGE: 704643840,
    Measurement.BACKFEED: 704644352,
    Measurement.LOAD: 704644608,
    Measurement.EVSE: 704644864,
    Measurement.PV_THREE_PHASE: 704645120,
}
_FIRST_EID, _FIRST_CHANNEL = 704643328, 1778385169
_CHANNELS = 3
# What inputs show that nobody wired: W, Wh, Wh.
_GARBAGE = {
    Measurement.LOAD: (0.078, 14.307, 8.56),
    Measurement.EVSE: (-14.617, 123.136, -19.677),
}
_ALWAYS_THERE = (Measurement.PRODUCTION, Measurement.NET_CONSUMPTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Electrics:
    """What a CT sees on one wire or on all: W, var, V, A, Hz, Wh."""

    power: float
    reactive: float
    apparent: float
    voltage: float
    current: float
    frequency: float
    delivered: float
    received: float

    @property
    def factor(self) -> float:
        """Power factor, -1..1."""
        return self.power / self.apparent if self.apparent else 0.0


def channel_base(eid: int) -> int:
    """Return the number of a meter's first channel."""
    return _FIRST_CHANNEL + eid - _FIRST_EID


def fitted(state: GatewayState) -> list[Measurement]:
    """Return the meters the gateway lists; metered hardware always has two."""
    if not state.config.metered:
        return []
    kinds = [*state.config.cts, *state.config.disabled_cts]
    has_consumption = state.consumption_ct is not None
    for kind in _ALWAYS_THERE:
        missing = kind not in kinds
        if missing and not (kind is Measurement.NET_CONSUMPTION and has_consumption):
            kinds.append(kind)
    return sorted(kinds, key=lambda kind: EIDS[kind])


def meters(state: GatewayState) -> Json:
    """Return what CTs there are."""
    phases = state.house.config.phases
    return [
        {
            "eid": EIDS[kind],
            "state": "enabled" if kind in state.config.cts else "disabled",
            "measurementType": kind.value,
            "phaseMode": "split" if state.house.config.split_phase else "three",
            "phaseCount": int(phases),
            "meteringStatus": "normal",
            "statusFlags": [],
        }
        for kind in fitted(state)
    ]


def readings(state: GatewayState) -> Json:
    """Return the readings of every meter, with three channels each."""
    return [reading(state, kind) for kind in fitted(state)]


def reading(state: GatewayState, kind: Measurement) -> dict[str, Any]:
    """Return one meter's reading."""
    eid = EIDS[kind]
    stamp = state.stamp(state.house.time)
    wires = lines(state, kind)
    channels = [_row(channel_base(eid) + wire, stamp, each) for wire, each in enumerate(wires)]
    channels.extend(
        _row(channel_base(eid) + wire, stamp, _floating(state, eid + wire)) for wire in range(len(wires), _CHANNELS)
    )
    return _row(eid, stamp, total(wires)) | {"channels": channels}


def lines(state: GatewayState, kind: Measurement) -> list[Electrics]:
    """Return what a CT sees on each phase; a disabled one sees nothing."""
    house = state.house
    enabled = kind in state.config.cts
    result = []
    for wire, (flow, truth) in enumerate(zip(house.flow_by_phase, house.truth_by_phase, strict=True)):
        power, delivered, received = _measured(kind, flow, truth) if enabled else _GARBAGE.get(kind, (0.0, 0.0, 0.0))
        voltage = phase_voltage(house, house.time, wire)
        reactive = -12.0 - 0.05 * power if enabled else 0.0
        apparent = sqrt(power * power + reactive * reactive)
        result.append(
            Electrics(
                power=power,
                reactive=reactive,
                apparent=apparent,
                voltage=voltage,
                current=apparent / voltage,
                frequency=frequency(house, house.time),
                delivered=delivered,
                received=received,
            )
        )
    return result


def _measured(kind: Measurement, flow: Flow, truth: Truth) -> tuple[float, float, float]:
    """Return W, Wh towards the house, and Wh away from it."""
    match kind:
        case Measurement.PRODUCTION:
            return flow.solar, truth.solar, 0.0
        case Measurement.NET_CONSUMPTION:
            return flow.grid, truth.grid_import, truth.grid_export
        case Measurement.TOTAL_CONSUMPTION:
            return flow.load, truth.load, 0.0
        case Measurement.STORAGE:
            return flow.battery, truth.battery_discharge, truth.battery_charge
        case Measurement.BACKFEED:
            return flow.solar + flow.battery, truth.solar + truth.battery_discharge, truth.battery_charge
        case Measurement.LOAD | Measurement.EVSE | Measurement.PV_THREE_PHASE:
            return 0.0, 0.0, 0.0


def total(wires: list[Electrics]) -> Electrics:
    """Return all wires together; gateways add up the voltages too."""
    return Electrics(
        power=sum(each.power for each in wires),
        reactive=sum(each.reactive for each in wires),
        apparent=sum(each.apparent for each in wires),
        voltage=sum(each.voltage for each in wires),
        current=sum(each.current for each in wires),
        frequency=wires[0].frequency,
        delivered=sum(each.delivered for each in wires),
        received=sum(each.received for each in wires),
    )


def _floating(state: GatewayState, seed: int) -> Electrics:
    """Return an input without a wire: it picks up a few volts."""
    return Electrics(
        power=0.0,
        reactive=0.0,
        apparent=0.0,
        voltage=1 + 11 * smooth(seed, state.house.time / 300),
        current=0.0,
        frequency=frequency(state.house, state.house.time),
        delivered=0.0,
        received=0.0,
    )


def _row(eid: int, stamp: int, each: Electrics) -> dict[str, Any]:
    moved = each.delivered + each.received
    return {
        "eid": eid,
        "timestamp": stamp,
        "actEnergyDlvd": round(each.delivered, 3),
        "actEnergyRcvd": round(each.received, 3),
        "apparentEnergy": round(moved * 1.19, 3),
        "reactEnergyLagg": round(moved * 0.021, 3),
        "reactEnergyLead": round(moved * 0.083, 3),
        "instantaneousDemand": round(each.power, 3),
        "activePower": round(each.power, 3),
        "apparentPower": round(each.apparent, 3),
        "reactivePower": round(each.reactive, 3),
        "pwrFactor": round(each.factor, 3),
        "voltage": round(each.voltage, 3),
        "current": round(each.current, 3),
        "freq": round(each.frequency, 3),
    }


def grid_reading(state: GatewayState) -> Json:
    """Return power at the grid connection, import positive."""
    if state.consumption_ct is not Measurement.NET_CONSUMPTION:
        return []
    wires = lines(state, Measurement.NET_CONSUMPTION)
    return [{"channels": _phases(state, wires, reactive=True)}]


def pv_reading(state: GatewayState) -> Json:
    """Return power of the arrays."""
    if not state.has_ct:
        return []
    wires = lines(state, Measurement.PRODUCTION)
    return [{"channels": _phases(state, wires, reactive=False)}]


def _phases(state: GatewayState, wires: list[Electrics], *, reactive: bool) -> list[dict[str, Any]]:
    three = wires + [_floating(state, wire) for wire in range(len(wires), _CHANNELS)]
    return [
        {
            "phase": f"L{wire + 1}",
            "activePower": round(each.power, 3),
            **({"reactivePower": round(each.reactive, 3)} if reactive else {}),
            "voltage": round(each.voltage, 3),
            "current": round(each.current, 3),
            "freq": round(each.frequency, 3),
        }
        for wire, each in enumerate(three)
    ]
