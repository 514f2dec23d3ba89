"""Notice every text that the integration uses and translations/en.json lacks.

Home Assistant shows the bare key where a text is missing, and none of its own
tests fails; so the places that use a text are watched while a test runs.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
import json
from pathlib import Path
from string import Formatter
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntry, ConfigFlow, OptionsFlow
from homeassistant.core import ServiceRegistry
from homeassistant.data_entry_flow import FlowHandler, FlowManager, FlowResultType, section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir

DOMAIN = "energy_site"
ENGLISH = Path(__file__).parents[1] / "custom_components" / DOMAIN / "translations" / "en.json"

type Placeholders = Mapping[str, Any] | None


@cache
def english() -> dict[str, Any]:
    """Return the English texts."""
    texts: dict[str, Any] = json.loads(ENGLISH.read_text())
    return texts


def _lookup(path: str) -> Any:
    node: Any = english()
    for part in path.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node


class TranslationGuard:
    """What is missing, in the words of the file's own paths."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def check(self, path: str, placeholders: Placeholders = None) -> None:
        """Ask for a text, and for every placeholder that the text names."""
        text = _lookup(path)
        if not isinstance(text, str):
            self.problems.append(f"{path} is missing")
            return
        named = {name for _, name, _, _ in Formatter().parse(text) if name}
        if lacking := named - set(placeholders or {}):
            self.problems.append(f"{path} is shown without {sorted(lacking)}")

    def check_optional(self, path: str, placeholders: Placeholders = None) -> None:
        """Ask for the placeholders of a text that need not be there."""
        if _lookup(path) is not None:
            self.check(path, placeholders)

    def check_flow(self, flow: FlowHandler[Any, Any, Any], result: Mapping[str, Any]) -> None:
        """Check what a step of one of the integration's flows shows."""
        if flow.handler == DOMAIN and isinstance(flow, ConfigFlow):
            prefix = "config"
        elif isinstance(flow, OptionsFlow) and flow.config_entry.domain == DOMAIN:
            prefix = "options"
        else:
            return
        placeholders = result.get("description_placeholders")
        step = f"{prefix}.step.{result.get('step_id')}"
        match result["type"]:
            case FlowResultType.FORM:
                self.check_optional(f"{step}.title", flow.context.get("title_placeholders"))
                self.check_optional(f"{step}.description", placeholders)
                if (schema := result["data_schema"]) is not None:
                    self._check_fields(step, schema.schema, placeholders)
                for error in (result.get("errors") or {}).values():
                    self.check(f"{prefix}.error.{error}", placeholders)
            case FlowResultType.MENU:
                self.check_optional(f"{step}.description", placeholders)
                # A menu may also bring its texts along, as a mapping.
                if not isinstance(options := result["menu_options"], Mapping):
                    for option in options:
                        self.check(f"{step}.menu_options.{option}", placeholders)
            case FlowResultType.SHOW_PROGRESS:
                self.check(f"{prefix}.progress.{result['progress_action']}", placeholders)
            case FlowResultType.ABORT if result.get("translation_domain") in {None, DOMAIN}:
                self.check(f"{prefix}.abort.{result['reason']}", placeholders)

    def _check_fields(self, step: str, schema: Mapping[Any, Any], placeholders: Placeholders) -> None:
        for key, value in schema.items():
            if isinstance(value, section):
                self.check(f"{step}.sections.{key}.name", placeholders)
                self._check_fields(f"{step}.sections.{key}", value.schema.schema, placeholders)
            else:
                self.check(f"{step}.data.{key}", placeholders)
                self.check(f"{step}.data_description.{key}", placeholders)

    def check_issue(self, *, is_fixable: bool, translation_key: str, placeholders: Placeholders) -> None:
        """Check a repair issue; what a fixable one says further is up to its flow."""
        self.check(f"issues.{translation_key}.title", placeholders)
        if not is_fixable:
            self.check(f"issues.{translation_key}.description", placeholders)

    def check_error(self, domain: str | None, key: str | None, placeholders: Placeholders) -> None:
        """Check an exception that reaches the user."""
        if domain == DOMAIN and key:
            self.check(f"exceptions.{key}.message", placeholders)


@contextmanager
def translation_guard() -> Iterator[TranslationGuard]:
    """Watch every flow's step, repair issue, action's error and failed set-up."""
    guard = TranslationGuard()
    handle_step = FlowManager._async_handle_step
    create_issue = ir.IssueRegistry.async_get_or_create
    call_service = ServiceRegistry.async_call
    set_state = ConfigEntry._async_set_state

    async def watched_step(self: FlowManager[Any, Any, Any], flow: FlowHandler[Any, Any, Any], *args: Any) -> Any:
        result = await handle_step(self, flow, *args)
        guard.check_flow(flow, result)
        return result

    def watched_issue(self: ir.IssueRegistry, domain: str, issue_id: str, **kwargs: Any) -> ir.IssueEntry:
        if domain == DOMAIN:
            guard.check_issue(
                is_fixable=kwargs["is_fixable"],
                translation_key=kwargs["translation_key"],
                placeholders=kwargs.get("translation_placeholders"),
            )
        return create_issue(self, domain, issue_id, **kwargs)

    async def watched_call(self: ServiceRegistry, *args: Any, **kwargs: Any) -> Any:
        try:
            return await call_service(self, *args, **kwargs)
        except HomeAssistantError as err:
            guard.check_error(err.translation_domain, err.translation_key, err.translation_placeholders)
            raise

    def watched_state(self: ConfigEntry[Any], *args: Any) -> None:
        set_state(self, *args)
        guard.check_error(
            self.error_reason_translation_domain,
            self.error_reason_translation_key,
            self.error_reason_translation_placeholders,
        )

    with (
        patch.object(FlowManager, "_async_handle_step", watched_step),
        patch.object(ir.IssueRegistry, "async_get_or_create", watched_issue),
        patch.object(ServiceRegistry, "async_call", watched_call),
        patch.object(ConfigEntry, "_async_set_state", watched_state),
    ):
        yield guard
