"""Temporary settings: the imposed values, their end, and the values before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .control import ControlKey, Value, same

# The mode comes first, as it decides whether the others can be set.
ORDER = (ControlKey.OPERATING_MODE, ControlKey.BACKUP_RESERVE, ControlKey.CHARGE_FROM_GRID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """An override, by the keys of controls.

    `imposed` are the resulting values, including those of controls that changed along with the
    requested ones.
    """

    until: datetime
    before: Mapping[str, Value]
    imposed: Mapping[str, Value] = field(default_factory=dict)

    def changes(self, key: str) -> bool:
        """Return whether the override changes a control."""
        return key in self.imposed and not same(self.imposed[key], self.before.get(key))

    def to_restore(self, in_force: Mapping[str, Value | None]) -> Iterator[tuple[str, Value]]:
        """Yield the values to restore, except for controls that were changed in the meantime."""
        for key in ORDER:
            if key not in self.before or key not in self.imposed:
                continue
            now = in_force.get(key)
            if same(now, self.before[key]) or not (now is None or same(now, self.imposed[key])):
                continue
            yield key, self.before[key]

    def as_dict(self) -> dict[str, Any]:
        """Return the override as plain JSON data."""
        return {"until": self.until.isoformat(), "before": dict(self.before), "imposed": dict(self.imposed)}

    @classmethod
    def restore(cls, data: Mapping[str, Any]) -> Override | None:
        """Return the override from the data of `as_dict`, `None` for anything else."""
        try:
            until = datetime.fromisoformat(str(data.get("until")))
        except ValueError:
            return None
        if until.tzinfo is None:
            return None
        return cls(until=until, before=_values(data.get("before")), imposed=_values(data.get("imposed")))


def _values(data: object) -> dict[str, Value]:
    if not isinstance(data, Mapping):
        return {}
    return {key: value for key, value in data.items() if key in ORDER and isinstance(value, bool | int | float | str)}
