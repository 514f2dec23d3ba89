"""Whatever a cloud answers, nothing of a person, a place or a lock leaves by the ways that others read."""

import asyncio
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
from simulator.enphase_cloud import LEGACY_WATT, MEGAWATT, Application, CloudServer, CloudSystem, Plan
from simulator.iq_gateway.faults import Fault, Mutate
from simulator.iq_gateway.reply import Reply
from tests.common import entity_id, pass_time, set_up

from ...clouds import SITE, SYSTEM_ID, cloud_entry, usual_system
from ...houses import MORNING
from ...planting import FREE_WORDS, NAMES, SECRETS, STRUCTURE, planted, told
from ...steering import begin, wait
from .test_v2 import legacy_entry

MINUTE, DAY = 60, 86_400

# What may be refused while the rest goes on.
SELDOM = {
    "v4": [f"/api/v4/systems/{SYSTEM_ID}/energy_import_telemetry", f"/api/v4/systems/config/{SYSTEM_ID}/storm_guard"],
    "v2": [f"/api/v2/systems/{SYSTEM_ID}/consumption_stats", f"/api/v2/systems/{SYSTEM_ID}/rgm_stats"],
}
APIS = ("v4", "v2")

# By these words a refusal is understood.
ENVELOPE = ("message", "details", "reason", "errorMessages", "error", "error_description", "period", "plan")


class Refusal(Fault):
    """Refuses, with every secret in every word that a refusal may have."""

    def __init__(self, status: int) -> None:
        """Answer this status."""
        words = " ".join(SECRETS.values())
        self._reply = Reply(status=status, payload={**dict.fromkeys(ENVELOPE, words), "code": status})

    @override
    async def before(self, closing: asyncio.Event) -> Reply:
        return self._reply


@pytest.fixture(params=APIS)
def api(request: pytest.FixtureRequest) -> str:
    """Return by which API the system is asked."""
    name: str = request.param
    return name


@pytest.fixture
def system(freezer: FrozenDateTimeFactory) -> CloudSystem:
    """Return a house with just enough of a past to have a yesterday."""
    freezer.move_to(MORNING)
    return usual_system(MORNING.timestamp(), days=2)


@pytest.fixture
def plan(api: str) -> Plan:
    """Return a plan that has everything."""
    return MEGAWATT if api == "v4" else LEGACY_WATT


@pytest.fixture
async def entry(hass: HomeAssistant, api: str, cloud: CloudServer, application: Application) -> MockConfigEntry:
    """Return an entry that was not loaded yet, as an owner made it."""
    return await cloud_entry(hass, cloud, application) if api == "v4" else legacy_entry(cloud, application)


@pytest.fixture
def events(hass: HomeAssistant) -> list[Event[Any]]:
    """Return what the bus is told."""
    found: list[Event[Any]] = []
    hass.bus.async_listen(MATCH_ALL, found.append)
    return found


def own_secrets(entry: MockConfigEntry) -> list[str]:
    """Return what an entry itself keeps to it."""
    data = entry.data
    token = data.get("token", {})
    found = [data["api_key"], data.get("user_id"), token.get("access_token"), token.get("refresh_token")]
    return [secret for secret in found if secret]


async def raw(hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory) -> list[Any]:
    """Ask all endpoints by the action, as many in a minute as the key allows; refusals count by their words."""
    found: list[Any] = []
    for number, endpoint in enumerate(sorted(entry.runtime_data.adapter.endpoints)):
        if number % 5 == 0:
            freezer.tick(MINUTE + 1)
        try:
            found.append(
                await hass.services.async_call(
                    DOMAIN, "get_raw", {"endpoint": endpoint}, blocking=True, return_response=True
                )
            )
        except HomeAssistantError as err:
            found.append([str(err), err.translation_key, err.translation_placeholders])
    return found


async def read(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    events: list[Event[Any]],
    log: pytest.LogCaptureFixture,
) -> dict[str, str]:
    """Return what others read, by the way they read it."""
    answers = await raw(hass, entry, freezer)
    found = json_dumps(await async_get_config_entry_diagnostics(hass, entry))
    return {
        **told(hass, events, log),
        "raw answers": json.dumps(answers, ensure_ascii=False),
        "flows": repr(hass.config_entries.flow.async_progress()),
        "diagnostics": found.replace('\\"', '"'),
    }


@pytest.mark.parametrize(
    ("kind", "everywhere"),
    [*((kind, False) for kind in SECRETS), ("token", True), ("address", True), ("street", True)],
)
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_secret_in_every_field_of_every_answer_reaches_nobody(
    hass: HomeAssistant,
    cloud: CloudServer,
    entry: MockConfigEntry,
    events: list[Event[Any]],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    everywhere: bool,
) -> None:
    secret, spared = SECRETS[kind], set() if everywhere else STRUCTURE
    spared = spared | NAMES if kind in FREE_WORDS else spared
    caplog.set_level("DEBUG")
    cloud.faults.add(Mutate(planted(secret, spared)))
    await set_up(hass, entry)
    await pass_time(hass, freezer, 3 * MINUTE, step=MINUTE)
    ways = await read(hass, entry, freezer, events, caplog)
    assert {way: text.count(secret) for way, text in ways.items()} == dict.fromkeys(ways, 0)
    assert secret.encode("unicode_escape").decode() not in ways["diagnostics"]
    assert [way for way, text in ways.items() for own in own_secrets(entry) if own in text] == []
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    ("status", "some"), [(401, False), (403, False), (422, False), (429, False), (500, False), (500, True)]
)
@pytest.mark.usefixtures("entity_registry_enabled_by_default")
async def test_a_secret_in_a_refusal_reaches_nobody(
    hass: HomeAssistant,
    api: str,
    cloud: CloudServer,
    entry: MockConfigEntry,
    events: list[Event[Any]],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    status: int,
    some: bool,
) -> None:
    caplog.set_level("DEBUG")
    await set_up(hass, entry)
    await pass_time(hass, freezer, 3 * MINUTE, step=MINUTE)
    cloud.faults.add(Refusal(status), SELDOM[api] if some else None)
    await pass_time(hass, freezer, 2 * DAY, step=DAY / 4)
    ways = await read(hass, entry, freezer, events, caplog)
    if api == "v4":
        ways["setting"] = await refused_setting(hass, freezer)
        ways |= told(hass, events, caplog)
    assert [(way, kind) for way, text in ways.items() for kind, secret in SECRETS.items() if secret in text] == []
    assert [way for way, text in ways.items() for own in own_secrets(entry) if own in text] == []
    if some:
        assert "cloud_incomplete" in ways["repairs"]
    await hass.config_entries.async_unload(entry.entry_id)


async def refused_setting(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> str:
    """Set what is refused, and return what the person is told."""
    target = {"entity_id": entity_id(hass, "number", SITE, "backup_reserve"), "value": 45}
    task = await begin(hass, "number", "set_value", target)
    for _ in range(40):
        if not task.done():
            await wait(hass, freezer, 30, step=30)
    try:
        await task
    except HomeAssistantError as err:
        return f"{err} {err.translation_placeholders}"
    return ""
