"""Sets the dynamic limit of the export, which the gateway allows installers."""

from datetime import datetime
from typing import Protocol

from ....site.control import BlockReason, Control, ControlKey, Flag, Range, Value, same
from ..client import edits, endpoints
from ..client.client import IqGatewayClient
from ..client.models.export_limit import DynamicExportSettings
from ..client.token import GatewayToken, TokenRole
from .answers import Answers
from .export_limit import limits_export
from .feeds import DYNAMIC_EXPORT_LIMIT

# A limit above what the largest home connection carries, in W, is no limit.
_LARGEST = 50_000.0


class ExportingGateway(Protocol):
    """The part of a gateway's source that these controls use."""

    client: IqGatewayClient
    answers: Answers
    token: GatewayToken


def export_control(source: ExportingGateway, key: ControlKey, now: datetime) -> Control | None:
    """Return the state of a control of the export limit, `None` if the site has none or the token can't set it.

    Gateways refuse a change by an owner, and a try would be a change. With any other token they decide.
    """
    dynamic = source.answers.last(DYNAMIC_EXPORT_LIMIT)
    if source.token.role == TokenRole.OWNER or dynamic is None or not limits_export(dynamic):
        return None
    limit = dynamic.limit_value or 0.0

    def kept(wanted: Value) -> bool:
        latest = source.answers.last(DYNAMIC_EXPORT_LIMIT)
        return latest is not None and same(_value(latest, key), wanted)

    async def write(wanted: Value) -> None:
        changes = {"limit_value_W": wanted} if key is ControlKey.EXPORT_LIMIT else {"enable": wanted}
        edit = edits.export_limit(endpoints.DYNAMIC_EXPORT_LIMIT.name, changes)
        await source.client.change(endpoints.DYNAMIC_EXPORT_LIMIT, endpoints.SET_DYNAMIC_EXPORT_LIMIT, edit)

    return Control(
        limits=Range(minimum=0.0, maximum=max(_LARGEST, limit)) if key is ControlKey.EXPORT_LIMIT else Flag(),
        value=_value(dynamic, key),
        write=write,
        feeds=(DYNAMIC_EXPORT_LIMIT.key,),
        kept=kept,
        block_reason=BlockReason.NOT_KNOWN if source.answers.current(DYNAMIC_EXPORT_LIMIT, now) is None else None,
    )


def _value(dynamic: DynamicExportSettings, key: ControlKey) -> Value | None:
    return dynamic.limit_value if key is ControlKey.EXPORT_LIMIT else dynamic.enable
