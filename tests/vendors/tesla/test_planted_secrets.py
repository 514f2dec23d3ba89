"""Whatever Tesla answers, nothing of a person, a car, a place or a key leaves by the ways that others read."""

import asyncio
from collections.abc import AsyncIterator
import json
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import DOMAIN
from custom_components.energy_site.diagnostics import async_get_config_entry_diagnostics
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.json import json_dumps
from simulator.house import House, HouseConfig
from simulator.iq_gateway.faults import Fault, Mutate
from simulator.iq_gateway.reply import Reply
from simulator.tesla_cloud import Account, Application, EnergySite, SiteDetails, TeslaServer, WallConnector, powerwall
from tests.common import pass_time
from tests.houses import FrozenClock
from tests.planting import FREE_WORDS, SECRETS, planted, told

from .signing_in import set_up_site

MINUTE = 60
GARAGE = 100003

VIN, DIN = "5YJ3E1EA7KF000001", "1457768-02-G--PGT22012000001"
SECRETS_OF_TESLA = {
    **SECRETS,
    "vin": VIN,
    "din": DIN,
    "battery": "2012170-25-E--TG121123000ABC",
    "number": "2252147638651",
}

# What decides which devices there are and when something was, and what an owner may call as they like.
SPARED = {"serial_number", "din", "device_id", "id", "gateway_id", "timestamp", "resource_type", "battery_type"}
SPARED |= {"default_real_mode", "grid_status", "island_status", "period", "region", "firmware_version", "version"}
NAMES = {"site_name", "part_name", "name", "utility", "currency"}


class Refusal(Fault):
    """Refuses, with every secret in every word that a refusal may have."""

    def __init__(self, status: int) -> None:
        """Answer this status."""
        words = " ".join(SECRETS_OF_TESLA.values())
        fields = ("error", "error_description", "reason", "message", "messages")
        self._reply = Reply(status=status, payload={"response": None, **dict.fromkeys(fields, words)})

    @override
    async def before(self, closing: asyncio.Event) -> Reply:
        return self._reply


@pytest.fixture
async def entry(hass: HomeAssistant, fleet: TeslaServer, application: Application) -> AsyncIterator[MockConfigEntry]:
    """Return an entry of a site with everything, whose owner also has a car."""
    house = House(HouseConfig(battery=powerwall()), start=FrozenClock().now())
    details = SiteDetails(
        site_id=GARAGE, name="Garage", gateway_serial="TG999999999ZZ", utility="Stadtwerke Musterstadt"
    )
    fleet.add_site(EnergySite(house, details, chargers=[WallConnector(vin=VIN)]))
    fleet.policy.account = Account(
        vehicles=({"id": 100, "vehicle_id": 5, "vin": VIN, "display_name": "Nellie", "state": "asleep"},)
    )
    entry = await set_up_site(hass, application, GARAGE)
    await hass.async_block_till_done(wait_background_tasks=True)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
def events(hass: HomeAssistant) -> list[Event[Any]]:
    """Return what the bus is told."""
    found: list[Event[Any]] = []
    hass.bus.async_listen(MATCH_ALL, found.append)
    return found


async def read(
    hass: HomeAssistant, entry: MockConfigEntry, events: list[Event[Any]], log: pytest.LogCaptureFixture
) -> dict[str, str]:
    """Return what others read, by the way they read it; refusals count by their words."""
    answers: list[Any] = []
    for endpoint in sorted(entry.runtime_data.adapter.endpoints):
        asked = {"endpoint": endpoint}
        try:
            answers.append(
                await hass.services.async_call(DOMAIN, "get_raw", asked, blocking=True, return_response=True)
            )
        except HomeAssistantError as err:
            answers.append([str(err), err.translation_key, err.translation_placeholders])
    diagnostics = json_dumps(await async_get_config_entry_diagnostics(hass, entry))
    return {
        **told(hass, events, log),
        "raw answers": json.dumps(answers, ensure_ascii=False),
        "diagnostics": diagnostics.replace('\\"', '"'),
    }


def found_in(texts: dict[str, str], *secrets: str) -> list[tuple[str, str]]:
    """Return which secrets are where."""
    return [(way, secret) for way, text in texts.items() for secret in secrets if secret in text]


async def test_what_tells_whose_site_it_is_is_hidden_and_the_rest_is_shown(
    hass: HomeAssistant,
    fleet: TeslaServer,
    application: Application,
    entry: MockConfigEntry,
    events: list[Event[Any]],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    await pass_time(hass, freezer, 30 * MINUTE, step=MINUTE)
    texts = await read(hass, entry, events, caplog)
    token = entry.data["token"]
    private = [token["access_token"], token["refresh_token"], application.client_secret, fleet.policy.account.sub]
    assert found_in(texts, *private) == []
    # The owner's own automations may see what the owner called things.
    shared = {way: text for way, text in texts.items() if way in ("log", "raw answers", "diagnostics")}
    identifying = [VIN, "Nellie", str(GARAGE), "TG999999999ZZ", "PGT22012000001", "Stadtwerke", "Garage"]
    assert found_in(shared, *identifying) == []
    for word in ("Powerwall 2", "self_consumption", "on_grid", "pv_only", "25.26.1", "Gen 3 Wall Connector"):
        assert word in texts["diagnostics"], word


@pytest.mark.parametrize("kind", [*SECRETS_OF_TESLA])
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_secret_in_every_field_of_every_answer_reaches_nobody(
    hass: HomeAssistant,
    fleet: TeslaServer,
    entry: MockConfigEntry,
    events: list[Event[Any]],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    secret = SECRETS_OF_TESLA[kind]
    spared = SPARED | NAMES if kind in FREE_WORDS else SPARED
    caplog.set_level("DEBUG")
    fleet.faults.add(Mutate(planted(secret, spared)))
    await pass_time(hass, freezer, 30 * MINUTE, step=MINUTE)
    texts = await read(hass, entry, events, caplog)
    assert found_in(texts, secret) == []


@pytest.mark.parametrize("status", [400, 403, 404, 412, 421, 423, 429, 500])
async def test_a_refusal_full_of_secrets_tells_none(
    hass: HomeAssistant,
    fleet: TeslaServer,
    entry: MockConfigEntry,
    events: list[Event[Any]],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    caplog.set_level("DEBUG")
    fleet.faults.add(Refusal(status))
    await pass_time(hass, freezer, 30 * MINUTE, step=MINUTE)
    texts = await read(hass, entry, events, caplog)
    assert found_in(texts, *SECRETS_OF_TESLA.values()) == []
