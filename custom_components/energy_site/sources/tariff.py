"""The tariff of a site as something to set: a control whose values are whole tariffs."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from ..site.control import ControlKey, ControlName
from ..site.tariff.differences import Difference
from ..site.tariff.model import EnergyTariff

TARIFF = ControlName(None, ControlKey.TARIFF)

type Payload = Mapping[str, Any]


class TariffSetting(ABC):
    """The tariff of a site, which is set by the control `TARIFF` once it was offered to it.

    No service stores a tariff as it was sent, so the price of each minute decides whether it is
    active.
    """

    @property
    @abstractmethod
    def may_write(self) -> bool:
        """Whether the owner allowed changes."""

    @property
    @abstractmethod
    def strategy(self) -> str | None:
        """How the site uses its tariff, `None` if it doesn't say."""

    @abstractmethod
    def read(self, structure: Mapping[str, Any]) -> EnergyTariff | None:
        """Return the tariff of the service's own structure, `None` for anything else."""

    @abstractmethod
    def payload(self, tariff: EnergyTariff, strategy: str | None, structure: Mapping[str, Any] | None) -> Payload:
        """Return what is sent for a tariff; of a `structure` also what a tariff doesn't say.

        Raises `TwoPricesError` for a label with two prices in a season.
        """

    @abstractmethod
    def offer(self, tariff: EnergyTariff, payload: Payload) -> str:
        """Return the value of the control for a tariff, which replaces one that was offered before."""

    @abstractmethod
    def is_active(self) -> bool:
        """Return whether the site reports the prices of the offered tariff, and the strategy that was sent with it."""

    @abstractmethod
    def differences(self, tariff: EnergyTariff) -> tuple[Difference, ...]:
        """Return where the prices that the service reported last differ from those of a tariff."""


class TwoPricesError(ValueError):
    """A label has two prices in one season, which the service can't store."""

    def __init__(self, season: str, label: str, prices: Iterable[float]) -> None:
        """Keep the place and the prices."""
        self.season, self.label, self.prices = season, label, tuple(prices)
        super().__init__(f"{label} in {season}: {', '.join(f'{price:g}' for price in self.prices)}")
