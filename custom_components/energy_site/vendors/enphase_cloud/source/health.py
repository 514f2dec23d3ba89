"""The health of a system, according to either of the Enphase APIs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ....site.model import Health
from ....site.status import SystemStatus
from ....sources.cloud import CloudFeed, CloudSource


def build(
    source: CloudSource[Any],
    now: datetime,
    *,
    words: Iterable[tuple[CloudFeed[Any, Any], str | None]],
    gateways: list[bool],
    reported_at: datetime | None,
    firmware: str | None = None,
    open_events: int | None = None,
) -> Health:
    """Build the health; the newest of the feeds' `words` is the status, and `gateways` are those that report."""
    updated = max((state.answered_at for state in source.states.values() if state.answered_at), default=None)
    statuses = [(source.answered_at(feed), word) for feed, word in words if word]
    status = SystemStatus.of(max(statuses)[1]) if statuses else None
    reports = status is None or status.reports
    return Health(
        observed_at=updated or now,
        firmware=firmware,
        last_update=updated,
        requests=source.planner.usage.used,
        last_cloud_report=reported_at,
        open_events=open_events,
        cloud_connected=None if status is None and not gateways else all(gateways) and reports,
        status=status,
        ailing=source.ailing(now),
    )
