"""What can be asked of the demo."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.presets import PRESETS

from .cities import CITIES

EPILOG = """\
Ctrl-C ends it. Without --config nothing is left behind.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked on the command line."""

    city: str | None
    port: int
    inverters: int | None
    house: str
    config: Path | None
    check: bool
    cloud: bool
    account: bool
    tesla: bool


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Return the options of a command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Show the integration in a real Home Assistant, with a simulated home.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [city.name for city in CITIES]
    parser.add_argument(
        "--city",
        type=str.title,
        choices=names,
        metavar="CITY",
        help=f"instead of one where it is day: {', '.join(names)}",
    )
    parser.add_argument("--port", type=_port, default=8123, help="of Home Assistant (8123)")
    parser.add_argument("--inverters", type=_count, metavar="N", help="instead of the house's own number")
    parser.add_argument("--house", choices=sorted(PRESETS), default="home", help="a preset of the simulator (home)")
    parser.add_argument(
        "--config", type=Path, metavar="DIR", help="keep Home Assistant's configuration here; new or empty at the start"
    )
    parser.add_argument("--cloud", action="store_true", help="also set the home up from its simulated cloud")
    parser.add_argument(
        "--account",
        action="store_true",
        help="let the cloud control the battery, and also set the home up from its owner's simulated Enphase account",
    )
    parser.add_argument("--tesla", action="store_true", help="also set up a second home from a simulated Tesla cloud")
    parser.add_argument("--check", action="store_true", help="start, see that everything is live, say so and end")
    return Options(**vars(parser.parse_args(arguments)))


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError(text)
    return port


def _count(text: str) -> int:
    count = int(text)
    if not 0 < count <= 1000:
        raise ValueError(text)
    return count
