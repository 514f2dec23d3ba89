"""What is sent back of an object that the gateway keeps as a whole."""

import copy
from typing import Any

import pytest

from custom_components.energy_site.api.errors import ApiPayloadError
from custom_components.energy_site.vendors.iq_gateway.client import edits

STORAGE: dict[str, Any] = {"mode": "self-consumption", "reserved_soc": 20.0, "very_low_soc": 5, "opt_schedules": False}
TARIFF: dict[str, Any] = {"tariff": {"currency": {"code": "EUR"}, "storage_settings": STORAGE}, "schedule": {"a": 1}}
CONTACT: dict[str, Any] = {
    "id": "NC1",
    "type": "LOAD",
    "override": True,
    "manual_override": "false",
    "soc_low": 30,
    "soc_high": 70.0,
    "black_start": False,
}
CONTACTS: dict[str, Any] = {"dry_contacts": [{"id": "NC2"}, "junk", CONTACT]}


def sent(edit: edits.Edit, payload: object) -> Any:
    """Return what is sent back; what was read stays as it was."""
    before = copy.deepcopy(payload)
    after = edit(payload)
    assert payload == before
    return after


def test_storage_settings_are_sent_with_all_else_but_the_schedule() -> None:
    found = sent(edits.storage_settings("tariff", {"mode": "backup"}), TARIFF)
    assert found == {"tariff": {"currency": {"code": "EUR"}, "storage_settings": {**STORAGE, "mode": "backup"}}}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("reserved_soc", 35.0, 35.0),
        ("very_low_soc", 10.0, 10),
        ("very_low_soc", 9.6, 10),
        ("opt_schedules", True, True),
        ("charge_from_grid", True, True),
        ("unheard_of", 1.0, 1.0),
    ],
)
def test_a_number_stays_of_the_type_that_it_has(field: str, value: object, expected: object) -> None:
    found = sent(edits.storage_settings("tariff", {field: value}), TARIFF)["tariff"]["storage_settings"][field]
    assert found == expected
    assert type(found) is type(expected)


def test_a_flag_is_no_number() -> None:
    payload = {"tariff": {"storage_settings": {"reserved_soc": False}}}
    assert sent(edits.storage_settings("tariff", {"reserved_soc": 35.5}), payload) == {
        "tariff": {"storage_settings": {"reserved_soc": 35.5}}
    }


def test_a_contact_is_sent_alone_and_whole_with_flags_as_words() -> None:
    found = sent(edits.dry_contact("contacts", "NC1", {"soc_low": 40.0, "soc_high": 80.0}), CONTACTS)
    assert found == {"dry_contacts": {**CONTACT, "override": "true", "soc_low": 40, "soc_high": 80.0}}
    contact = found["dry_contacts"]
    assert [type(contact[key]) for key in ("soc_low", "soc_high")] == [int, float]
    # Only those are words that the gateway itself tells as words.
    assert contact["black_start"] is False
    assert contact["manual_override"] == "false"


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "",
        1,
        {},
        {"tariff": None},
        {"tariff": []},
        {"tariff": {}},
        {"tariff": {"storage_settings": None}},
        {"tariff": {"storage_settings": []}},
        {"tariff": {"storage_settings": "ZN"}},
    ],
)
def test_a_tariff_without_storage_settings_is_not_written(payload: object) -> None:
    with pytest.raises(ApiPayloadError) as caught:
        edits.storage_settings("admin/lib/tariff", {"mode": "backup"})(payload)
    assert caught.value.endpoint == "admin/lib/tariff"


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        {},
        {"dry_contacts": None},
        {"dry_contacts": "NC1"},
        {"dry_contacts": {"id": "NC1"}},
        {"dry_contacts": []},
        {"dry_contacts": [None, 1, "NC1", []]},
        {"dry_contacts": [{"id": "NC2"}]},
        {"dry_contacts": [{"id": ["NC1"]}]},
    ],
)
def test_a_contact_that_is_missing_is_not_written(payload: object) -> None:
    with pytest.raises(ApiPayloadError) as caught:
        edits.dry_contact("ivp/ss/dry_contact_settings", "NC1", {"mode": "soc"})(payload)
    assert caught.value.endpoint == "ivp/ss/dry_contact_settings"


DYNAMIC: dict[str, Any] = {
    "dynamic_pel_settings": {"enable": False, "export_limit": True, "limit_value_W": 500, "slew_rate": 50.0},
    "filename": "site_settings",
    "version": "00.00.01",
}


def test_an_export_limit_is_sent_whole() -> None:
    found = sent(edits.export_limit("dpel", {"limit_value_W": 1200.0}), DYNAMIC)
    assert found == {**DYNAMIC, "dynamic_pel_settings": {**DYNAMIC["dynamic_pel_settings"], "limit_value_W": 1200}}
    assert type(found["dynamic_pel_settings"]["limit_value_W"]) is int


def test_a_flag_stays_a_word_where_it_is_one() -> None:
    payload = {"dynamic_pel_settings": {"enable": "false"}}
    assert sent(edits.export_limit("dpel", {"enable": True}), payload) == {"dynamic_pel_settings": {"enable": "true"}}


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        {},
        {"dynamic_pel_settings": []},
        {"dynamic_pel_settings": {}},
        {"dynamic_pel_settings": {"limit_value_W": 500}},
        {"dynamic_pel_settings": {"enable": True, "export_limit": False}},
        {"dynamic_pel_settings": {"enable": True, "export_limit": "false"}},
    ],
)
def test_what_is_no_limit_of_the_export_is_not_written(payload: object) -> None:
    with pytest.raises(ApiPayloadError):
        edits.export_limit("ivp/ss/dpel", {"enable": False})(payload)
