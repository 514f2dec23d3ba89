"""Whatever may be sent: other values in the place of right ones, and what has to hold all the same."""

from collections.abc import Coroutine, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
import json
import math
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st

from custom_components.energy_site.descriptions.controls import (
    NUMBER_DESCRIPTIONS,
    SELECT_DESCRIPTIONS,
    SWITCH_DESCRIPTIONS,
)
from custom_components.energy_site.descriptions.entity_description import AnyEntityDescription
from custom_components.energy_site.descriptions.site import BINARY_DESCRIPTIONS
from custom_components.energy_site.sensor import DESCRIPTIONS
from custom_components.energy_site.sources.source import Source
from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription

ALL_DESCRIPTIONS: tuple[AnyEntityDescription, ...] = (
    *DESCRIPTIONS,
    *BINARY_DESCRIPTIONS,
    *NUMBER_DESCRIPTIONS,
    *SELECT_DESCRIPTIONS,
    *SWITCH_DESCRIPTIONS,
)
LONGEST_STATE = 255

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, -1, 2**32, 4294967292, 1e308, "", "unknown", "9" * 400, "x" * 300, "on", "true", -0.0])
    | st.text(max_size=6)
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
quick = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


def at_once[T](work: Coroutine[Any, Any, T]) -> T:
    """Return what comes of work that waits for nobody."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits")


def replaced(node: Any, name: str, value: Any) -> Any:
    """Return a payload with another value in each field of a name."""
    match node:
        case dict():
            return {key: value if key == name else replaced(child, name, value) for key, child in node.items()}
        case list():
            return [replaced(child, name, value) for child in node]
    return node


def numbers(value: Any) -> Iterator[float]:
    """Return all numbers of a part."""
    if is_dataclass(value):
        for field in fields(value):
            yield from numbers(getattr(value, field.name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from numbers(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, float):
        yield value


def check_state(row: AnyEntityDescription, value: object) -> None:
    """Check that Home Assistant can show a value."""
    description = row.description
    match value:
        case str():
            assert len(value) <= LONGEST_STATE, description.key
            if isinstance(description, SensorEntityDescription) and description.device_class is SensorDeviceClass.ENUM:
                assert value in (description.options or ()), (description.key, value)
        case datetime():
            assert value.tzinfo is not None, description.key
        case float():
            assert math.isfinite(value), description.key


def check(source: Source, now: datetime) -> None:
    """Check everything that is made of the answers."""
    failed = {name: mishap.error for name, mishap in source.mishaps.by_name.items() if mishap.error}
    assert failed == {}
    for builder in source.builders:
        part = source.part(builder.part)
        assert all(math.isfinite(number) for number in numbers(part)), builder.part
        source.is_known(builder.part, now)
    for row in ALL_DESCRIPTIONS:
        for serial in row.candidates(source.part):
            check_state(row, row.read(source.part, serial))
        row.stamp(source.part)
    for name in source.control_names():
        source.control(name, now)
    json.dumps(source.as_dict(), allow_nan=False)
