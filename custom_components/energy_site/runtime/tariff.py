"""Sets a site's tariff on a user's request: judged before anything is sent, and verified afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_exception_message
from homeassistant.util.json import JsonValueType

from ..const import DOMAIN
from ..site.control import ControlError, Failure
from ..site.tariff.differences import Difference
from ..site.tariff.judge import Finding, Rule, judge
from ..site.tariff.model import EnergyTariff, Side
from ..site.tariff.words import TariffWordsError, from_words
from ..sources.control_queue import ControlQueue
from ..sources.source import Source
from ..sources.tariff import TARIFF, Payload, TariffSetting, TwoPricesError

CONF_STRATEGY: Final = "strategy"
CONF_TARIFF: Final = "tariff"

_MESSAGES = {
    Rule.OVERLAP: "tariff_overlap",
    Rule.GAP: "tariff_gap",
    Rule.PRICE_WITHOUT_TIME: "tariff_price_without_time",
    Rule.TIME_WITHOUT_PRICE: "tariff_time_without_price",
    Rule.NEGATIVE_PRICE: "tariff_negative_price",
    Rule.BUY_BELOW_SELL: "tariff_buy_below_sell",
    Rule.CURRENCY: "tariff_currency",
    Rule.NO_SEASON: "tariff_no_season",
}

# An error message lists no more places than a user can read.
_MOST_PLACES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTariff:
    """A tariff, what was found in it, and what is sent if nothing forbids it."""

    setting: TariffSetting
    tariff: EnergyTariff
    findings: tuple[Finding, ...]
    payload: Payload | None

    @property
    def sound(self) -> bool:
        """Whether it may be sent."""
        return self.payload is not None and all(finding.warning for finding in self.findings)


async def async_judge_tariff(hass: HomeAssistant, source: Source, data: Mapping[str, Any]) -> JudgedTariff:
    """Return the tariff of an action's data.

    Raises a translated error if the site has no tariff or the tariff can't be read.
    """
    if (setting := source.tariff) is None:
        raise _mistake("no_tariff")
    structure = data.get(CONF_TARIFF)
    try:
        tariff = from_words(data) if structure is None else setting.read(structure)
    except TariffWordsError as err:
        raise _mistake("tariff_unreadable", places=_listed(map(str, err.problems))) from err
    if tariff is None:
        raise _mistake("tariff_unreadable", places=CONF_TARIFF)
    # A tariff of ten thousand periods takes a while.
    findings = await hass.async_add_executor_job(judge, tariff)
    try:
        payload = await hass.async_add_executor_job(setting.payload, tariff, data.get(CONF_STRATEGY), structure)
    except TwoPricesError as err:
        if all(finding.warning for finding in findings):
            prices = ", ".join(f"{price:g}" for price in err.prices)
            raise _mistake("tariff_two_prices", season=err.season, period=err.label, prices=prices) from err
        payload = None
    return JudgedTariff(setting=setting, tariff=tariff, findings=findings, payload=payload)


async def async_set_tariff(judged: JudgedTariff, controls: ControlQueue) -> bool:
    """Send a sound tariff, and return whether it is active already.

    Raises a translated error if it may not be sent or a different one becomes active, and the
    `ControlError` of any other failure.
    """
    setting, tariff = judged.setting, judged.tariff
    if not judged.setting.may_write:
        raise _mistake("changes_not_allowed")
    if judged.payload is None or not judged.sound:
        raise _mistake("tariff_unsound", findings=_listed(map(message, judged.findings)))
    try:
        await controls.set(TARIFF, setting.offer(tariff, judged.payload))
    except ControlError as err:
        if err.failure is not Failure.IGNORED or not setting.differences(tariff):
            raise
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="tariff_differs",
            translation_placeholders={"places": _listed(map(_place_of_difference, setting.differences(tariff)))},
        ) from err
    return controls.pending(TARIFF) is None and setting.is_active()


def findings_as_dicts(findings: Iterable[Finding]) -> list[JsonValueType]:
    """Return findings for the response of an action."""
    return [
        {
            "rule": finding.rule.value,
            "season": finding.season,
            "period": finding.period,
            "day": finding.day,
            "time": finding.time,
            "message": message(finding),
            "warning": finding.warning,
        }
        for finding in findings
    ]


def message(finding: Finding) -> str:
    """Return what a finding means."""
    placeholders = {
        "place": _place(finding),
        "season": finding.season or "?",
        "period": finding.period or "?",
        "other": finding.other or "?",
        "value": "?" if finding.value is None else f"{finding.value}",
        "more": str(finding.more),
    }
    text = async_get_exception_message(DOMAIN, _key(finding), placeholders)
    more = async_get_exception_message(DOMAIN, "tariff_more", placeholders) if finding.more else ""
    return f"{text}. {more}" if more else text


def _key(finding: Finding) -> str:
    if finding.rule is Rule.CURRENCY and finding.value is None:
        return "tariff_no_currency"
    if finding.rule is Rule.CURRENCY and finding.warning:
        return "tariff_other_currency"
    if finding.rule is Rule.TIME_WITHOUT_PRICE and finding.side is Side.SELL:
        return "tariff_time_without_sell_price"
    if finding.rule is not Rule.SEASON_COVER:
        return _MESSAGES[finding.rule]
    if finding.season is None:
        return "tariff_season_gap"
    return "tariff_season_overlap" if finding.other is not None else "tariff_season_date"


def _place(finding: Finding) -> str:
    dates = " to ".join(text for text in (finding.date, finding.until_date) if text is not None)
    begin = " ".join(text for text in (finding.day, finding.time) if text is not None)
    end = finding.until_time if finding.until_day == finding.day else f"{finding.until_day} {finding.until_time}"
    times = f"{begin} to {end}" if finding.until_time is not None else begin
    found = [text for text in (finding.season, finding.period, dates, times) if text]
    return ", ".join(found) or "?"


def _place_of_difference(each: Difference) -> str:
    season = each.season or each.date
    wanted, found = (("none" if price is None else f"{price:g}") for price in (each.wanted, each.found))
    return f"{season}, {each.side}, {each.day} {each.time} to {each.until}: {found} ({wanted})"


def _listed(texts: Iterable[str]) -> str:
    listed = list(texts)
    return "; ".join([*listed[:_MOST_PLACES], *(["…"] if len(listed) > _MOST_PLACES else [])])


def _mistake(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)
