"""The state of the system as a whole, as Enphase sees it."""

from collections.abc import Iterable
from datetime import datetime

from ....api.words import safe_words
from ....site.model import Health
from ....site.status import Problem, SystemStatus
from ..client.models.events import HomeownerEvent


def standing(events: Iterable[HomeownerEvent]) -> list[Problem]:
    """Return the problems that stand, the newest first; what is recommended names no device and no place."""
    return [
        Problem(key=each.key, since=each.started_at, recommended_action=safe_words(each.recommended_action))
        for each in events
        if each.standing
    ]


def build(
    events: Iterable[HomeownerEvent] | None,
    status: SystemStatus | None,
    reported_at: datetime | None,
    updated: datetime | None,
    now: datetime,
    *,
    firmware: str | None,
    sign_ins: int | None,
    requests: int,
) -> Health:
    """Build the health of a system that reported to the cloud and was read at these times."""
    problems = standing(events) if events is not None else None
    return Health(
        observed_at=updated or now,
        firmware=firmware,
        last_update=updated,
        last_cloud_report=reported_at,
        cloud_connected=status.reports if status is not None else None,
        open_events=len(problems) if problems is not None else None,
        newest_problem=problems[0] if problems else None,
        sign_ins=sign_ins,
        requests=requests,
        status=status,
    )
