"""Writes a tariff and verifies it by the price of each minute, as no service stores one as it was sent."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..api.errors import ApiConnectionError, ApiError, ApiPayloadError, ApiStatusError
from ..site.quota.demand import Purpose
from ..site.tariff.differences import Difference, differences
from ..site.tariff.model import EnergyTariff
from .budget import with_purpose

# A tariff is usually stored within seconds; the caller waits for 45 s at most.
_PAUSES = (1.0, 2.0, 4.0, 8.0, 10.0, 20.0)

type Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffResult:
    """What became of a tariff: how the stored one differs, and whether that is still the one from before."""

    differences: tuple[Difference, ...] = ()
    unchanged: bool = False

    @property
    def confirmed(self) -> bool:
        """Whether the tariff is stored."""
        return not self.differences


class TariffSetting(ABC):
    """The tariff of a site as a service stores it."""

    feeds: ClassVar[tuple[str, ...]]
    """The feeds that report the stored tariff."""

    @property
    @abstractmethod
    def may_write(self) -> bool:
        """Whether the owner allowed changes."""

    @abstractmethod
    def read(self, structure: Mapping[str, Any]) -> EnergyTariff | None:
        """Return the tariff of the service's own structure, `None` for anything else."""

    @abstractmethod
    def payload(self, tariff: EnergyTariff, strategy: str | None, structure: Mapping[str, Any] | None) -> Payload:
        """Return what is sent for a tariff; of a `structure` also what a tariff doesn't say.

        Raises `TwoPricesError` for a label with two prices in a season.
        """

    @abstractmethod
    async def write(self, payload: Payload) -> None:
        """Send a tariff; raises an `ApiError`."""

    @abstractmethod
    def stored(self) -> EnergyTariff | None:
        """Return the tariff that the service reported last."""


class TwoPricesError(ValueError):
    """A label has two prices in one season, which the service can't store."""

    def __init__(self, season: str, label: str, prices: Iterable[float]) -> None:
        """Keep the place and the prices."""
        self.season, self.label, self.prices = season, label, tuple(prices)
        super().__init__(f"{label} in {season}: {', '.join(f'{price:g}' for price in self.prices)}")


async def set_tariff(
    setting: TariffSetting,
    tariff: EnergyTariff,
    payload: Payload,
    *,
    poll: Callable[[str], Awaitable[None]],
    sleep: Callable[[float], Awaitable[None]],
) -> TariffResult:
    """Write a tariff and wait until it is stored.

    If the answer is lost, the stored tariff decides whether it is written once more. Raises an
    `ApiError` if the service rejects it.
    """
    before = setting.stored()
    try:
        await _write(setting, payload)
    except ApiError as err:
        if not _is_open(err):
            raise
        await _look(setting, poll)
        if differences(tariff, setting.stored()):
            await _write(setting, payload)
    found = setting.stored()
    for pause in _PAUSES:
        await _look(setting, poll)
        found = setting.stored()
        if not differences(tariff, found):
            return TariffResult()
        await sleep(pause)
    await _look(setting, poll)
    found = setting.stored()
    return TariffResult(differences=differences(tariff, found), unchanged=found == before)


async def _write(setting: TariffSetting, payload: Payload) -> None:
    with with_purpose(Purpose.WRITE):
        await setting.write(payload)


async def _look(setting: TariffSetting, poll: Callable[[str], Awaitable[None]]) -> None:
    for key in setting.feeds:
        await poll(key)


def _is_open(error: ApiError) -> bool:
    """Return whether a failed write may have been processed."""
    if isinstance(error, ApiStatusError):
        return error.status >= 500
    return isinstance(error, ApiConnectionError | ApiPayloadError)
