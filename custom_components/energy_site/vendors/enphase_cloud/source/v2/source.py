"""A system in the Enphase cloud as a source, by the v2 API."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, override

from .....api.errors import ApiError, ApiForbiddenError, ApiNotFoundError, ApiStatusError
from .....site.meters import Meters
from .....site.model import CounterKind, DeviceInfo, EnergyCounters, Health, Inverters, PowerFlow, Quota
from .....site.quota.planner import Planner
from .....sources.budget import SystemBudget
from .....sources.budget_schedule import BudgetSchedule
from .....sources.cloud import CloudFeed, CloudSource, ZoneFinder
from .....sources.feed import Feed
from .....sources.schedule import PROBE_INTERVAL
from .....sources.source import Builder
from ...client.errors import RangeError, RetiredError
from ...client.models.v2 import Envoy, LegacySystem, LegacySystems
from .. import health
from ..v4 import energy
from ..v4.devices import build_inverters, moment
from . import devices, feeds, power
from .feeds import EnlightenContext

# A single unexpected response may be a glitch. Only a lasting one is believed.
_DOUBTED_FOR = timedelta(hours=1)


# The counters of the feeds with intervals, and of those with days.
_INTERVALS = (
    (feeds.STATS, CounterKind.SOLAR),
    (feeds.RGM_STATS, CounterKind.SOLAR),
    (feeds.CONSUMPTION, CounterKind.LOAD),
)
_LIVES = ((feeds.ENERGY_LIFETIME, CounterKind.SOLAR), (feeds.CONSUMPTION_LIFETIME, CounterKind.LOAD))


class GoneError(ApiStatusError):
    """The API doesn't respond as itself, and may have been retired."""


class EnlightenSchedule(BudgetSchedule):
    """Polls v2, rarely once it is retired."""

    def __init__(self, source: EnlightenSource, system: str, planner: Planner) -> None:
        """Poll `source`, registered as `system` with `planner`."""
        super().__init__(source, system, planner)
        self._v2 = source

    @property
    @override
    def lead(self) -> str:
        return feeds.SUMMARY.key

    @override
    def wait(self, key: str, now: datetime) -> timedelta:
        return PROBE_INTERVAL if self._v2.retired(now) else super().wait(key, now)


class EnlightenSource(CloudSource[EnlightenContext]):
    """One system of the Enlighten Systems API v2."""

    feeds: Mapping[str, CloudFeed[EnlightenContext, Any]] = {feed.key: feed for feed in feeds.ALL}

    # This API may be retired, so a sudden denial may apply to everything.
    doubted_for = _DOUBTED_FOR

    def __init__(
        self,
        context: EnlightenContext,
        system: str,
        budget: SystemBudget,
        find_zone: ZoneFinder,
    ) -> None:
        """Poll `system`, with days in the context's time zone until its own is known."""
        super().__init__(context, system, budget, context.client.recorded, find_zone)
        self.schedule = EnlightenSchedule(self, system, budget.planner)
        self.gone_since: datetime | None = None
        self._builders = self._make_builders()

    @property
    @override
    def bearable(self) -> bool:
        return isinstance(self.outage, GoneError)

    @property
    @override
    def device(self) -> DeviceInfo:
        known = self.answer(feeds.INVENTORY)
        gateway = next(iter(known.envoys), None) if known is not None else None
        if gateway is None:
            return DeviceInfo(serial=self.system, model="Enphase system")
        part = next((envoy.part_number for envoy in self._envoys() if envoy.serial_number == gateway.sn), None)
        return DeviceInfo(serial=gateway.sn, model=gateway.model or "Envoy", model_id=part or gateway.sku)

    @property
    @override
    def gateway_serials(self) -> frozenset[str]:
        """The serial numbers of the system's gateways, by which a local entry is recognized as the same site."""
        known = self.answer(feeds.INVENTORY)
        listed = {device.sn for device in known.envoys} if known is not None else set()
        return frozenset(listed | {envoy.serial_number for envoy in self._envoys()})

    @property
    def metered(self) -> bool:
        """Whether a meter measures the production."""
        return feeds.metered(self)

    @property
    @override
    def builders(self) -> tuple[Builder, ...]:
        return self._builders

    def retired(self, now: datetime) -> bool:
        """Return whether something other than the API has responded for too long to be a glitch."""
        return self.gone_since is not None and now - self.gone_since >= _DOUBTED_FOR

    @override
    def as_dict(self) -> dict[str, Any]:
        return {
            **super().as_dict(),
            "gone_since": self.gone_since.isoformat() if self.gone_since else None,
        }

    @override
    def restore(self, data: Mapping[str, Any]) -> None:
        self.gone_since = _time(data.get("gone_since"))
        super().restore(data)

    @override
    async def _fetch(self, feed: Feed, now: datetime) -> object:
        try:
            answer = await super()._fetch(feed, now)
        except (ApiForbiddenError, ApiNotFoundError) as err:
            if isinstance(err, RetiredError) or feed.key in _refusers(err):
                raise self._missed(feed, err, now) from err
            raise
        except RangeError as err:
            # The system has been silent for the whole requested period.
            raise ApiNotFoundError(err.endpoint, err.status) from err
        if feed.key == self.lead:
            self.gone_since = None
        if isinstance(answer, LegacySystems) and (system := self._own(answer)) is not None and system.timezone:
            await self._move(system.timezone)
        return answer

    def _missed(self, feed: Feed, error: ApiStatusError, now: datetime) -> GoneError:
        if feed.key == self.lead and self.gone_since is None:
            self.gone_since = now
        return GoneError(error.endpoint, error.status)

    @override
    async def _is_out(self, error: ApiError) -> bool:
        return isinstance(error, GoneError) or await super()._is_out(error)

    @override
    def _end_outage(self, key: str) -> None:
        # Requests in progress when the lead feed found the API retired get the same result.
        if self.gone_since is None:
            super()._end_outage(key)

    @override
    def _observe(self, feed: Feed, now: datetime) -> None:
        counters, zone, key = self.counters, self.zone, feed.key
        if key == feeds.SUMMARY.key and (summary := self.answer(feeds.SUMMARY)) is not None:
            energy.record_summary(counters, summary)
        for telemetry_of, kind in _INTERVALS:
            if key == telemetry_of.key and (telemetry := self.answer(telemetry_of)) is not None:
                energy.record_day(counters, kind, telemetry, zone)
        for life_of, kind in _LIVES:
            # Solar energy is counted from the summary, which includes energy from before the daily series.
            counted = kind is CounterKind.SOLAR and counters.of(kind).through is not None
            if key == life_of.key and not counted and (life := self.answer(life_of)) is not None:
                energy.record_life(counters, kind, life, zone)
        self._handle_restored(self.feeds[key])

    @override
    def _handle_restored(self, feed: CloudFeed[EnlightenContext, Any]) -> None:
        if feed.key in (feeds.INVENTORY.key, feeds.ENVOYS.key):
            self.context.gateway = next(iter(sorted(self.gateway_serials)), None)

    def _make_builders(self) -> tuple[Builder, ...]:
        made_of, fresh, known = self._builder, self.current, self.answer
        return (
            made_of(
                PowerFlow,
                (feeds.SUMMARY, feeds.CONSUMPTION),
                lambda now: power.build(fresh(feeds.SUMMARY, now), fresh(feeds.CONSUMPTION, now), now),
            ),
            made_of(
                EnergyCounters,
                (
                    feeds.SUMMARY,
                    feeds.STATS,
                    feeds.RGM_STATS,
                    feeds.CONSUMPTION,
                    feeds.CONSUMPTION_LIFETIME,
                    feeds.ENERGY_LIFETIME,
                ),
                self._counters,
            ),
            made_of(
                Inverters,
                (feeds.INVERTERS, feeds.INVENTORY),
                lambda now: build_inverters(
                    fresh(feeds.INVERTERS, now),
                    devices.as_devices(known(feeds.INVENTORY), known(feeds.ENVOYS)),
                    self.answered_at(feeds.INVERTERS, feeds.INVENTORY),
                ),
            ),
            made_of(
                Meters,
                (feeds.READINGS, feeds.INVENTORY),
                lambda _: devices.build_meters(
                    known(feeds.INVENTORY), known(feeds.READINGS), self.answered_at(feeds.READINGS, feeds.INVENTORY)
                ),
            ),
            made_of(Health, feeds.ALL, self._health),
            made_of(Quota, feeds.ALL, self._quota),
        )

    @override
    def _quota(self, now: datetime) -> Quota:
        quota = super()._quota(now)
        return replace(quota, next_update=None) if self.retired(now) else quota

    def _counters(self, now: datetime) -> EnergyCounters | None:
        # Today's energy alone would be taken for the lifetime, and the lifetime that follows for a jump.
        counts = {
            kind: count
            for kind, count in self.counters.counts(now.astimezone(self.zone).date()).items()
            if self.counters.of(kind).through is not None or not self._awaits_life(kind)
        }
        return EnergyCounters(observed_at=now, counts=counts, rejected=0) if counts else None

    def _awaits_life(self, kind: CounterKind) -> bool:
        state = self.states[(feeds.SUMMARY if kind is CounterKind.SOLAR else feeds.CONSUMPTION_LIFETIME).key]
        return state.answered_at is None and state.presence.answers

    def _health(self, now: datetime) -> Health:
        summary, system = self.answer(feeds.SUMMARY), self._own(self.answer(feeds.SYSTEM))
        return health.build(
            self,
            now,
            words=(
                (feeds.SUMMARY, summary.status if summary is not None else None),
                (feeds.SYSTEM, system.status if system is not None else None),
            ),
            gateways=[envoy.status != "comm" for envoy in self._envoys() if envoy.status],
            reported_at=self.reported_at(),
        )

    @override
    def reported_at(self) -> datetime | None:
        summary, system = self.answer(feeds.SUMMARY), self._own(self.answer(feeds.SYSTEM))
        answers = (summary, system, *self._envoys())
        stamps = [each.last_report_at for each in answers if each is not None and each.last_report_at]
        return moment(max(stamps, default=None))

    def _envoys(self) -> tuple[Envoy, ...]:
        return self.answer(feeds.ENVOYS) or ()

    def _own(self, answer: LegacySystems | None) -> LegacySystem | None:
        systems = answer.systems if answer is not None else ()
        return next((system for system in systems if system.system_id == self.context.system_id), None)


def _refusers(error: ApiStatusError) -> frozenset[str]:
    """Return the feeds that are never rejected in this way while the API exists."""
    if isinstance(error, ApiForbiddenError):
        return frozenset(feed.key for feed in feeds.ALL) - feeds.PERMITTED
    return feeds.EVERYBODYS


def _time(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
