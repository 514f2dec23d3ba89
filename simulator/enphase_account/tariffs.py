"""Tariffs in the shape in which one client reports them."""

from typing import Any


def entered(
    purchase: dict[str, Any],
    buyback: dict[str, Any] | None = None,
    *,
    currency: str = "EUR",
    country: str = "NL",
    zipcode: str = "3511",
) -> dict[str, Any]:
    """Return a tariff with what is bought and sold."""
    sides = {"purchase": purchase, "buyback": buyback or side(export_plan="netFit")}
    return {"currency": currency, "country": country, "zipcode": zipcode, **sides, "nemVersion": "NEM"}


def side(*seasons: dict[str, Any], type_id: str = "tou", export_plan: str | None = None) -> dict[str, Any]:
    """Return what is bought, or with an export plan what is sold."""
    plan = {} if export_plan is None else {"exportPlan": export_plan}
    return {"typeKind": "seasonal", "typeId": type_id, "source": "manual", "seasons": list(seasons), **plan}


def season(*groups: dict[str, Any], months: tuple[int, int] = (1, 12)) -> dict[str, Any]:
    """Return a season from the first to the last month."""
    first, last = months
    return {"id": f"season-{first}", "startMonth": first, "endMonth": last, "days": list(groups)}


def group(*periods: tuple[str, str, str, str], days: str = "week") -> dict[str, Any]:
    """Return the rates of some weekdays: type, first and last minute, and rate of each period, all of them texts."""
    listed = [
        {"id": f"period_{number}", "type": kind, "startTime": start, "endTime": end, "rate": rate}
        for number, (kind, start, end, rate) in enumerate(periods)
    ]
    return {"id": days, "days": [], "periods": listed}


NOT_ENTERED = entered(side())
FLAT = entered(
    side(season(group(("off-peak", "", "", "0.28"))), type_id="flat"),
    side(season(group(("off-peak", "", "", "0.07"))), type_id="flat", export_plan="netFit"),
)
TIME_OF_USE = entered(
    side(season(group(("off-peak", "", "", "0.24"), ("peak", "960", "1259", "0.36")))),
)
