"""The endpoints for who is signed in."""

from enum import StrEnum

from simulator.cloud.routing import Route, Routes

from . import battery_config, paths, readings, rows, sites, tariff, today, tokens, writes
from .asking import Handler


class Need(StrEnum):
    """What an endpoint wants."""

    ACCOUNT = "account"
    READ = "read"
    WRITE = "write"


ROUTES: Routes[Need, Handler] = Routes(
    (
        Route("GET", paths.SITES, Need.ACCOUNT, sites.search),
        Route("GET", paths.TOKEN, Need.ACCOUNT, tokens.account_token),
        Route("GET", paths.TODAY, Need.READ, today.today),
        Route("GET", paths.LIFETIME, Need.READ, today.lifetime),
        Route("GET", paths.LATEST_POWER, Need.READ, readings.latest_power),
        Route("GET", paths.BATTERY_STATUS, Need.READ, readings.battery_status),
        Route("GET", paths.DEVICES, Need.READ, readings.devices),
        Route("GET", paths.OFF_GRID, Need.READ, readings.off_grid),
        Route("GET", paths.BACKUP_HISTORY, Need.READ, readings.backup_history),
        Route("GET", paths.EVENTS, Need.READ, readings.events),
        Route("GET", paths.GRID_CHECK, Need.READ, readings.grid_check),
        Route("GET", paths.TARIFF, Need.READ, tariff.tariff),
        Route("GET", paths.DATA, Need.READ, battery_config.data),
        Route("GET", paths.BATTERY_SETTINGS, Need.READ, battery_config.battery_settings),
        Route("GET", paths.PROFILE, Need.READ, battery_config.profile),
        Route("GET", paths.SITE_SETTINGS, Need.READ, battery_config.site_settings),
        Route("GET", paths.SCHEDULES, Need.READ, battery_config.schedules),
        Route("GET", paths.STORM_ALERT, Need.READ, battery_config.storm_alert),
        Route("PUT", paths.PROFILE, Need.WRITE, writes.set_profile),
        Route("PUT", paths.BATTERY_SETTINGS, Need.WRITE, writes.set_battery_settings),
        Route("POST", paths.ACCEPT_DISCLAIMER, Need.WRITE, writes.accept_disclaimer),
        Route("PUT", paths.STORM_TOGGLE, Need.WRITE, writes.toggle_storm_guard),
        Route("PUT", paths.STORM_ALERT, Need.WRITE, writes.opt_out),
        Route("PUT", paths.CANCEL_PROFILE, Need.WRITE, writes.cancel_profile),
        Route("POST", paths.SCHEDULES, Need.WRITE, rows.create),
        Route("POST", f"{paths.SCHEDULES}/isValid", Need.WRITE, rows.is_valid),
        Route("PUT", f"{paths.SCHEDULES}/{{row_id}}", Need.WRITE, rows.change),
        Route("POST", f"{paths.SCHEDULES}/{{row_id}}/delete", Need.WRITE, rows.delete),
    )
)
