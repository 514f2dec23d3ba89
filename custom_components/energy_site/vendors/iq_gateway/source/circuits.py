"""Load circuits: contacts that switch a load, and their settings."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ....site.circuits import CircuitAction, CircuitMode, LoadCircuit, LoadCircuits
from ....site.control import Value
from ....site.model import GridState
from ..client.models.ensemble import DryContact
from .answers import Answers
from .feeds import DRY_CONTACT_SETTINGS, DRY_CONTACTS

FEEDS = (DRY_CONTACTS, DRY_CONTACT_SETTINGS)

# After its settings were written, a closed contact is reported as open for up to this long.
_FALSELY_OPEN = timedelta(seconds=90)

MODES: Mapping[str, CircuitMode] = {"manual": CircuitMode.MANUAL, "soc": CircuitMode.BATTERY_LEVEL}
ACTIONS: Mapping[str, CircuitAction] = {
    "apply": CircuitAction.POWERED,
    "shed": CircuitAction.NOT_POWERED,
    "schedule": CircuitAction.SCHEDULE,
    "none": CircuitAction.UNCHANGED,
}

# The setting that applies to a circuit in manual mode, depending on the state of the grid.
_IN_CHARGE: Mapping[GridState, str] = {
    GridState.ON_GRID: "grid_action",
    GridState.OFF_GRID: "off_grid_action",
    GridState.GENERATOR: "generator_action",
}
_GIVES: Mapping[Value, bool] = {CircuitAction.POWERED: True, CircuitAction.NOT_POWERED: False}


class FalseOpenings:
    """Tracks contacts that are reported as open although they are closed."""

    def __init__(self) -> None:
        """Start with all contacts reported correctly."""
        self._until: datetime | None = None
        self._closed: frozenset[str] = frozenset()

    def expect(self, answers: Answers, now: datetime) -> None:
        """Expect false reports from now on, since settings are being written."""
        contacts = answers.last(DRY_CONTACTS) or ()
        self._closed = frozenset(contact.id for contact in contacts if is_closed(contact))
        self._until = now + _FALSELY_OPEN

    def commanded(self, contact_id: str) -> None:
        """Trust the reports of a contact again once it is switched."""
        self._closed -= {contact_id}

    def mend(self, contacts: tuple[DryContact, ...], now: datetime) -> tuple[DryContact, ...]:
        """Return the contacts with false reports corrected."""
        if self._until is None or now > self._until:
            return contacts
        return tuple(
            replace(contact, status="closed") if contact.id in self._closed else contact for contact in contacts
        )


def is_closed(contact: DryContact) -> bool:
    """Return whether a contact is closed and supplies power."""
    return (contact.status or "").startswith("clos")


def follows(key: str, value: Value, before: LoadCircuit, now: LoadCircuit, grid: GridState | None) -> bool:
    """Return whether a circuit shows that a setting is active, as its contact has moved accordingly."""
    in_charge = grid is not None and _IN_CHARGE.get(grid) == key and now.mode is CircuitMode.MANUAL
    closed = _GIVES.get(value)
    return in_charge and None not in (closed, before.closed) and before.closed is not closed and now.closed is closed


def build(answers: Answers, now: datetime) -> LoadCircuits | None:
    """Build the load circuits."""
    at = answers.newest(*FEEDS)
    contacts = {contact.id: contact for contact in answers.current(DRY_CONTACTS, now) or ()}
    circuits = {
        contact.id: LoadCircuit(
            name=contact.load_name,
            kind=contact.type,
            closed=is_closed(contacts[contact.id]) if contact.id in contacts else None,
            mode=MODES.get(contact.mode or ""),
            grid_action=ACTIONS.get(contact.grid_action or ""),
            off_grid_action=ACTIONS.get(contact.micro_grid_action or ""),
            generator_action=ACTIONS.get(contact.generator_action or ""),
            level_low=contact.soc_low,
            level_high=contact.soc_high,
        )
        for contact in answers.last(DRY_CONTACT_SETTINGS) or ()
        if contact.type == "LOAD"
    }
    return LoadCircuits(observed_at=at, circuits=circuits) if at is not None and circuits else None
