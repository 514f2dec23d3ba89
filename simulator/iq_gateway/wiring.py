"""How installers mount current transformers, as changes to payloads."""

from collections.abc import Callable
from typing import Any

from .config import Measurement
from .faults import Fault, Mutate
from .meters import EIDS

READINGS = "/ivp/meters/readings"
_POWERS = ("activePower", "instantaneousDemand")


def rows_of(payload: list[dict[str, Any]], kind: Measurement) -> list[dict[str, Any]]:
    """Return a meter's row and those of its channels."""
    return [row for meter in payload if meter["eid"] == EIDS[kind] for row in (meter, *meter["channels"])]


def scaled(kind: Measurement, share: float) -> Fault:
    """Let a meter see only a share of its power and energy; a negative one is mounted the wrong way around."""

    def scale(payload: Any) -> None:
        for row in rows_of(payload, kind):
            for name in _POWERS:
                row[name] = round(row[name] * share, 3)
            delivered, received = row["actEnergyDlvd"], row["actEnergyRcvd"]
            if share < 0:
                delivered, received = received, delivered
            row["actEnergyDlvd"] = round(delivered * abs(share), 3)
            row["actEnergyRcvd"] = round(received * abs(share), 3)

    return Mutate(scale, (READINGS,))


def showing(kind: Measurement, power: Callable[[], float]) -> Fault:
    """Let a meter with one phase show another wire's power in W; its registers stand still."""

    def show(payload: Any) -> None:
        for meter in payload:
            if meter["eid"] == EIDS[kind]:
                for row in (meter, meter["channels"][0]):
                    row.update(dict.fromkeys(_POWERS, round(power(), 3)))

    return Mutate(show, (READINGS,))


def not_fitted(kind: Measurement) -> Fault:
    """Let an enabled meter measure the noise of an open input."""

    def open_input(payload: Any) -> None:
        for row in rows_of(payload, kind):
            row.update(dict.fromkeys(_POWERS, 0.0) | {"actEnergyDlvd": 0.0, "actEnergyRcvd": 0.0})
        for meter in payload:
            if meter["eid"] == EIDS[kind]:
                for row in (meter, meter["channels"][0]):
                    row.update(dict.fromkeys(_POWERS, -1.648) | {"actEnergyDlvd": 0.01, "actEnergyRcvd": 10.3})

    return Mutate(open_input, (READINGS,))
