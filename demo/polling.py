"""Waiting for what Home Assistant sends no event about."""

import asyncio
from collections.abc import Awaitable, Callable


async def until[T](ask: Callable[[], Awaitable[T | None]], *, patience: float, every: float = 0.5) -> T:
    """Ask until the answer is true, and return it; raise `TimeoutError` after `patience` seconds."""
    async with asyncio.timeout(patience):
        while True:
            if answer := await ask():
                return answer
            await asyncio.sleep(every)
