"""The systems of an account."""

from typing import Any

from simulator.iq_gateway.reply import Json

from .asking import Ask
from .policy import SitesShape


def search(ask: Ask) -> Json:
    """Return the systems that the account sees, in the shape that the service has today."""
    policy, name = ask.world.policy, ask.world.policy.site_id_name
    rows: list[tuple[int, str | None]] = [(home.site_id, home.details.name) for home in ask.world.homes_of(ask.account)]
    rows += [(each.system_id, each.title) for each in ask.account.listed]
    if policy.sites_doubled:
        rows = [row for row in rows for _ in range(2)]
    if policy.sites_empty:
        rows = []
    found: list[dict[str, Any]] = [
        {name: number, "path": f"/web/{number}?v=3.4.0", "title": title, "favourite": False} for number, title in rows
    ]
    return found if policy.sites_shape is SitesShape.LIST else {policy.sites_shape.value: found}
