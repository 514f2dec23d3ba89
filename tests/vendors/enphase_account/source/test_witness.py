"""The gateway's own entry as the witness of what the account sets: it knows in seconds what the cloud tells in minutes."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

import pytest

from custom_components.energy_site.site.control import ChangeKind, Control, ControlName, Failure, Flag, Range, Value
from custom_components.energy_site.site.model import Settings
from simulator.enphase_account import AccountHome, Ending, HomeDetails, Setting, paths

from .conftest import MakeHome
from .home import Helm

KEYS = {"backup_reserve": "reserve", "charge_from_grid": "charge_from_grid"}


@dataclass(slots=True)
class Gateway:
    """A gateway on the network, which shows what governs the battery whenever it is asked."""

    home: AccountHome
    present: bool = True
    looks: int = 0
    expected: list[tuple[ControlName, Value]] = field(default_factory=list)
    brought: set[str] = field(default_factory=set)

    def control(self, name: ControlName) -> Control | None:
        """Return what is in force, `None` while the gateway doesn't respond."""
        if not self.present or name.key not in KEYS:
            return None
        value = getattr(self.home.settings.in_force, KEYS[name.key])

        async def write(_: Value) -> None:
            raise AssertionError("the gateway would ignore this")

        limits = Flag() if isinstance(value, bool) else Range(minimum=0, maximum=100)
        return Control(limits=limits, value=value, write=write, feeds=())

    def expect(self, name: ControlName, value: Value, brings: Iterable[str] = ()) -> None:
        """Note what is about to change."""
        self.expected.append((name, value))
        self.brought |= set(brings)

    async def look(self, *_: ControlName) -> None:
        """Count a look, in which the gateway lives until now."""
        self.looks += 1
        self.home.advance(self.home.house.time + 5)


@pytest.fixture
async def helm(make_home: MakeHome) -> AsyncIterator[Helm]:
    """Return the controls of a home whose reports take a quarter of an hour."""
    home = await make_home(details=HomeDetails(disclaimer_accepted=True), readings=False)
    home.home.uploads.interval = 900
    await home.settle()
    home.clock.advance(120)
    helm = Helm(home)
    yield helm
    helm.queue.stop()


@pytest.fixture
def gateway(helm: Helm) -> Gateway:
    """Return the witness of those controls."""
    gateway = Gateway(helm.home.home)
    helm.home.source.witness = lambda: gateway
    helm.queue.observe()
    return gateway


@pytest.mark.parametrize(("key", "value"), [("backup_reserve", 35), ("charge_from_grid", True)])
async def test_the_gateway_ends_a_change_before_the_cloud_knows_of_it(
    helm: Helm, gateway: Gateway, key: str, value: Value
) -> None:
    helm.home.home.set_endings(apply_after=15)
    assert await helm.set(key, value) <= 25
    assert helm.told(key) == [ChangeKind.CHANGED]
    assert helm.value(key) == value
    assert gateway.expected == [(ControlName(None, key), value)]
    # The cloud still shows the old value, which is nobody's change.
    assert getattr(helm.home.home.settings.shown, KEYS[key]) != value
    await helm.poll(after=10)
    assert helm.value(key) == value
    assert helm.told(key) == [ChangeKind.CHANGED]


async def test_the_gateway_is_told_of_each_change_and_of_what_a_profile_brings(helm: Helm, gateway: Gateway) -> None:
    helm.home.home.set_endings(apply_after=5, shown_after=0)
    await helm.set("shutdown_level", 15)
    assert (gateway.expected, gateway.brought) == ([(ControlName(None, "shutdown_level"), 15)], set())
    await helm.set("operating_mode", "savings")
    assert gateway.expected[-1] == (ControlName(None, "operating_mode"), "savings")
    assert {"backup_reserve", "charge_from_grid"} <= gateway.brought


async def test_what_the_gateway_shows_is_left_out_of_what_the_cloud_tells(helm: Helm, gateway: Gateway) -> None:
    await helm.poll()
    settings = helm.home.part(Settings)
    assert (settings.backup_reserve, settings.charge_from_grid) == (None, None)
    assert settings.shutdown_level is not None


async def test_a_gateway_that_does_not_follow_does_not_confirm(helm: Helm, gateway: Gateway) -> None:
    helm.home.home.set_ending(Setting.RESERVE, Ending.IGNORE)
    error = await helm.fail("backup_reserve", 35)
    assert (error.failure, error.in_force) == (Failure.IGNORED, 20)


async def test_a_gateway_that_is_only_down_changes_nothing(helm: Helm, gateway: Gateway) -> None:
    helm.home.home.set_endings(apply_after=10)
    await helm.set("backup_reserve", 35)
    gateway.present = False
    await helm.poll(after=5)
    assert helm.value("backup_reserve") == 35
    await helm.poll(after=1200)
    assert helm.value("backup_reserve") == 35
    assert helm.told("backup_reserve") == [ChangeKind.CHANGED]


async def test_a_look_at_the_gateway_that_confirms_costs_no_request(helm: Helm, gateway: Gateway) -> None:
    helm.home.home.set_endings(apply_after=0)
    sent = helm.home.sent(paths.BATTERY_SETTINGS)
    await helm.set("backup_reserve", 35)
    assert gateway.looks >= 1
    assert helm.home.sent(paths.BATTERY_SETTINGS) == sent
