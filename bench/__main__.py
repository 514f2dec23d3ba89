"""Run the measurements: `python -m bench --help`."""

import argparse
import asyncio
import logging
import sys

from simulator.iq_gateway import Speed

from .account import report as report_account, run as run_account, scenarios as account_scenarios
from .account_core import look as look_at_account, report as report_shown
from .admission import measure as measure_admission
from .cloud import Scenario, report as report_cloud, run as run_cloud
from .control import SOURCES, TOGETHER, control, report
from .control_override import overrides, report as report_overrides
from .local import running, set_up
from .scale import measure_all, plans
from .tariff import report as measure_tariffs
from .tesla import run as run_tesla, scenarios
from .tesla_result import report as report_tesla


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=("gateway", "live", "control", "cloud", "tesla", "account", "admission", "tariff", "scale"),
        default="gateway",
        help="what to measure",
    )
    parser.add_argument("--writes", type=int, default=1000, help="how often a control is set, or an answer corrupted")
    parser.add_argument("--source", choices=tuple(SOURCES), help="whose controls are set, instead of two")
    parser.add_argument("--tariffs", type=int, default=1000, help="how many tariffs are judged")
    parser.add_argument("--days", type=float, default=365.0, help="how long a cloud, or each house, is asked")
    parser.add_argument(
        "--systems", type=int, choices=(1, 2, 3), help="how many share a key, instead of each usual number"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the dice")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long a site runs; statistics are made each 5")
    parser.add_argument("--sites", type=int, default=100, help="how many sites share a Home Assistant")
    parser.add_argument("--inverters", type=int, help="how many inverters they have, instead of 5 and of 20 each")
    parser.add_argument("--postgresql", action="store_true", help="with the recorder on a PostgreSQL that is started")
    parser.add_argument("--preset", default="home", help="the house that runs")
    parser.add_argument("--speed", type=Speed, choices=list(Speed), default=Speed.TYPICAL, help="the gateway's")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    if options.what == "admission":
        sys.exit(not measure_admission(min(options.days, 30.0), options.writes, options.seed))
    if options.what == "tariff":
        sys.exit(not measure_tariffs(options.tariffs, options.seed))
    if options.what == "scale":
        chosen = plans(options.sites, options.inverters, options.minutes, postgresql=options.postgresql)
        sys.exit(not measure_all(chosen))
    if options.what == "control":
        sources = TOGETHER.get(options.source, (options.source,)) if options.source else ("gateway", "cloud")
        tallies = asyncio.run(control(options.writes, options.seed, sources))
        report(tallies)
        if options.source:
            sys.exit(any(tally.failed for tally in tallies.values()))
        found = overrides(options.writes // 50, options.seed)
        report_overrides(found)
        sys.exit(bool(found.lost) or any(tally.failed for tally in tallies.values()))
    if options.what == "cloud":
        failed = False
        for systems in (options.systems,) if options.systems else (1, 3):
            result = asyncio.run(run_cloud(Scenario(days=options.days, systems=systems, seed=options.seed)))
            report_cloud(result)
            failed |= bool(result.failed)
        sys.exit(failed)
    if options.what == "tesla":
        failed = False
        for scenario in scenarios(options.days, options.systems, options.seed):
            outcome = asyncio.run(run_tesla(scenario))
            report_tesla(outcome)
            failed |= bool(outcome.failed)
        sys.exit(failed)
    if options.what == "account":
        failed = False
        for each in account_scenarios(min(options.days, 30.0), options.seed):
            month = asyncio.run(run_account(each))
            report_account(month)
            failed |= bool(month.failed)
        shown = asyncio.run(look_at_account())
        report_shown(shown)
        sys.exit(failed or shown.failed)
    if options.what == "live":
        asyncio.run(_run(options.preset, options.speed, options.minutes, live=True))
        return
    asyncio.run(_measure(options.preset, options.speed, options.minutes))


async def _measure(preset: str, speed: Speed, minutes: float) -> None:
    # In brackets: what Home Assistant's own integration for this gateway was
    # measured at, on a site with current transformers and battery.
    print(f"Set-up, a gateway of {speed} speed        loaded   complete   entities   (Home Assistant's own)")
    for name, own in (("home", ""), ("large", "(1.4 s)")):
        start = await set_up(name, speed)
        print(f"  {name:30} {start.loaded:9.2f} s {start.complete:8.2f} s {start.entities:10}   {own}")
    for name in ("home", "large"):
        start = await set_up(name, Speed.NONE)
        print(f"  {name + ', instant answers':30} {start.loaded:9.2f} s {start.complete:8.2f} s {start.entities:10}")
    await _run(preset, speed, minutes, live=False)


async def _run(preset: str, speed: Speed, minutes: float, *, live: bool) -> None:
    result = await running(preset, speed, minutes, live=live)
    print(f"\nRunning {preset} for {minutes:g} min             measured   (Home Assistant's own)")
    for label, unit, measured, own in (
        ("median age of solar power", "s", result.median_age, "(31)"),
        ("worst age of solar power", "s", result.worst_age, "(64)"),
        ("gateway busy", "%", result.busy, "(6)"),
        ("requests a minute", "", result.requests, "(10)"),
        ("CPU a minute", "s", result.cpu, ""),
        ("states written a minute", "", result.states, ""),
    ):
        print(f"  {label:30} {measured:9.2f} {unit:2}  {own}")
    print("\nRequests a minute by path")
    for path, rate in result.paths.items():
        print(f"  {path:30} {rate:9.2f}")


if __name__ == "__main__":
    main()
