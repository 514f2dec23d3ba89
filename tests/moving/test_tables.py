"""What becomes what, of every integration that is known."""

from unittest.mock import Mock

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.energy_site import sensor
from custom_components.energy_site.descriptions import controls, site
from custom_components.energy_site.descriptions.entity_description import AnyEntityDescription, SiteEntityDescription
from custom_components.energy_site.moving.table import Becomes, OldIntegration
from custom_components.energy_site.moving.tables import OLD_INTEGRATIONS
from custom_components.energy_site.moving.tables.enphase_envoy import ENPHASE_ENVOY
from custom_components.energy_site.moving.tables.enphase_envoy_custom import ENVOY_DEVELOPER, ENVOY_INSTALLER
from custom_components.energy_site.moving.tables.enphase_ev import ENPHASE_EV
from custom_components.energy_site.moving.tables.enphase_realtime import ENPHASE_REALTIME
from custom_components.energy_site.moving.tables.tesla import POWERWALL, TESLA_CUSTOM, TESLA_FLEET

PLATFORMS = {
    "sensor": sensor.DESCRIPTIONS,
    "binary_sensor": site.BINARY_DESCRIPTIONS,
    "number": controls.NUMBER_DESCRIPTIONS,
    "select": controls.SELECT_DESCRIPTIONS,
    "switch": controls.SWITCH_DESCRIPTIONS,
}


def _keys(rows: tuple[AnyEntityDescription, ...], *, of_site: bool) -> set[str]:
    return {row.description.key for row in rows if isinstance(row, SiteEntityDescription) is of_site}


@pytest.mark.parametrize("integration", OLD_INTEGRATIONS, ids=lambda each: each.domain)
def test_everything_becomes_something_that_exists(integration: OldIntegration) -> None:
    """A target that is misspelled would silently be left alone."""
    rows: list[tuple[str, Becomes]] = [
        (platform, becomes)
        for table in (integration.site_rows, integration.unit_rows)
        for (platform, _), becomes in table.items()
    ]
    assert rows
    missing = {
        (platform, becomes.key)
        for platform, becomes in rows
        if becomes.key not in _keys(PLATFORMS[platform], of_site=not becomes.of_unit)
    }
    assert not missing


@pytest.mark.parametrize(
    ("integration", "site", "unique_id", "name"),
    [
        (ENPHASE_REALTIME, "123", "123_dry_contact_NC1_soc_low", ("NC1", "dry_contact_soc_low")),
        (ENPHASE_EV, "enphase_account_7", "enphase_ev_site_7_grid_import", (None, "grid_import")),
        (ENPHASE_EV, "enphase_account_7", "enphase_ev_inverter_99_lifetime_energy", ("99", "inverter_lifetime_energy")),
        (
            ENPHASE_EV,
            "enphase_account_7",
            "enphase_ev_site_7_battery_88_charge_level",
            ("88", "battery_charge_level"),
        ),
        (ENPHASE_EV, "enphase_account_7", "enphase_ev_4711_power", None),
        (TESLA_FLEET, "tesla_7", "7-solar_power", (None, "solar_power")),
        (
            TESLA_FLEET,
            "tesla_7",
            "7-1529455-02-D--TG123-wall_connector_power",
            ("TG123", "wall_connector_power"),
        ),
        # Another site of the same account.
        (TESLA_FLEET, "tesla_7", "77-solar_power", None),
        (TESLA_CUSTOM, "tesla_7", "7_battery_remaining", (None, "battery_remaining")),
        (POWERWALL, "tesla_7", "1152100-14-J--CN1_site_import", (None, "site_import")),
        (POWERWALL, "tesla_7", "aa_bb_site_import", None),
    ],
)
def test_old_unique_ids_are_understood(
    integration: OldIntegration, site: str, unique_id: str, name: tuple[str | None, str] | None
) -> None:
    assert integration.read(unique_id, site) == name


def test_an_entry_of_the_cloud_is_for_each_way_to_its_system() -> None:
    ways = ("enphase_account_7", "enphase_7", "enlighten_7")
    assert tuple(ENPHASE_EV.sites(MockConfigEntry(unique_id="7"), ())) == ways
    assert tuple(ENPHASE_EV.sites(MockConfigEntry(data={"site_id": 7}), ())) == ways
    assert not tuple(ENPHASE_EV.sites(MockConfigEntry(), ()))
    # Only a charger has a device with a serial number.
    assert ENPHASE_EV.holds_more(MockConfigEntry(unique_id="7"), ("type:7:cloud", "7", "4711"))
    assert not ENPHASE_EV.holds_more(MockConfigEntry(unique_id="7"), ("type:7:cloud", "7"))


def test_a_powerwall_is_found_by_the_gateway_that_the_cloud_reports() -> None:
    din = "1152100-14-J--CN1"
    assert tuple(POWERWALL.sites(MockConfigEntry(unique_id=din), ())) == (f"gateway {din}",)
    assert not tuple(POWERWALL.sites(MockConfigEntry(unique_id="192.0.2.1"), ()))


@pytest.mark.parametrize(
    ("name", "data", "built_in", "runs"),
    [
        ("Enphase Envoy", {"token_source": "x"}, True, ENPHASE_ENVOY),
        ("Enphase Envoy (Installer)", {"use_enlighten": True}, False, ENVOY_INSTALLER),
        ("Enphase Envoy (DEV)", {"token_source": "x"}, False, ENVOY_DEVELOPER),
        # A name that says nothing leaves it to the entry.
        ("My Envoy", {"use_enlighten": True}, False, ENVOY_DEVELOPER),
        ("My Envoy", {"token_source": "x"}, False, ENVOY_INSTALLER),
    ],
)
def test_the_code_that_runs_decides_whose_entry_it_is(
    name: str, data: dict[str, object], built_in: bool, runs: OldIntegration
) -> None:
    loaded = Mock(name=name, is_built_in=built_in)
    loaded.name = name
    entry = MockConfigEntry(domain="enphase_envoy", data=data)
    assert [each for each in OLD_INTEGRATIONS if each.domain == entry.domain and each.is_run_by(loaded, entry)] == [
        runs
    ]
