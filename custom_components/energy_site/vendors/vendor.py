"""The parts that a vendor's folder provides to the rest of the integration."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from re import Pattern
from typing import Any

from homeassistant.components.application_credentials import ClientCredential
from homeassistant.config_entries import ConfigEntry, ConfigFlow, OptionsFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2Implementation
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..helpers.harmless import NO_VOCABULARY, Vocabulary
from ..helpers.issues import IssueDescription
from .adapter import SourceAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClients:
    """The applications that users register with a vendor, at its `developer_page`.

    A client that a flow stored is named `<vendor>_<hash of its ID>`, or `<vendor>_<word>_<hash>`.
    `client_id` is the format of the vendor's client IDs, in lowercase.
    """

    vendor: str
    developer_page: str
    client_id: Pattern[str]
    implementation: Callable[[HomeAssistant, str, ClientCredential], AbstractOAuth2Implementation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """One kind of source for a site.

    `source` is its key in the config flow's menu and in an entry's data. `steps` is its part of the
    config flow, which starts with `async_step_<source>`, `async_step_<source>_reauth` and
    `async_step_<source>_reconfigure`, `options_steps` its part of the options flow, which starts with
    `async_step_settings`. `public_data` are the fields of an entry's data that identify
    nobody, `vocabulary` are the words and fields of its responses that don't either. `serve` adds
    what Home Assistant serves to the vendor; it may be called again. `forget` removes what is kept outside
    of an entry once that is removed.
    """

    source: str
    adapter: type[SourceAdapter[Any]]
    steps: type[ConfigFlow]
    options_steps: type[OptionsFlow] | None = None
    oauth: OAuthClients | None = None
    issues: tuple[IssueDescription, ...] = ()
    public_data: frozenset[str] = frozenset()
    vocabulary: Vocabulary = NO_VOCABULARY
    serve: Callable[[HomeAssistant], None] | None = None
    forget: Callable[[HomeAssistant, ConfigEntry[Any]], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryIdentity:
    """Which system a config entry is for, and how it is reached, as the entry has it."""

    unique_id: str
    title: str
    data: Mapping[str, Any]


type Replace = Callable[[HomeAssistant, ConfigEntry[Any], EntryIdentity], Awaitable[bool]]

# Lets an entry go on with the system that replaced its own, with its entities, devices and counters. Returns whether it
# does; if not, everything is as it was.
REPLACE: HassKey[Replace] = HassKey(f"{DOMAIN}_replace")
