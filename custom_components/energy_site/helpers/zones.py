"""Time zones by name, for sources, which do no I/O of their own."""

from datetime import tzinfo

from homeassistant.util import dt as dt_util


async def async_find_zone(name: str) -> tzinfo | None:
    """Return the time zone with this name, `None` if there is none."""
    try:
        return await dt_util.async_get_time_zone(name)
    except ValueError, OSError:
        # A name that isn't one of a time zone is taken for a path, and may be rejected as such.
        return None
