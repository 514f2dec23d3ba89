"""The common basis of cloud adapters: stored responses, and raw requests."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, override

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
    """Connects one cloud system with its config entry."""

    client: BaseClient
    # Requests that are only sent when a user wants to see the response, by the paths of their endpoints.
    diagnostic_requests: ClassVar[Mapping[str, Callable[[Any], Awaitable[object]]]] = MappingProxyType({})
    _hass: HomeAssistant
    _entry: ConfigEntry[Any]

    @override
    async def async_connect(self) -> None:
        source = self.source
        if isinstance(source.outage, ApiAuthError):
            raise translated(ConfigEntryAuthFailed, source.outage)
        # Known values from before, or the fact that there are no requests left, are better than no setup.
        if source.outage is not None and not source.bearable and not source.knows_anything:
            raise translated(ConfigEntryNotReady, source.outage)
        await source.prepare(dt_util.utcnow())

    @property
    @override
    def endpoints(self) -> frozenset[str]:
        return super().endpoints | self.diagnostic_requests.keys()

    @override
    def recorded(self) -> Mapping[str, Recorded]:
        requested = {
            path: self.client.recorded[path] for path in self.diagnostic_requests & self.client.recorded.keys()
        }
        return requested | {feed.endpoint: answer for feed, answer in self.source.recorded()}

    @override
    async def async_raw(self, endpoint: str, parameters: Mapping[str, str]) -> Response:
        feed = next((feed for feed in self.source.feeds.values() if feed.endpoint == endpoint), None)
        name, ask = (feed.name, feed.ask) if feed is not None else (endpoint, self.diagnostic_requests[endpoint])
        recorded = self.client.recorded
        before = recorded.pop(name, None)
        try:
            with self.source.user_requested(), with_parameters(name, parameters):
                await ask(self.source.context)
        except ApiStatusError, ApiPayloadError:
            # An error response is a response too, and may be just what the user wants to see.
            if name not in recorded:
                raise
        finally:
            found = recorded.pop(name, None) if parameters else recorded.get(name)
            if before is not None:
                recorded.setdefault(name, before)
        if found is None:
            # Nothing was requested, as the system lacks the endpoint's subject.
            raise ApiNotFoundError(name, 404)
        return Response(
            endpoint=name, status=found.status, body=found.body, headers={}, cookies={}, seconds=found.seconds
        )
