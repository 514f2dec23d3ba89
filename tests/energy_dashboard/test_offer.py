"""A repair offers the Energy dashboard once."""

from http import HTTPStatus
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.repairs import async_create_fix_flow
from homeassistant.components.energy.data import EnergyManager
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer
from tests.common import gateway_entry, set_up

from .dashboard import add, by_type, choose, complaints, let_statistics_come, save, sensor, sources, submit
from .test_removing import REMOVE, remember_from_file

FOREIGN_GRID = {"type": "grid", "stat_energy_from": "sensor.utility_import", "cost_adjustment_day": 0.0}


def offer(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    """Return the repair."""
    return ir.async_get(hass).async_get_issue(DOMAIN, f"energy_dashboard_{entry.entry_id}")


async def restart(hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory) -> None:
    """Let the entry begin anew, with what was stored, and statistics come."""
    await hass.config_entries.async_unload(entry.entry_id)
    await remember_from_file(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await let_statistics_come(hass, freezer)


def keep_unknown(hass: HomeAssistant, entry: MockConfigEntry, named: str) -> None:
    """Let an entity have no value, whatever is polled."""

    @callback
    def wipe(_: Event[Any] | None = None) -> None:
        state = hass.states.get(named)
        if state is not None and state.state != "unknown":
            hass.states.async_set(named, "unknown", state.attributes)

    wipe()
    entry.async_on_unload(async_track_state_change_event(hass, named, wipe))


class Repairs:
    """Home Assistant's repairs, as the frontend uses them."""

    def __init__(self, client: ClientSessionGenerator) -> None:
        # Nothing may be served anew once there is a client.
        self.client = client

    async def open(self, issue: ir.IssueEntry) -> dict[str, Any]:
        """Open a repair."""
        body = {"handler": DOMAIN, "issue_id": issue.issue_id}
        return await self._post("", body)

    async def submit(self, form: dict[str, Any]) -> dict[str, Any]:
        """Submit its form."""
        assert form["type"] == "form", form
        return await self._post(f"/{form['flow_id']}", {})

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        response = await (await self.client()).post(f"/api/repairs/issues/fix{path}", json=body)
        assert response.status == HTTPStatus.OK, await response.text()
        found: dict[str, Any] = await response.json()
        return found


@pytest.fixture
async def repairs(
    manager: EnergyManager, hass: HomeAssistant, socket_enabled: None, hass_client: ClientSessionGenerator
) -> Repairs:
    """Return the repairs."""
    assert await async_setup_component(hass, "repairs", {})
    return Repairs(hass_client)


async def test_it_waits_for_statistics_and_then_adds_the_site(
    hass: HomeAssistant,
    manager: EnergyManager,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    repairs: Repairs,
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    assert offer(hass, entry) is None
    await let_statistics_come(hass, freezer)
    issue = offer(hass, entry)
    assert issue is not None
    assert issue.is_fixable
    assert issue.translation_placeholders == {"name": "IQ Gateway"}
    form = await repairs.open(issue)
    assert form["step_id"] == "confirm"
    assert sensor(hass, gateway.serial, "solar_energy") in form["description_placeholders"]["added"]
    assert manager.data is None
    assert (await repairs.submit(form))["type"] == "create_entry"
    assert set(by_type(manager)) == {"grid", "solar", "battery"}
    assert await complaints(hass) == []
    assert offer(hass, entry) is None
    await restart(hass, entry, freezer)
    assert offer(hass, entry) is None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_after_it_was_undone_it_is_not_offered_again(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager, freezer: FrozenDateTimeFactory
) -> None:
    assert offer(hass, site) is not None
    await add(hass, site)
    assert offer(hass, site) is None, "what was added by hand needs no offer"
    await submit(hass, await choose(hass, site, REMOVE))
    assert sources(manager) == []
    await restart(hass, site, freezer)
    assert offer(hass, site) is None


async def test_ignored_it_stays_ignored(
    hass: HomeAssistant, site: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    issue = offer(hass, site)
    assert issue is not None
    ir.async_ignore_issue(hass, DOMAIN, issue.issue_id, ignore=True)
    await restart(hass, site, freezer)
    issue = offer(hass, site)
    assert issue is not None
    assert issue.dismissed_version is not None


async def test_it_waits_in_the_list_until_somebody_decides(
    hass: HomeAssistant, site: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    first = offer(hass, site)
    assert first is not None
    assert first.is_persistent
    await restart(hass, site, freezer)
    again = offer(hass, site)
    assert again is not None
    assert again.created == first.created


async def test_deleted_it_does_not_come_back(
    hass: HomeAssistant, site: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    ir.async_delete_issue(hass, DOMAIN, f"energy_dashboard_{site.entry_id}")
    await let_statistics_come(hass, freezer)
    assert offer(hass, site) is None


@pytest.mark.parametrize("preferences", [{"energy_sources": [FOREIGN_GRID], "device_consumption": []}])
async def test_where_another_meter_counts_nothing_is_offered(hass: HomeAssistant, site: MockConfigEntry) -> None:
    assert offer(hass, site) is None


async def test_preferences_that_nobody_knows_are_no_reason_to_offer(
    hass: HomeAssistant, manager: EnergyManager, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    odd: Any = {"energy_sources": 1}
    manager.data = odd
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    await let_statistics_come(hass, freezer)
    assert offer(hass, entry) is None
    manager.data = None
    await let_statistics_come(hass, freezer)
    assert offer(hass, entry) is not None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_site_that_is_there_by_hand_is_not_offered(
    hass: HomeAssistant, manager: EnergyManager, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    solar: Any = {"type": "solar", "stat_energy_from": sensor(hass, gateway.serial, "solar_energy")}
    await save(manager, [solar])
    await let_statistics_come(hass, freezer)
    assert offer(hass, entry) is None
    await save(manager, [])
    await let_statistics_come(hass, freezer)
    assert offer(hass, entry) is None, "it was looked at once"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_part_that_is_late_is_waited_for_but_not_for_ever(
    hass: HomeAssistant, manager: EnergyManager, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    keep_unknown(hass, entry, sensor(hass, gateway.serial, "battery_charge_energy"))
    for _ in range(11):
        await let_statistics_come(hass, freezer)
        assert offer(hass, entry) is None
    await let_statistics_come(hass, freezer)
    assert offer(hass, entry) is not None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_site_without_counters_is_left_alone(
    hass: HomeAssistant, manager: EnergyManager, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    for kind in ("solar", "grid_import", "battery_charge", "load"):
        keep_unknown(hass, entry, sensor(hass, gateway.serial, f"{kind}_energy"))
    for _ in range(14):
        await let_statistics_come(hass, freezer)
    assert offer(hass, entry) is None
    await hass.config_entries.async_unload(entry.entry_id)


async def test_an_offer_that_has_become_moot_says_so_and_closes(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager, repairs: Repairs
) -> None:
    issue = offer(hass, site)
    assert issue is not None
    found: Any = [
        {
            "type": "grid",
            "stat_energy_from": sensor(hass, gateway.serial, "grid_import_energy"),
            "cost_adjustment_day": 0,
        },
        {"type": "solar", "stat_energy_from": sensor(hass, gateway.serial, "solar_energy")},
        {
            "type": "battery",
            "stat_energy_from": sensor(hass, gateway.serial, "battery_discharge_energy"),
            "stat_energy_to": sensor(hass, gateway.serial, "battery_charge_energy"),
        },
    ]
    await save(manager, found)
    result = await repairs.open(issue)
    assert result["type"] == "abort"
    assert result["reason"] == "ended"
    reason = result["description_placeholders"]["report"]
    assert reason.startswith("Nothing was added to the Energy dashboard.")
    assert reason.count("already in the Energy dashboard") == 3
    assert offer(hass, site) is None


async def test_an_offer_that_another_meter_has_stopped_says_so_and_closes(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager, repairs: Repairs
) -> None:
    issue = offer(hass, site)
    assert issue is not None
    await save(manager, [FOREIGN_GRID])
    result = await repairs.open(issue)
    assert result["reason"] == "ended"
    assert "`sensor.utility_import`" in result["description_placeholders"]["report"]
    assert offer(hass, site) is None
    assert sources(manager) == [FOREIGN_GRID]


async def test_a_repair_shows_what_changed_meanwhile(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager, repairs: Repairs
) -> None:
    issue = offer(hass, site)
    assert issue is not None
    form = await repairs.open(issue)
    solar: Any = {"type": "solar", "stat_energy_from": sensor(hass, gateway.serial, "solar_energy")}
    await save(manager, [solar])
    form = await repairs.submit(form)
    assert form["errors"] == {"base": "changed"}
    assert sources(manager) == [solar]
    counter = sensor(hass, gateway.serial, "grid_import_energy")
    state = hass.states.get(counter)
    assert state is not None
    hass.states.async_set(counter, "-1", state.attributes)
    result = await repairs.submit(form)
    assert result["type"] == "abort"
    assert result["reason"] == "ended"
    report = result["description_placeholders"]["report"]
    assert report.startswith("Added to the Energy dashboard:")
    assert counter in report
    assert [source["type"] for source in sources(manager)] == ["solar", "grid", "battery"]
    assert offer(hass, site) is None


async def test_a_repair_of_an_entry_that_was_deleted_meanwhile_says_so(
    hass: HomeAssistant, site: MockConfigEntry, manager: EnergyManager
) -> None:
    issue = offer(hass, site)
    assert issue is not None
    flow: Any = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    flow.hass = hass
    await hass.config_entries.async_remove(site.entry_id)
    result = await flow.async_step_confirm({})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "ended"
    assert "was deleted" in result["description_placeholders"]["report"]
    assert offer(hass, site) is None


async def test_without_the_energy_dashboard_nothing_is_offered(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hass.bus.async_fire("recorder_5min_statistics_generated")
    await hass.async_block_till_done()
    assert offer(hass, entry) is None
