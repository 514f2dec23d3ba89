"""v2: who is let in, and the forms its answers take."""

from datetime import UTC, datetime
import json
from typing import Any
from zoneinfo import ZoneInfo

from simulator.cloud.serving import Knock
from simulator.iq_gateway.reply import Reply, html

from .asking import Ask
from .door import Visitor, too_many_v2
from .errors import v2, v2_dates, v2_not_found
from .users import decode_user
from .v2_routes import ROUTES
from .world import World

_NOT_AUTHORIZED = "Not authorized to access requested resource."
_TIMES = frozenset(
    {
        "end_at",
        "last_energy_at",
        "last_interval_end_at",
        "last_report_at",
        "last_report_date",
        "operational_at",
        "read_at",
    }
)


def answer(world: World, knock: Knock, visitor: Visitor) -> Reply:
    """Let a request to v2 in, and answer it."""
    match, visitor.endpoint = ROUTES.match(knock.method, knock.path)
    retired = world.policy.v2_retired
    if retired is not None:
        raise v2(retired, "The Enlighten Systems API v2 is no longer available.")
    application, user = visitor.application, decode_user(knock.query.get("user_id", ""))
    if application is None or user is None or user not in world.legacy_users:
        raise v2(401, _NOT_AUTHORIZED)
    if visitor.exceeded is not None:
        raise too_many_v2(application, visitor.exceeded)
    if match is None:
        if visitor.endpoint:
            raise v2(405, "Method not allowed")
        return html(404)
    ask = Ask(
        method=knock.method,
        path=knock.path,
        names=match.names,
        query=knock.query,
        lists=knock.lists,
        body=knock.body,
        headers=knock.headers,
        now=knock.now,
        world=world,
        application=application,
        systems=tuple(world.visible_to_legacy(user)),
    )
    system_id = match.names.get("system_id") or knock.query.get("site_id")
    if system_id is not None and all(str(each.system_id) != system_id for each in ask.systems):
        if system_id.isdecimal():
            raise v2(401, _NOT_AUTHORIZED)
        raise v2_not_found("System not found")
    result = match.route.handler(ask)
    return _formed(ask, result if isinstance(result, Reply) else Reply(payload=result), system_id)


def _formed(ask: Ask, reply: Reply, system_id: str | None) -> Reply:
    if reply.payload is None:
        return reply
    wanted = ask.query.get("datetime_format", "epoch")
    if wanted == "iso8601":
        zone = ask.find(system_id).house.config.place.timezone if system_id else "UTC"
        reply = reply.with_payload(_iso(reply.payload, zone))
    elif wanted != "epoch":
        raise v2_dates(f"Unknown datetime_format {wanted}")
    callback = ask.query.get("callback")
    if callback:
        text = f"{callback}({json.dumps(reply.payload)})"
        return Reply(status=reply.status, text=text, content_type="application/javascript")
    return reply


def _iso(value: Any, zone: str) -> Any:
    if isinstance(value, list):
        return [_iso(each, zone) for each in value]
    if not isinstance(value, dict):
        return value
    zone = value.get("timezone", zone)
    return {
        name: _stamp(each, zone) if name in _TIMES and isinstance(each, int) else _iso(each, zone)
        for name, each in value.items()
    }


def _stamp(epoch: int, zone: str) -> str:
    return datetime.fromtimestamp(epoch, UTC).astimezone(ZoneInfo(zone)).isoformat()
