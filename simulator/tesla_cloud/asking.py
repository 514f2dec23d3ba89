"""A request to the Fleet API that was let in, and how its parameters are read."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
import json
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulator.cloud.days import LocalDays
from simulator.iq_gateway.reply import Json, Reply

from .access import Application, ScopedGrant
from .errors import failure
from .regions import Region
from .site import EnergySite
from .world import World

type Handler = Callable[[Ask], Json | Reply | Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request: `names` are the path's parts, `api` is each region's address, `now` is epoch s."""

    names: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: float
    world: World
    region: Region
    application: Application
    grant: ScopedGrant
    api: Callable[[Region], str]

    @property
    def site(self) -> EnergySite:
        """The site the path names, which must be the account's and answer.

        Raises:
            RefusedError: It is not, or does not.
        """
        for each in self.world.visible(self.grant):
            if str(each.site_id) == self.names["site_id"]:
                if each.behaviour.status is not None:
                    raise failure(each.behaviour.status)
                return each
        raise failure(404)

    def content(self) -> dict[str, Any]:
        """Return the body, a JSON object.

        Raises:
            RefusedError: It is another type (406) or none (400).
        """
        if self.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
            raise failure(406)
        try:
            content = json.loads(self.body)
        except ValueError:
            raise failure(400, description="body is not JSON") from None
        if not isinstance(content, dict):
            raise failure(400, description="body is not an object")
        return content

    def days(self) -> LocalDays:
        """Return the days of the time zone asked for, or of the site."""
        site = self.site
        hours = site.behaviour.fixed_offset_hours
        if hours is not None:
            return LocalDays(f"Etc/GMT{-hours:+d}")
        name = self.query.get("time_zone")
        if not name:
            return site.days
        try:
            ZoneInfo(name)
        except ZoneInfoNotFoundError, ValueError:
            raise failure(400, description=f"time_zone {name} is unknown") from None
        return LocalDays(name)

    def moment(self, name: str, days: LocalDays) -> datetime | None:
        """Return a date and time of the query; without an offset it is local.

        Raises:
            RefusedError: It is none.
        """
        text = self.query.get(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise failure(400, description=f"{name} must be in RFC3339 format") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=days.zone)
