"""Who may do what: a user who only reads changes nothing, nor does one who controls something else."""

from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.energy_site.const import DOMAIN
from homeassistant.auth.const import GROUP_ID_READ_ONLY
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er
from simulator.iq_gateway import GatewayServer
from tests.common import entity_id

from .steering import act

HOUR = {"hours": 1}
ADMINISTRATORS_ONLY: dict[str, dict[str, Any]] = {
    "get_raw": {"endpoint": "/ivp/meters/readings"},
    "import_history": {"start": "2026-01-01", "end": "2026-01-02"},
    "cancel_import": {},
}
MOVING: list[tuple[str, dict[str, Any]]] = [
    ("set_mode_until", {"mode": "savings", "duration": HOUR}),
    ("set_mode_until", {"reserve": 60, "duration": HOUR}),
    ("set_mode_until", {"charge_from_grid": True, "duration": HOUR}),
    ("refresh", {}),
]
ENTITY_ACTIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("number", "backup_reserve", {"value": 60}),
    ("select", "operating_mode", {"option": "savings"}),
    ("switch", "charge_from_grid", {}),
    ("switch", "live_power", {}),
]
CONTROLS = {"operating_mode": "select", "backup_reserve": "number", "charge_from_grid": "switch"}


def user_who_controls(hass: HomeAssistant, *entity_ids: str | None) -> Context:
    """Return what a user does who may read everything and control only these entities."""
    user = MockUser(groups=[]).add_to_hass(hass)
    controlled = {found: {"read": True, "control": True} for found in entity_ids if found is not None}
    assert len(controlled) == len(entity_ids)
    user.mock_policy({"entities": {"entity_ids": controlled, "all": {"read": True}}})
    return Context(user_id=user.id)


async def user_who_reads(hass: HomeAssistant) -> Context:
    """Return what a user of Home Assistant's own group for reading does."""
    group = await hass.auth.async_get_group(GROUP_ID_READ_ONLY)
    assert group is not None
    return Context(user_id=MockUser(groups=[group]).add_to_hass(hass).id)


def every_entity(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    """Return all entities of the site."""
    return [found.entity_id for found in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)]


async def call(hass: HomeAssistant, service: str, data: dict[str, Any], context: Context) -> None:
    """Call an action as somebody."""
    wants_answer = service in ("get_raw", "import_history", "set_mode_until")
    await hass.services.async_call(DOMAIN, service, data, blocking=True, context=context, return_response=wants_answer)


@pytest.fixture
async def elsewhere(hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry) -> Context:
    """Return what a user does who controls one entity of the site that is not to be moved, and a lamp."""
    return user_who_controls(hass, "light.lamp", entity_id(hass, "switch", gateway.serial, "live_power"))


@pytest.mark.parametrize(("service", "data"), [*MOVING, *ADMINISTRATORS_ONLY.items()])
async def test_a_user_who_only_reads_calls_no_action(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, service: str, data: dict[str, Any]
) -> None:
    await refused(hass, gateway, service, data, await user_who_reads(hass))


@pytest.mark.parametrize(("service", "data"), [*MOVING, *ADMINISTRATORS_ONLY.items()])
async def test_a_user_who_controls_another_entity_calls_no_action(
    hass: HomeAssistant, gateway: GatewayServer, elsewhere: Context, service: str, data: dict[str, Any]
) -> None:
    await refused(hass, gateway, service, data, elsewhere)


@pytest.mark.parametrize(("service", "data"), [*MOVING, *ADMINISTRATORS_ONLY.items()])
async def test_a_user_who_is_gone_calls_no_action(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, service: str, data: dict[str, Any]
) -> None:
    await refused(hass, gateway, service, data, Context(user_id="gone"), UnknownUser)


async def refused(
    hass: HomeAssistant,
    gateway: GatewayServer,
    service: str,
    data: dict[str, Any],
    context: Context,
    error: type[Unauthorized] = Unauthorized,
) -> None:
    """Check that an action is refused before the gateway is_heard of it."""
    gateway.stats.reset()
    with pytest.raises(error):
        await call(hass, service, data, context)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not gateway.stats.writes
    assert not gateway.stats.requests


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        ({"reserve": 60}, ["backup_reserve"]),
        ({"charge_from_grid": True}, ["charge_from_grid"]),
        # The gateway moves the reserve along with the mode.
        ({"mode": "savings"}, ["operating_mode", "backup_reserve"]),
    ],
)
async def test_a_user_who_controls_what_is_moved_may_move_it(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    data: dict[str, Any],
    keys: list[str],
) -> None:
    entities = [entity_id(hass, CONTROLS[key], gateway.serial, key) for key in keys]
    context = user_who_controls(hass, *entities)
    assert await act(hass, freezer, DOMAIN, "set_mode_until", {**data, "duration": HOUR}, context=context)
    for missing in range(len(entities)):
        others = entities[:missing] + entities[missing + 1 :]
        gateway.stats.reset()
        with pytest.raises(Unauthorized):
            await call(hass, "set_mode_until", {**data, "duration": HOUR}, user_who_controls(hass, *others))
        assert not gateway.stats.writes


async def test_a_user_does_not_end_what_another_one_overrides(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    await act(hass, freezer, DOMAIN, "set_mode_until", {"reserve": 60, "duration": HOUR})
    context = user_who_controls(hass, entity_id(hass, "switch", gateway.serial, "charge_from_grid"))
    with pytest.raises(Unauthorized):
        await call(hass, "set_mode_until", {"charge_from_grid": True, "duration": {"minutes": 1}}, context)


@pytest.mark.parametrize("preset", ["standard"])
async def test_a_user_who_controls_something_else_is_refused_where_there_is_nothing_to_move(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    with pytest.raises(Unauthorized):
        await call(hass, "set_mode_until", {"reserve": 60, "duration": HOUR}, user_who_controls(hass, "light.lamp"))


async def test_a_user_who_controls_the_whole_site_may_refresh_it(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry
) -> None:
    entities = every_entity(hass, entry)
    gateway.stats.reset()
    await call(hass, "refresh", {}, user_who_controls(hass, *entities))
    assert gateway.stats.requests
    with pytest.raises(Unauthorized):
        await call(hass, "refresh", {}, user_who_controls(hass, *entities[1:]))


@pytest.mark.parametrize(("service", "data"), ADMINISTRATORS_ONLY.items())
async def test_control_of_everything_does_not_make_an_administrator(
    hass: HomeAssistant, gateway: GatewayServer, entry: MockConfigEntry, service: str, data: dict[str, Any]
) -> None:
    await refused(hass, gateway, service, data, user_who_controls(hass, *every_entity(hass, entry)))


async def test_an_administrator_and_an_automation_call_every_action(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    hass_admin_user: MockUser,
) -> None:
    for context in (Context(user_id=hass_admin_user.id), Context()):
        data = {"mode": "savings", "duration": HOUR}
        assert await act(hass, freezer, DOMAIN, "set_mode_until", data, context=context)
        await call(hass, "refresh", {}, context)
        await call(hass, "get_raw", ADMINISTRATORS_ONLY["get_raw"], context)
        for service in ("import_history", "cancel_import"):
            # A gateway keeps no past, and is allowed to say so.
            with pytest.raises(ServiceValidationError, match="no history"):
                await call(hass, service, ADMINISTRATORS_ONLY[service], context)


@pytest.mark.parametrize(("platform", "key", "data"), ENTITY_ACTIONS)
async def test_a_control_is_moved_only_by_those_who_may(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    platform: str,
    key: str,
    data: dict[str, Any],
) -> None:
    target = entity_id(hass, platform, gateway.serial, key)
    service = {"number": "set_value", "select": "select_option", "switch": "turn_on"}[platform]
    gateway.stats.reset()
    for context in (await user_who_reads(hass), user_who_controls(hass, "light.lamp")):
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                platform, service, {**data, "entity_id": target}, blocking=True, context=context
            )
    assert not gateway.stats.writes
