"""Whether each tariff is judged right, and each valid one means the same after it was sent and told back."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
import math
import random
import time
from zoneinfo import ZoneInfo

from custom_components.energy_site.site.tariff.differences import differences
from custom_components.energy_site.site.tariff.judge import Finding, judge
from custom_components.energy_site.site.tariff.model import EnergyTariff
from custom_components.energy_site.site.tariff.prices import CurrentPrice, PriceTable
from custom_components.energy_site.site.tariff.words import from_words
from custom_components.energy_site.vendors.tesla.source.tariff import payload
from custom_components.energy_site.vendors.tesla.source.tariff_content import read, read_given

from .tariff_dice import BREAKS, read_back, valid
from .tariff_judge import Grid, Verdict, Words, grids_of, judged, prices_at

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "UTC")
LEAP_YEAR = datetime(2028, 1, 1, tzinfo=UTC)
MINUTES = 366 * 1440

# How far a change is looked for minute by minute.
_AHEAD = 2 * 1440


@dataclass(slots=True)
class Tally:
    """What was measured, and what was wrong."""

    valid: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    priced: int = 0
    changes: int = 0
    wrong: list[str] = field(default_factory=list)


def measure(count: int, seed: int) -> Tally:
    """Judge so many tariffs, half of them valid; send, read back and price the valid ones."""
    dice = random.Random(seed)
    tally = Tally()
    ways = list(BREAKS)
    for number in range(count):
        words = valid(dice)
        way = ways[number // 2 % len(ways)] if number % 2 else None
        if way is not None:
            # What was broken in other ways before may leave nothing to break in this one.
            others = dice.sample(sorted(BREAKS.keys() - {way, "no_season"}), dice.choice([0, 0, 1, 2]))
            for other in (*others, way):
                BREAKS[other](dice, words)
            tally.broken[way] += 1
        grids = grids_of(words)
        found = judge(from_words(words))
        rules = Counter(str(each.rule) for each in found)
        tally.findings.update(rules)
        verdicts = Counter(map(_verdict, found))
        right = Counter(judged(words, grids))
        if verdicts != right or (way is not None and not others and not rules[way]):
            tally.wrong.append(f"{number} is judged {sorted(map(str, verdicts - right + (right - verdicts)))[:3]}")
        if way is not None:
            _price(dice, words, grids, from_words(words), number, tally)
            continue
        tally.valid += 1
        if found:
            tally.wrong.append(f"{number} is valid and was refused")
        _survive(dice, words, grids, number, tally)
    return tally


def _verdict(found: Finding) -> Verdict:
    return str(found.rule), found.season, found.period, found.day, found.time, found.date


def _survive(dice: random.Random, words: Words, grids: dict[str, Grid], number: int, tally: Tally) -> None:
    wanted = from_words(words)
    sent = json.loads(json.dumps(payload(wanted)))["tou_settings"]["tariff_content_v2"]
    told = read(json.loads(json.dumps(read_back(dice, sent))))
    tally.sent += 1
    given = read_given(sent)
    if given is None or judge(given) or differences(wanted, given):
        tally.wrong.append(f"{number} is another tariff when it is given as it was sent")
    if told is None or differences(wanted, told):
        tally.wrong.append(f"{number} is another tariff when it is read back")
        return
    _price(dice, words, grids, told, number, tally)


def _price(
    dice: random.Random, words: Words, grids: dict[str, Grid], told: EnergyTariff, number: int, tally: Tally
) -> None:
    zone = ZoneInfo(dice.choice(ZONES))
    table = PriceTable(told, zone)
    for minute in dice.sample(range(MINUTES), 50):
        moment = LEAP_YEAR + timedelta(minutes=minute)
        tally.priced += 1
        if not _same(table.at(moment), words, grids, moment, zone):
            tally.wrong.append(f"{number} has another price at {moment} in {zone}")
    # The clocks are changed on a few days only.
    days = [day for day in range(366) if _shift(LEAP_YEAR + timedelta(days=day), zone)]
    for day in (dice.randrange(366), *dice.sample(days, min(1, len(days)))):
        moment = LEAP_YEAR + timedelta(minutes=day * 1440 + dice.randrange(1440))
        # An hour that comes twice equals no other zone's moment.
        changes = told_at.astimezone(UTC) if (told_at := table.at(moment).changes_at) else None
        tally.changes += 1
        if (right := _change(words, grids, moment, zone)) != changes and (
            right is not None or _is_near(changes, moment)
        ):
            tally.wrong.append(f"{number} changes at {right}, not {changes}, after {moment} in {zone}")


def _shift(day: datetime, zone: ZoneInfo) -> bool:
    return day.astimezone(zone).utcoffset() != (day + timedelta(days=1)).astimezone(zone).utcoffset()


def _is_near(changes: datetime | None, moment: datetime) -> bool:
    return changes is not None and changes - moment < timedelta(minutes=_AHEAD)


def _same(price: CurrentPrice, words: Words, grids: dict[str, Grid], moment: datetime, zone: ZoneInfo) -> bool:
    buy, sell, label = prices_at(words, grids, moment.astimezone(zone))
    return label == price.label and _equal(price.buy, buy) and _equal(price.sell, sell)


def _equal(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else math.isclose(one, other, rel_tol=1e-6)


def _change(words: Words, grids: dict[str, Grid], moment: datetime, zone: ZoneInfo) -> datetime | None:
    now = prices_at(words, grids, moment.astimezone(zone))
    for minute in range(1, _AHEAD):
        later = moment + timedelta(minutes=minute)
        if prices_at(words, grids, later.astimezone(zone)) != now:
            return later
    return None


def report(count: int, seed: int) -> bool:
    """Print what was judged and what was wrong; return whether nothing was."""
    started = time.monotonic()
    tally = measure(count, seed)
    print(f"{count} tariffs, {tally.valid} of them valid and {sum(tally.broken.values())} broken")
    print(f"  {'broken by':24} {'tariffs':>8} {'findings':>9}")
    for way, tariffs in tally.broken.items():
        print(f"  {way:24} {tariffs:8} {tally.findings[way]:9}")
    print(f"  sent and read back {tally.sent}, priced {tally.priced} times, next changes {tally.changes}")
    print(f"  wrong {len(tally.wrong)}")
    for wrong in tally.wrong[:20]:
        print(f"    {wrong}")
    print(f"\n{time.monotonic() - started:.0f} s")
    return not tally.wrong
