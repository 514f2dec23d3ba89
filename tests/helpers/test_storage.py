"""What an owner sees when what was stored of a site cannot be read."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site.const import CONF_SOURCE, DOMAIN
from custom_components.energy_site.repairs import async_create_fix_flow
from custom_components.energy_site.vendors.iq_gateway.const import CONF_FINGERPRINT
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator.enphase_account import AccountServer
from simulator.iq_gateway import GatewayServer
from tests.common import gateway_entry, number, pass_time, set_up, set_up_through_flow, status, step


@pytest.fixture
def preset() -> str:
    """Let the house be a small one: it is not what these tests are about."""
    return "single_phase"


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Let files be real ones, in a folder of this test's own."""
    return hass_tmp_config_dir


@pytest.fixture
def hass_storage() -> dict[str, Any]:
    """Put nothing in the place of Home Assistant's storage."""
    return {}


def read(path: Path | str) -> str | None:
    """Return what a file holds, `None` where there is none."""
    path = Path(path)
    return path.read_text() if path.exists() else None


def repair(hass: HomeAssistant) -> ir.IssueEntry | None:
    """Return our repair about what cannot be read."""
    found = (issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN)
    return next((issue for issue in found if issue.translation_key == "storage_unreadable"), None)


def stored(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Path:
    """Return the file with a site's books."""
    return Path(hass.config.path(".storage", f"{DOMAIN}.{entry.entry_id}"))


async def written(hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory) -> ConfigEntry[Any]:
    """Set the gateway up as a person does, let it count, and unload it: its books are written then."""
    await set_up_through_flow(hass, gateway.host, gateway.token())
    [entry] = hass.config_entries.async_entries(DOMAIN)
    await pass_time(hass, freezer, 60, step=60)
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert stored(hass, entry).exists()
    return entry


def changed(change: Callable[[Any], Any]) -> Callable[[str], str]:
    """Return what changes the file's JSON."""

    def apply(text: str) -> str:
        content = json.loads(text)
        return json.dumps(content if (other := change(content)) is None else other)

    return apply


def _spoil_counter(content: Any) -> None:
    content["data"]["books"]["counters"]["solar"]["total"] = "much"


def _spoil_day(content: Any) -> None:
    content["data"]["books"]["days"]["solar"] = 7


DAMAGES = {
    "newer": changed(lambda content: {**content, "version": 7}),
    "older": changed(lambda content: {**content, "version": 0}),
    "no version": changed(lambda content: {"data": content["data"]}),
    "version in words": changed(lambda content: {**content, "version": "one"}),
    "no data": changed(lambda content: {key: value for key, value in content.items() if key != "data"}),
    "list": lambda _: "[1, 2]",
    "number": lambda _: "7",
    "list of data": changed(lambda content: {**content, "data": [1]}),
    "other data": changed(lambda content: {**content, "data": {"temperature": 20}}),
    "books in words": changed(lambda content: {**content, "data": {**content["data"], "books": "none"}}),
    "chapter in words": changed(
        lambda content: {**content, "data": {**content["data"], "books": {"counters": "none"}}}
    ),
    "one counter": changed(_spoil_counter),
    "one day": changed(_spoil_day),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_books_that_cannot_be_read_begin_anew_with_a_repair_and_the_old_file_is_kept(
    hass: HomeAssistant,
    gateway: GatewayServer,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[str], str],
) -> None:
    entry = await written(hass, gateway, freezer)
    path = stored(hass, entry)
    spoilt = damage(path.read_text())
    path.write_text(spoilt)
    caplog.clear()
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert number(hass, gateway.serial, "solar_energy") == pytest.approx(gateway.house.truth.solar, abs=60)
    issue = repair(hass)
    assert issue is not None
    assert issue.translation_placeholders is not None
    kept = issue.translation_placeholders["file"]
    assert read(kept) == spoilt
    assert "Traceback" not in caplog.text
    await hass.config_entries.async_unload(entry.entry_id)
    # What begins anew can be read the next time.
    assert json.loads(path.read_text())["version"] == 1
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert (read(path), read(kept)) == (None, None)
    assert repair(hass) is None


async def test_books_that_break_off_begin_anew_with_a_repair(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await written(hass, gateway, freezer)
    path = stored(hass, entry)
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert repair(hass) is not None
    assert [found.read_text() for found in path.parent.glob(f"{path.name}.corrupt.*")] == [text[: len(text) // 2]]
    issue = repair(hass)
    assert issue is not None
    assert issue.translation_placeholders is not None
    # The name is one that a user can look for.
    assert issue.translation_placeholders["file"] == f"{path}.corrupt.*"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_removed_site_leaves_no_copy_of_its_books_whoever_made_it(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await written(hass, gateway, freezer)
    path = stored(hass, entry)
    text = path.read_text()
    for spoilt in (text[: len(text) // 2], "[]"):
        path.write_text(spoilt)
        await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        await hass.config_entries.async_unload(entry.entry_id)
    neighbour = path.with_name(f"{path.name}x.corrupt.1")
    neighbour.write_text("of another site")
    assert len(list(path.parent.glob(f"{path.name}.*"))) == 2
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert list(path.parent.glob(f"{path.name}*")) == [neighbour]


async def test_sound_books_raise_no_repair_and_an_owner_closes_one_by_reading_it(
    hass: HomeAssistant, gateway: GatewayServer, freezer: FrozenDateTimeFactory
) -> None:
    entry = await written(hass, gateway, freezer)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert repair(hass) is None
    await hass.config_entries.async_unload(entry.entry_id)
    stored(hass, entry).write_text("[]")
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    issue = repair(hass)
    assert issue is not None
    flow: Any = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    flow.hass = hass
    form = await flow.async_step_init({"issue_id": issue.issue_id})
    assert form["description_placeholders"] == issue.translation_placeholders
    await flow.async_step_confirm({})
    assert hass.config_entries.flow.async_progress() == []
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (CONF_SOURCE, None),
        (CONF_SOURCE, "steam"),
        (CONF_SOURCE, 7),
        ("host", None),
        ("host", 7),
        (CONF_FINGERPRINT, None),
        (CONF_FINGERPRINT, "no hex"),
        (CONF_FINGERPRINT, "00"),
        (CONF_FINGERPRINT, 7),
        ("token", None),
        ("token", "eyJ.broken"),
        ("token", 7),
    ],
)
async def test_an_entry_that_is_damaged_says_what_is_missing_and_what_to_do(
    hass: HomeAssistant,
    gateway: GatewayServer,
    caplog: pytest.LogCaptureFixture,
    field: str,
    value: object,
) -> None:
    entry = gateway_entry(gateway)
    data = {key: kept for key, kept in entry.data.items() if key != field}
    damaged = MockConfigEntry(
        domain=DOMAIN,
        title="IQ Gateway",
        unique_id=gateway.serial,
        data=data if value is None else {**data, field: value},
    )
    await set_up(hass, damaged)
    assert status(damaged) is ConfigEntryState.SETUP_ERROR
    assert damaged.error_reason_translation_key == "entry_damaged"
    assert damaged.error_reason_translation_placeholders == {"name": "IQ Gateway", "field": field}
    assert entry.data["token"] not in caplog.text


@pytest.mark.parametrize("source", ["enphase_cloud", "enlighten"])
async def test_a_clouds_entry_that_is_damaged_says_so_too(hass: HomeAssistant, source: str) -> None:
    damaged = MockConfigEntry(domain=DOMAIN, title="Cloud", unique_id="enphase_1", data={CONF_SOURCE: source})
    await set_up(hass, damaged)
    assert status(damaged) is ConfigEntryState.SETUP_ERROR
    assert damaged.error_reason_translation_placeholders == {"name": "Cloud", "field": "api_key"}


async def test_a_damaged_entry_is_mended_by_reconfiguring_it(
    hass: HomeAssistant, gateway: GatewayServer, account: AccountServer
) -> None:
    entry = gateway_entry(gateway)
    damaged = MockConfigEntry(
        domain=DOMAIN, title="IQ Gateway", unique_id=gateway.serial, data={CONF_SOURCE: entry.data[CONF_SOURCE]}
    )
    await set_up(hass, damaged)
    result: Any = await damaged.start_reconfigure_flow(hass)
    result = await step(hass, result, {"host": gateway.host})
    result = await step(hass, result, {})
    result = await step(hass, result, {"next_step_id": "iq_gateway_token"})
    await step(hass, result, {"token": gateway.token()})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert status(damaged) is ConfigEntryState.LOADED
    await hass.config_entries.async_unload(damaged.entry_id)


@pytest.mark.parametrize(
    "options", [{"power": "often"}, {"power": float("nan")}, {"power": None}, {"live_minutes": []}]
)
async def test_options_that_are_no_numbers_count_as_not_chosen(
    hass: HomeAssistant, gateway: GatewayServer, options: dict[str, Any]
) -> None:
    entry = gateway_entry(gateway, options=options)
    await set_up(hass, entry)
    assert status(entry) is ConfigEntryState.LOADED
    await hass.config_entries.async_unload(entry.entry_id)
