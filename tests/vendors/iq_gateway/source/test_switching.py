"""The grid's switch, load circuits and the generator: they take their time, and do not always tell the truth."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from custom_components.energy_site.site.circuits import Generator, LoadCircuits
from custom_components.energy_site.site.control import BlockReason, ChangeKind, ControlName, Failure, Value
from custom_components.energy_site.site.model import GridState, GridStatus, Transition
from simulator.house import GeneratorConfig
from simulator.iq_gateway.faults import Unheeded
from simulator.presets import PRESETS

from .driver import simulated
from .helm import Helm

SETTINGS = "/ivp/ss/dry_contact_settings"
CONTACTS = "/ivp/ensemble/dry_contacts"
RELAY = "/ivp/ensemble/relay"
GENERATOR = ControlName("generator", "mode")


@pytest.fixture
async def helm() -> AsyncIterator[Helm]:
    """Steer the usual home, and its generator."""
    home = PRESETS["home"]()
    async with simulated(replace(home, house=replace(home.house, generator=GeneratorConfig()))) as site:
        await site.start()
        helm = Helm(site)
        helm.steering.observe()
        yield helm


def told(helm: Helm, name: ControlName) -> list[ChangeKind]:
    """Return the kinds of all that was told of a setting."""
    return [change.kind for change in helm.changes if change.name == name]


async def look(helm: Helm) -> None:
    """Know how the grid and the generator stand."""
    helm.site.clock.advance(60)
    await helm.poll("relay", "generator", "generator_mode")
    helm.changes.clear()


# -- the grid ---------------------------------------------------------------------


async def test_going_off_the_grid_is_on_until_the_switch_has_opened(helm: Helm) -> None:
    seen: list[tuple[Value | None, Transition | None]] = []

    async def look() -> None:
        seen.append((helm.value("grid_enabled"), helm.site.part(GridStatus).transition))

    helm.meanwhile = look
    began = helm.site.now
    await helm.set("grid_enabled", value=False)
    assert helm.value("grid_enabled") is False
    assert helm.site.part(GridStatus).state is GridState.OFF_GRID
    assert (helm.site.now - began).total_seconds() >= 28
    assert (True, Transition.OPENING) in seen


async def test_coming_back_waits_for_the_switch_to_close(helm: Helm) -> None:
    await helm.set("grid_enabled", value=False)
    seen: list[tuple[Value | None, Transition | None]] = []

    async def look() -> None:
        seen.append((helm.value("grid_enabled"), helm.site.part(GridStatus).transition))

    helm.meanwhile = look
    await helm.set("grid_enabled", value=True)
    assert helm.site.part(GridStatus).state is GridState.ON_GRID
    assert (False, Transition.CLOSING) in seen


async def test_a_grid_that_failed_is_still_enabled_and_cannot_be_switched(helm: Helm) -> None:
    helm.site.house.switches.grid_available = False
    await helm.poll("relay")
    assert helm.value("grid_enabled") is True
    error = await helm.fail("grid_enabled", value=True)
    assert (error.failure, error.block_reason) == (Failure.NOT_NOW, BlockReason.OFF_GRID)


async def test_a_switch_that_does_not_move_is_reported(helm: Helm) -> None:
    helm.site.gateway.faults.add(Unheeded(), RELAY, methods=["POST"])
    error = await helm.fail("grid_enabled", value=False)
    assert (error.failure, error.in_force) == (Failure.IGNORED, True)
    assert helm.site.part(GridStatus).state is GridState.ON_GRID


@pytest.mark.parametrize("home", ["collar", "single_phase", "standard", "three_phase"])
async def test_a_home_without_such_a_switch_has_no_control_for_it(home: str) -> None:
    async with simulated(home) as site:
        await site.start()
        helm = Helm(site)
        assert (await helm.fail("grid_enabled", value=False)).failure is Failure.MISSING


# -- circuits ---------------------------------------------------------------------


async def test_a_circuit_is_switched(helm: Helm) -> None:
    await helm.set("closed", value=False, serial="NC1")
    assert helm.site.house.switches.shed == {"NC1"}
    await helm.set("closed", value=True, serial="NC1")
    assert helm.site.house.switches.shed == frozenset()


@pytest.mark.parametrize(
    ("key", "value", "field", "word"),
    [
        ("mode", "battery_level", "mode", "soc"),
        ("grid_action", "not_powered", "grid_action", "shed"),
        ("off_grid_action", "powered", "micro_grid_action", "apply"),
        ("generator_action", "schedule", "gen_action", "schedule"),
        ("level_low", 40.0, "soc_low", 40.0),
        ("level_high", 90.0, "soc_high", 90.0),
    ],
)
async def test_the_whole_object_of_a_circuit_is_written_with_flags_as_words(
    helm: Helm, key: str, value: Value, field: str, word: object
) -> None:
    before = dict(helm.site.gateway.state.contacts.settings[0])
    await helm.set(key, value, "NC1")
    (body,) = helm.written()
    assert body == {"dry_contacts": {**before, field: word}}
    assert body["dry_contacts"]["override"] == "true"
    assert helm.value(key, "NC1") == value


@pytest.mark.parametrize(
    ("key", "value"), [("mode", "battery_level"), ("grid_action", "schedule"), ("level_low", 40.0)]
)
async def test_a_circuits_setting_that_only_its_file_tells_is_accepted_and_not_confirmed(
    helm: Helm, key: str, value: Value
) -> None:
    await helm.set(key, value, "NC1")
    assert told(helm, ControlName("NC1", key)) == [ChangeKind.ACCEPTED]


@pytest.mark.parametrize(
    ("key", "ending"), [("grid_action", ChangeKind.CHANGED), ("off_grid_action", ChangeKind.ACCEPTED)]
)
async def test_a_circuits_action_is_confirmed_where_its_contact_follows_it(
    helm: Helm, key: str, ending: ChangeKind
) -> None:
    contacts, now = helm.site.gateway.state.contacts, helm.site.clock.now
    contacts.settings[0].update(grid_action="shed", micro_grid_action="shed")
    contacts.switch({"id": "NC1", "status": "open"}, now())
    helm.site.clock.advance(60)
    await helm.poll("dry_contacts", "dry_contact_settings")
    assert helm.value("closed", "NC1") is False
    helm.changes.clear()

    async def follow() -> None:
        contacts.switch({"id": "NC1", "status": "closed"}, now() - 60)
        helm.site.clock.advance(60)

    helm.meanwhile = follow
    await helm.set(key, "powered", "NC1")
    assert told(helm, ControlName("NC1", key)) == [ending]


async def test_a_circuit_is_not_shown_open_because_its_settings_were_written(helm: Helm) -> None:
    await helm.set("mode", "battery_level", "NC1")
    told = {
        contact["id"]: contact["status"] for contact in helm.site.gateway.state.contacts.states(helm.site.clock.now())
    }
    await helm.poll("dry_contacts")
    assert told["NC1"] == "open"
    assert helm.site.part(LoadCircuits).circuits["NC1"].closed is True
    assert helm.site.part(LoadCircuits).circuits["NC2"].closed is True


async def test_a_circuit_that_is_opened_meanwhile_is_shown_open(helm: Helm) -> None:
    await helm.set("mode", "battery_level", "NC1")
    await helm.set("closed", value=False, serial="NC1")
    assert helm.value("closed", "NC1") is False


async def test_a_circuits_levels_do_not_cross(helm: Helm) -> None:
    error = await helm.fail("level_low", 80, "NC1")
    assert error.failure is Failure.OUT_OF_RANGE
    error = await helm.fail("level_high", 20, "NC1")
    assert error.failure is Failure.OUT_OF_RANGE
    assert helm.written() == []


async def test_a_circuit_works_off_the_grid(helm: Helm) -> None:
    helm.site.house.switches.grid_available = False
    await helm.poll("relay", "dry_contacts")
    await helm.set("closed", value=False, serial="NC2")
    assert helm.value("closed", "NC2") is False


async def test_contacts_without_a_load_are_no_circuits(helm: Helm) -> None:
    assert (await helm.fail("closed", value=False, serial="NO1")).failure is Failure.MISSING


# -- generator ----------------------------------------------------------------------


async def test_a_generators_mode_is_set(helm: Helm) -> None:
    assert helm.value("mode", "generator") == "auto"
    await helm.set("mode", "off", "generator")
    assert helm.site.house.switches.generator == "off"
    assert helm.value("mode", "generator") == "off"


async def test_a_generators_mode_that_only_its_file_tells_is_accepted_and_not_confirmed(helm: Helm) -> None:
    await helm.set("mode", "on", "generator")
    assert told(helm, GENERATOR) == [ChangeKind.ACCEPTED]


async def test_a_generators_mode_is_confirmed_where_it_starts_or_stops(helm: Helm) -> None:
    helm.site.house.switches.grid_available = False
    await look(helm)
    assert helm.site.part(Generator).running is False
    await helm.set("mode", "on", "generator")
    assert helm.site.part(Generator).running is True
    await helm.set("mode", "off", "generator")
    assert helm.site.part(Generator).running is False
    assert told(helm, GENERATOR) == [ChangeKind.CHANGED, ChangeKind.CHANGED]


async def test_a_generator_that_stands_still_already_proves_nothing(helm: Helm) -> None:
    await look(helm)
    assert helm.site.part(Generator).running is False
    await helm.set("mode", "off", "generator")
    assert told(helm, GENERATOR) == [ChangeKind.ACCEPTED]


async def test_a_home_without_generator_has_no_mode_for_it() -> None:
    async with simulated("home") as site:
        await site.start()
        assert (await Helm(site).fail("mode", "off", "generator")).failure is Failure.MISSING
