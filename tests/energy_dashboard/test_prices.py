"""The prices of a site's tariff are added if Home Assistant calculates in their currency."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.components.energy.data import EnergyManager
from homeassistant.core import HomeAssistant
from simulator.iq_gateway import GatewayServer

from .dashboard import by_type, choose, complaints, sensor, submit, text


async def test_the_prices_of_a_tariff_are_added_in_home_assistants_own_currency(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    await hass.config.async_update(currency="USD")
    form = await choose(hass, site)
    prices = [sensor(hass, gateway.serial, key) for key in ("buy_price", "sell_price")]
    assert all(price in text(form, "added") for price in prices)
    await submit(hass, form)
    grid = by_type(manager)["grid"]
    assert [grid["entity_energy_price"], grid["entity_energy_price_export"]] == prices
    assert await complaints(hass) == []
    await hass.async_block_till_done()
    costs = {each.name for each in hass.states.async_all("sensor") if each.name.endswith((" Cost", " Compensation"))}
    assert len(costs) == 2, "Home Assistant calculates what was paid and earned"


async def test_a_price_in_another_currency_is_not_added_and_the_form_says_why(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    assert hass.config.currency == "EUR"
    form = await choose(hass, site)
    for key in ("buy_price", "sell_price"):
        remark = f"(`{sensor(hass, gateway.serial, key)}`) isn't used, because its unit is USD/kWh, and Home Assistant"
        assert f"{remark} shows all costs in EUR." in text(form, "remarks")
    await submit(hass, form)
    grid = by_type(manager)["grid"]
    assert (grid["entity_energy_price"], grid["entity_energy_price_export"]) == (None, None)
    assert (grid["number_energy_price"], grid["number_energy_price_export"]) == (None, None)


async def test_a_price_without_a_currency_is_not_added(
    hass: HomeAssistant, site: MockConfigEntry, gateway: GatewayServer, manager: EnergyManager
) -> None:
    gateway.state.tariff.currency = "$"
    await site.runtime_data.poller.coordinators["tariff"].async_refresh()
    # A unit that was known once stays until the site is loaded again.
    await hass.config_entries.async_reload(site.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await choose(hass, site)
    assert f"(`{sensor(hass, gateway.serial, 'buy_price')}`) has no unit" in text(form, "remarks")
