"""What is known to go wrong in the vendor's cloud, as faults for a server's `faults`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, override

from simulator.iq_gateway.faults import Fault
from simulator.iq_gateway.reply import Reply

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OldRow(Fault):
    """Adds a row of a device out of service to `latest_telemetry`: W, `age` s older than the others."""

    devices: str
    power: float
    age: float
    changes: Mapping[str, Any] = field(default_factory=dict)

    @override
    def after(self, reply: Reply) -> Reply:
        payload: Any = reply.json()
        rows = payload["devices"][self.devices]
        like = rows[0]
        old = {"id": like["id"] + 1, "power": self.power, "last_report_at": int(like["last_report_at"] - self.age)}
        rows.append({**like, **old, **self.changes})
        return reply.with_payload(payload)


@dataclass(frozen=True, slots=True)
class ChangedRows(Fault):
    """Changes the rows of `latest_telemetry` by this name, those of one channel or all; `age` s are taken off."""

    name: str
    channel: int | None = None
    age: float = 0.0
    changes: Mapping[str, Any] = field(default_factory=dict)
    gone: bool = False

    @override
    def after(self, reply: Reply) -> Reply:
        payload: Any = reply.json()
        for kind in ("meters", "encharges"):
            rows: list[Row] = payload["devices"][kind]
            met = [row for row in rows if row["name"] == self.name and self.channel in (None, row["channel"])]
            for row in met:
                row.update(self.changes)
                row["last_report_at"] = int(row["last_report_at"] - self.age)
                if self.gone:
                    rows.remove(row)
        return reply.with_payload(payload)


@dataclass(frozen=True, slots=True)
class OlderDevices(Fault):
    """Lists meters without what newer ones tell of themselves, by the names of `fields`."""

    fields: tuple[str, ...] = ("config_type", "config_phase")

    @override
    def after(self, reply: Reply) -> Reply:
        payload: Any = reply.json()
        for meter in payload["devices"]["meters"]:
            for name in self.fields:
                meter.pop(name, None)
        return reply.with_payload(payload)


@dataclass(frozen=True, slots=True)
class TooMany(Fault):
    """Refuses with 429, by default in the documented form that tells no period."""

    plan: str = "Watt"
    told: Mapping[str, Any] = field(default_factory=dict)

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        details = f"Usage limit exceeded for plan {self.plan}"
        return Reply(status=429, payload={"message": "Too Many Requests", "details": details, "code": 429, **self.told})


@dataclass(frozen=True, slots=True)
class Unprocessable(Fault):
    """Refuses with 422 and these details."""

    details: str

    @override
    async def before(self, closing: asyncio.Event) -> Reply | None:
        return Reply(status=422, payload={"message": "Unprocessable Entity", "details": self.details, "code": 422})
