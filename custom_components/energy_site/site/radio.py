"""How well devices reach their gateway by radio."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """The level of communication on each band, from 0 to 5."""

    sub_ghz: float | None = None
    ghz_2_4: float | None = None
