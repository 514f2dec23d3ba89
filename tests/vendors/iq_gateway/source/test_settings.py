"""Settings in force, load circuits, and what the cloud has to say in them."""

from typing import Any

import pytest

from custom_components.energy_site.site.circuits import LoadCircuits
from custom_components.energy_site.site.model import Activity, OperatingMode, Settings
from custom_components.energy_site.sources.feed import Presence
from simulator.house import StorageMode
from simulator.iq_gateway import HttpStatus, Mutate

from .driver import simulated

TARIFF = "/admin/lib/tariff"
SCHEDULE = "/ivp/sc/sched"
SECONDARY = "/ivp/ensemble/secctrl"


async def test_the_reserve_in_force_is_shown_where_the_cloud_governs_and_the_tariffs_file_lies() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.set_cloud_profile(reserve=80, charge_from_grid=True, shutdown_level=10)
        site.clock.advance(60)
        await site.ask("tariff", "secondary_control", "schedule")
        settings = site.part(Settings)
        assert settings.cloud_controlled is True
        assert settings.backup_reserve == 80
        assert settings.shutdown_level == 10
        assert settings.charge_from_grid is True
        tariff = site.source.answers.last(site.source.feeds["tariff"])
        assert tariff is not None
        assert (tariff.reserved_soc, tariff.charge_from_grid) == (20, False)
        site.gateway.end_cloud_profile()
        site.clock.advance(60)
        await site.ask("tariff", "secondary_control", "schedule")
        settings = site.part(Settings)
        assert (settings.cloud_controlled, settings.backup_reserve) == (False, 20)


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        ("self-consumption", OperatingMode.SELF_CONSUMPTION),
        ("economy", OperatingMode.SAVINGS),
        ("savings-mode", OperatingMode.SAVINGS),
        ("savings", OperatingMode.SAVINGS),
        ("backup", OperatingMode.BACKUP),
        ("party", None),
        (None, None),
    ],
)
async def test_every_word_for_a_mode_is_understood(word: str | None, mode: OperatingMode | None) -> None:
    def set_mode(payload: dict[str, Any]) -> None:
        payload["tariff"]["storage_settings"]["mode"] = word

    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(set_mode), TARIFF)
        await site.start()
        assert site.part(Settings).operating_mode is mode


@pytest.mark.parametrize(
    ("index", "activity"),
    [
        (0, Activity.IDLE),
        (1, Activity.ZERO_NET),
        (2, Activity.CHARGE_FROM_GRID),
        (3, Activity.DISCHARGE_TO_GRID),
        (4, Activity.NO_DISCHARGE),
        (5, Activity.DISCHARGE_TO_LOAD),
        (6, Activity.CHARGE_FROM_SOLAR),
        (7, Activity.MANAGED_DISCHARGE),
        (8, Activity.MANAGED_CHARGE),
        (9, Activity.FREQUENCY_RESPONSE),
        (10, Activity.MANAGED_CHARGE_FROM_GRID),
        (11, None),
        (-1, None),
        (None, None),
    ],
)
async def test_what_the_batterys_controller_does_is_an_index_into_its_own_words(
    index: int | None, activity: Activity | None
) -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(lambda payload: payload | {"acb_current_mode": index}), SCHEDULE)
        await site.start()
        assert site.part(Settings).activity is activity


async def test_an_activity_of_tomorrows_firmware_is_another_one() -> None:
    def tomorrow(payload: dict[str, Any]) -> None:
        payload.update(acb_current_mode=0, sched_mode_key=["QQ - Something New"])

    async with simulated("home") as site:
        site.gateway.faults.add(Mutate(tomorrow), SCHEDULE)
        await site.start()
        assert site.part(Settings).activity is Activity.OTHER


@pytest.mark.parametrize(("mode", "activity"), [(StorageMode.BACKUP, Activity.CHARGE_FROM_SOLAR)])
async def test_full_backup_keeps_everything(mode: StorageMode, activity: Activity) -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.state.tariff.local.mode = mode
        site.gateway.state.tariff.govern()
        site.clock.advance(60)
        await site.ask("tariff", "secondary_control", "schedule")
        settings = site.part(Settings)
        assert settings.operating_mode is OperatingMode.BACKUP
        assert settings.backup_reserve == 100
        assert settings.activity is activity


async def test_without_the_controllers_word_the_tariff_tells_whether_the_grid_may_charge() -> None:
    async with simulated("home") as site:
        site.gateway.faults.add(HttpStatus(404), SCHEDULE)
        await site.start()
        settings = site.part(Settings)
        assert settings.charge_from_grid is False
        assert settings.activity is None
        site.gateway.set_cloud_profile(charge_from_grid=True)
        await site.ask("tariff")
        # Where the cloud governs, the file does not know.
        assert site.part(Settings).charge_from_grid is None


async def test_each_of_the_three_answers_may_be_missing() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.faults.add(HttpStatus(503), (TARIFF, SECONDARY, SCHEDULE))
        site.clock.advance(6 * 3600)
        await site.ask("tariff", "secondary_control", "schedule")
        settings = site.part(Settings)
        assert (settings.backup_reserve, settings.operating_mode, settings.activity) == (None, None, None)
        assert (settings.cloud_controlled, settings.charge_from_grid, settings.shutdown_level) == (None, None, None)


async def test_circuits_keep_their_names_while_their_contacts_are_not_known() -> None:
    async with simulated("home") as site:
        await site.start()
        site.gateway.faults.add(HttpStatus(503), "/ivp/ensemble/dry_contacts")
        site.clock.advance(3 * 3600)
        await site.ask("dry_contacts")
        circuits = site.part(LoadCircuits).circuits
        assert {circuit.name for circuit in circuits.values()} == {"Water heater", "Pool pump"}
        assert {circuit.closed for circuit in circuits.values()} == {None}


async def test_a_home_whose_contacts_switch_nothing_has_no_circuits() -> None:
    async with simulated("collar") as site:
        await site.start()
        assert site.source.part(LoadCircuits) is None
        assert not site.source.capabilities.circuits
        assert site.presence("dry_contacts") is not Presence.UNKNOWN
