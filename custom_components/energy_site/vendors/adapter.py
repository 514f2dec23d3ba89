"""Connects a source with Home Assistant: its credentials, and the repairs they need."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError

from ..api.errors import ApiAuthError, ApiError
from ..api.parameters import Parameter
from ..api.transport import Recorded, Response
from ..errors import translated
from ..sources.history_provider import HistoryProvider
from ..sources.source import Source


def text(value: object) -> str:
    """Return `value` if it is a non-empty string; raise `ValueError` for anything else."""
    if not isinstance(value, str) or not value:
        raise ValueError("not a text")
    return value


class SourceAdapter[S: Source](ABC):
    """Connects one source with its config entry."""

    source: S
    manufacturer: str
    # The required keys of an entry's data, and the functions that read their values or raise.
    required: ClassVar[Mapping[str, Callable[[Any], object]]]
    configuration_url: str | None = None

    @classmethod
    @abstractmethod
    async def async_create(cls, hass: HomeAssistant, entry: ConfigEntry[Any]) -> Self:
        """Return the adapter of an entry once everything it needs has been loaded."""

    @abstractmethod
    async def async_connect(self) -> None:
        """Make the first contact; raise `ConfigEntryNotReady` or `ConfigEntryAuthFailed` if that fails."""

    @abstractmethod
    def recorded(self) -> Mapping[str, Recorded]:
        """Return the last response of each endpoint, by its path."""

    @property
    def endpoints(self) -> frozenset[str]:
        """The paths of all endpoints supported by `async_raw`."""
        return frozenset(feed.endpoint for feed in self.source.feeds.values())

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, Parameter]:
        """Return the query parameters allowed for raw requests, by the vendor's names."""

    @abstractmethod
    async def async_raw(self, endpoint: str, parameters: Mapping[str, str]) -> Response:
        """Request one of `endpoints` now and return the response; raise an `ApiError` if there is none.

        With `parameters`, the response is returned but not stored, as it is of a different day or
        kind.
        """

    def history(self) -> HistoryProvider | None:
        """Return the provider of the source's history, `None` if it has none."""
        return None

    @abstractmethod
    async def async_maintain(self) -> None:
        """Maintain credentials and firmware information; called every hour."""

    @abstractmethod
    async def async_handle_connection_error(self, error: ApiError) -> None:
        """Find out why the source is unreachable, and report it to the user if they can help."""

    def denial(self, endpoint: str) -> HomeAssistantError:
        """Return the error of a setup in which every essential endpoint is denied, of which `endpoint` is the first."""
        return translated(ConfigEntryAuthFailed, ApiAuthError(endpoint, 401))

    def handle_poll(self) -> None:  # noqa: B027 - most sources have nothing to show then.
        """Show what the answers, or the lack of them, mean to the user; called after each poll of a feed."""

    def recovered(self) -> None:  # noqa: B027 - most sources have nothing to clear.
        """Clear what was reported about an outage that is over."""
