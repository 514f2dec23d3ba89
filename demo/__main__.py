"""Start a simulated home and a Home Assistant that shows it."""

import asyncio
from contextlib import suppress
import signal
import sys

from .options import Options, parse
from .show import Failure, run

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def main(options: Options) -> None:
    """Run the demo until it is done, or until Ctrl-C or a request to terminate."""
    task = asyncio.create_task(run(options))
    loop = asyncio.get_running_loop()

    def end() -> None:
        # A second Ctrl-C must not cut short the cleaning up that the first began.
        for number in _SIGNALS:
            loop.add_signal_handler(number, lambda: None)
        print("\nEnding ...", flush=True)
        task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, end)
    with suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    try:
        asyncio.run(main(parse()))
    except Failure as failure:
        sys.exit(f"\n{failure}")
