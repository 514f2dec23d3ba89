"""Internal errors while parts are built from a response: each costs only its own part, and is logged once."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import logging
from pathlib import Path
import traceback

_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Mishap:
    """A part that could not be built: the number of failures, and the last error, `None` once it succeeds."""

    endpoint: str
    times: int = 0
    error: str | None = None


class Mishaps:
    """The parts that could not be built from the responses of one source."""

    def __init__(self) -> None:
        """Start with none."""
        self.by_name: dict[str, Mishap] = {}

    @contextmanager
    def caught(self, name: str, endpoint: str) -> Iterator[None]:
        """Catch and record an error, so that it does not affect what else is built from the response of `endpoint`."""
        try:
            yield
        except Exception as err:  # noqa: BLE001 - one part that cannot be made must not cost the others.
            self._failed(name, endpoint, err)
        else:
            self._succeeded(name, endpoint)

    def call_each(self, name: str, endpoint: str, calls: Iterable[Callable[[], object]]) -> None:
        """Call all functions, even if some of them raise."""
        error: Exception | None = None
        for call in calls:
            try:
                call()
            except Exception as err:  # noqa: BLE001 - as above.
                error = err
        if error is None:
            self._succeeded(name, endpoint)
        else:
            self._failed(name, endpoint, error)

    def _failed(self, name: str, endpoint: str, error: Exception) -> None:
        mishap = self.by_name.setdefault(name, Mishap(endpoint=endpoint))
        before, mishap.error = mishap.error, _place(error)
        mishap.endpoint = endpoint
        mishap.times += 1
        if before is None:
            _LOGGER.error("Failed to build %s from the response of %s: %s", name, endpoint, mishap.error)

    def _succeeded(self, name: str, endpoint: str) -> None:
        mishap = self.by_name.get(name)
        if mishap is not None and mishap.error is not None:
            mishap.error = None
            _LOGGER.info("%s is built from the response of %s again", name, endpoint)


def _place(error: Exception) -> str:
    """Return the type and place of an error; its message may contain part of the response."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
