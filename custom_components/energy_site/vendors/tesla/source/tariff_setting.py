"""The tariff of a site as something that can be set."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, override

from ....api.errors import ApiRefusedError
from ....site.control import Choice, Control, Trust, Value
from ....site.tariff.differences import Difference, differences
from ....site.tariff.identity import identify
from ....site.tariff.model import EnergyTariff
from ....sources.cloud import CloudSource
from ....sources.tariff import Payload, TariffSetting
from ..client.settings import OptimizationStrategy
from . import feeds
from .context import Context, writing
from .equipment import has_battery
from .tariff import payload
from .tariff_content import content_of, read, read_given

# A site without a tariff reports its first one within this time, or never does.
_FIRST = timedelta(minutes=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """A tariff that may be set, and what is sent for it."""

    value: str
    tariff: EnergyTariff
    payload: Payload
    strategy: str | None


class TeslaTariff(TariffSetting):
    """The tariff of one site."""

    def __init__(self, source: CloudSource[Context]) -> None:
        """Write through the client of `source`."""
        self._source = source
        self._offer: _Offer | None = None
        self._written_at = datetime.min.replace(tzinfo=UTC)
        # What was read of the tariff that the site reported last, and its name, which is the offered one's if it
        # has the same prices.
        self._known: tuple[object, EnergyTariff | None] = (None, None)
        self._named: tuple[EnergyTariff | None, _Offer | None, str] = (None, None, "")

    @property
    @override
    def may_write(self) -> bool:
        return self._source.context.may_write

    @property
    @override
    def strategy(self) -> str | None:
        info = self._source.answer(feeds.INFO)
        return info.tou_settings.optimization_strategy if info is not None else None

    @override
    def read(self, structure: Mapping[str, Any]) -> EnergyTariff | None:
        return read_given(structure)

    @override
    def payload(self, tariff: EnergyTariff, strategy: str | None, structure: Mapping[str, Any] | None) -> Payload:
        return payload(tariff, strategy=strategy, given=structure)

    @override
    def offer(self, tariff: EnergyTariff, payload: Payload) -> str:
        strategy = payload["tou_settings"].get("optimization_strategy")
        value = _named(identify(tariff), strategy or self.strategy)
        self._offer = _Offer(value=value, tariff=tariff, payload=payload, strategy=strategy)
        return value

    @override
    def is_active(self) -> bool:
        return self._offer is not None and self._value() == self._offer.value

    @override
    def differences(self, tariff: EnergyTariff) -> tuple[Difference, ...]:
        return differences(tariff, self._stored())

    def control(self, pauses: tuple[float, ...], lasting: tuple[float, ...]) -> Control | None:
        """Return the control, `None` if the site can't have one; its pauses are those of other settings."""
        info = self._source.answer(feeds.INFO)
        if info is None or not self.may_write or not has_battery(info):
            return None
        before, offer = self._stored(), self._offer
        return Control(
            limits=Choice(options=(offer.value,) if offer is not None else ()),
            value=self._value(),
            write=self._write,
            feeds=(feeds.INFO.key,),
            reached=lambda value: self._is_active(value, before),
            # A different tariff than the one before is the site's own decision.
            taken=lambda _: self._stored() == before,
            pauses=pauses,
            lasting=lasting,
            trust=Trust.ALWAYS,
        )

    def as_dict(self) -> dict[str, Any] | None:
        """Return what is needed to set the offered tariff after a restart, as plain JSON data."""
        return None if self._offer is None else dict(self._offer.payload)

    def restore(self, data: object) -> None:
        """Restore the data of `as_dict`."""
        if not isinstance(data, Mapping) or not isinstance(data.get("tou_settings"), Mapping):
            return
        if (tariff := read_given(data)) is not None and tariff.buy:
            self.offer(tariff, data)

    async def _write(self, value: Value) -> None:
        offer, context = self._offer, self._source.context
        if offer is None or offer.value != value:
            # Nothing is left to send.
            raise ApiRefusedError("time_of_use_settings", 0)
        self._written_at = context.clock()
        with writing():
            await context.client.set_time_of_use(
                context.site_id,
                content_of(offer.payload),
                strategy=OptimizationStrategy(offer.strategy) if offer.strategy else None,
            )

    def _is_active(self, value: Value, before: EnergyTariff | None) -> bool | None:
        """Return whether the site reports a tariff, `None` if it reports none at all, which can't be verified."""
        if (now := self._value()) is not None:
            return now == value
        waits = before is None and self._source.context.clock() < self._written_at + _FIRST
        return False if waits else None

    def _value(self) -> str | None:
        """Return the value for the stored tariff: the offered one's if it has the same prices."""
        stored, offer = self._stored(), self._offer
        if stored is None:
            return None
        if self._named[0] is not stored or self._named[1] is not offer:
            is_offered = offer is not None and not differences(offer.tariff, stored)
            self._named = stored, offer, identify(offer.tariff if offer is not None and is_offered else stored)
        if self.strategy is None and offer is not None and self._named[2] == identify(offer.tariff):
            # A site that doesn't report its strategy is believed to use the one that it accepted.
            return offer.value
        return _named(self._named[2], self.strategy)

    def _stored(self) -> EnergyTariff | None:
        info = self._source.answer(feeds.INFO)
        content = (info.tariff_content_v2 or info.tariff_content) if info is not None else None
        if self._known[0] is not content:
            self._known = content, read(content) if content else None
        return self._known[1]


def _named(name: str, strategy: str | None) -> str:
    return name if strategy is None else f"{name}, {strategy}"
