"""Whether power is believed that should be, and never what should not be."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
import os
from pathlib import Path
import random
import time
from typing import Any

from custom_components.energy_site.site.model import Inverters, PowerFlow
from custom_components.energy_site.sources.feed import Pace
from simulator.iq_gateway import Measurement, Mutate, wiring
from simulator.presets import PRESETS
from tests.vendors.iq_gateway.source.driver import CALM, Site, replayed, simulated

READINGS = "/ivp/meters/readings"
POWER = "/ivp/ensemble/power"
INVERTERS = "/api/v1/production/inverters"
KEYS = {READINGS: "meter_readings", POWER: "battery_power", INVERTERS: "inverters"}
KINDS = ("solar", "grid", "battery", "load")

type Edit = Callable[[Any], Any]

# The longest intervals that a person may choose: a month has to pass in minutes.
_RARELY = {
    **CALM,
    Pace.POWER: timedelta(seconds=120),
    Pace.BATTERY: timedelta(seconds=300),
    Pace.GRID: timedelta(seconds=300),
    Pace.DEVICES: timedelta(seconds=900),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrupted:
    """What a corruption of one answer did: its kind, and the largest error as a share of the site's size."""

    kind: str
    error: float


def corruptions(dice: random.Random) -> Iterator[tuple[str, str, Edit]]:
    """Return one of each kind: its name, the path, and how a payload is edited."""
    power = 10 ** dice.choice([-3, -2, -1, 1, 2, 3])
    meter = dice.choice([Measurement.PRODUCTION, Measurement.NET_CONSUMPTION, Measurement.STORAGE])

    def one(edit: Callable[[dict[str, Any]], object]) -> Edit:
        def apply(payload: Any) -> None:
            for row in wiring.rows_of(payload, meter)[:1]:
                edit(row)

        return apply

    def battery(factor: float) -> Edit:
        def apply(payload: Any) -> None:
            for unit in payload["devices:"][:1]:
                unit["real_power_mw"] = int(unit["real_power_mw"] * factor)

        return apply

    def lose_phase(payload: Any) -> None:
        for whole, first, *_ in [wiring.rows_of(payload, meter)] if wiring.rows_of(payload, meter) else []:
            for name in ("activePower", "instantaneousDemand"):
                whole[name] -= first[name]
            first.update(dict.fromkeys(first.keys() - {"eid", "timestamp"}, 0.0))

    def inverter(payload: Any) -> None:
        payload[0]["lastReportWatts"] = int(payload[0]["lastReportWatts"] * power)

    def twice(payload: Any) -> Any:
        return [*payload, *(row | {"activePower": row["activePower"] * power} for row in payload[:1])]

    yield "scaled", READINGS, one(lambda row: row.update(activePower=row["activePower"] * power))
    yield "2^32 more", READINGS, one(lambda row: row.update(activePower=row["activePower"] + 2**32))
    yield "2^32 times", READINGS, one(lambda row: row.update(activePower=row["activePower"] * 2**32))
    yield "sign turned", READINGS, one(lambda row: row.update(activePower=-row["activePower"]))
    yield "lifetime", READINGS, one(lambda row: row.update(activePower=row["actEnergyDlvd"]))
    yield "stamp ahead", READINGS, one(lambda row: row.update(timestamp=row["timestamp"] + 7200))
    yield "stamp behind", READINGS, one(lambda row: row.update(timestamp=row["timestamp"] - 60))
    yield "phase lost", READINGS, lose_phase
    yield "meter twice, once wrong", READINGS, twice
    yield "meters twice", READINGS, lambda payload: [*payload, *payload]
    yield "battery scaled", POWER, battery(power)
    yield "battery's sign turned", POWER, battery(-1)
    yield "battery 2^32 times", POWER, battery(2.0**32)
    yield "inverter scaled", INVERTERS, inverter


def shown(site: Site) -> dict[str, float | None]:
    """Return what is shown to flow, in W."""
    flows = site.part(PowerFlow)
    return {kind: None if (flow := getattr(flows, kind)) is None else flow.power for kind in KINDS}


async def corrupt(home: str, count: int, seed: int, *, hour: float = 10.0) -> list[Corrupted]:
    """Corrupt so many single answers of a home, one after the other, and look after each at what is shown."""
    dice = random.Random(seed)
    found: list[Corrupted] = []
    async with simulated(home, hour=hour) as site:
        await site.start()
        size = sum(unit.max_power or 0.0 for unit in site.part(Inverters).units.values())
        while len(found) < count:
            for name, path, edit in corruptions(dice):
                await site.run(dice.choice([10, 20, 40]))
                key = KEYS[path]
                if not site.presence(key).answers:
                    continue
                await site.ask(key)
                before = shown(site)
                fault = site.gateway.faults.add(Mutate(edit), path, count=1)
                await site.ask(key)
                fault.remove()
                found.append(Corrupted(kind=name, error=_error(before, shown(site), site, size)))
    return found[:count]


def _error(before: dict[str, float | None], after: dict[str, float | None], site: Site, size: float) -> float:
    errors = [0.0]
    for kind, value in after.items():
        if value is not None:
            right = before[kind]
            errors.append(abs(value - (getattr(site.house.flow, kind) if right is None else right)) / size)
    return max(errors)


def refused_in_a_month(home: str, days: float) -> tuple[str, int, int]:
    """Return how many readings a home had refused in so many days without any fault, and its repairs."""

    async def live() -> tuple[str, int, int]:
        async with simulated(home, hour=6.0, intervals=_RARELY) as site:
            await site.start()
            await site.run(days * 86_400)
            return home, site.source.checks.refused, len(site.source.checks.witnesses.findings)

    return asyncio.run(live())


def refused_of_a_recording(folder: Path, days: float) -> tuple[str, int, int]:
    """Return the same for a recorded gateway whose stamps go on."""

    async def ask() -> tuple[str, int, int]:
        async with replayed(folder, intervals=_RARELY) as site:
            await site.start()
            await site.run(days * 86_400)
            return folder.name, site.source.checks.refused, len(site.source.checks.witnesses.findings)

    return asyncio.run(ask())


def _corrupted(home: str, count: int, seed: int, hour: float) -> list[Corrupted]:
    return asyncio.run(corrupt(home, count, seed, hour=hour))


def measure(days: float, count: int, seed: int) -> bool:
    """Print what was refused and what got through; return whether that is as it should be."""
    started, good = time.monotonic(), True
    recorded = os.environ.get("RECORDED_GATEWAYS")
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        homes = ("home", "three_phase", "single_phase", "collar", "standard")
        shares = [count // len(homes)] * len(homes)
        hours = (10.0, 13.0, 17.5, 20.0, 8.0)
        jobs = [
            pool.submit(_corrupted, home, share, seed + number, hour)
            for number, (home, share, hour) in enumerate(zip(homes, shares, hours, strict=True))
        ]
        found = [each for job in jobs for each in job.result()]
        print(f"{len(found)} corruptions of single answers         largest error, % of the inverters' peaks")
        for kind in dict.fromkeys(each.kind for each in found):
            errors = [each.error for each in found if each.kind == kind]
            good &= max(errors) <= 0.1
            print(f"  {kind:30} {len(errors):6} {100 * max(errors):10.2f}")
        folders = sorted(path for path in Path(recorded).iterdir() if path.is_dir()) if recorded else []
        print(f"\nGood readings, {days:g} days of each house       refused   repairs")
        runs = [pool.submit(refused_of_a_recording, folder, days) for folder in folders if _speaks_tokens(folder)]
        months = [pool.submit(refused_in_a_month, home, days) for home in PRESETS]
        for job in (*runs, *months):
            name, refused, findings = job.result()
            good &= not refused
            print(f"  {name:40} {refused:6} {findings:8}", flush=True)
    print(f"\n{time.monotonic() - started:.0f} s")
    return good


def _speaks_tokens(folder: Path) -> bool:
    return "<software>D7" in (text := (folder / "info").read_text()) or "<software>D8" in text
