"""Fields of answers that may hold anything."""

import math
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.energy_site.api.errors import ApiPayloadError
from custom_components.energy_site.api.payload import Record, parse_each, records

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def record(**fields: Any) -> Record:
    """Return an object of an answer."""
    return Record("some/thing", fields)


CODES = [
    "8.3.5167",
    "D7.0.88 (f3a1c2)",
    "520-00082-r01-v04.30.32",
    "3.0.6614_rel/31.13",
    "001.002.1.7",
    "2.7.6360_rel/31.33",
    "800-00654-r08",
    "IQ8PLUS-72-2-US",
    "not metering",
    "self-consumption",
]
NO_CODES = [
    "eyJraWQiOiI3ZDEw.eyJhdWQiOiIx.c2lnbmF0dXJl",
    "Bearer 3f9aPlantedKey",
    "ACDE4813579B",
    "acde.4813.579b",
    "10.47.11.208",
    "v 203.0.113.7",
    "48.13743, 11.57549",
    "089 5551 3579",
]


@pytest.mark.parametrize(
    ("value", "kind"), [([], "list"), ("text", "str"), (None, "nothing"), (3, "int"), (True, "bool")]
)
def test_what_is_no_object_is_refused_with_the_endpoints_name(value: object, kind: str) -> None:
    with pytest.raises(ApiPayloadError) as caught:
        Record("some/thing", value)
    assert str(caught.value) == f"some/thing: an object expected, not {kind}"


@pytest.mark.parametrize(("value", "kind"), [({"error": "busy"}, "dict"), ("text", "str"), (None, "nothing")])
def test_an_error_object_in_place_of_a_list_is_refused(value: object, kind: str) -> None:
    with pytest.raises(ApiPayloadError) as caught:
        records("some/thing", value)
    assert str(caught.value) == f"some/thing: a list expected, not {kind}"


def test_a_field_knows_whether_it_was_sent() -> None:
    sent = record(a=None)
    assert "a" in sent
    assert "b" not in sent
    assert sent
    assert not record()
    assert list(sent.items()) == [("a", None)]
    assert record(a=3).value("a") == 3
    assert record().value("a") is None


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        (3, 3.0),
        (-2.5, -2.5),
        (0, 0.0),
        ("3", None),
        ("unknown", None),
        (True, None),
        (None, None),
        ([1], None),
        (math.nan, None),
        (math.inf, None),
        (-math.inf, None),
        (10**400, None),
    ],
)
def test_a_number_is_a_finite_number_and_nothing_else(sent: object, number: float | None) -> None:
    assert record(x=sent).number_or_none("x") == number


@pytest.mark.parametrize(
    ("sent", "integer"),
    [
        (3, 3),
        (3.9, 3),
        (-3, -3),
        ("1785593319", 1785593319),
        ("0012", 12),
        ("-3", None),
        ("3.5", None),
        ("٣", None),
        ("²", None),
        ("", None),
        ("9" * 5000, None),
        (True, None),
        (math.nan, None),
        ({}, None),
    ],
)
def test_a_whole_number_may_come_as_digits(sent: object, integer: int | None) -> None:
    assert record(x=sent).integer_or_none("x") == integer


@pytest.mark.parametrize(
    ("sent", "flag"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("True", True),
        ("false", False),
        ("False", False),
        (1, None),
        (0, None),
        ("yes", None),
        (None, None),
    ],
)
def test_a_flag_may_come_as_a_word(sent: object, flag: bool | None) -> None:
    assert record(x=sent).flag_or_none("x") is flag


@pytest.mark.parametrize(("sent", "text"), [("a", "a"), ("", None), (3, None), (None, None)])
def test_a_text_is_not_empty(sent: object, text: str | None) -> None:
    assert record(x=sent).text_or_none("x") == text


@pytest.mark.parametrize("read", ["number", "integer", "text", "record"])
@pytest.mark.parametrize("fields", [{}, {"x": None}, {"x": []}])
def test_a_required_field_that_is_missing_or_of_another_type_names_itself(read: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ApiPayloadError) as caught:
        getattr(Record("some/thing", fields), read)("x")
    assert caught.value.endpoint == "some/thing"
    if read != "record":
        assert caught.value.reason == "field x is missing or of another type"


def test_required_fields_that_are_there_are_returned() -> None:
    sent = record(n=1.5, i="7", t="word", r={"a": 1})
    assert (sent.number("n"), sent.integer("i"), sent.text("t")) == (1.5, 7, "word")
    assert sent.record("r").integer("a") == 1


def test_an_object_that_is_something_else_is_an_empty_one_where_it_is_optional() -> None:
    assert not record(r=[1]).record_or_empty("r")
    assert not record().record_or_empty("r")
    assert record(r={"a": 1}).record_or_empty("r")


def test_what_is_no_object_in_a_list_is_dropped() -> None:
    sent = record(items=[{"a": 1}, None, "x", [], {"a": 2}], other={"a": 3})
    assert [item.integer("a") for item in sent.records("items")] == [1, 2]
    assert list(sent.records("other")) == []
    assert list(sent.records("missing")) == []


def test_what_is_no_text_in_a_list_is_dropped() -> None:
    assert record(flags=["a", 1, None, "b"]).texts("flags") == ("a", "b")
    assert record(flags="ab").texts("flags") == ()


@pytest.mark.parametrize("sent", CODES)
def test_a_version_a_part_number_or_a_word_is_a_code(sent: str) -> None:
    assert Record("x", {"a": sent}).code_or_none("a") == sent


@pytest.mark.parametrize("sent", NO_CODES)
def test_a_key_an_address_or_a_place_is_no_code(sent: str) -> None:
    assert Record("x", {"a": sent}).code_or_none("a") is None


def test_one_bad_device_is_dropped_and_not_the_list() -> None:
    rows = records("some/thing", [{"sn": "1"}, {"sn": None}, {}, 7, {"sn": "2"}])
    assert parse_each(rows, lambda row: row.text("sn")) == ("1", "2")


def test_a_dropped_device_is_told_in_the_log_without_its_content(caplog: pytest.LogCaptureFixture) -> None:
    parse_each(records("some/thing", [{"sn": ["482512345678"]}]), lambda row: row.text("sn"))
    assert "field sn is missing" in caplog.text
    assert "482512345678" not in caplog.text


@given(ANYTHING)
def test_whatever_a_field_holds_reading_it_never_breaks(value: object) -> None:
    sent = record(x=value)
    number, integer = sent.number_or_none("x"), sent.integer_or_none("x")
    assert number is None or math.isfinite(number)
    assert integer is None or isinstance(integer, int)
    assert sent.flag_or_none("x") in (True, False, None)
    assert isinstance(sent.text_or_none("x"), str | None)
    assert all(isinstance(each, str) for each in sent.texts("x"))
    assert all(isinstance(each, Record) for each in sent.records("x"))
    sent.record_or_empty("x")
