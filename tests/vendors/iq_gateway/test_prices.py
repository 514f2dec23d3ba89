"""What an owner sees of the tariff that they entered in the Enphase app."""

from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant, State
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer, HttpStatus, Mutate, rates
from tests.automations import automate, threshold, trigger
from tests.common import gateway_entry, pass_time, set_up, set_up_through_flow, state, tick

TARIFF = "/admin/lib/tariff"
KEYS = ("buy_price", "sell_price", "price_period", "price_changes_at")

# Just before 16:00 at the simulated home, when the evening's price begins.
AFTERNOON = datetime(2026, 6, 15, 20, 59, tzinfo=UTC)


def shown(hass: HomeAssistant, gateway: GatewayServer) -> dict[str, str]:
    """Return the states of the entities about prices that there are."""
    found = {key: state(hass, "sensor", gateway.serial, key) for key in KEYS}
    return {key: each.state for key, each in found.items() if each is not None}


def sensor(hass: HomeAssistant, gateway: GatewayServer, key: str) -> State:
    """Return an entity that has to be there."""
    found = state(hass, "sensor", gateway.serial, key)
    assert found is not None, key
    return found


async def test_the_tariff_that_was_entered_in_the_app_is_shown(hass: HomeAssistant, gateway: GatewayServer) -> None:
    result = await set_up_through_flow(hass, gateway.host, gateway.token())
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert shown(hass, gateway) == {
        "buy_price": "0.24",
        "sell_price": "0.07",
        "price_period": "off_peak",
        "price_changes_at": "2026-06-15T21:00:00+00:00",
    }
    assert sensor(hass, gateway, "buy_price").attributes["unit_of_measurement"] == "USD/kWh"


@pytest.mark.parametrize(
    ("preset", "moment", "before", "after"),
    [
        ("home", datetime(2026, 6, 15, 21, tzinfo=UTC), ("0.24", "off_peak"), ("0.36", "on_peak")),
        # Without a battery, the tariff is polled a few times a day, and without meters, nothing is polled often.
        ("standard", datetime(2026, 6, 15, 19, tzinfo=UTC), ("0.36", "on_peak"), ("0.24", "off_peak")),
    ],
)
async def test_a_price_changes_to_the_second_and_without_a_request(
    hass: HomeAssistant,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    moment: datetime,
    before: tuple[str, str],
    after: tuple[str, str],
) -> None:
    freezer.move_to(moment - timedelta(seconds=9))
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    seen = async_capture_events(hass, "state_changed")
    requests = gateway.stats.requests[TARIFF]
    await tick(hass, freezer, 8)
    assert (shown(hass, gateway)["buy_price"], shown(hass, gateway)["price_period"]) == before
    assert shown(hass, gateway)["price_changes_at"] == moment.isoformat()
    await tick(hass, freezer, 1)
    assert (shown(hass, gateway)["buy_price"], shown(hass, gateway)["price_period"]) == after
    assert shown(hass, gateway)["price_changes_at"] > moment.isoformat()
    changed = [event.data["entity_id"] for event in seen]
    assert changed.count(sensor(hass, gateway, "buy_price").entity_id) == 1
    assert gateway.stats.requests[TARIFF] == requests
    await hass.config_entries.async_unload(entry.entry_id)


async def test_without_a_tariff_there_are_no_entities_for_it(hass: HomeAssistant, gateway: GatewayServer) -> None:
    gateway.state.tariff.rates = rates.NOT_ENTERED
    await set_up(hass, gateway_entry(gateway))
    assert shown(hass, gateway) == {}


async def test_a_flat_tariff_has_neither_periods_nor_changes(hass: HomeAssistant, gateway: GatewayServer) -> None:
    gateway.state.tariff.rates = rates.FLAT
    await set_up(hass, gateway_entry(gateway))
    assert shown(hass, gateway) == {"buy_price": "0.28", "sell_price": "0.07"}


async def test_a_tariff_that_was_entered_later_brings_its_entities_and_takes_its_prices_along(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    gateway.state.tariff.rates = rates.NOT_ENTERED
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    gateway.state.tariff.rates = rates.FLAT
    await pass_time(hass, freezer, 960, step=480)
    assert shown(hass, gateway) == {"buy_price": "0.28", "sell_price": "0.07"}
    gateway.state.tariff.rates = rates.NOT_ENTERED
    await pass_time(hass, freezer, 960, step=480)
    assert shown(hass, gateway) == {"buy_price": "unknown", "sell_price": "unknown"}
    await hass.config_entries.async_unload(entry.entry_id)


async def test_prices_are_unavailable_while_the_gateway_does_not_tell_its_tariff(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    gateway.faults.add(HttpStatus(500), TARIFF)
    await pass_time(hass, freezer, 4800, step=300)
    assert set(shown(hass, gateway).values()) == {"unavailable"}
    gateway.faults.clear()
    await pass_time(hass, freezer, 960, step=240)
    assert shown(hass, gateway)["buy_price"] == "0.24"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_an_automation_starts_when_the_evening_begins(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    freezer.move_to(AFTERNOON)
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    hub = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, gateway.serial), entry.entry_id)
    assert hub is not None
    dear = trigger("price_crossed_threshold", {"device_id": hub.id}, threshold=threshold("above", 0.3))
    seen = await automate(hass, {"dear": dear})
    await tick(hass, freezer, 50)
    assert seen.fired == []
    await tick(hass, freezer, 10)
    assert seen.fired == ["dear"]
    assert (seen.told[0]["from_state"], seen.told[0]["to_state"]) == (0.24, 0.36)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_what_a_tariff_says_of_the_owner_is_not_in_diagnostics(
    hass: HomeAssistant, gateway: GatewayServer, hass_client: ClientSessionGenerator
) -> None:
    def add(payload: dict[str, Any]) -> None:
        payload["tariff"].update(utility="Sunshine Power Coop", zipcode="78704", plan={"name": "Saver of 78704"})
        payload["tariff"]["seasons"][0]["days"][0]["periods"][0]["id"] = "Anna's nap"

    gateway.faults.add(Mutate(add), TARIFF)
    entry = gateway_entry(gateway)
    await set_up(hass, entry)
    assert shown(hass, gateway)["buy_price"] == "0.24"
    assert await async_setup_component(hass, "diagnostics", {})
    found = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    told = json.dumps(found, ensure_ascii=False)
    assert '"buy": 0.24' in told
    assert [secret for secret in ("Sunshine", "78704", "Saver", "Anna") if secret in told] == []
    await hass.config_entries.async_unload(entry.entry_id)
