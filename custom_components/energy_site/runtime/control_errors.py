"""Turns errors of controls into translated errors for the user."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..helpers.texts import in_markdown
from ..site.control import BlockReason, Choice, ControlError, ControlName, Failure, Range, Value

_FAILURES = {
    Failure.MISSING: "control_missing",
    Failure.OUT_OF_RANGE: "control_out_of_range",
    Failure.NOT_AN_OPTION: "control_not_an_option",
    Failure.REFUSED: "control_refused",
    Failure.QUOTA: "control_quota",
    Failure.NO_CHANGES: "control_no_changes",
    Failure.IGNORED: "control_ignored",
    Failure.NO_ANSWER: "control_no_answer",
    Failure.DROPPED: "control_dropped",
    Failure.MOVED: "control_moved",
    Failure.NOT_IN_TIME: "control_not_in_time",
    Failure.PAUSED: "control_paused",
    Failure.SIGNED_OUT: "control_signed_out",
}
_BLOCK_REASONS = {
    BlockReason.CLOUD_CONTROLLED: "control_not_now_governed_remotely",
    BlockReason.OFF_GRID: "control_not_now_off_grid",
    BlockReason.GRID_EVENT: "control_not_now_grid_event",
    BlockReason.STORM: "control_not_now_storm",
    BlockReason.FULL_BACKUP: "control_not_now_full_backup",
    BlockReason.NOT_KNOWN: "control_not_now_not_known",
    BlockReason.LOCKED: "control_not_now_locked",
    BlockReason.STATEMENT: "control_not_now_statement",
    BlockReason.NO_WINDOW: "control_not_now_no_window",
    BlockReason.CALIBRATION: "control_not_now_calibration",
    BlockReason.SYSTEM_TASK: "control_not_now_system_task",
    BlockReason.NOT_OWNER: "control_not_now_not_owner",
    BlockReason.SILENT_GATEWAY: "control_not_now_silent_gateway",
    BlockReason.IGNORED: "control_not_now_ignored",
    BlockReason.REFUSED: "control_not_now_refused",
}

# These are due to the request or the moment; the others are the site's failures.
_MISTAKES = (Failure.MISSING, Failure.OUT_OF_RANGE, Failure.NOT_AN_OPTION, Failure.NOT_NOW)


@contextmanager
def translated_errors(hass: HomeAssistant, site: str) -> Iterator[None]:
    """Raise a translated error if a setting was not changed, or the site is unloaded before the result is known."""
    try:
        yield
    except ControlError as err:
        raise refusal(hass, site, err) from err
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is None or task.cancelling():
            raise
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="control_interrupted") from None


def refusal(hass: HomeAssistant, site: str, error: ControlError) -> HomeAssistantError:
    """Return the Home Assistant exception that says why a setting was not changed, and which value is active."""
    kind = ServiceValidationError if error.failure in _MISTAKES else HomeAssistantError
    placeholders = {
        "setting": setting_name(hass, site, error.name),
        "wanted": _readable(error.wanted),
        "in_force": _readable(error.in_force),
    }
    key = _BLOCK_REASONS[error.block_reason] if error.block_reason is not None else _FAILURES[error.failure]
    match error.limits:
        case Range(gap=(below, above)) if error.failure is Failure.OUT_OF_RANGE and _is_in_gap(error):
            key = "control_in_gap"
            placeholders |= {"below": _readable(below), "above": _readable(above)}
        case Range(minimum=minimum, maximum=maximum) if error.failure is Failure.OUT_OF_RANGE:
            placeholders |= {"minimum": _readable(minimum), "maximum": _readable(maximum)}
        case Choice(options=options) if error.failure is Failure.NOT_AN_OPTION:
            placeholders["options"] = ", ".join(options)
    if error.failure is Failure.REFUSED:
        placeholders["status"] = str(error.answer)
        if error.words is not None:
            key = "control_refused_because"
            placeholders |= in_markdown({"words": error.words})
    if error.failure is Failure.IGNORED:
        placeholders["seconds"] = _readable(error.seconds)
    return kind(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def _is_in_gap(error: ControlError) -> bool:
    wanted, limits = error.wanted, error.limits
    return isinstance(limits, Range) and isinstance(wanted, int | float) and limits.is_in_gap(wanted)


def setting_name(hass: HomeAssistant, site: str, name: ControlName) -> str:
    """Return the name of a control's entity, or the control's key if it has none."""
    registry = er.async_get(hass)
    unique_id = "_".join(part for part in (site, *name) if part is not None)
    for platform in ("number", "select", "switch"):
        if (entity_id := registry.async_get_entity_id(platform, DOMAIN, unique_id)) is not None:
            entry = registry.async_get(entity_id)
            return (entry.name or entry.original_name if entry is not None else None) or name.key
    return name.key


def _readable(value: Value | None) -> str:
    match value:
        case None:
            return "?"
        case bool():
            return "on" if value else "off"
        case str():
            return value
    return f"{value:g}"
