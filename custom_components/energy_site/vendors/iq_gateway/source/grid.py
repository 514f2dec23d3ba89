"""The state of the grid, and the devices between it and the house."""

from dataclasses import replace
from datetime import datetime

from ....site.model import Controller, ControllerKind, DeviceInfo, GridState, GridStatus, Transition
from ..client.models.ensemble import Collar, Enpower, EnsembleDevice, Relay
from .answers import Answers, GatewayClock, moment
from .feeds import DEVICE_DATA, ENSEMBLE_INVENTORY, RELAY
from .radio import radio

FEEDS = (RELAY, ENSEMBLE_INVENTORY, DEVICE_DATA)

_MODELS = {
    ControllerKind.SYSTEM_CONTROLLER: "IQ System Controller",
    ControllerKind.COLLAR: "IQ Meter Collar",
    ControllerKind.COMBINER: "IQ Combiner",
    ControllerKind.RELAY: "Q-Relay",
}


def build(answers: Answers, clock: GatewayClock, now: datetime) -> GridStatus | None:
    """Build the grid status of sites with a device that knows the state of the grid."""
    at = answers.newest(RELAY, ENSEMBLE_INVENTORY, DEVICE_DATA)
    controllers = _controllers(answers, clock, now)
    if at is None or not controllers:
        return None
    relay = answers.current(RELAY, now)
    return GridStatus(
        observed_at=at,
        state=_state(answers, now),
        enabled=_enabled(relay) if relay is not None else None,
        transition=_transition(relay) if relay is not None else None,
        controllers=controllers,
    )


def _enabled(relay: Relay) -> bool | None:
    """Return whether the house is meant to use the grid; the previous state while the switch moves."""
    if relay.mains_admin_state is None or relay.mains_oper_state is None:
        return None
    match _transition(relay):
        case Transition.OPENING:
            return True
        case Transition.CLOSING:
            return False
    return relay.mains_admin_state.startswith("clos")


def _transition(relay: Relay) -> Transition | None:
    admin, oper = relay.mains_admin_state or "", relay.mains_oper_state or ""
    if admin.startswith("open") and oper.startswith("clos"):
        return Transition.OPENING
    if admin.startswith("clos") and "synchroniz" in oper:
        return Transition.CLOSING
    return None


def _state(answers: Answers, now: datetime) -> GridState | None:
    inventory = answers.current(ENSEMBLE_INVENTORY, now)
    for collar in inventory.collars if inventory else ():
        if (state := _collar_state(collar)) is not None:
            return state
    relay = answers.current(RELAY, now)
    relay_at, inventory_at = answers.at(RELAY), answers.at(ENSEMBLE_INVENTORY)
    controller = next(iter(inventory.controllers), None) if inventory else None
    relay_is_newer = relay_at is not None and (inventory_at is None or relay_at >= inventory_at)
    if relay is None and relay_at is not None and inventory_at is not None and relay_at > inventory_at:
        # What the inventory says was out of date before the relay stopped responding.
        return None
    if relay is not None and (relay_is_newer or controller is None):
        return _relay_state(relay.mains_oper_state, relay)
    return _relay_state(controller.mains_oper_state, relay) if controller is not None else None


def _collar_state(collar: Collar) -> GridState | None:
    """Return a collar's own state; its states of the grid and the switch lag behind."""
    state = collar.state or ""
    if state.endswith("OFF_GRID"):
        return GridState.OFF_GRID
    if state.endswith("ON_GRID"):
        return GridState.ON_GRID
    match collar.grid_state:
        case "on_grid":
            return GridState.ON_GRID
        case "off_grid":
            return GridState.OFF_GRID
    return None


def _relay_state(oper_state: str | None, relay: Relay | None) -> GridState | None:
    if oper_state is None:
        return None
    if oper_state.startswith("clos"):
        return GridState.ON_GRID
    if "synchroniz" in oper_state:
        return GridState.SYNCHRONIZING
    if not oper_state.startswith("open"):
        return None
    if relay is not None and (relay.battery_grid_mode or "").endswith("generator"):
        return GridState.GENERATOR
    return GridState.OFF_GRID


def _controllers(answers: Answers, clock: GatewayClock, now: datetime) -> dict[str, Controller]:
    known = answers.last(ENSEMBLE_INVENTORY)
    fresh = answers.current(ENSEMBLE_INVENTORY, now) is not None
    found: list[Controller] = []
    if known is not None:
        found += [_enpower(device, clock, now) for device in known.controllers]
        found += [_controller(device, ControllerKind.COLLAR, clock, now) for device in known.collars]
        found += [_controller(device, ControllerKind.COMBINER, clock, now) for device in known.combiners]
    if not fresh:
        found = [replace(device, state=None, temperature=None, connected=None) for device in found]
    return {device.device.serial: device for device in (*found, *_relays(answers, clock, now))}


def _enpower(device: Enpower, clock: GatewayClock, now: datetime) -> Controller:
    controller = _controller(device, ControllerKind.SYSTEM_CONTROLLER, clock, now)
    # Unlike all other devices, this one sends degrees Fahrenheit.
    celsius = None if device.temperature is None else round((device.temperature - 32) * 5 / 9, 1)
    return replace(controller, temperature=celsius)


def _controller(device: EnsembleDevice, kind: ControllerKind, clock: GatewayClock, now: datetime) -> Controller:
    return Controller(
        kind=kind,
        device=DeviceInfo(
            serial=device.serial, model=_MODELS[kind], model_id=device.part_number, firmware=device.firmware
        ),
        state=device.state,
        temperature=device.temperature,
        last_reported=clock.ours(moment(device.last_report), now),
        connected=device.communicating,
        radio=radio(device),
    )


def _relays(answers: Answers, clock: GatewayClock, now: datetime) -> list[Controller]:
    data = answers.current(DEVICE_DATA, now)
    return [
        Controller(
            kind=ControllerKind.RELAY,
            device=DeviceInfo(serial=relay.serial, model=_MODELS[ControllerKind.RELAY]),
            temperature=relay.temperature,
            frequency=None if relay.millihertz is None else relay.millihertz / 1000,
            voltages=tuple(None if volts is None else volts / 1000 for volts in relay.millivolts),
            last_reported=clock.ours(moment(relay.end_date), now),
        )
        for relay in (data.q_relays if data else ())
    ]
