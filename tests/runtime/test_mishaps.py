"""What an owner sees when one part cannot be made of what the gateway answers."""

import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.diagnostics import async_get_config_entry_diagnostics
from custom_components.energy_site.site.model import PowerFlow
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from simulator.iq_gateway import GatewayServer
from tests.common import number, pass_time, state

SECRET = "482512345678 owner@example.com"


def boom(*_: Any, **__: Any) -> None:
    """Fail as a programming error does, with a part of the answer in its message."""
    raise KeyError(SECRET)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged of ours, from information upwards."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.energy_site") and record.levelno >= logging.INFO
    ]


async def test_a_part_that_cannot_be_made_costs_itself_alone_and_is_told_once(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("custom_components.energy_site.vendors.iq_gateway.source.battery.build", boom)
        await pass_time(hass, freezer, 120, step=20)
        level = state(hass, "sensor", gateway.serial, "battery_level")
        assert level is not None
        assert level.state in (STATE_UNAVAILABLE, STATE_UNKNOWN)
        for name in ("solar", "grid", "load"):
            assert number(hass, gateway.serial, f"{name}_power") == pytest.approx(
                getattr(gateway.house.flow, name), abs=2
            )
        assert number(hass, gateway.serial, "solar_energy") is not None
        told = lines(caplog)
        assert len(told) == 1
        assert told[0].startswith("Failed to build Battery from the response of /")
        assert "KeyError in test_mishaps.py" in told[0]
        diagnostics = await async_get_config_entry_diagnostics(hass, entry)
        assert diagnostics["mishaps"]["Battery"]["times"] > 3
    await pass_time(hass, freezer, 120, step=20)
    assert number(hass, gateway.serial, "battery_level") is not None
    assert len(lines(caplog)) == 2
    assert lines(caplog)[1].startswith("Battery is built from the response of /")
    assert SECRET not in caplog.text
    assert (await async_get_config_entry_diagnostics(hass, entry))["mishaps"]["Battery"]["error"] is None


async def test_counting_that_fails_costs_neither_power_nor_the_battery(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.clear()
    monkeypatch.setattr("custom_components.energy_site.vendors.iq_gateway.source.energy.count_meters", boom)
    await pass_time(hass, freezer, 120, step=20)
    assert number(hass, gateway.serial, "solar_power") == pytest.approx(gateway.house.flow.solar, abs=2)
    assert number(hass, gateway.serial, "battery_level") is not None
    assert len(lines(caplog)) == 1
    assert "/ivp/meters/readings" in lines(caplog)[0]


async def test_an_entity_that_fails_keeps_no_other_from_its_value(
    hass: HomeAssistant,
    gateway: GatewayServer,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.clear()
    listeners = entry.runtime_data.poller._listeners[PowerFlow]
    listeners._callbacks.insert(0, boom)
    await pass_time(hass, freezer, 120, step=20)
    listeners._callbacks.remove(boom)
    assert number(hass, gateway.serial, "solar_power") == pytest.approx(gateway.house.flow.solar, abs=2)
    assert len(lines(caplog)) == 1
    await pass_time(hass, freezer, 900, step=100)
    assert len(lines(caplog)) == 2
