"""site_info, products and the region: what a site is and is set to."""

from datetime import UTC, datetime
from typing import Any

from simulator.iq_gateway.reply import Json

from .asking import Ask
from .behaviour import Write
from .errors import failure
from .history import zone_of
from .site import EnergySite
from .tariffs import read_back, without_rates

_NO_LIMIT = 1_000_000_000


def products(ask: Ask) -> Json:
    """Return vehicles and sites of the account, mixed."""
    account = ask.grant.account
    vehicles = account.vehicles if account else ()
    if not ask.world.policy.vehicles_without_scope and "vehicle_device_data" not in ask.grant.scopes:
        vehicles = ()
    found = [*(dict(each) for each in vehicles), *(_product(each) for each in ask.world.visible(ask.grant))]
    return {"response": found, "count": len(found)}


def region(ask: Ask) -> Json:
    """Return the account's region."""
    account = ask.grant.account
    if account is None:
        raise failure(403)
    ask.world.informed_applications.add(ask.application.client_id)
    return {"response": {"region": account.region.value, "fleet_api_base_url": ask.api(account.region)}}


def site_info(ask: Ask) -> Json:
    """Return a site's hardware, abilities and settings in force."""
    site = ask.site
    if site.behaviour.site_info_status is not None:
        raise failure(site.behaviour.site_info_status)
    return {"response": _info(site)}


def _product(site: EnergySite) -> dict[str, Any]:
    details = site.details
    product: dict[str, Any] = {
        "energy_site_id": site.site_id,
        "resource_type": "battery" if site.has_battery else "solar" if site.has_solar else "wall_connector",
        "id": f"STE{site.site_id}",
        "asset_site_id": f"asset-{site.site_id}",
        "warp_site_number": f"STE{site.site_id}",
        "storm_mode_enabled": bool(site.settings.now.storm_mode),
        "features": {"rate_plan_manager_no_pricing_constraint": True},
    }
    if details.name is not None:
        product["site_name"] = details.name
    if site.measured:
        product["gateway_id"] = details.gateway_din
    if site.has_battery:
        # Products lag behind live values: here they are those of another time.
        product |= {
            "battery_type": "ac_powerwall",
            "energy_left": 0.2 * site.pack_wh,
            "total_pack_energy": site.pack_wh,
            "percentage_charged": 20.0,
            "backup_capable": True,
            "battery_power": 0,
        }
    if details.components_sent:
        product["components"] = {
            "battery": site.has_battery,
            "solar": site.has_solar,
            "grid": site.measured,
            "load_meter": site.measured,
            "market_type": "residential",
        } | ({"wall_connectors": [each.device() for each in site.chargers]} if site.chargers else {})
    return product


def _info(site: EnergySite) -> dict[str, Any]:
    details, behaviour, settings = site.details, site.behaviour, site.settings.now
    hidden = site.settings.hidden
    begun = datetime.fromtimestamp(site.archive.start, UTC).astimezone(site.days.zone)
    offset = datetime.fromtimestamp(site.house.time, UTC).astimezone(site.days.zone).utcoffset()
    info: dict[str, Any] = {
        "id": f"STE{site.site_id}",
        "installation_date": begun.isoformat(timespec="seconds"),
        "user_settings": {"go_off_grid_test_banner_enabled": False, "vpp_tour_enabled": None},
        "components": _components(site),
        "installation_time_zone": zone_of(site),
        "time_zone_offset": int(offset.total_seconds() // 60) if offset else 0,
        "max_site_meter_power_ac": _NO_LIMIT,
        "min_site_meter_power_ac": -_NO_LIMIT,
        "utility": details.utility,
    }
    if details.name is not None:
        info["site_name"] = details.name
    if site.measured:
        info["version"] = details.firmware
    unset = behaviour.storm_flag_null and not site.settings.storm_mode_written
    if Write.STORM_MODE not in hidden and details.storm_capable:
        info["user_settings"]["storm_mode_enabled"] = None if unset else settings.storm_mode
    if site.has_battery:
        info |= _battery(site)
    target = info if behaviour.settings_at_top else info["components"]
    if Write.GRID not in hidden:
        target |= _grid(site)
    if settings.tariff is not None and Write.TARIFF not in hidden:
        odd = read_back(settings.tariff, behaviour)
        info |= {"tariff_id": odd.get("code", ""), "tariff_content_v2": odd, "tariff_content": without_rates(odd)}
    if details.vpp_reserve_percent is not None:
        info["vpp_backup_reserve_percent"] = details.vpp_reserve_percent
    if details.programme is not None:
        info["aggregation_program"] = {"name": details.programme}
    return info


def _battery(site: EnergySite) -> dict[str, Any]:
    details, settings, hidden = site.details, site.settings.now, site.settings.hidden
    units = site.house.config.battery.units if site.house.config.battery else 0
    info: dict[str, Any] = {
        "battery_count": units,
        "nameplate_power": details.nameplate_watts * units,
        "nameplate_energy": details.nameplate_wh * units,
        "tou_settings": {"optimization_strategy": settings.strategy, "schedule": []},
        "island_config": {"low_soe_limit": 10, "jump_start_soe_threshold": 10},
    }
    if Write.BACKUP not in hidden:
        info["backup_reserve_percent"] = settings.reserve
    if Write.OPERATION not in hidden:
        info["default_real_mode"] = settings.mode
    if Write.VEHICLE_RESERVE not in hidden and details.vehicle_reserve_supported:
        info["off_grid_vehicle_charging_reserve_percent"] = settings.vehicle_reserve
    if Write.TARIFF in hidden:
        del info["tou_settings"]
    return info


def _grid(site: EnergySite) -> dict[str, Any]:
    behaviour, settings = site.behaviour, site.settings.now
    if not site.has_battery:
        return {}
    settings_sent: dict[str, Any] = {}
    if not settings.grid_charging:
        # The flag is only ever true or absent.
        settings_sent["disallow_charge_from_grid_with_solar_installed"] = True
    if settings.export_rule == "never":
        settings_sent["non_export_configured"] = True
        if behaviour.never_as_flag:
            return settings_sent
    if settings.export_rule != "battery_ok" or not behaviour.battery_ok_omitted:
        settings_sent["customer_preferred_export_rule"] = settings.export_rule
        settings_sent["net_meter_mode"] = settings.export_rule
    return settings_sent


def _components(site: EnergySite) -> dict[str, Any]:
    details = site.details
    components: dict[str, Any] = {
        "solar": site.has_solar,
        "battery": site.has_battery,
        "grid": site.measured,
        "backup": site.has_battery,
        "load_meter": site.measured,
        "gateway": "teg" if site.measured else "none",
        "tou_capable": site.has_battery,
        "storm_mode_capable": details.storm_capable and site.has_battery,
        "off_grid_vehicle_charging_reserve_supported": details.vehicle_reserve_supported,
        "grid_services_enabled": details.programme is not None,
        "rate_tariff_service_options": {"rate_plan_configured_by_rts": details.rates_by_tesla},
    }
    if site.has_solar:
        components["solar_type"] = "pv_panel"
    if site.measured:
        components["gateways"] = [
            {
                "device_id": f"gw-{site.site_id}",
                "din": details.gateway_din,
                "serial_number": details.gateway_serial,
                "part_number": details.part_number,
                "part_type": 10,
                "part_name": "Tesla Backup Gateway 2",
                "is_active": True,
                "site_id": f"STE{site.site_id}",
                "firmware_version": details.firmware,
                "updated_datetime": "2025-10-15T11:33:40Z",
            }
        ]
    if site.has_battery:
        components["battery_type"] = "ac_powerwall"
        components["batteries"] = _batteries(site)
        editable = {
            "edit_setting_grid_charging": details.may_edit_grid_charging,
            "edit_setting_energy_exports": details.may_edit_exports,
            "edit_setting_permission_to_export": details.may_edit_exports,
        }
        components |= {name: may for name, may in editable.items() if may is not None}
    if site.chargers:
        components["wall_connectors"] = [each.device() for each in site.chargers]
    return components


def _batteries(site: EnergySite) -> list[dict[str, Any]]:
    details = site.details
    units = site.house.config.battery.units if site.house.config.battery else 0
    return [
        {
            "device_id": f"bat-{site.site_id}-{number}",
            "din": f"2012170-25-E--{details.battery_serial(number)}",
            "serial_number": details.battery_serial(number),
            "part_number": "2012170-25-E",
            "part_type": 2,
            "part_name": details.battery_name,
            "nameplate_max_charge_power": details.nameplate_watts,
            "nameplate_max_discharge_power": details.nameplate_watts,
            "nameplate_energy": details.nameplate_wh,
            "is_active": number < units,
        }
        for number in range(units + details.replaced_battery)
    ]
