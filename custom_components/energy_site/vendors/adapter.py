"""What Home Assistant adds to a source: its credentials, and the repairs they need."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..api.errors import ApiError
from ..api.parameters import Parameter
from ..api.transport import Recorded, Response
from ..sources.history_provider import HistoryProvider
from ..sources.source import Source


def text(value: object) -> str:
    """Return a text that is one and says something; raise `ValueError` for anything else."""
    if not isinstance(value, str) or not value:
        raise ValueError("not a text")
    return value


class SourceAdapter[S: Source](ABC):
    """Ties one source to its config entry."""

    source: S
    manufacturer: str
    # What an entry's data have to hold, and what reads it or raises.
    required: ClassVar[Mapping[str, Callable[[Any], object]]]
    configuration_url: str | None = None

    @classmethod
    @abstractmethod
    async def async_create(cls, hass: HomeAssistant, entry: ConfigEntry[Any]) -> Self:
        """Return the adapter of an entry, once what it needs is at hand."""

    @abstractmethod
    async def async_connect(self) -> None:
        """Make first contact, or raise a `ConfigEntryNotReady` or `ConfigEntryAuthFailed`."""

    @abstractmethod
    def recorded(self) -> Mapping[str, Recorded]:
        """Return the last answer to every question, by its path."""

    @property
    def endpoints(self) -> frozenset[str]:
        """The paths of all endpoints that `async_raw` knows."""
        return frozenset(feed.endpoint for feed in self.source.feeds.values())

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, Parameter]:
        """Return what may be given along with a question, by the vendor's names."""

    @abstractmethod
    async def async_raw(self, endpoint: str, parameters: Mapping[str, str]) -> Response:
        """Request one of `endpoints` now and return what came; raise an `ApiError` where nothing did.

        With `parameters` what came is shown and not kept: it is of another day, or of another kind.
        """

    def history(self) -> HistoryProvider | None:
        """Return how the source's past is fetched, `None` where it has none."""
        return None

    @abstractmethod
    async def async_maintain(self) -> None:
        """Look after credentials and firmware; called every hour."""

    @abstractmethod
    async def async_handle_connection_error(self, error: ApiError) -> None:
        """Look into why the source cannot be reached, and tell who can help."""

    def recovered(self) -> None:  # noqa: B027 - most sources have nothing to take back.
        """Take back what was told of an outage that is over."""
