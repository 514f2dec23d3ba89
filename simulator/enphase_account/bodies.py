"""What the bodies of writes wish for, and what they only seem to."""

from collections.abc import Mapping
from typing import Any, TypeIs

from .behaviour import HomeBehaviour, Setting

type Body = Mapping[str, Any]
type Values = dict[str, Any]

_WHOLE = frozenset({"profile", "batteryBackupPercentage", "veryLowSoc", "chargeFromGrid", "batteryGridMode"})
"""Fields that a body of all settings has."""
POWER_MATCH = frozenset({"powerMatch"})


def is_whole(body: Body) -> bool:
    """Whether a body has all settings."""
    return body.keys() >= _WHOLE


def charging(body: Body) -> dict[Setting, Values]:
    """Return the wishes about charging from the grid and its window."""
    found: dict[Setting, Values] = {}
    if isinstance(body.get("chargeFromGrid"), bool):
        found[Setting.CHARGE_FROM_GRID] = {"charge_from_grid": body["chargeFromGrid"]}
    if isinstance(body.get("chargeFromGridScheduleEnabled"), bool):
        times = {"chargeBeginTime": "charge_begin", "chargeEndTime": "charge_end"}
        window = {ours: body[name] for name, ours in times.items() if isinstance(body.get(name), int)}
        found[Setting.CHARGE_SCHEDULE] = {"charge_schedule": body["chargeFromGridScheduleEnabled"]} | window
    return found


def discharging(body: Body) -> dict[Setting, Values]:
    """Return the wish about discharging to the grid, with its window if there is one."""
    block = body.get("dtgControl")
    if not isinstance(block, Mapping) or not isinstance(block.get("enabled"), bool):
        return {}
    times = {"startTime": "discharge_begin", "endTime": "discharge_end"}
    window = {ours: block[name] for name, ours in times.items() if isinstance(block.get(name), int)}
    return {Setting.DISCHARGE_TO_GRID: {"discharge_to_grid": block["enabled"]} | window}


def restricting(body: Body, behaviour: HomeBehaviour, *, saved: bool) -> dict[Setting, Values]:
    """Return the wish about not discharging.

    On without a saved window does nothing; nor does off in a part of the settings, where the home
    is steered by messages.
    """
    block = body.get("rbdControl")
    if not isinstance(block, Mapping) or not isinstance(block.get("enabled"), bool) or behaviour.rbd_null:
        return {}
    if block["enabled"] and not saved:
        return {}
    if not block["enabled"] and behaviour.supports_mqtt and not is_whole(body):
        return {}
    return {Setting.RESTRICT_DISCHARGE: {"restrict_discharge": block["enabled"]}}


def whole_number(value: object) -> TypeIs[int | float]:
    """Whether it is a number, such as a percent."""
    return isinstance(value, int | float) and not isinstance(value, bool)
