"""What a person sets at the dashboard: the value in force, the wish beside it, and why it did not come true."""

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from simulator.house import StorageMode
from simulator.house.battery import BatterySettings
from simulator.iq_gateway import GatewayServer, HttpStatus, Mutate, Reset
from simulator.iq_gateway.faults import Fault, Unheeded
from tests.steering import Handle

TARIFF = "/admin/lib/tariff"
SCHEDULE = "/ivp/sc/sched"

RESERVE = ("number", "backup_reserve")
MODE = ("select", "operating_mode")
CHARGE = ("switch", "charge_from_grid")


@pytest.fixture
def handle(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> Handle:
    """Return the controls of the site."""
    return Handle(hass, freezer, gateway.serial)


def governing(gateway: GatewayServer) -> BatterySettings:
    """Return what governs the house's battery."""
    assert gateway.house.battery is not None
    return gateway.house.battery.settings


def issue(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> ir.IssueEntry | None:
    """Return a repair of the site."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")


async def set_elsewhere(handle: Handle, gateway: GatewayServer, reserve: float) -> None:
    """Let somebody change the reserve in the vendor's app, and the site notice."""
    gateway.state.tariff.local.reserve = reserve
    gateway.state.tariff.govern()
    await handle.wait(180, step=30)


# -- the value in force -----------------------------------------------------------


async def test_controls_show_what_is_in_force(handle: Handle, gateway: GatewayServer) -> None:
    assert float(handle.shown(*RESERVE)) == governing(gateway).reserve == 20
    assert handle.shown(*MODE) == "self_consumption"
    assert handle.shown(*CHARGE) == "off"
    assert handle.attribute("options", *MODE) == ["self_consumption", "savings", "backup"]
    assert [handle.attribute(name, *RESERVE) for name in ("min", "max", "step")] == [0, 100, 1]


async def test_controls_follow_the_vendors_app(handle: Handle, gateway: GatewayServer) -> None:
    await set_elsewhere(handle, gateway, 70)
    assert float(handle.shown(*RESERVE)) == 70


@pytest.mark.parametrize(
    ("control", "value", "shown", "field", "governs"),
    [
        (RESERVE, 35, "35.0", "reserve", 35.0),
        (MODE, "backup", "backup", "mode", StorageMode.BACKUP),
        (MODE, "savings", "savings", "mode", StorageMode.SAVINGS),
        (CHARGE, True, "on", "charge_from_grid", True),
    ],
)
async def test_an_action_returns_once_the_setting_is_in_force(
    handle: Handle,
    gateway: GatewayServer,
    control: tuple[str, str],
    value: float | str | bool,
    shown: str,
    field: str,
    governs: object,
) -> None:
    await handle.set(*control, value=value)
    assert getattr(governing(gateway), field) == governs
    assert handle.shown(*control) == shown
    assert handle.attribute("pending", *control) is None


async def test_what_is_on_can_be_switched_off(handle: Handle, gateway: GatewayServer) -> None:
    await handle.set(*CHARGE, value=True)
    await handle.set(*CHARGE, value=False)
    assert handle.shown(*CHARGE) == "off"
    assert governing(gateway).charge_from_grid is False


async def test_a_wish_stands_beside_what_is_in_force_until_it_is_fulfilled(
    handle: Handle, gateway: GatewayServer
) -> None:
    gateway.state.tariff.delay = 12.0
    task = await handle.begin(*RESERVE, value=35)
    for _ in range(8):
        assert (float(handle.shown(*RESERVE)), handle.attribute("pending", *RESERVE)) == (20, 35)
        assert not task.done()
        await handle.wait(1)
    await handle.finish(task)
    assert (float(handle.shown(*RESERVE)), handle.attribute("pending", *RESERVE)) == (35, None)


async def test_a_wish_that_failed_is_gone(handle: Handle, gateway: GatewayServer) -> None:
    gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
    task = await handle.begin(*MODE, value="backup")
    assert handle.attribute("pending", *MODE) == "backup"
    with pytest.raises(HomeAssistantError):
        await handle.finish(task)
    assert (handle.shown(*MODE), handle.attribute("pending", *MODE)) == ("self_consumption", None)


async def test_the_last_of_several_wishes_wins_and_no_action_fails(handle: Handle, gateway: GatewayServer) -> None:
    gateway.state.tariff.delay = 5.0
    tasks = [await handle.begin(*RESERVE, value=value) for value in (30, 40, 50)]
    assert handle.attribute("pending", *RESERVE) == 50
    for task in tasks:
        await handle.finish(task)
    assert float(handle.shown(*RESERVE)) == governing(gateway).reserve == 50


# -- why it did not come true -------------------------------------------------------


async def refused(handle: Handle, control: tuple[str, str], value: float | str | bool) -> HomeAssistantError:
    """Set a control, and return how that fails."""
    with pytest.raises(HomeAssistantError) as caught:
        await handle.set(*control, value=value)
    return caught.value


async def test_a_value_outside_the_limits_is_refused_by_home_assistant(handle: Handle, gateway: GatewayServer) -> None:
    error = await refused(handle, RESERVE, 101)
    assert isinstance(error, ServiceValidationError)
    assert (error.translation_domain, error.translation_key) == ("number", "out_of_range")
    assert (await refused(handle, MODE, "party")).translation_domain == "select"
    assert not gateway.stats.writes


async def test_a_battery_that_the_cloud_governs_says_so_before_and_after_a_try(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    assert handle.attribute("read_only_because", *RESERVE) is None
    gateway.set_cloud_profile(reserve=10)
    await handle.wait(1800, step=60)
    for control in (RESERVE, MODE, CHARGE):
        assert handle.attribute("read_only_because", *control) == "governed_remotely"
    assert float(handle.shown(*RESERVE)) == 10
    # What the file keeps of a mode governs nothing.
    assert handle.shown(*MODE) == STATE_UNKNOWN
    error = await refused(handle, RESERVE, 35)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "control_not_now_governed_remotely"
    assert error.translation_placeholders == {"setting": "Backup reserve", "wanted": "35", "in_force": "10"}
    assert not gateway.stats.writes


async def test_the_repair_of_a_governed_battery_is_raised_and_settled(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    assert issue(hass, entry, "governed_remotely") is None
    gateway.set_cloud_profile(reserve=10)
    await handle.wait(1800, step=60)
    raised = issue(hass, entry, "governed_remotely")
    assert raised is not None
    assert raised.translation_placeholders == {"name": "IQ Gateway"}
    assert raised.is_fixable
    gateway.end_cloud_profile()
    await handle.wait(1800, step=60)
    assert issue(hass, entry, "governed_remotely") is None
    assert handle.attribute("read_only_because", *RESERVE) is None
    await handle.set(*RESERVE, value=35)
    assert float(handle.shown(*RESERVE)) == 35


async def test_settings_wait_for_the_grid(handle: Handle, gateway: GatewayServer) -> None:
    gateway.house.switches.grid_available = False
    await handle.wait(120, step=10)
    error = await refused(handle, CHARGE, value=True)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "control_not_now_off_grid"
    assert error.translation_placeholders == {"setting": "Charge from grid", "wanted": "on", "in_force": "off"}
    assert not gateway.stats.writes


async def test_a_grid_event_is_told_by_its_name(handle: Handle, gateway: GatewayServer) -> None:
    gateway.faults.add(Mutate(lambda payload: {**payload, "Force Discharge": True}), SCHEDULE)
    await handle.wait(900, step=60)
    assert handle.attribute("read_only_because", *RESERVE) == "grid_event"
    assert (await refused(handle, RESERVE, 35)).translation_key == "control_not_now_grid_event"


async def test_full_backup_has_no_reserve_to_set(handle: Handle) -> None:
    await handle.set(*MODE, value="backup")
    await handle.wait(60, step=10)
    assert handle.attribute("read_only_because", *RESERVE) == "full_backup"
    assert handle.attribute("read_only_because", *MODE) is None
    error = await refused(handle, RESERVE, 35)
    assert isinstance(error, ServiceValidationError)
    assert error.translation_key == "control_not_now_full_backup"
    assert error.translation_placeholders == {"setting": "Backup reserve", "wanted": "35", "in_force": "100"}
    await handle.set(*MODE, value="self_consumption")
    assert handle.attribute("read_only_because", *RESERVE) is None


async def test_a_gateway_that_says_yes_and_does_nothing_is_told_with_what_is_in_force(
    handle: Handle, gateway: GatewayServer
) -> None:
    gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
    error = await refused(handle, RESERVE, 35)
    assert type(error) is HomeAssistantError
    assert error.translation_key == "control_ignored"
    assert error.translation_placeholders == {
        "setting": "Backup reserve",
        "wanted": "35",
        "in_force": "20",
        "seconds": "30",
    }


async def test_a_refusal_is_told_with_its_status(handle: Handle, gateway: GatewayServer) -> None:
    gateway.faults.add(HttpStatus(409), TARIFF, methods=["PUT"])
    error = await refused(handle, MODE, "savings")
    assert type(error) is HomeAssistantError
    assert error.translation_key == "control_refused"
    assert error.translation_placeholders == {
        "setting": "Operating mode",
        "wanted": "savings",
        "in_force": "self_consumption",
        "status": "409",
    }


@pytest.mark.parametrize("fault", [Reset(), HttpStatus(503)])
async def test_a_gateway_that_cannot_be_told_is_reported(handle: Handle, gateway: GatewayServer, fault: Fault) -> None:
    gateway.faults.add(fault, TARIFF, methods=["PUT"])
    error = await refused(handle, RESERVE, 35)
    assert type(error) is HomeAssistantError
    assert error.translation_key == "control_no_answer"
    assert error.translation_placeholders == {"setting": "Backup reserve", "wanted": "35", "in_force": "20"}


async def test_a_gateway_without_power_is_reported(handle: Handle, gateway: GatewayServer) -> None:
    await gateway.unplug()
    assert (await refused(handle, RESERVE, 35)).translation_key == "control_no_answer"
    assert float(handle.shown(*RESERVE)) == 20


async def test_messages_use_the_name_that_a_person_gave(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer
) -> None:
    from homeassistant.helpers import entity_registry as er

    er.async_get(hass).async_update_entity(handle.entity(*RESERVE), name="For the fridge")
    gateway.faults.add(HttpStatus(400), TARIFF, methods=["PUT"])
    error = await refused(handle, RESERVE, 35)
    assert (error.translation_placeholders or {})["setting"] == "For the fridge"


# -- repairs ------------------------------------------------------------------------


async def test_an_ignored_setting_is_a_repair_until_one_is_in_force(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    fault = gateway.faults.add(Unheeded(), TARIFF, methods=["PUT"])
    await refused(handle, RESERVE, 35)
    await refused(handle, CHARGE, value=True)
    raised = issue(hass, entry, "setting_ignored")
    assert raised is not None
    assert raised.translation_placeholders == {
        "name": "IQ Gateway",
        "settings": "Backup reserve, Charge from grid",
    }
    fault.remove()
    await handle.set(*RESERVE, value=35)
    raised = issue(hass, entry, "setting_ignored")
    assert raised is not None
    assert (raised.translation_placeholders or {})["settings"] == "Charge from grid"
    await handle.set(*CHARGE, value=True)
    assert issue(hass, entry, "setting_ignored") is None


async def test_a_refused_setting_is_no_repair(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    gateway.faults.add(HttpStatus(400), TARIFF, methods=["PUT"])
    await refused(handle, RESERVE, 35)
    assert issue(hass, entry, "setting_ignored") is None


async def test_a_setting_that_is_taken_back_is_a_repair_until_it_holds(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await handle.set(*RESERVE, value=35)
    await set_elsewhere(handle, gateway, 10)
    raised = issue(hass, entry, "setting_reverted")
    assert raised is not None
    assert raised.translation_placeholders == {"name": "IQ Gateway", "settings": "Backup reserve"}
    await handle.set(*RESERVE, value=40)
    assert issue(hass, entry, "setting_reverted") is None


async def test_a_change_long_after_is_no_repair(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await handle.set(*RESERVE, value=35)
    await handle.wait(900, step=30)
    await set_elsewhere(handle, gateway, 10)
    assert issue(hass, entry, "setting_reverted") is None


@pytest.mark.parametrize("preset", ["standard"])
async def test_a_site_without_battery_has_no_settings_of_one(hass: HomeAssistant, handle: Handle) -> None:
    assert not hass.states.async_all(("number", "select", "switch"))


@pytest.mark.parametrize("preset", ["single_phase"])
async def test_a_site_with_a_battery_and_no_controller_has_its_settings_all_the_same(handle: Handle) -> None:
    await handle.set(*RESERVE, value=35)
    assert float(handle.shown(*RESERVE)) == 35
