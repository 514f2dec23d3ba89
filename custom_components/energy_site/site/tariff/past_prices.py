"""What energy cost and earned in the last days, whatever the tariff is now."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import re
from typing import Any

from .model import Side, amount
from .prices import Price, PriceTable

# A day is read again for at most a month, if its energy is reported late.
_KEPT = timedelta(days=32)

# While Home Assistant restarts, nobody changes a tariff.
_RESTART = timedelta(hours=2)

# More changes than any tariff has in that time, and more than a kWh costs anywhere.
_MOST_SPANS = 2000
_HIGHEST = 1e6

# No site is older, and no correct clock is later.
_FIRST_YEAR, _LAST_YEAR = 2000, 2100

_CODE = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTariff:
    """A tariff that a site has: its prices, and a name that another one with the same prices and currency shares.

    `currency` is an ISO 4217 code, `None` if the tariff names none.
    """

    name: str
    currency: str | None
    table: PriceTable


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSpan:
    """The prices per kWh from `start` to `end`; `None` is not known."""

    start: datetime
    end: datetime
    buy: float | None
    sell: float | None

    def of(self, side: Side) -> float | None:
        """Return the price of one side."""
        return self.buy if side is Side.BUY else self.sell


class PastPrices:
    """The prices of the last days, noted as time passes.

    They begin when the first tariff is seen: what energy cost before isn't known. While Home
    Assistant runs, a tariff counts until another one is seen. The time during which it didn't run
    is priced if the site has the same tariff as before; otherwise, nothing is known of it. A
    tariff in another currency begins anew.
    """

    def __init__(self) -> None:
        """Start without a tariff."""
        self._spans: list[PriceSpan] = []
        self._tariff: SeenTariff | None = None
        self._until: datetime | None = None
        self._name: str | None = None
        self._currency: str | None = None

    @property
    def currency(self) -> str | None:
        """The currency of the prices, `None` as long as none is known."""
        return self._currency

    @property
    def until(self) -> datetime | None:
        """Until when prices were recorded; after a restart, that may be long ago."""
        return self._until

    def since(self, side: Side) -> datetime | None:
        """Return from when on a price of a side is known, which may be from now on."""
        if self._until is None:
            return None
        found = next((span.start for span in self._spans if span.of(side) is not None), None)
        if found is not None:
            return max(found, self._until - _KEPT)
        price = self._tariff.table.at(self._until) if self._tariff is not None else Price()
        return self._until if _believed(price.buy if side is Side.BUY else price.sell) is not None else None

    def see(self, tariff: SeenTariff | None, now: datetime) -> None:
        """Record the tariff that the site has now, `None` for none."""
        if self._tariff is None and tariff is not None and tariff.name == self._name:
            self._tariff = tariff
        self.pass_time(now)
        currency = _code(tariff.currency) if tariff is not None else None
        if currency is None:
            # The prices of before still count for the time in which they applied.
            tariff = None
        elif currency != self._currency:
            self._spans, self._currency = [], currency
        self._tariff, self._name = tariff, tariff.name if tariff is not None else None
        self._until = now

    def resume(self, tariff: SeenTariff, now: datetime) -> None:
        """Continue with the tariff of before, unless Home Assistant has been off for longer than a restart takes."""
        if tariff.name == self._name and self._until is not None and now - self._until <= _RESTART:
            self._tariff = tariff

    def pass_time(self, now: datetime) -> None:
        """Record the prices until now, if the tariff is known."""
        if self._until is None:
            return
        if self._until > now:
            # The clock was wrong.
            self._spans = [replace(span, end=min(span.end, now)) for span in self._spans if span.start < now]
            self._until = now
        if self._tariff is None:
            return
        for start, end, price in self._tariff.table.spans(max(self._until, now - _KEPT), now):
            self._append(PriceSpan(start=start, end=end, buy=_believed(price.buy), sell=_believed(price.sell)))
        del self._spans[:-_MOST_SPANS]
        # A clock that is wrong by far may be set back.
        while self._spans and self._spans[0].end <= now - _KEPT and now - self._until <= _KEPT:
            del self._spans[0]
        self._until = now

    def mean(self, side: Side, start: datetime, end: datetime) -> float | None:
        """Return the mean price over a period, `None` unless all of it is known."""
        found = self._during(side, start, end)
        if not found or len({price for price, _ in found}) == 1:
            return found[0][0] if found else None
        return sum(price * seconds for price, seconds in found) / (end - start).total_seconds()

    def flat(self, side: Side, start: datetime, end: datetime) -> float | None:
        """Return the price over a period, `None` unless all of it is known and the price didn't change."""
        found = self._during(side, start, end)
        return found[0][0] if found and len({price for price, _ in found}) == 1 else None

    def as_dict(self) -> dict[str, Any]:
        """Return the prices as plain JSON data."""
        return {
            "tariff": self._name,
            "currency": self._currency,
            "until": self._until.isoformat() if self._until is not None else None,
            "spans": [[span.start.isoformat(), span.end.isoformat(), span.buy, span.sell] for span in self._spans],
        }

    def restore(self, data: object) -> None:
        """Restore the data of `as_dict`; anything else is nothing."""
        if not isinstance(data, Mapping):
            return
        try:
            until = _moment(data["until"])
            spans = [_span(*span) for span in data["spans"]]
        except KeyError, TypeError, ValueError:
            return
        self._until = until
        name = data.get("tariff")
        self._name = name if isinstance(name, str) else None
        self._currency = _code(data.get("currency"))
        for span in spans[-_MOST_SPANS:]:
            self._append(replace(span, end=min(span.end, until)))

    def _append(self, span: PriceSpan) -> None:
        last = self._spans[-1] if self._spans else None
        if span.start >= span.end or (last is not None and span.start < last.end):
            return
        if last is not None and (last.end, last.buy, last.sell) == (span.start, span.buy, span.sell):
            self._spans[-1] = replace(last, end=span.end)
        else:
            self._spans.append(span)

    def _during(self, side: Side, start: datetime, end: datetime) -> list[tuple[float, float]] | None:
        """Return each price of a period and for how many seconds it applies, `None` unless all of it is known."""
        found: list[tuple[float, float]] = []
        number = max(bisect_right(self._spans, start, key=lambda span: span.start) - 1, 0)
        at = start
        for span in self._spans[number:]:
            price = span.of(side)
            if at >= end or span.start > at or span.end <= at or price is None:
                break
            until = min(span.end, end)
            found.append((price, (until - at).total_seconds()))
            at = until
        return found if at >= end else None


def _span(start: str, end: str, buy: object, sell: object) -> PriceSpan:
    return PriceSpan(start=_moment(start), end=_moment(end), buy=_believed(buy), sell=_believed(sell))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not _FIRST_YEAR <= moment.year < _LAST_YEAR:
        raise ValueError(text)
    return moment


def _believed(price: object) -> float | None:
    """Return a price per kWh, `None` for what is none."""
    found = amount(price)
    return found if found is not None and abs(found) < _HIGHEST else None


def _code(currency: object) -> str | None:
    """Return a currency, `None` for what isn't an ISO 4217 code."""
    return currency if isinstance(currency, str) and _CODE.fullmatch(currency) else None
