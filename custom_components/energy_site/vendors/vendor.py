"""What a vendor's folder provides, and what the rest of the integration asks of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from homeassistant.components.application_credentials import ClientCredential
from homeassistant.config_entries import ConfigFlow, OptionsFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2Implementation

from ..helpers.harmless import NO_VOCABULARY, Vocabulary
from ..helpers.issues import IssueDescription
from .adapter import SourceAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClients:
    """The applications that users register with a vendor, at its `developer_page`.

    `owns` tells, by the name of a stored client and its ID, whether it is one of the vendor's.
    """

    developer_page: str
    owns: Callable[[str, str], bool]
    implementation: Callable[[HomeAssistant, str, ClientCredential], AbstractOAuth2Implementation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """One way to a site.

    `source` is the word for it in the config flow's menu and in an entry's data. `steps` is
    its part of the config flow, with `async_step_<source>` to begin with,
    `async_step_<source>_reauth` and `async_step_<source>_reconfigure`. `public_data` are
    the fields of an entry's data that identify nobody, `vocabulary` the words and fields of
    its answers that don't.
    """

    source: str
    adapter: type[SourceAdapter[Any]]
    steps: type[ConfigFlow]
    options_flow: type[OptionsFlow] | None = None
    oauth: OAuthClients | None = None
    issues: tuple[IssueDescription, ...] = ()
    public_data: frozenset[str] = frozenset()
    vocabulary: Vocabulary = NO_VOCABULARY
