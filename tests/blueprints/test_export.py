"""The export at negative prices, in a simulated home."""

from collections.abc import AsyncIterator

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.energy_site.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.iq_gateway import GatewayServer, HttpStatus
from simulator.tesla_cloud import EnergySite
from tests.common import gateway_entry, set_up
from tests.steering import Handle, settle

from .imported import PRICE, Automation, cloud_handle


@pytest.fixture
async def limiting(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> AsyncIterator[Handle]:
    """Return the home of a gateway whose export limit an installer commissioned, with an installer's token."""
    gateway.state.dynamic_limit.commissioned = True
    gateway.state.dynamic_limit.set(limit_value_W=5000.0)
    token = gateway.token("installer", lifetime=43_200.0)
    entry = gateway_entry(gateway, data={"token": token})
    await set_up(hass, entry)
    assert await async_setup_component(hass, "input_text", {"input_text": {"former_limit": {}}})
    yield Handle(hass, freezer, gateway.serial)
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)


async def limit_at(handle: Handle, gateway: GatewayServer, price: str) -> tuple[float, bool]:
    """Return the limit at a price, and whether it's in use."""
    handle.hass.states.async_set(PRICE, price)
    await handle.wait(60, step=5)
    return limit_of(gateway)


def limit_of(gateway: GatewayServer) -> tuple[float, bool]:
    """Return the limit in W, and whether it's in use."""
    settings = gateway.state.dynamic_limit.settings
    return settings["limit_value_W"], settings["enable"]


async def stop_by_limit(handle: Handle, use: Automation) -> None:
    """Make the automation that stops the export of a gateway at negative prices."""
    handle.hass.states.async_set(PRICE, "0.08")
    await use(
        "negative_price",
        price=PRICE,
        control=handle.entity("number", "export_limit"),
        memory="input_text.former_limit",
    )


@pytest.mark.parametrize("enabled", [False, True])
async def test_a_gateway_exports_nothing_at_negative_prices(
    gateway: GatewayServer, limiting: Handle, use: Automation, enabled: bool
) -> None:
    gateway.state.dynamic_limit.set(enable=enabled)
    await limiting.wait(360, step=30)
    await stop_by_limit(limiting, use)
    for price in ("0.01", "-0.01", "-0.03", "unavailable", "-0.02"):
        expected = (5000, enabled) if price == "0.01" else (0, True)
        assert await limit_at(limiting, gateway, price) == expected, price
    assert gateway.house.switches.export_limit == 0
    assert await limit_at(limiting, gateway, "0.02") == (5000, enabled)
    writes = len(gateway.stats.writes)
    await limiting.wait(900, step=30)
    assert len(gateway.stats.writes) == writes


@pytest.mark.parametrize("how", ["off", "restart"])
@pytest.mark.parametrize("enabled", [False, True])
async def test_a_gateway_exports_again_after_a_gap(
    hass: HomeAssistant, gateway: GatewayServer, limiting: Handle, use: Automation, how: str, enabled: bool
) -> None:
    gateway.state.dynamic_limit.set(enable=enabled)
    await limiting.wait(360, step=30)
    await stop_by_limit(limiting, use)
    assert await limit_at(limiting, gateway, "-0.01") == (0, True)
    async with use.missing(how):
        hass.states.async_set(PRICE, "0.25")
    await limiting.wait(360, step=30)
    assert limit_of(gateway) == (5000, enabled)
    async with use.missing(how):
        hass.states.async_set(PRICE, "-0.20")
    await limiting.wait(360, step=30)
    assert limit_of(gateway) == (0, True)


async def test_a_limit_that_is_changed_meanwhile_is_the_one_that_comes_back(
    gateway: GatewayServer, limiting: Handle, use: Automation
) -> None:
    await stop_by_limit(limiting, use)
    assert await limit_at(limiting, gateway, "-0.01") == (0, True)
    gateway.state.dynamic_limit.set(limit_value_W=3000.0)
    await limiting.wait(720, step=30)
    assert limit_of(gateway) == (0, True)
    assert await limit_at(limiting, gateway, "0.01") == (3000, True)
    # An installer who limits it to nothing for good isn't overruled.
    gateway.state.dynamic_limit.set(limit_value_W=0.0, enable=True)
    await limiting.wait(360, step=30)
    for price in ("-0.01", "0.01"):
        assert await limit_at(limiting, gateway, price) == (0, True)


async def test_a_gateway_that_comes_back_after_the_price_did_exports_again(
    hass: HomeAssistant, gateway: GatewayServer, limiting: Handle, use: Automation
) -> None:
    await stop_by_limit(limiting, use)
    assert await limit_at(limiting, gateway, "-0.01") == (0, True)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    async with use.missing("restart"):
        await hass.config_entries.async_unload(entry.entry_id)
        hass.states.async_set(PRICE, "0.25")
    await limiting.wait(360, step=30)
    assert limit_of(gateway) == (0, True)
    await hass.config_entries.async_setup(entry.entry_id)
    # The first attempt fails.
    gateway.faults.add(HttpStatus(503), "/ivp/ss/dpel", methods=["POST"])
    await limiting.wait(360, step=10)
    assert limit_of(gateway) == (0, True)
    gateway.faults.clear()
    await limiting.wait(360, step=10)
    assert limit_of(gateway) == (5000, False)


async def test_a_run_by_hand_changes_nothing_that_the_price_does_not(
    hass: HomeAssistant, gateway: GatewayServer, limiting: Handle, use: Automation
) -> None:
    await stop_by_limit(limiting, use)
    assert await limit_at(limiting, gateway, "-0.01") == (0, True)
    await use.run()
    await limiting.wait(60, step=5)
    assert limit_of(gateway) == (0, True)


async def test_a_control_that_cannot_stop_the_export_is_told_of(
    hass: HomeAssistant, gateway: GatewayServer, handle: Handle, use: Automation
) -> None:
    hass.states.async_set(PRICE, "0.08")
    notified = async_mock_service(hass, "persistent_notification", "create")
    await use("negative_price", price=PRICE, control=handle.entity("select", "operating_mode"))
    writes = len(gateway.stats.writes)
    await limit_at(handle, gateway, "-0.01")
    await limit_at(handle, gateway, "0.01")
    assert len(gateway.stats.writes) == writes
    assert "can't stop the export" in notified[0].data["message"]


async def test_a_site_that_can_stops_its_export(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: EnergySite, use: Automation
) -> None:
    handle = cloud_handle(hass, freezer)
    site.set_write_behaviours(delay=0)
    hass.states.async_set(PRICE, "0.08")
    await use("negative_price", price=PRICE, control=handle.entity("select", "export_rule"), usual_rule="pv_only")
    hass.states.async_set(PRICE, "-0.05")
    await handle.wait(90, step=5)
    assert handle.shown("select", "export_rule") == "never"
    hass.states.async_set(PRICE, "0.05")
    await handle.wait(90, step=5)
    assert handle.shown("select", "export_rule") == "pv_only"


@pytest.mark.parametrize("how", ["off", "restart"])
async def test_a_site_exports_again_after_a_gap(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, site: EnergySite, use: Automation, how: str
) -> None:
    handle = cloud_handle(hass, freezer)
    site.set_write_behaviours(delay=0)
    hass.states.async_set(PRICE, "0.08")
    await use("negative_price", price=PRICE, control=handle.entity("select", "export_rule"), usual_rule="battery_ok")
    hass.states.async_set(PRICE, "-0.01")
    await handle.wait(60, step=10)
    assert handle.shown("select", "export_rule") == "never"
    async with use.missing(how):
        hass.states.async_set(PRICE, "0.25")
        await handle.wait(60, step=10)
        assert handle.shown("select", "export_rule") == "never"
    await handle.wait(360, step=10)
    assert handle.shown("select", "export_rule") == "battery_ok"
