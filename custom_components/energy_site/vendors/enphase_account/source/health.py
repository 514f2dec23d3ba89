"""The state of the system as a whole, as Enphase sees it."""

from collections.abc import Iterable

from ....api.words import safe_words
from ....site.status import Problem
from ..client.models.events import HomeownerEvent


def standing(events: Iterable[HomeownerEvent]) -> list[Problem]:
    """Return the problems that stand, the newest first; what is recommended names no device and no place."""
    return [
        Problem(key=each.key, since=each.started_at, recommended_action=safe_words(each.recommended_action))
        for each in events
        if each.standing
    ]
