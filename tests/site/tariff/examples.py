"""Tariffs that keep all rules, to be broken by a test."""

from copy import deepcopy
from typing import Any

from custom_components.energy_site.site.tariff.model import EnergyTariff
from custom_components.energy_site.site.tariff.words import from_words

type Words = dict[str, Any]

NIGHT = {"label": "OFF_PEAK", "start": "21:00", "end": "07:00", "buy": 0.15, "sell": 0.05}
DAY = {"label": "ON_PEAK", "start": "07:00", "end": "21:00", "buy": 0.32, "sell": 0.08}
ALWAYS = {"label": "OFF_PEAK", "start": "00:00", "end": "00:00", "buy": 0.2, "sell": 0.05}
WORDS: Words = {
    "name": "Night saver",
    "utility": "Stadtwerke",
    "currency": "EUR",
    "daily_charge": 0.4,
    "seasons": [
        {"name": "Summer", "start": "04-01", "end": "10-31", "periods": [ALWAYS]},
        {"name": "Winter", "start": "11-01", "end": "03-31", "periods": [NIGHT, DAY]},
    ],
}


def words(**changes: Any) -> Words:
    """Return a valid tariff of two seasons with other values."""
    return deepcopy(WORDS) | changes


def of_year(*periods: Words, **changes: Any) -> Words:
    """Return a tariff whose only season is the year."""
    season = {"name": "Year", "start": "01-01", "end": "12-31", "periods": list(periods)}
    return words(seasons=[season], **changes)


def tariff(written: Words = WORDS) -> EnergyTariff:
    """Return what the words mean."""
    return from_words(written)
