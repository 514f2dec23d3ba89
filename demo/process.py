"""Home Assistant's process: started, watched and ended."""

import asyncio
from asyncio.subprocess import DEVNULL, STDOUT, Process, create_subprocess_exec
from collections.abc import Mapping
from contextlib import suppress
import os
from pathlib import Path
import signal
import sys
from typing import Self

from .config_dir import LOG

_RESTART = 100
_PATIENCE = 30.0


class EndedError(Exception):
    """Home Assistant ended although nobody asked it to."""


class HomeAssistantProcess:
    """Runs Home Assistant as long as the context lasts."""

    def __init__(self, config: Path, environment: Mapping[str, str], *, python: str = sys.executable) -> None:
        """Run that of `python` with this configuration and, besides the demo's own, this environment."""
        self._config = config
        self._environment = environment
        self._python = python
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        """Start."""
        self._process = await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End, in Home Assistant's own time or, where it takes too long, at once."""
        process = self._process
        for number in (signal.SIGTERM, signal.SIGKILL):
            if process is not None and process.returncode is None:
                with suppress(ProcessLookupError):
                    process.send_signal(number)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_PATIENCE):
                        await process.wait()

    async def watch(self) -> None:
        """Start it again whenever somebody restarts it; raise `EndedError` where it ends otherwise."""
        while self._process is not None:
            code = await self._process.wait()
            if code != _RESTART:
                raise EndedError(f"Home Assistant ended with code {code}")
            self._process = await self._start()

    def last_lines(self, count: int = 25) -> str:
        """Return the end of what it said."""
        text = (self._config / LOG).read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-count:])

    async def _start(self) -> Process:
        environment = {**os.environ, **self._environment}
        with (self._config / LOG).open("ab") as log:
            return await create_subprocess_exec(
                *(self._python, "-m", "homeassistant", "--config", str(self._config), "--skip-pip"),
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                cwd=self._config,
                # The demo's own path would show it the repository's custom_components beside the copy.
                env={key: value for key, value in environment.items() if key != "PYTHONPATH"},
                # Ctrl-C is for the demo, which then ends Home Assistant.
                start_new_session=True,
            )
