"""Time zones by their names, for sources, which do no I/O of their own."""

from datetime import tzinfo

from homeassistant.util import dt as dt_util


async def async_find_zone(name: str) -> tzinfo | None:
    """Return the zone of a name, `None` where there is none."""
    try:
        return await dt_util.async_get_time_zone(name)
    except ValueError, OSError:
        # What is no name of a zone is taken for a path, and may be refused as such.
        return None
