"""The limit of the export: what every owner sees of it, and what an installer's token can set."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.sources.feed import Pace
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from simulator.iq_gateway import DynamicLimit, GatewayServer, HttpStatus, Mutate
from simulator.iq_gateway.faults import Aftermath, HtmlPage, Unheeded
from simulator.presets import PRESETS
from tests.common import (
    entity_id,
    gateway_entry,
    number,
    pass_time,
    set_up,
    set_up_through_flow,
    start_flow,
    state,
    step,
)
from tests.steering import Handle, settle
from tests.vendors.iq_gateway.source.driver import INTERVALS, equipped, simulated, sunny

DPEL = "/ivp/ss/dpel"
PEL = "/ivp/ss/pel_settings"
SOLAR = "/ivp/sc/pvlimit"

LIMIT = ("number", "export_limit")
SWITCH = ("switch", "export_limit_enabled")

# Half of a day: an installer's token ends before its owner's does.
TWELVE_HOURS = 43_200.0


@pytest.fixture
def preset() -> str:
    """Return a house without a battery, whose surplus goes to the grid."""
    return "generator"


def commission(gateway: GatewayServer, **settings: Any) -> None:
    """Let an installer commission the dynamic limit."""
    gateway.state.dynamic_limit.commissioned = True
    gateway.state.dynamic_limit.set(**settings)


def grant(gateway: GatewayServer, who: DynamicLimit) -> None:
    """Let the firmware grant the dynamic limit to others."""
    gateway.config = replace(gateway.config, dynamic_limit=who)


def limited(hass: HomeAssistant, gateway: GatewayServer) -> str | None:
    """Return whether the export is shown to be limited, `None` without such an entity."""
    found = state(hass, "binary_sensor", gateway.serial, "export_limited")
    return found.state if found else None


# -- what every owner sees --------------------------------------------------------


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_an_owner_sees_the_limit_and_whether_it_holds_the_export_back(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    commission(gateway, enable=True, limit_value_W=1500.0)
    freezer.tick(30)
    result = await set_up_through_flow(hass, gateway.host, gateway.token())
    assert result["type"] is FlowResultType.CREATE_ENTRY
    site = gateway.serial
    assert number(hass, site, "export_limit") == 1500
    assert number(hass, site, "grid_export_power") == pytest.approx(1500, abs=1)
    assert limited(hass, gateway) == STATE_ON
    assert entity_id(hass, *LIMIT[:1], site, LIMIT[1]) is None
    assert entity_id(hass, *SWITCH[:1], site, SWITCH[1]) is None
    gateway.state.dynamic_limit.set(limit_value_W=20_000.0)
    await pass_time(hass, freezer, 960, step=60)
    assert number(hass, site, "export_limit") == 20_000
    assert limited(hass, gateway) == STATE_OFF
    assert number(hass, site, "curtailed_power") == 0
    gateway.state.dynamic_limit.set(enable=False)
    await pass_time(hass, freezer, 960, step=60)
    found = state(hass, "sensor", site, "export_limit")
    assert found is not None
    assert found.state == STATE_UNKNOWN
    assert limited(hass, gateway) == STATE_OFF


async def test_a_limit_that_was_set_up_for_the_site_is_shown_without_a_dynamic_one(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    grant(gateway, DynamicLimit.UNKNOWN)
    gateway.house.switches.export_limit = 800.0
    freezer.tick(30)
    await set_up(hass, gateway_entry(gateway))
    assert number(hass, gateway.serial, "export_limit") == 800
    assert limited(hass, gateway) == STATE_ON


async def test_the_lower_of_two_limits_counts(hass: HomeAssistant, gateway: GatewayServer) -> None:
    commission(gateway, enable=True, limit_value_W=2000.0)
    gateway.faults.add(Mutate(lambda answer: {**answer, "PEL": True, "PEL_Limit": 1200.0}), PEL)
    await set_up(hass, gateway_entry(gateway))
    assert number(hass, gateway.serial, "export_limit") == 1200


async def test_a_house_without_a_limit_has_none_of_its_entities(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert entry.state is ConfigEntryState.LOADED
    site = entry.unique_id or ""
    for platform, key in (("sensor", "export_limit"), ("sensor", "solar_limit"), ("sensor", "curtailed_power")):
        assert entity_id(hass, platform, site, key) is None
    assert entity_id(hass, "binary_sensor", site, "export_limited") is None
    assert entity_id(hass, "number", site, "export_limit") is None


async def test_a_limit_of_the_production_is_none_of_the_export(hass: HomeAssistant, gateway: GatewayServer) -> None:
    commission(gateway, enable=True, export_limit=False, limit_value_W=1500.0)
    token = gateway.token("installer", lifetime=TWELVE_HOURS)
    await set_up(hass, gateway_entry(gateway, data={"token": token}))
    assert entity_id(hass, "sensor", gateway.serial, "export_limit") is None
    assert entity_id(hass, "number", gateway.serial, "export_limit") is None
    assert entity_id(hass, "switch", gateway.serial, "export_limit_enabled") is None
    assert limited(hass, gateway) == STATE_OFF


async def test_a_limit_of_the_inverters_is_shown_in_percent(hass: HomeAssistant, gateway: GatewayServer) -> None:
    gateway.state.pv_limit = {"enable": True, "pv_limit_pct": 60}
    await set_up(hass, gateway_entry(gateway))
    assert number(hass, gateway.serial, "solar_limit") == 60


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"PEL_Limit": 70.0, "percent": True}, id="in percent"),
        pytest.param({"PEL_Limit": 900.0, "apparent": True}, id="in VA"),
        pytest.param({"PEL_Limit": 900.0, "Export_Limit_Type": "Phase"}, id="of each phase"),
        pytest.param({"PEL_Limit": -5.0}, id="negative"),
        pytest.param({"PEL_Limit": 1e12}, id="more than any home has"),
        pytest.param({"PEL_Limit": "900"}, id="as a word"),
        pytest.param({"PEL_Limit": None}, id="nothing"),
    ],
)
async def test_a_limit_that_cannot_be_compared_with_the_export_is_not_shown(
    hass: HomeAssistant, gateway: GatewayServer, answer: dict[str, Any]
) -> None:
    gateway.faults.add(Mutate(lambda sent: {**sent, "PEL": True, **answer}), PEL)
    await set_up(hass, gateway_entry(gateway))
    assert entity_id(hass, "sensor", gateway.serial, "export_limit") is None
    assert number(hass, gateway.serial, "grid_power") is not None


HOSTILE = [
    [],
    {},
    {"dynamic_pel_settings": None},
    {"dynamic_pel_settings": []},
    {"dynamic_pel_settings": {"enable": 1, "limit_value_W": 500}},
    {"dynamic_pel_settings": {"enable": True}},
    {"dynamic_pel_settings": {"enable": True, "limit_value_W": "500"}},
    {"dynamic_pel_settings": {"enable": True, "limit_value_W": -1}},
    {"dynamic_pel_settings": {"enable": True, "limit_value_W": 1e300}},
    {"dynamic_pel_settings": {"enable": True, "limit_value_W": True}},
    {"dynamic_pel_settings": {"enable": "on", "limit_value_W": 500, "export_limit": {}}},
    {"error": "not now"},
]


@pytest.mark.parametrize("answer", HOSTILE, ids=str)
async def test_nonsense_in_place_of_a_limit_shows_none_and_costs_nothing_else(
    hass: HomeAssistant, gateway: GatewayServer, answer: Any
) -> None:
    commission(gateway)
    gateway.faults.add(Mutate(lambda _: answer), DPEL)
    token = gateway.token("installer", lifetime=TWELVE_HOURS)
    entry = gateway_entry(gateway, data={"token": token})
    await set_up(hass, entry)
    assert entry.state is ConfigEntryState.LOADED
    assert entity_id(hass, "sensor", gateway.serial, "export_limit") is None
    assert entity_id(hass, "number", gateway.serial, "export_limit") is None
    assert number(hass, gateway.serial, "grid_power") is not None


@pytest.mark.parametrize("who", [DynamicLimit.INSTALLERS, DynamicLimit.UNKNOWN])
async def test_a_gateway_that_tells_owners_nothing_loses_nothing_else(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory, who: DynamicLimit
) -> None:
    grant(gateway, who)
    commission(gateway, enable=True, limit_value_W=1500.0)
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await pass_time(hass, freezer, 7200, step=600)
    assert entry.state is ConfigEntryState.LOADED
    assert number(hass, gateway.serial, "grid_power") is not None
    assert list(entry.async_get_active_flows(hass, {SOURCE_REAUTH})) == []
    # A refusal is tried once more with the token checked, a missing page once more after some minutes.
    assert gateway.stats.requests[DPEL] == 2


async def test_a_limit_is_polled_rarely_and_without_one_hardly_ever() -> None:
    async with simulated("generator") as site:
        await site.start()
        # What is empty at first is looked at a few times more.
        await site.run(2 * 3600)
        before = [site.requests(path) for path in (PEL, DPEL, SOLAR)]
        await site.run(24 * 3600)
        asked = [site.requests(path) - had for path, had in zip((PEL, DPEL, SOLAR), before, strict=True)]
        assert asked == [4, 4, 4]
    async with simulated("generator") as site:
        commission(site.gateway, enable=True, limit_value_W=1500.0)
        await site.start()
        before = [site.requests(path) for path in (PEL, DPEL, SOLAR)]
        await site.run(6 * 3600)
        rare, often = (timedelta(hours=6) / INTERVALS[pace] for pace in (Pace.SETTINGS, Pace.INVERTERS))
        asked = [site.requests(path) - had for path, had in zip((PEL, DPEL, SOLAR), before, strict=True)]
        assert asked == [pytest.approx(each, abs=1) for each in (rare, often, rare)]


async def test_what_is_lost_is_estimated_where_some_inverters_are_not_held_back() -> None:
    from custom_components.energy_site.site.export_limit import ExportLimit

    both_ways = equipped(PRESETS["three_phase"](), limit_commissioned=True)
    house = sunny(both_ways, battery=None, limits_evenly=False)
    async with simulated(house, hour=7.0) as site:
        limits = site.gateway.state.dynamic_limit
        limits.set(limit_value_W=2500.0, enable=True)
        await site.start()
        await site.run(300)
        assert site.part(ExportLimit).curtailed_power == 0
        while not site.part(ExportLimit).limited:
            await site.run(300)
        await site.run(2400)
        lost = site.part(ExportLimit).curtailed_power
        assert lost is not None
        assert lost == pytest.approx(site.house.available_solar() - site.house.flow.solar, rel=0.2)
        # Whatever the limit did before it was seen isn't mistaken for the light.
        limits.set(limit_value_W=2000.0)
        await site.run(1200)
        assert site.part(ExportLimit).limited is True
        assert site.part(ExportLimit).curtailed_power is None


# -- what an installer's token sets -----------------------------------------------


@pytest.fixture
async def handle(hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory) -> AsyncIterator[Handle]:
    """Return the controls of a site whose limit is commissioned, with an installer's token."""
    commission(gateway, limit_value_W=3000.0)
    token = gateway.token("installer", lifetime=TWELVE_HOURS)
    entry = gateway_entry(gateway, data={"token": token})
    await set_up(hass, entry)
    yield Handle(hass, freezer, gateway.serial)
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


def settings(gateway: GatewayServer) -> dict[str, Any]:
    """Return what the gateway's dynamic limit is set to."""
    return gateway.state.dynamic_limit.settings


def followed(gateway: GatewayServer) -> float | None:
    """Return the limit in W that the house keeps to."""
    return gateway.house.switches.export_limit


async def test_a_token_of_an_installer_brings_the_controls_through_the_flow(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    commission(gateway, limit_value_W=3000.0)
    result = await start_flow(hass)
    result = await step(hass, result, {"host": gateway.host})
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    token = {"token": gateway.token("installer", lifetime=TWELVE_HOURS)}
    result = await step(hass, result, token)
    assert result["errors"] == {"token": "token_of_installer"}
    result = await step(hass, result, token)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    limit, switch = state(hass, "number", gateway.serial, LIMIT[1]), state(hass, "switch", gateway.serial, SWITCH[1])
    assert limit is not None
    assert switch is not None
    assert (float(limit.state), limit.attributes["unit_of_measurement"]) == (3000, "W")
    assert (limit.attributes["min"], limit.attributes["max"], limit.attributes["step"]) == (0, 50_000, 1)
    assert switch.state == STATE_OFF


async def test_a_limit_is_set_and_used_once_the_gateway_says_so(handle: Handle, gateway: GatewayServer) -> None:
    before = dict(settings(gateway))
    await handle.set(*LIMIT, value=1200)
    assert settings(gateway) == {**before, "limit_value_W": 1200.0}
    assert float(handle.shown(*LIMIT)) == 1200
    await handle.set(*SWITCH, value=True)
    assert settings(gateway) == {**before, "limit_value_W": 1200.0, "enable": True}
    assert handle.shown(*SWITCH) == STATE_ON
    assert followed(gateway) == 1200
    assert float(handle.shown("sensor", "export_limit")) == 1200
    await handle.wait(30)
    assert handle.shown("binary_sensor", "export_limited") == STATE_ON
    await handle.set(*SWITCH, value=False)
    assert followed(gateway) is None
    assert handle.shown("sensor", "export_limit") == STATE_UNKNOWN


async def test_a_slow_gateway_is_waited_for(handle: Handle, gateway: GatewayServer) -> None:
    gateway.state.reaction = 12.0
    await handle.set(*LIMIT, value=1200)
    assert settings(gateway)["limit_value_W"] == 1200


async def failed(handle: Handle, *key: str, value: float | bool) -> HomeAssistantError:
    """Set a control and return why that failed."""
    with pytest.raises(HomeAssistantError) as caught:
        await handle.set(*key, value=value)
    return caught.value


async def test_a_limit_that_the_gateway_ignores_is_told(handle: Handle, gateway: GatewayServer) -> None:
    gateway.faults.add(Unheeded(), DPEL, methods=["POST"])
    error = await failed(handle, *LIMIT, value=1200)
    assert error.translation_key == "control_ignored"
    assert error.translation_placeholders == {
        "setting": "Export limit",
        "wanted": "1200",
        "in_force": "3000",
        "seconds": "30",
    }
    assert float(handle.shown(*LIMIT)) == 3000


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_costs_nothing_but_the_change(
    hass: HomeAssistant, handle: Handle, gateway: GatewayServer, status: int
) -> None:
    gateway.faults.add(HttpStatus(status), DPEL, methods=["POST"])
    error = await failed(handle, *SWITCH, value=True)
    assert error.translation_key == "control_refused"
    assert (error.translation_placeholders or {})["status"] == str(status)
    assert handle.shown(*SWITCH) == STATE_OFF
    await handle.wait(30)
    assert handle.shown("sensor", "grid_power") not in (STATE_UNKNOWN, STATE_UNAVAILABLE)
    [entry] = hass.config_entries.async_entries(DOMAIN)
    assert list(entry.async_get_active_flows(hass, {SOURCE_REAUTH})) == []


async def test_a_limit_that_is_taken_back_is_reverted(handle: Handle, gateway: GatewayServer) -> None:
    def undo() -> None:
        gateway.state.dynamic_limit.set(limit_value_W=3000.0)

    await handle.set(*LIMIT, value=1200)
    undo()
    await handle.wait(360, step=60)
    assert float(handle.shown(*LIMIT)) == 3000
    told = handle.hass.states.get(handle.entity("event", "setting"))
    assert told is not None
    assert told.attributes["event_type"] == "reverted"


async def test_a_limit_that_another_client_overwrites_at_once_is_sent_again(
    handle: Handle, gateway: GatewayServer
) -> None:
    def undo() -> None:
        gateway.state.dynamic_limit.set(limit_value_W=3000.0)

    gateway.faults.add(Aftermath(undo), DPEL, methods=["POST"], count=1)
    await handle.set(*LIMIT, value=1200)
    assert settings(gateway)["limit_value_W"] == 1200


async def test_a_change_elsewhere_is_told(handle: Handle, gateway: GatewayServer) -> None:
    gateway.state.dynamic_limit.set(limit_value_W=900.0)
    await handle.wait(960, step=60)
    assert float(handle.shown(*LIMIT)) == 900
    told = handle.hass.states.get(handle.entity("event", "setting"))
    assert told is not None
    assert (told.attributes["event_type"], told.attributes["setting"]) == ("changed", "export_limit")


async def test_words_in_place_of_flags_are_kept(handle: Handle, gateway: GatewayServer) -> None:
    def words(payload: dict[str, Any]) -> None:
        found = payload["dynamic_pel_settings"]
        found["enable"] = str(found["enable"]).lower()

    gateway.faults.add(Mutate(words), DPEL, methods=["GET"])
    await failed(handle, *SWITCH, value=True)
    sent = [write for write in gateway.stats.writes if write.path == DPEL]
    assert b'"enable":"true"' in sent[-1].body


async def test_a_limit_that_became_one_of_the_production_is_left_alone(handle: Handle, gateway: GatewayServer) -> None:
    settings(gateway)["export_limit"] = False
    await failed(handle, *SWITCH, value=True)
    assert not [write for write in gateway.stats.writes if write.path == DPEL]


async def test_a_page_in_place_of_an_answer_is_no_success(handle: Handle, gateway: GatewayServer) -> None:
    gateway.faults.add(HtmlPage(), DPEL)
    error = await failed(handle, *LIMIT, value=1200)
    assert error.translation_key in ("control_no_answer", "control_refused", "control_ignored")
    assert float(handle.shown(*LIMIT)) == 3000


async def test_an_owner_sees_no_controls_even_where_the_gateway_would_take_them(
    hass: HomeAssistant, gateway: GatewayServer
) -> None:
    grant(gateway, DynamicLimit.OWNERS)
    commission(gateway, enable=True, limit_value_W=3000.0)
    await set_up(hass, gateway_entry(gateway))
    assert number(hass, gateway.serial, "export_limit") == 3000
    assert entity_id(hass, "number", gateway.serial, LIMIT[1]) is None
