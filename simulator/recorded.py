"""A recorded gateway, served again."""

from email.utils import parsedate_to_datetime
import json
from pathlib import Path
import re
from typing import Any, override

from .clock import Clock, ManualClock
from .iq_gateway.host import Call, GatewayHost
from .iq_gateway.processor import Speed
from .iq_gateway.reply import Reply, not_found

_SERIAL = re.compile(r"<sn>\s*([^<\s]+)\s*</sn>")
_TIME = re.compile(r"<time>\s*(\d+)\s*</time>")
_REPORTS = "/ivp/meters/reports/"


class RecordedGateway(GatewayHost):
    """Serves a folder of recorded responses with a live gateway's manners.

    A file's name is the path with `/` as `_`; `<file>_log.json` beside it holds
    the status as `code` and the headers.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        clock: Clock | None = None,
        speed: Speed = Speed.NONE,
        port: int = 0,
    ) -> None:
        """Serve `folder`; without a clock it is always the recording's time."""
        self.folder = Path(folder)
        text = (self.folder / "info").read_text(encoding="utf-8")
        serial = _SERIAL.search(text)
        if serial is None:
            msg = f"{self.folder.name} has no serial number in its info"
            raise ValueError(msg)
        super().__init__(
            serial=serial.group(1),
            clock=clock or ManualClock(recording_time(self.folder)),
            speed=speed,
            port=port,
        )

    @override
    async def respond(self, call: Call) -> Reply:
        name = file_name(call)
        found = self._file(name)
        if found is not None:
            return found
        if call.query:
            plain = self._file(file_name(call, query=False))
            if plain is not None:
                return plain
        if call.path.startswith(_REPORTS):
            return self._cut_from_reports(call.path.removeprefix(_REPORTS))
        return not_found()

    def _file(self, name: str) -> Reply | None:
        path = self.folder / name
        if not path.is_file():
            return None
        log = _log(path)
        headers = {key.title(): value for key, value in log.get("headers", {}).items()}
        return Reply(
            status=int(log.get("code", 200)),
            text=path.read_text(encoding="utf-8"),
            content_type=headers.get("Content-Type", "application/octet-stream"),
        )

    def _cut_from_reports(self, kind: str) -> Reply:
        """Cut one kind out of the page that holds all reports."""
        whole = self._file("ivp_meters_reports")
        if whole is None or kind not in ("production", "consumption"):
            return not_found()
        reports = [each for each in json.loads(whole.text) if each["reportType"].endswith(kind)]
        single = kind == "production"
        return whole.with_payload(reports[0] if single and reports else reports)


def file_name(call: Call, *, query: bool = True) -> str:
    """Return the file a request is recorded in."""
    name = call.path.strip("/").replace("/", "_")
    if query:
        for key, value in call.query.items():
            name += f"_{key}_{value}"
    return name


def recording_time(folder: Path) -> float:
    """Return when a recording was made, epoch s, by the gateway's own clock."""
    times: list[float] = []
    found = _TIME.search((folder / "info").read_text(encoding="utf-8"))
    if found:
        times.append(float(found.group(1)))
    for log in folder.glob("*_log.json"):
        headers = json.loads(log.read_text(encoding="utf-8")).get("headers", {})
        date = headers.get("Date") or headers.get("date")
        if date:
            times.append(parsedate_to_datetime(date).timestamp())
    return max(times, default=0.0)


def _log(path: Path) -> dict[str, Any]:
    log = path.with_name(f"{path.name}_log.json")
    if not log.is_file():
        return {}
    content = json.loads(log.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}
