"""Whatever the account's services answer, nothing of a person, a place or a session leaves by the ways that others read."""

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
from simulator.enphase_account import Account, AccountHome, AccountServer, paths
from simulator.iq_gateway.faults import Fault, Mutate
from simulator.iq_gateway.reply import Reply
from tests.common import step
from tests.planting import FREE_WORDS, SECRETS, planted, told
from tests.steering import Handle, wait

from .homes import EMAIL, HOME, LOGIN, PASSWORD, open_flow

MINUTE = 60
SECRETS_OF_ENPHASE = {**SECRETS, "serial": "122345006789", "nonce": "b9f3c2d1-77aa-4f10-9c55-0123456789ab"}

# What decides which devices there are and when something was, and what is a word of the service.
SPARED = {"serial_num", "serial_number", "sn", "id", "system_id", "type", "timezone", "status"}


class Refusal(Fault):
    """Refuses, with every secret in every word that a refusal may have."""

    def __init__(self, status: int) -> None:
        """Answer this status."""
        words = " ".join(SECRETS_OF_ENPHASE.values())
        fields = ("message", "displayMessage", "details", "reason", "error_description")
        self._reply = Reply(status=status, payload={"error": dict.fromkeys(fields, words), "message": words})

    @override
    async def before(self, closing: asyncio.Event) -> Reply:
        return self._reply


@pytest.fixture
def events(hass: HomeAssistant) -> list[Event[Any]]:
    """Return what the bus is told."""
    found: list[Event[Any]] = []
    hass.bus.async_listen(MATCH_ALL, found.append)
    return found


def data_paths(home: AccountHome) -> list[str]:
    """Return the paths of all answers about the home."""
    return [home.path(each) for family in paths.READS.values() for each in family] + [paths.SITES]


async def read(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    entry: MockConfigEntry,
    events: list[Event[Any]],
    log: pytest.LogCaptureFixture,
) -> dict[str, str]:
    """Return what others read, by the way they read it; refusals count by their words."""
    answers: list[Any] = []
    for endpoint in sorted(entry.runtime_data.adapter.endpoints):
        # Not more than a few are sent in a minute.
        await wait(hass, freezer, 20, step=10)
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


def secrets_of_store(stored: Any, field: str = "") -> set[str]:
    """Return every text in the account's file but the names of what is known of the sign-ins."""
    match stored:
        case dict():
            return set().union(*(secrets_of_store(item, key) for key, item in stored.items()))
        case list() | tuple():
            return set().union(*(secrets_of_store(item, field) for item in stored))
        case str() if field not in ("shapes", "pause_reason", "verdict", "batteryConfig", "battery_config"):
            return {stored}
    return set()


async def test_what_tells_whose_system_it_is_is_hidden_and_the_rest_is_shown(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    home: AccountHome,
    owner: Account,
    entry: MockConfigEntry,
    handle: Handle,
    events: list[Event[Any]],
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    home.happenings.begin(
        "envoy_not_reporting",
        at=home.house.time,
        serial=home.serial,
        recommended=f"Check SNo.{home.serial}, then gateway {home.serial}.",
    )
    await handle.set("number", "backup_reserve", value=45, within=90)
    await wait(hass, freezer, 30 * MINUTE, step=20)
    texts = await read(hass, freezer, entry, events, caplog)
    (stored,) = (each for name, each in hass_storage.items() if name.startswith(f"{DOMAIN}.account."))
    session = secrets_of_store(stored["data"]) - {str(HOME)}
    assert len(session) >= 4
    batteries = [home.battery_serial(index) for index in range(2)]
    assert found_in({**texts, "states": ""}, *session - {home.serial}, PASSWORD, EMAIL) == []
    # The owner's own automations may see what the owner has.
    shared = {way: text for way, text in texts.items() if way in ("log", "raw answers", "diagnostics")}
    assert found_in(shared, home.serial, *batteries, str(owner.user_id), str(HOME), "Sunny Home") == []
    assert home.serial not in texts["states"]
    for word in ("self-consumption", "batteryBackupPercentage", "D8.3.6086", "envoy_not_reporting"):
        assert word in texts["raw answers"], word
    assert "shutdown_level" in texts["diagnostics"]


@pytest.mark.usefixtures("entity_registry_enabled_by_default")
@pytest.mark.parametrize("kind", SECRETS_OF_ENPHASE)
async def test_a_secret_in_every_field_of_every_answer_reaches_nobody(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    home: AccountHome,
    entry: MockConfigEntry,
    events: list[Event[Any]],
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    secret = SECRETS_OF_ENPHASE[kind]
    caplog.set_level("DEBUG")
    spared = SPARED | {"recommended_action", "description"} if kind in FREE_WORDS else SPARED
    home.happenings.begin("envoy_not_reporting", at=home.house.time, serial=home.serial)
    service.faults.add(Mutate(planted(secret, spared)), data_paths(home))
    await wait(hass, freezer, 30 * MINUTE, step=20)
    texts = await read(hass, freezer, entry, events, caplog)
    assert found_in(texts, secret) == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 406, 409, 429, 500])
async def test_a_refusal_full_of_secrets_tells_none(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    service: AccountServer,
    entry: MockConfigEntry,
    handle: Handle,
    events: list[Event[Any]],
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    caplog.set_level("DEBUG")
    service.faults.add(Refusal(status), methods={"PUT"})
    with pytest.raises(HomeAssistantError) as refused:
        await handle.set("number", "backup_reserve", value=45, within=200)
    words = f"{refused.value} {refused.value.translation_placeholders}"
    assert not [secret for kind, secret in SECRETS_OF_ENPHASE.items() if secret in words and kind not in FREE_WORDS]
    service.faults.clear()
    service.faults.add(Refusal(status))
    await wait(hass, freezer, 30 * MINUTE, step=20)
    texts = await read(hass, freezer, entry, events, caplog)
    assert found_in(texts, *SECRETS_OF_ENPHASE.values(), PASSWORD, EMAIL) == []


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500])
async def test_a_sign_in_with_a_code_tells_no_secret(
    hass: HomeAssistant,
    service: AccountServer,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    caplog.set_level("DEBUG")
    service.add_account(EMAIL, PASSWORD, systems=frozenset({HOME}), system_id=HOME, two_factor=True)
    result = await step(hass, await open_flow(hass), LOGIN)
    code = service.mailbox.code(EMAIL)
    service.faults.add(Refusal(status), count=1)
    result = await step(hass, result, {"code": code, "send_again": False})
    shown = f"{result.get('errors')} {result.get('description_placeholders')}"
    kept = next(iter(hass.data[f"{DOMAIN}_enphase_accounts"].values())).result()
    logged = "\n".join(
        f"{each.getMessage()} {each.exc_text}" for each in caplog.records if not each.name.startswith("pytest_")
    )
    secrets = {code, PASSWORD, EMAIL, *SECRETS_OF_ENPHASE.values(), *secrets_of_store(kept.account.as_dict())} - {
        str(HOME)
    }
    assert found_in({"form": shown, "log": logged}, *secrets) == []
    hass.config_entries.flow.async_abort(result["flow_id"])
    await hass.async_block_till_done()


async def test_the_file_of_the_session_is_private_and_its_name_tells_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    kept = entry.runtime_data.adapter._kept
    assert kept.file._store._private is True
    (name,) = (each for each in hass_storage if each.startswith(f"{DOMAIN}.account."))
    assert "owner" not in name
    assert "example" not in name
    assert str(HOME) not in name
    assert PASSWORD not in json_dumps(hass_storage[name])
    # Of the account, other files have nothing.
    for other, content in hass_storage.items():
        if other.startswith(f"{DOMAIN}.") and other != name:
            assert EMAIL not in json_dumps(content)
            assert not [each for each in secrets_of_store(hass_storage[name]["data"]) if each in json_dumps(content)]
