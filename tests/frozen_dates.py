"""Frozen dates that count as fast as others."""

from freezegun.api import FakeDate, FakeDatetime

# Since Python 3.8 these return an object of the frozen class by themselves; freezegun copies it into one once more.
_COPIED = {FakeDate: ("__add__", "__sub__"), FakeDatetime: ("__add__", "__sub__", "astimezone")}


def spare_copies() -> None:
    """Let Python's own date and time do the sums of frozen ones, which plans for a year do by the million."""
    for frozen, methods in _COPIED.items():
        for method in methods:
            if method in vars(frozen):
                delattr(frozen, method)
