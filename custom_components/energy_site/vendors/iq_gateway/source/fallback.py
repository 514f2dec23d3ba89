"""The controls of a gateway whose battery a cloud controls: set there, and confirmed here."""

from dataclasses import replace
from functools import partial

from ....site.control import BlockReason, Control, ControlName, Value, same
from ....sources.source import FallbackControls

# Through the cloud, a change takes 10 to 20 s, and sometimes a minute.
_CLOUD_PAUSES = (5.0, 10.0, 15.0, 20.0, 30.0, 40.0)


def via_fallback(own: Control, name: ControlName, way: FallbackControls, event: BlockReason | None) -> Control:
    """Return a control that is set through the fallback.

    If the gateway reports its value, that confirms the change, which is quicker and costs no
    requests. A value that only the fallback knows is confirmed there. An `event` on the site is
    known here first.
    """
    other = way.control(name)
    if other is None:
        return own
    if other.progress is not None:
        return _followed(own, name, way, other, event)
    known = own.value is not None

    async def write(value: Value) -> None:
        way.expect(name, value, other.brings)
        # Earlier denials are handled by this side's queue.
        await (other.write(value) if known else way.set(name, value, insistent=True))

    def reached(value: Value) -> bool:
        latest = way.control(name)
        return latest is not None and same(latest.value, value)

    return replace(
        own,
        limits=other.limits,
        value=own.value if known else other.value,
        write=write,
        block_reason=event or other.block_reason,
        reached=own.reached if known else reached,
        kept=None,
        taken=None if known else lambda value: same(way.pending(name), value),
        pauses=_CLOUD_PAUSES,
        lasting=() if known else other.lasting,
        circumstances=other.circumstances,
        trust=other.trust,
    )


def _followed(
    own: Control, name: ControlName, way: FallbackControls, other: Control, event: BlockReason | None
) -> Control:
    """Return a control whose fallback tells how far a value got, and takes this gateway's word for what is active."""

    async def write(value: Value) -> None:
        way.expect(name, value, other.brings)
        await other.write(value)

    return replace(
        other,
        value=own.value if own.value is not None else other.value,
        write=write,
        feeds=own.feeds,
        block_reason=event or other.block_reason,
        look=None,
        look_further=partial(way.look, name),
    )
