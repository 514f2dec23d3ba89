"""What a site is, what is set there and what it does now."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from custom_components.energy_site.api.errors import ApiPayloadError
from custom_components.energy_site.vendors.tesla.client import endpoints
from custom_components.energy_site.vendors.tesla.client.addresses import Region
from custom_components.energy_site.vendors.tesla.client.models.account import Product
from custom_components.energy_site.vendors.tesla.client.models.live_status import (
    LiveStatus,
    WallConnectorFault,
    WallConnectorState,
)
from custom_components.energy_site.vendors.tesla.client.models.site_info import SiteInfo

from .server import SITE
from .shapes import BATTERY_DIN, CHARGER_DIN, GATEWAY_DIN, LIVE, PRODUCTS, SITE_INFO, VEHICLE


def live(**fields: Any) -> LiveStatus:
    """Read a live status with other fields."""
    return endpoints.LIVE_STATUS.parse("live_status", {**LIVE, **fields})


def info(**fields: Any) -> SiteInfo:
    """Read a site's information with other fields."""
    return endpoints.SITE_INFO.parse("site_info", {**SITE_INFO, **fields})


def with_components(**fields: Any) -> SiteInfo:
    """Read a site's information with other components."""
    return info(components={**SITE_INFO["components"], **fields})


# -- the account --------------------------------------------------------------


def test_vehicles_are_no_sites_and_a_site_without_a_name_or_components_is_one() -> None:
    sites = endpoints.PRODUCTS.parse("products", PRODUCTS)
    assert sites == (
        Product(
            energy_site_id=SITE,
            site_name="Energy Site",
            resource_type="battery",
            battery=True,
            solar=True,
            wall_connectors=1,
        ),
        Product(
            energy_site_id=98765, site_name=None, resource_type=None, battery=False, solar=False, wall_connectors=None
        ),
        Product(
            energy_site_id=43210,
            site_name=None,
            resource_type="wall_connector",
            battery=None,
            solar=None,
            wall_connectors=None,
        ),
    )
    assert [site.has_equipment for site in sites] == [True, False, None]


def test_an_account_with_vehicles_alone_has_no_site_and_none_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert endpoints.PRODUCTS.parse("products", [VEHICLE, {**VEHICLE, "energy_site_id": 5}]) == ()
    assert endpoints.PRODUCTS.parse("products", []) == ()
    assert not caplog.records


@pytest.mark.parametrize("number", [0, -5, 1.5, True, None, "", "12a", "../1", "1" * 30, 2**70])
def test_a_number_that_is_no_sites_is_left_out(number: object) -> None:
    assert endpoints.PRODUCTS.parse("products", [{"energy_site_id": number}]) == ()


def test_a_site_that_is_listed_twice_is_one() -> None:
    assert len(endpoints.PRODUCTS.parse("products", [PRODUCTS[1], PRODUCTS[1]])) == 1


@pytest.mark.parametrize(
    ("answer", "region"),
    [
        ({"region": "eu", "fleet_api_base_url": "https://fleet-api.prd.eu.vn.cloud.tesla.com"}, Region.EU),
        ({"region": "NA"}, Region.NA),
        ({"region": "apac", "fleet_api_base_url": "https://fleet-api.prd.na.vn.cloud.tesla.com/"}, Region.NA),
        # Only where it is one of Tesla's does an address count.
        ({"region": "eu", "fleet_api_base_url": "https://fleet-api.prd.eu.vn.cloud.tesla.com.evil.example"}, Region.EU),
        ({"region": "cn", "fleet_api_base_url": "http://["}, Region.CN),
    ],
)
def test_a_region_is_one_of_teslas(answer: Any, region: Region) -> None:
    assert endpoints.REGION.parse("region", answer) is region


@pytest.mark.parametrize("answer", [{}, {"region": "moon"}, {"fleet_api_base_url": "https://evil.example"}, []])
def test_a_region_nobody_knows_is_refused(answer: Any) -> None:
    with pytest.raises(ApiPayloadError) as caught:
        endpoints.REGION.parse("region", answer)
    assert "evil" not in str(caught.value)


# -- live ---------------------------------------------------------------------


def test_a_live_status_is_read_as_sent() -> None:
    status = live()
    assert status.timestamp == datetime(2023, 12, 31, 14, tzinfo=UTC)
    assert (status.solar_power, status.battery_power, status.load_power, status.grid_power) == (
        1185,
        5060,
        6245.5,
        -0.5,
    )
    assert (status.percentage_charged, status.energy_left) == (95.50537403739663, 38896.47368421053)
    assert (status.grid_status, status.island_status) == ("Active", "on_grid")
    (storm,) = status.storm_mode_states
    assert (storm.start, storm.end, storm.opted_out) == (
        datetime(2024, 1, 1, 6, tzinfo=UTC),
        datetime(2024, 1, 1, 12, tzinfo=UTC),
        True,
    )


def test_the_states_of_a_wall_connector_are_named_and_an_unlisted_one_is_kept_as_a_number() -> None:
    charging, strange = live().wall_connectors or ()
    assert (charging.state, charging.fault) == (WallConnectorState.CHARGING, WallConnectorFault.CHARGING)
    assert (charging.din, charging.wall_connector_power) == (CHARGER_DIN, 7200)
    assert (strange.state, strange.wall_connector_state, strange.fault, strange.wall_connector_power) == (
        None,
        42,
        None,
        None,
    )


def test_an_answer_without_wall_connectors_differs_from_a_site_without_any() -> None:
    assert live(wall_connectors=None).wall_connectors is None
    assert live(wall_connectors=[]).wall_connectors == ()


def test_only_what_is_sent_is_known() -> None:
    status = endpoints.LIVE_STATUS.parse("live_status", {"timestamp": "2024-01-01T00:00:00Z"})
    assert status.timestamp == datetime(2024, 1, 1, tzinfo=UTC)
    assert (status.solar_power, status.percentage_charged, status.storm_mode_states) == (None, None, ())


@pytest.mark.parametrize("power", [True, "1185", float("nan"), float("inf"), 1e300, 10**30, None, [5]])
def test_a_power_that_is_none_is_unknown(power: Any) -> None:
    assert live(solar_power=power).solar_power is None


@pytest.mark.parametrize(("field", "value"), [("energy_left", -1), ("total_pack_energy", "5"), ("energy_left", True)])
def test_an_energy_that_is_none_is_unknown(field: str, value: Any) -> None:
    assert getattr(live(**{field: value}), field) is None


@pytest.mark.parametrize(("level", "read"), [(0, 0), (100.00000001, 100.00000001), (-1, None), (5000, None)])
def test_a_level_is_a_percentage(level: float, read: float | None) -> None:
    assert live(percentage_charged=level).percentage_charged == read


@pytest.mark.parametrize(
    "stamp",
    ["2024-01-01T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "now", "", None, 4.2e14, 4.2e15, {}],
)
def test_a_stamp_that_is_no_moment_leaves_the_age_unknown(stamp: Any) -> None:
    assert live(timestamp=stamp).timestamp is None


@pytest.mark.parametrize("payload", [{}, [], "ok", {"error": "busy"}])
def test_what_is_no_live_status_is_refused(payload: Any) -> None:
    with pytest.raises(ApiPayloadError, match=r"^live_status: "):
        endpoints.LIVE_STATUS.parse("live_status", payload)


# -- information --------------------------------------------------------------


def test_the_settings_of_a_site_are_read_as_sent() -> None:
    site = info()
    assert (site.backup_reserve_percent, site.default_real_mode) == (20, "self_consumption")
    assert (site.off_grid_vehicle_charging_reserve_percent, site.vpp_backup_reserve_percent) == (50, 0)
    # Storm Watch that nobody ever set is neither on nor off.
    assert site.user_settings.storm_mode_enabled is None
    assert info(user_settings={"storm_mode_enabled": True}).user_settings.storm_mode_enabled is True
    assert site.tou_settings.optimization_strategy == "economics"
    components = site.components
    assert components.disallow_charge_from_grid_with_solar_installed is True
    assert (components.export_rule, components.rate_plan_configured_by_rts) == ("pv_only", True)


def test_what_the_site_is_made_of_is_read_as_sent() -> None:
    site = info()
    assert site.version == "25.18.4"
    assert (site.battery_count, site.nameplate_power, site.nameplate_energy) == (2, 15000, 27000)
    assert site.installation_date == datetime(2022, 8, 1, 13, 5, tzinfo=timezone(timedelta(hours=-7)))
    (gateway,) = site.components.gateways
    assert (gateway.serial_number, gateway.din, gateway.part_name, gateway.firmware_version) == (
        "CN321000000001",
        GATEWAY_DIN,
        "Tesla Backup Gateway 2",
        "24.4.0",
    )
    assert (gateway.part_type, gateway.updated_at) == ("10", datetime(2024, 5, 14, tzinfo=UTC))
    first, replaced = site.components.batteries
    assert (first.din, first.nameplate_energy, first.nameplate_max_charge_power) == (BATTERY_DIN, 13500, 5000)
    # The DIN ends with the serial number, and the energy is none.
    assert (replaced.serial_number, replaced.is_active, replaced.nameplate_energy) == ("TG121000000004", False, None)
    (charger,) = site.components.wall_connectors
    assert (charger.serial_number, charger.din) == ("ABC123000003", CHARGER_DIN)


def test_no_limit_and_no_time_zone_are_unknown() -> None:
    site = info()
    assert (site.min_site_meter_power_ac, site.max_site_meter_power_ac) == (None, None)
    assert info(max_site_meter_power_ac=5000).max_site_meter_power_ac == 5000
    assert (site.installation_time_zone, site.time_zone_offset) == (None, -420)
    assert info(installation_time_zone="Europe/Berlin").installation_time_zone == "Europe/Berlin"


def test_a_solar_only_site_without_a_name_is_read() -> None:
    site = endpoints.SITE_INFO.parse("site_info", {"id": "x", "components": {"solar": True, "battery": False}})
    assert (site.site_name, site.components.battery, site.components.batteries) == (None, False, ())
    assert (site.backup_reserve_percent, site.tariff_content_v2) == (None, None)


@pytest.mark.parametrize(
    ("components", "rule"),
    [
        ({"customer_preferred_export_rule": "never"}, "never"),
        ({"customer_preferred_export_rule": "battery_ok", "non_export_configured": True}, "never"),
        ({"customer_preferred_export_rule": None, "edit_setting_energy_exports": True}, "battery_ok"),
        ({"customer_preferred_export_rule": None, "edit_setting_energy_exports": None}, None),
        ({"customer_preferred_export_rule": None, "edit_setting_energy_exports": False}, None),
    ],
)
def test_an_export_rule_that_is_missing_is_battery_ok_where_it_can_be_set(components: Any, rule: str | None) -> None:
    assert with_components(**components).components.export_rule == rule


def test_settings_of_the_grid_are_also_found_beside_the_components() -> None:
    site = endpoints.SITE_INFO.parse(
        "site_info",
        {
            "components": {},
            "customer_preferred_export_rule": "never",
            "disallow_charge_from_grid_with_solar_installed": True,
            "non_export_configured": True,
        },
    )
    assert site.components.customer_preferred_export_rule == "never"
    assert site.components.disallow_charge_from_grid_with_solar_installed is True
    assert site.components.non_export_configured is True


def test_a_tariff_is_kept_as_sent_for_who_understands_it() -> None:
    site = info()
    assert site.tariff_content == {}
    assert site.tariff_content_v2 == SITE_INFO["tariff_content_v2"]


def test_a_tariff_of_ten_thousand_periods_is_kept_and_one_without_end_is_not() -> None:
    period = {"fromDayOfWeek": 0, "toDayOfWeek": 6, "fromHour": 0, "fromMinute": 0, "toHour": 7, "toMinute": 0}
    large = {"seasons": {"Summer": {"tou_periods": {"ON_PEAK": {"periods": [period] * 10_000}}}}}
    assert info(tariff_content_v2=large).tariff_content_v2 == large
    assert info(tariff_content_v2={"periods": [0] * 300_000}).tariff_content_v2 is None
    deep: Any = {}
    for _ in range(900):
        deep = {"seasons": deep}
    assert info(tariff_content_v2=deep).tariff_content_v2 is None


@pytest.mark.parametrize("sent", [None, [], "free", 5])
def test_what_is_no_tariff_is_none(sent: Any) -> None:
    assert info(tariff_content_v2=sent).tariff_content_v2 is None


def test_prices_and_names_that_are_none_are_left_empty_in_a_tariff() -> None:
    sent = {"a": float("inf"), "b": 10**30, "c": "x" * 5000, "d": [True, 0.0, -0.1, None]}
    assert info(tariff_content_v2=sent).tariff_content_v2 == {
        "a": None,
        "b": None,
        "c": None,
        "d": [True, 0.0, -0.1, None],
    }


@pytest.mark.parametrize("payload", [{}, None, [], {"message": "later"}])
def test_what_is_no_information_is_refused(payload: Any) -> None:
    with pytest.raises(ApiPayloadError, match=r"^site_info: "):
        endpoints.SITE_INFO.parse("site_info", payload)
