"""What energy costs by the tariff file, in the shapes that firmware gives it."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

from .reply import Json

_WEEK = "Mon,Tue,Wed,Thu,Fri,Sat,Sun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The tariff that an owner entered in the app: rates per kWh, and seasons as the file has them."""

    single: float = 0.0
    sell: float = 0.0
    seasons: Sequence[Json] = ()
    seasons_sell: Sequence[Json] = ()

    def fields(self) -> dict[str, Json]:
        """Return the fields of the file, which a fault may change."""
        return {
            "single_rate": {"rate": self.single, "sell": self.sell},
            "seasons": deepcopy(list(self.seasons)),
            "seasons_sell": deepcopy(list(self.seasons_sell)),
        }


def group(*periods: tuple[str, int, float], days: str = _WEEK) -> Json:
    """Return the rates of some weekdays: the word, first minute and rate of each period."""
    return {
        "id": "all_days" if days == _WEEK else "some_days",
        "days": days,
        "must_charge_start": 0,
        "must_charge_duration": 0,
        "must_charge_mode": "CG",
        "peak_rule": "DL",
        "enable_discharge_to_grid": False,
        "periods": [{"id": word, "start": start, "rate": rate} for word, start, rate in periods],
    }


def season(*groups: Json, start: str = "1/1", tiers: Sequence[float] = ()) -> Json:
    """Return a season from a month and day on, with the rates of its tiers if there are any."""
    return {
        "id": "all_year_long" if start == "1/1" else f"season_{start}",
        "start": start,
        "days": list(groups),
        "tiers": [
            {"id": f"tier_{number + 1}", "limit": -1 if number + 1 == len(tiers) else 1000, "rate": rate}
            for number, rate in enumerate(tiers)
        ],
    }


NOT_ENTERED = Rates()
FLAT = Rates(single=0.28, sell=0.07)
TIME_OF_USE = Rates(
    single=0.28,
    sell=0.07,
    seasons=[season(group(("filler", 0, 0.24), ("peak-1", 960, 0.36), ("filler", 1260, 0.24)))],
)
# A night that begins in the evening, in single precision, and nothing that is known of selling.
OVERNIGHT = Rates(
    single=0.07999999821186066,
    seasons=[season(group(("period_1", 660, 0.30000001192092896), ("filler", 1320, 0.07999999821186066)))],
)
# Summer and winter, workdays and weekends, and prices for selling that only the cloud has.
SEASONAL = Rates(
    single=0.321370005607605,
    sell=9.899999713525176e-05,
    seasons=[
        season(
            group(("filler", 0, summer), ("mid-pe_k-1", 900, summer + 0.2), ("peak-1_", 960, summer + 0.3), days=days),
            group(("filler", 0, summer), ("peak-1_", 960, summer + 0.1), days="Sun,Sat"),
            start=start,
        )
        for start, summer, days in (("6/1", 0.32, "Mon,Tue,Wed,Thu,Fri"), ("10/1", 0.31, "Fri,Wed,Thu,Mon,Tue"))
    ],
)
TIERED = Rates(single=0.15128, seasons=[season(tiers=(0.15128, 0.1585))])
