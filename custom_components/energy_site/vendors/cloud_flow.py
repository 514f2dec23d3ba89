"""The common basis of cloud config flows: the choice of a system, and common errors."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import probatio

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util

from ..api.errors import ApiConnectionError, ApiError, ApiQuotaError
from ..const import CONF_SYSTEM, CONF_SYSTEM_ID, LOGGER
from ..helpers.flow_error import FlowError

# With more systems than this, the user needs a search to find one.
_MANY = 100

CONF_SEARCH = "search"

HIDDEN = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredSystem:
    """A system of the account."""

    system_id: str = field(repr=False)
    name: str | None = field(repr=False)

    @property
    def label(self) -> str:
        """The name with the system's ID, which distinguishes systems of the same name."""
        return f"{self.name} ({self.system_id})" if self.name else self.system_id


def strip_whitespace(text: str) -> str:
    """Return a key, an ID or a secret without whitespace that was copied along with it."""
    return "".join(text.split())


def connection_error(error: ApiError) -> FlowError:
    """Return the form's error for an API error that isn't caused by the user's input."""
    LOGGER.debug("The cloud is not responding as expected: %s", error)
    match error:
        case ApiQuotaError(period_end=int() as end):
            until = dt_util.as_local(dt_util.utc_from_timestamp(end))
            return FlowError("quota_used_up", passing=True, placeholders={"until": f"{until:%Y-%m-%d %H:%M}"})
        case ApiQuotaError():
            return FlowError("quota_used_up_for_now", passing=True)
        case ApiConnectionError():
            return FlowError("cloud_unreachable", passing=True)
    return FlowError("cloud_failing", passing=True)


def check_granted(entry: ConfigEntry, systems: list[DiscoveredSystem]) -> None:
    """Raise a `FlowError` unless an entry's system is among those of the account."""
    if entry.data[CONF_SYSTEM_ID] not in {system.system_id for system in systems}:
        raise FlowError("system_not_granted")


class CloudSteps(ConfigFlow):
    """The choice of a system."""

    manufacturer: ClassVar[str]
    # The names of the field and of the step; a vendor whose names differ gives the step its name too.
    choice: ClassVar[str] = CONF_SYSTEM
    choice_step: ClassVar[str] = CONF_SYSTEM
    # The error that is shown until the next input.
    _problem: FlowError | None = None
    _offered: Mapping[str, DiscoveredSystem]
    _prefix: str
    _collect: Callable[[], Awaitable[dict[str, Any]]]

    async def async_step_system(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Let the user choose a system, then set it up."""
        self._problem = None
        if user_input is None:
            return self._show_systems(self._offered)
        if user_input.get(CONF_SEARCH) or self.choice not in user_input:
            wanted = user_input.get(CONF_SEARCH, "").casefold()
            found = {key: system for key, system in self._offered.items() if wanted in system.label.casefold()}
            self._problem = None if found else FlowError("no_match", CONF_SEARCH)
            return self._show_systems(found or self._offered)
        system = self._offered[user_input[self.choice]]
        try:
            await self._async_check_choice(system)
        except FlowError as problem:
            self._problem = problem
            return self._show_systems(self._offered)
        return await self._async_choose(system)

    async def _async_choose(self, system: DiscoveredSystem) -> ConfigFlowResult:
        """Set up a system."""
        await self.async_set_unique_id(f"{self._prefix}_{system.system_id}", raise_on_progress=False)
        self._abort_if_unique_id_configured(error="system_already_configured")
        return self.async_create_entry(
            title=system.name or f"{self.manufacturer} {system.system_id}",
            data={**await self._collect(), CONF_SYSTEM_ID: system.system_id},
        )

    async def _async_check_choice(self, system: DiscoveredSystem) -> None:
        """Raise a `FlowError` if the system can't be set up."""

    def _show_systems(self, shown: Mapping[str, DiscoveredSystem]) -> ConfigFlowResult:
        """Show the systems to choose from, with a search by name or number if there are many."""
        options = [SelectOptionDict(value=key, label=system.label) for key, system in shown.items()]
        selector = SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN))
        fields: dict[Any, Any] = {probatio.Required(self.choice, default=options[0]["value"]): selector}
        if len(self._offered) > _MANY:
            fields = {probatio.Optional(CONF_SEARCH): TextSelector(), probatio.Optional(self.choice): selector}
        return self._show(self.choice_step, fields, {}, last_step=True)

    async def _async_offer(
        self, prefix: str, systems: list[DiscoveredSystem], collect: Callable[[], Awaitable[dict[str, Any]]]
    ) -> ConfigFlowResult:
        """Offer the systems that aren't set up yet; `collect` returns an entry's data once one is chosen."""
        if not systems:
            raise FlowError("no_systems")
        known = self._async_current_ids()
        self._offered = {each.system_id: each for each in systems if f"{prefix}_{each.system_id}" not in known}
        if not self._offered:
            raise FlowError("all_systems_configured")
        self._prefix, self._collect = prefix, collect
        return await self.async_step_system()

    def _show(
        self, step_id: str, fields: dict[Any, Any], placeholders: Mapping[str, str], *, last_step: bool | None = None
    ) -> ConfigFlowResult:
        """Show a form with the current error, if any."""
        problem = self._problem
        about = {"manufacturer": self.manufacturer, **problem.placeholders} if problem else {}
        return self.async_show_form(
            step_id=step_id,
            data_schema=probatio.Schema(fields),
            errors=problem.errors if problem else {},
            description_placeholders={**placeholders, **about},
            last_step=last_step,
        )
