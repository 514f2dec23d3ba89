"""The tariff of a site as something that can be set."""

from collections.abc import Mapping
from typing import Any, override

from ....site.tariff.model import EnergyTariff
from ....sources.cloud import CloudSource
from ....sources.tariff import Payload, TariffSetting
from ..client.settings import OptimizationStrategy
from . import feeds
from .context import Context
from .tariff import payload
from .tariff_content import content_of, read, read_given


class TeslaTariff(TariffSetting):
    """The tariff of one site."""

    feeds = (feeds.INFO.key,)

    def __init__(self, source: CloudSource[Context]) -> None:
        """Write through the client of `source`."""
        self._source = source

    @property
    @override
    def may_write(self) -> bool:
        return self._source.context.may_write

    @override
    def read(self, structure: Mapping[str, Any]) -> EnergyTariff | None:
        return read_given(structure)

    @override
    def payload(self, tariff: EnergyTariff, strategy: str | None, structure: Mapping[str, Any] | None) -> Payload:
        return payload(tariff, strategy=strategy, given=structure)

    @override
    async def write(self, payload: Payload) -> None:
        context, strategy = self._source.context, payload["tou_settings"].get("optimization_strategy")
        await context.client.set_time_of_use(
            context.site_id, content_of(payload), strategy=OptimizationStrategy(strategy) if strategy else None
        )

    @override
    def stored(self) -> EnergyTariff | None:
        info = self._source.answer(feeds.INFO)
        content = (info.tariff_content_v2 or info.tariff_content) if info is not None else None
        return read(content) if content else None
