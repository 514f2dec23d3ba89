"""What the adapters of clouds have in common: answers as they came, and a past worth fetching."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.util import dt as dt_util

from ..api.base_client import BaseClient, with_parameters
from ..api.errors import ApiAuthError, ApiNotFoundError, ApiPayloadError, ApiStatusError
from ..api.transport import Recorded, Response
from ..errors import translated
from ..sources.cloud import CloudSource
from .adapter import SourceAdapter


class CloudAdapter[S: CloudSource[Any]](SourceAdapter[S]):
    """One system's config entry."""

    client: BaseClient
    _hass: HomeAssistant
    _entry: ConfigEntry[Any]

    @override
    async def async_connect(self) -> None:
        source = self.source
        if isinstance(source.outage, ApiAuthError):
            raise translated(ConfigEntryAuthFailed, source.outage)
        # What is known from before, or that there are no requests left, is more than nothing.
        if source.outage is not None and not source.bearable and not source.knows_anything:
            raise translated(ConfigEntryNotReady, source.outage)
        await source.prepare(dt_util.utcnow())

    @override
    def recorded(self) -> Mapping[str, Recorded]:
        return {feed.endpoint: answer for feed, answer in self.source.recorded()}

    @override
    async def async_raw(self, endpoint: str, parameters: Mapping[str, str]) -> Response:
        feed = next(feed for feed in self.source.feeds.values() if feed.endpoint == endpoint)
        recorded = self.client.recorded
        before = recorded.pop(feed.name, None)
        try:
            with self.source.user_requested(), with_parameters(feed.name, parameters):
                await feed.ask(self.source.context)
        except ApiStatusError, ApiPayloadError:
            # A refusal is an answer too, and may be just what a person wants to see.
            if feed.name not in recorded:
                raise
        finally:
            found = recorded.pop(feed.name, None) if parameters else recorded.get(feed.name)
            if before is not None:
                recorded.setdefault(feed.name, before)
        if found is None:
            # Nothing was asked: the system lacks what the endpoint is about.
            raise ApiNotFoundError(feed.name, 404)
        return Response(
            endpoint=feed.name, status=found.status, body=found.body, headers={}, cookies={}, seconds=found.seconds
        )
