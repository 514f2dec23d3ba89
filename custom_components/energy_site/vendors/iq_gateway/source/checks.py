"""Checks whether each answer is plausible for the site before it is processed."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from ..client.models.devices import DeviceReading, InverterReport
from ..client.models.ensemble import Encharge
from ..client.models.status import LiveData
from . import inverters, live, meters
from .admission import INTERVALS, PRODUCTION
from .answers import Answers, GatewayClock
from .battery_power import BatteryAdmission
from .capabilities import Capabilities
from .feeds import (
    BATTERY_POWER,
    DEVICE_DATA,
    ENERGY,
    ENSEMBLE_INVENTORY,
    INVERTERS,
    LIVE_DATA,
    METER_READINGS,
    METERS,
    PRODUCTION_SUMMARY,
)
from .limits import UNKNOWN_SITE, Limits, limits, unit_limits
from .witness import Witnesses, suspicious_lifetimes


class Checks:
    """Replaces impossible values with the last good ones while they are valid, and counts rejected answers."""

    def __init__(self, answers: Answers, stored: dict[str, object], clock: GatewayClock) -> None:
        """Check the answers that the source has `stored`."""
        self.witnesses = Witnesses()
        self._answers = answers
        self._stored = stored
        self._clock = clock
        self._batteries = BatteryAdmission()
        self._live = live.LiveAdmission()
        self._live_good: tuple[datetime, LiveData] | None = None
        self._reports: tuple[InverterReport, ...] = ()
        self._readings: tuple[DeviceReading, ...] = ()
        self._limits = UNKNOWN_SITE
        self._waits = False
        self._refused = 0
        self._by_key: Mapping[str, Callable[[Capabilities, timedelta, datetime], None]] = {
            METER_READINGS.key: self._meters,
            BATTERY_POWER.key: self._battery_power,
            LIVE_DATA.key: self._live_data,
            INVERTERS.key: self._inverters,
            DEVICE_DATA.key: self._device_data,
            ENERGY.key: self._compare,
        }

    @property
    def refused(self) -> int:
        """The number of answers with a power that is impossible for the site, or not current."""
        return self._refused + self._answers.admission.refused + self._batteries.refused

    def take(self, key: str, capabilities: Capabilities, interval: timedelta, now: datetime) -> bool:
        """Check the answer that a feed just received, which is polled every `interval`.

        Returns whether meter readings that waited for it were checked too.
        """
        waited = self._waits
        if (check := self._by_key.get(key)) is not None:
            check(capabilities, interval, now)
        return waited and key == INVERTERS.key and not self._waits

    def limits(self, capabilities: Capabilities) -> Limits:
        """Return the site's limits; those from before a restart apply until the inverters are listed."""
        reports = () if self._answers.lacks(INVERTERS) else self._answers.last(INVERTERS)
        if reports is not None:
            whole = self._answers.asked(PRODUCTION_SUMMARY) and not capabilities.partial_inverter_list
            powers = self._answers.last(BATTERY_POWER) or ()
            self._limits = limits(reports, self._units(), powers, whole_list=whole)
        return self._limits

    def _units(self) -> tuple[Encharge, ...]:
        inventory = self._answers.last(ENSEMBLE_INVENTORY)
        return inventory.batteries if inventory is not None else ()

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        known = {"limits": asdict(self._limits)} if self._limits is not UNKNOWN_SITE else {}
        return {"phases": self._answers.admission.as_dict(), "faults": self.witnesses.as_dict(), **known}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`."""
        self._limits = Limits.restore_from(data.get("limits")) or UNKNOWN_SITE
        for key, load in (("phases", self._answers.admission.restore), ("faults", self.witnesses.restore)):
            if isinstance(found := data.get(key), Mapping):
                load(found)

    def _meters(self, capabilities: Capabilities, interval: timedelta, now: datetime) -> None:
        readings, configs = self._answers.last(METER_READINGS) or (), self._answers.last(METERS) or ()
        bounds = self.limits(capabilities)
        # A power that no ordinary home uses has to be compared with the inverters first.
        self._waits = bounds is UNKNOWN_SITE and any(abs(row.active_power or 0.0) > bounds.load for row in readings)
        if self._waits:
            return
        # Only then is the house's consumption the sum of its meters, all at the same moment.
        closed = (
            capabilities.production_meter
            and capabilities.grid_meter
            and not capabilities.generator
            and (capabilities.storage_meter or not capabilities.any_battery)
        )
        self._answers.admission.take(
            readings,
            configs,
            bounds,
            now,
            interval,
            closed=closed,
            islands=capabilities.controller or capabilities.collar,
            doubted=self.witnesses.doubted,
        )
        self.witnesses.observe_meters(self._answers.admission.sound, readings, configs, bounds, now)

    def _battery_power(self, _: Capabilities, interval: timedelta, now: datetime) -> None:
        found = self._answers.last(BATTERY_POWER) or ()
        key = BATTERY_POWER.key
        self._stored[key], self._answers.held_since[key] = self._batteries.take(
            found, unit_limits(self._units()), now, interval
        )

    def _live_data(self, capabilities: Capabilities, interval: timedelta, now: datetime) -> None:
        if (data := self._answers.last(LIVE_DATA)) is None:
            return
        if self._live.believes(data, capabilities, self.limits(capabilities), now):
            self._live_good = (now, data)
            self._answers.held_since.pop(LIVE_DATA.key, None)
            return
        self._refused += 1
        since, data = now, live.without_flows(data)
        if self._live_good is not None and now - self._live_good[0] <= INTERVALS * interval:
            since, data = self._live_good
        self._stored[LIVE_DATA.key], self._answers.held_since[LIVE_DATA.key] = data, since

    def _inverters(self, capabilities: Capabilities, interval: timedelta, now: datetime) -> None:
        reports = self._answers.last(INVERTERS) or ()
        self._reports, refused = inverters.admit(reports, self._reports)
        self._stored[INVERTERS.key] = self._reports
        self._refused += refused
        if self._waits:
            self._meters(capabilities, interval, now)
        self._compare(capabilities, interval, now)

    def _device_data(self, capabilities: Capabilities, interval: timedelta, now: datetime) -> None:
        if (data := self._answers.last(DEVICE_DATA)) is None:
            return
        self._readings, refused = inverters.admit(data.inverters, self._readings)
        self._stored[DEVICE_DATA.key] = replace(data, inverters=self._readings)
        self._refused += refused
        self._compare(capabilities, interval, now)

    def _compare(self, capabilities: Capabilities, _: timedelta, now: datetime) -> None:
        """Compare the production meter with the inverters, which measure the same power."""
        configs = meters.enabled(self._answers, PRODUCTION)
        eids = {config.eid for config in configs}
        lifetimes = [reading.act_energy_dlvd or 0.0 for reading in self._answers.admission.sound if reading.eid in eids]
        sums = self._answers.last(ENERGY)
        self.witnesses.observe_inverters(
            inverters.fleet(self._answers, self._clock, now).values(),
            now,
            complete=not capabilities.partial_inverter_list,
            suspicious=any(config.status_flags or config.metering_status not in (None, "normal") for config in configs)
            or suspicious_lifetimes(sum(lifetimes) if lifetimes else None, sums.inverters.lifetime if sums else None),
        )
