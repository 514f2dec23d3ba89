"""The minutes in which a gateway restarts its services every night."""

from datetime import datetime, time, timedelta, tzinfo

# Observed between 22:57 and 23:10 local time; requests hang or are reset then.
_BEGINS = time(22, 55)
_LASTS = timedelta(minutes=18)


def remaining(now: datetime, zone: tzinfo) -> timedelta:
    """Return how much of the restart window remains, zero outside of it."""
    local = now.astimezone(zone)
    begins = local.replace(hour=_BEGINS.hour, minute=_BEGINS.minute, second=0, microsecond=0)
    if begins <= local < begins + _LASTS:
        return begins + _LASTS - local
    return timedelta()
