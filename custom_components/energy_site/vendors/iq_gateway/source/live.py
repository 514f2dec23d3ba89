"""Power by the second: turned on at the user's request, monitored, and ended after a time."""

from dataclasses import replace
from datetime import datetime, timedelta

from ....api.errors import ApiError, ApiForbiddenError, ApiNotFoundError
from ....site.model import Flow, LivePower, PowerFlow
from ..client import endpoints
from ..client.client import IqGatewayClient
from ..client.models.status import LiveData, LiveFlow
from ..client.stream import MeterFrame, MeterStream
from .admission import SHARE, Coherence
from .answers import Answers
from .capabilities import Capabilities
from .feeds import LIVE_DATA, METERS
from .limits import Limits
from .power import balance, taken

# The gateway ends the stream automatically; arming it more often doesn't help.
_REARM = timedelta(minutes=1)

# Values that haven't changed for this long aren't live.
_STALE = timedelta(seconds=5)

# While no values arrive, the gateway is only polled occasionally.
_IDLE_INTERVAL = timedelta(seconds=15)
_GIVEN_UP = timedelta(seconds=30)
_FAILURES = 3

# Frames arrive every second; gateways under load pause for some seconds.
_FRAME_WITHIN = 4.0

_NOTHING = LiveFlow(power_mw=None, phases_mw=())


class Live:
    """Requests live data while it is turned on, from the meters' stream if that is enough for the site."""

    def __init__(self, lasts: timedelta) -> None:
        """End live power automatically after `lasts`."""
        self._lasts = lasts
        self._until: datetime | None = None
        self._began: datetime | None = None
        self._armed_at: datetime | None = None
        self._updated: int | None = None
        self._moved_at: datetime | None = None
        self._stream: MeterStream | None = None
        self._stream_refused = False

    def begin(self, now: datetime) -> None:
        """Turn on live power."""
        self._began, self._until = now, now + self._lasts
        self._armed_at = self._moved_at = None

    async def end(self) -> None:
        """Turn off live power, so that the meters are polled at their usual interval again."""
        self._until = None
        await self._close_stream()

    def on(self, now: datetime) -> bool:
        """Return whether live power is turned on."""
        return self._until is not None and now < self._until

    def flowing(self, now: datetime) -> bool:
        """Return whether values arrive."""
        return self.on(now) and self._moved_at is not None and now - self._moved_at <= _STALE

    def wait(self, interval: timedelta, failures: int, now: datetime) -> timedelta:
        """Return how long to wait for the next values."""
        last = self._moved_at or self._began
        given_up = failures > _FAILURES or (last is not None and now - last > _GIVEN_UP)
        return max(interval, _IDLE_INTERVAL) if given_up else interval

    def forget_refusal(self) -> None:
        """Try the stream again, such as after a firmware update."""
        self._stream_refused = False

    def part(self, now: datetime) -> LivePower:
        """Build the part."""
        on = self.on(now)
        return LivePower(observed_at=now, on=on, until=self._until if on else None, flowing=self.flowing(now))

    async def ask(self, client: IqGatewayClient, capabilities: Capabilities, now: datetime) -> LiveData:
        """Return the newest values, from the stream or the status."""
        if not self.on(now):
            await self._close_stream()
            return await client.get(endpoints.LIVE_DATA)
        if not (self._stream_refused or capabilities.any_battery or capabilities.generator):
            frame = await self._frame(client)
            if frame is not None:
                self._moved_at = now
                return _as_live_data(frame)
        if not self.on(now):
            return await client.get(endpoints.LIVE_DATA)
        return await self._status(client, now)

    async def _status(self, client: IqGatewayClient, now: datetime) -> LiveData:
        if self._armed_at is None:
            await self._arm(client, now)
        live = await client.get(endpoints.LIVE_DATA)
        if not live.streaming and self._armed_at is not None and now - self._armed_at >= _REARM:
            await self._arm(client, now)
        if live.streaming and live.last_update != self._updated:
            self._updated, self._moved_at = live.last_update, now
        return live

    async def _arm(self, client: IqGatewayClient, now: datetime) -> None:
        self._armed_at = now
        await client.send(endpoints.SET_LIVE_STREAM, {"enable": 1})

    async def _frame(self, client: IqGatewayClient) -> MeterFrame | None:
        """Return the stream's newest frame, `None` if this gateway only streams to installers, or not now."""
        try:
            if self._stream is None or self._stream.ended:
                await self._close_stream()
                self._stream = await client.open_stream(endpoints.METER_STREAM)
            return await self._stream.frame(_FRAME_WITHIN)
        except ApiForbiddenError, ApiNotFoundError:
            self._stream_refused = True
        except ApiError:
            await self._close_stream()
        return None

    async def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()


class LiveAdmission:
    """Decides whether live data is plausible for the site."""

    def __init__(self) -> None:
        """Start without earlier data."""
        self._coherence = Coherence()

    def believes(self, data: LiveData, capabilities: Capabilities, limits: Limits, now: datetime) -> bool:
        """Return whether live data is plausible."""
        solar, grid, battery, load, generator = (
            None if flow.power_mw is None else flow.power_mw / 1000
            for flow in (data.solar, data.grid, data.battery, data.load, data.generator)
        )
        bounds = (
            (solar, limits.night, limits.solar),
            (grid, -limits.site, limits.site),
            (battery, -limits.battery, limits.battery),
            (generator, -limits.site, limits.site),
            # Without a production meter, the gateway leaves the production out of its own sum.
            (load, -limits.tolerance if capabilities.production_meter else -limits.site, limits.site),
        )
        possible = all(power is None or low <= power <= high for power, low, high in bounds)
        coherent = None
        if load is not None and grid is not None:
            terms = [power for power in (grid, solar, battery, generator) if power is not None]
            allowed = max(limits.tolerance, SHARE * max(map(abs, terms)))
            coherent = abs(sum(terms) - load) <= allowed and all(
                _phases_agree(flow, allowed) for flow in (data.solar, data.grid, data.battery, data.load)
            )
        return self._coherence.allows(now, coherent=coherent) and possible


def _phases_agree(flow: LiveFlow, allowed: float) -> bool:
    known = [phase / 1000 for phase in flow.phases_mw if phase is not None]
    return flow.power_mw is None or not known or abs(sum(known) - flow.power_mw / 1000) <= allowed


def without_flows(data: LiveData) -> LiveData:
    """Return live data without its implausible powers."""
    return replace(data, solar=_NOTHING, battery=_NOTHING, grid=_NOTHING, load=_NOTHING, generator=_NOTHING)


def flows(
    live: Live, answers: Answers, capabilities: Capabilities, polled: PowerFlow, now: datetime
) -> PowerFlow | None:
    """Return the flows from live data, `None` while no values arrive.

    Missing flows are taken from `polled`, those of the meters and devices.
    """
    data, at = answers.current(LIVE_DATA, now), answers.at(LIVE_DATA)
    if data is None or at is None or not live.flowing(now):
        return None
    phases = max((meter.phase_count for meter in answers.last(METERS) or () if meter.enabled), default=1)

    def flow(live_flow: LiveFlow) -> Flow | None:
        return _flow(live_flow, phases, at)

    # Flows without a meter are sent as zero.
    whole = capabilities.production_meter and (capabilities.grid_meter or capabilities.load_meter)
    newest = PowerFlow(
        observed_at=at,
        solar=flow(data.solar) if capabilities.production_meter else None,
        grid=flow(data.grid) if whole or capabilities.grid_meter else None,
        battery=flow(data.battery) if capabilities.any_battery else None,
        generator=flow(data.generator) if capabilities.generator else None,
    ).filled_up(polled)
    measured = flow(data.load) if whole else None
    load = taken(measured) if measured is not None else balance(newest, answers, capabilities)
    return replace(newest, load=load)


def _flow(flow: LiveFlow, phases: int, at: datetime) -> Flow | None:
    """Return a flow with the phases that the site has, as three are always sent."""
    if flow.power_mw is None:
        return None
    sent = flow.phases_mw[:phases] if phases > 1 else ()
    return Flow(
        power=flow.power_mw / 1000,
        phases=tuple(None if phase is None else phase / 1000 for phase in sent),
        observed_at=at,
    )


def _as_live_data(frame: MeterFrame) -> LiveData:
    return LiveData(
        streaming=True,
        last_update=None,
        state_of_charge=None,
        main_relay_state=None,
        solar=_live_flow(frame.production),
        battery=_NOTHING,
        grid=_live_flow(frame.net_consumption),
        load=_live_flow(frame.total_consumption),
        generator=_NOTHING,
    )


def _live_flow(powers: tuple[float | None, ...] | None) -> LiveFlow:
    known = [power for power in powers or () if power is not None]
    if not known or powers is None:
        return _NOTHING
    return LiveFlow(
        power_mw=1000 * sum(known), phases_mw=tuple(None if power is None else 1000 * power for power in powers)
    )
