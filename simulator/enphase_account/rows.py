"""Writes of schedules' rows."""

from dataclasses import replace
from typing import Any

from simulator.iq_gateway.reply import Json

from .asking import Ask
from .errors import envelope, words
from .schedules import FAMILIES, PENDING, Row


def create(ask: Ask) -> Json:
    """Save a row, which waits until its family is switched on."""
    row = _read(ask, ask.content())
    _without_conflict(ask, row)
    ask.home.schedules.add(row)
    return row.payload(ask.account.user_id)


def change(ask: Ask) -> Json:
    """Replace a row; that it is off, it does not heed."""
    old, body = _row(ask), ask.content()
    if body.get("isDeleted") is True:
        ask.home.schedules.replace(replace(old, deleted=True))
        return old.payload(ask.account.user_id)
    row = replace(_read(ask, body), row_id=old.row_id)
    _without_conflict(ask, row)
    ask.home.schedules.replace(row)
    return row.payload(ask.account.user_id)


def delete(ask: Ask) -> Json:
    """Delete a row."""
    ask.home.schedules.replace(replace(_row(ask), deleted=True))
    return {"message": "success"}


def is_valid(ask: Ask) -> Json:
    """Say that a family can be scheduled."""
    body = ask.content()
    if body.get("scheduleType") == "cfg" and "forceScheduleOpted" not in body:
        raise words(400, "Force schedule opted is null or empty for schedule type.")
    return {"isValid": True}


def _row(ask: Ask) -> Row:
    rows = (each for each in ask.home.schedules.rows if each.row_id == ask.names["row_id"] and not each.deleted)
    row = next(rows, None)
    if row is None:
        raise envelope(404, ask.path, ask.now)
    return row


def _read(ask: Ask, body: dict[str, Any]) -> Row:
    family = str(body.get("scheduleType", "")).lower()
    if "isEnabled" not in body:
        raise envelope(409, ask.path, ask.now, f"CONFLICTING_SCHEDULE_{family.upper()}")
    try:
        row = Row(
            family=family,
            begin=str(body["startTime"]),
            end=str(body["endTime"]),
            limit=body.get("limit"),
            days=tuple(int(day) for day in body["days"]),
            status=PENDING,
            zone=str(body["timezone"]),
            updated=ask.now,
        )
        row.overlaps(row)
    except KeyError, TypeError, ValueError:
        raise envelope(400, ask.path, ask.now, "Invalid schedule") from None
    if family not in FAMILIES:
        raise envelope(400, ask.path, ask.now, "Invalid scheduleType")
    return row


def _without_conflict(ask: Ask, row: Row) -> None:
    other = ask.home.schedules.conflict(row)
    if other is not None:
        raise envelope(409, ask.path, ask.now, f"CONFLICTING_SCHEDULE_{other.family.upper()}")
