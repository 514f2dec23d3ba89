"""The grid's switch, load circuits and the generator at the dashboard."""

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.faults import Unheeded
from tests.common import gateway_entry, set_up, state
from tests.steering import Handle

RELAY = "/ivp/ensemble/relay"
GRID = ("switch", "grid_enabled")


@pytest.fixture
def handle(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> Handle:
    """Return the controls of the site."""
    return Handle(hass, freezer, gateway.serial)


def connected(hass: HomeAssistant, gateway: GatewayServer) -> str:
    """Return whether the grid is shown to be there."""
    found = state(hass, "binary_sensor", gateway.serial, "grid_connected")
    assert found is not None
    return found.state


async def test_the_grids_switch_is_not_enabled_by_itself(hass: HomeAssistant, handle: Handle) -> None:
    entry = er.async_get(hass).async_get(handle.entity(*GRID))
    assert entry is not None
    assert entry.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert hass.states.get(entry.entity_id) is None


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_leaving_the_grid_is_shown_once_the_switch_has_opened(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer
) -> None:
    assert handle.shown(*GRID) == "on"
    task = await handle.begin(*GRID, value=False)
    for _ in range(25):
        assert not task.done()
        assert (handle.shown(*GRID), handle.attribute("pending", *GRID)) == ("on", False)
        assert connected(hass, gateway) == "on"
        await handle.wait(1)
    await handle.finish(task)
    assert (handle.shown(*GRID), handle.attribute("pending", *GRID)) == ("off", None)
    assert connected(hass, gateway) == "off"
    assert gateway.house.switches.relay_closed is False

    task = await handle.begin(*GRID, value=True)
    for _ in range(10):
        assert not task.done()
        assert (handle.shown(*GRID), handle.attribute("pending", *GRID)) == ("off", True)
        await handle.wait(1)
    await handle.finish(task)
    assert (handle.shown(*GRID), handle.attribute("pending", *GRID)) == ("on", None)
    assert connected(hass, gateway) == "on"
    assert gateway.house.switches.relay_closed is True


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_switch_that_does_not_move_is_told(handle: Handle, gateway: GatewayServer) -> None:
    gateway.faults.add(Unheeded(), RELAY, methods=["POST"])
    with pytest.raises(HomeAssistantError) as caught:
        await handle.set(*GRID, value=False)
    assert caught.value.translation_key == "control_ignored"
    assert caught.value.translation_placeholders == {
        "setting": "Grid connection",
        "wanted": "off",
        "in_force": "on",
        "seconds": "60",
    }
    assert handle.shown(*GRID) == "on"


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_grid_that_failed_cannot_be_switched(handle: Handle, gateway: GatewayServer) -> None:
    gateway.house.switches.grid_available = False
    await handle.wait(120, step=10)
    assert (handle.shown(*GRID), handle.attribute("read_only_because", *GRID)) == ("on", "off_grid")
    with pytest.raises(ServiceValidationError) as caught:
        await handle.set(*GRID, value=False)
    assert caught.value.translation_key == "control_not_now_off_grid"
    assert not gateway.stats.writes


# -- circuits -----------------------------------------------------------------------


async def test_a_circuits_controls_stand_on_its_own_device(
    hass: HomeAssistant, handle: Handle, entry: MockConfigEntry, gateway: GatewayServer
) -> None:
    devices, entities = dr.async_get(hass), er.async_get(hass)
    circuit = devices.async_get_device_by_identifier((DOMAIN, f"{gateway.serial}_NC1"), entry.entry_id)
    assert circuit is not None
    assert circuit.name == "Load circuit Water heater"
    for control in (
        ("switch", "NC1", "closed"),
        ("select", "NC1", "mode"),
        ("select", "NC1", "grid_action"),
        ("select", "NC1", "off_grid_action"),
        ("select", "NC1", "generator_action"),
        ("number", "NC1", "level_low"),
        ("number", "NC1", "level_high"),
    ):
        found = entities.async_get(handle.entity(*control))
        assert found is not None
        assert found.device_id == circuit.id, control
    # A contact without a load switches nothing.
    assert state(hass, "switch", gateway.serial, "NO1", "closed") is None


async def test_a_circuit_is_switched_off_and_on(handle: Handle, gateway: GatewayServer) -> None:
    circuit = ("switch", "NC1", "closed")
    assert handle.shown(*circuit) == "on"
    await handle.set(*circuit, value=False)
    assert handle.shown(*circuit) == "off"
    assert gateway.house.switches.shed == {"NC1"}
    assert handle.shown("switch", "NC2", "closed") == "on"
    await handle.set(*circuit, value=True)
    assert handle.shown(*circuit) == "on"
    assert gateway.house.switches.shed == frozenset()


@pytest.mark.parametrize(
    ("control", "before", "value", "after", "field", "word"),
    [
        (("select", "NC1", "mode"), "manual", "battery_level", "battery_level", "mode", "soc"),
        (("select", "NC1", "grid_action"), "powered", "schedule", "schedule", "grid_action", "schedule"),
        (("select", "NC1", "off_grid_action"), "not_powered", "powered", "powered", "micro_grid_action", "apply"),
        (("select", "NC1", "generator_action"), "powered", "unchanged", "unchanged", "gen_action", "none"),
        (("number", "NC1", "level_low"), "30.0", 45, "45.0", "soc_low", 45.0),
        (("number", "NC1", "level_high"), "70.0", 90, "90.0", "soc_high", 90.0),
    ],
)
async def test_what_a_circuit_does_is_set(
    handle: Handle,
    gateway: GatewayServer,
    control: tuple[str, str, str],
    before: str,
    value: float | str,
    after: str,
    field: str,
    word: object,
) -> None:
    assert handle.shown(*control) == before
    await handle.set(*control, value=value)
    assert handle.shown(*control) == after
    assert gateway.state.contacts.settings[0][field] == word
    # The gateway tells a closed contact to be open for a while after that.
    await handle.wait(60, step=10)
    assert handle.shown("switch", "NC1", "closed") == "on"


async def test_a_circuits_levels_limit_each_other(handle: Handle, gateway: GatewayServer) -> None:
    low, high = ("number", "NC1", "level_low"), ("number", "NC1", "level_high")
    assert (handle.attribute("max", *low), handle.attribute("min", *high)) == (70, 30)
    with pytest.raises(ServiceValidationError) as caught:
        await handle.set(*low, value=75)
    assert caught.value.translation_key == "out_of_range"
    assert not gateway.stats.writes
    await handle.set(*high, value=90)
    assert handle.attribute("max", *low) == 90
    await handle.set(*low, value=75)
    assert handle.attribute("min", *high) == 75


async def test_a_circuits_error_names_its_control(handle: Handle, gateway: GatewayServer) -> None:
    gateway.faults.add(Unheeded(), "/ivp/ss/dry_contact_settings", methods=["POST"])
    with pytest.raises(HomeAssistantError) as caught:
        await handle.set("number", "NC1", "level_low", value=40)
    assert caught.value.translation_key == "control_ignored"
    assert (caught.value.translation_placeholders or {})["setting"] == "Switch off below"


# -- generator ----------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["generator"])
async def test_a_generators_mode_stands_on_its_device_and_is_set(
    hass: HomeAssistant, handle: Handle, entry: MockConfigEntry, gateway: GatewayServer
) -> None:
    mode = ("select", "generator", "mode")
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, f"{gateway.serial}_generator"), entry.entry_id)
    found = er.async_get(hass).async_get(handle.entity(*mode))
    assert device is not None
    assert found is not None
    assert found.device_id == device.id
    assert handle.shown(*mode) == "auto"
    await handle.set(*mode, value="off")
    assert (handle.shown(*mode), gateway.house.switches.generator) == ("off", "off")
    await handle.set(*mode, value="on")
    assert (handle.shown(*mode), gateway.house.switches.generator) == ("on", "on")


async def test_a_home_without_generator_has_no_mode_for_it(hass: HomeAssistant, gateway: GatewayServer) -> None:
    await set_up(hass, gateway_entry(gateway))
    assert state(hass, "select", gateway.serial, "generator", "mode") is None
