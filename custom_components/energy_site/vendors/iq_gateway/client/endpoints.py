"""The endpoints of a gateway."""

from collections.abc import Callable
from dataclasses import dataclass

from ....api.payload import as_sent
from .models import devices, ensemble, export_limit, meters, production, settings, status

# The gateway serves these from native code in a tenth of a second. One that takes longer than this
# hangs, as all do around the nightly restart.
_NATIVE_TIMEOUT = 10.0

# These are Ruby scripts that take seconds and slow down everything else. As polling of the power
# waits for them, one that takes longer than this is aborted.
_RUBY_TIMEOUT = 30.0

# Writing takes more steps than reading.
_COMMAND_TIMEOUT = 20.0

# A gateway's identity takes about 3 kB, and so do its measurements. Lists grow with the system: 600
# units take about 0.5 kB each, or 1.3 kB with their electrical values.
INFO_LIMIT = 64_000
_LIMIT = 256_000
_LIST_LIMIT = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint[T]:
    """An endpoint of a gateway; `timeout` is in seconds, `limit` in bytes."""

    path: str
    parse: Callable[[str, object], T]
    timeout: float = _NATIVE_TIMEOUT
    limit: int = _LIMIT

    @property
    def name(self) -> str:
        """The name used in errors and logs."""
        return self.path.lstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command to a gateway; `timeout` is in seconds."""

    method: str
    path: str
    timeout: float = _COMMAND_TIMEOUT

    @property
    def name(self) -> str:
        """The name used in errors and logs."""
        return self.path.lstrip("/")


METERS = Endpoint(path="/ivp/meters", parse=meters.parse_meters)
METER_READINGS = Endpoint(path="/ivp/meters/readings", parse=meters.parse_readings)
CONSUMPTION_REPORT = Endpoint(path="/ivp/meters/reports/consumption", parse=as_sent)
GRID_READING = Endpoint(path="/ivp/meters/gridReading", parse=meters.parse_grid_reading)

PRODUCTION = Endpoint(path="/api/v1/production", parse=production.parse_production)
ENERGY = Endpoint(path="/ivp/pdm/energy", parse=production.parse_energy)
PRODUCTION_SUMMARY = Endpoint(path="/production.json", parse=production.parse_production_summary, timeout=_RUBY_TIMEOUT)

INVERTERS = Endpoint(path="/api/v1/production/inverters", parse=devices.parse_inverters, limit=_LIST_LIMIT)
DEVICE_DATA = Endpoint(path="/ivp/pdm/device_data", parse=devices.parse_device_data, limit=_LIST_LIMIT)
INVENTORY = Endpoint(path="/inventory", parse=devices.parse_inventory, timeout=_RUBY_TIMEOUT, limit=_LIST_LIMIT)

BATTERY_POWER = Endpoint(path="/ivp/ensemble/power", parse=ensemble.parse_battery_power)
SECONDARY_CONTROL = Endpoint(path="/ivp/ensemble/secctrl", parse=ensemble.parse_secondary_control)
ENSEMBLE_INVENTORY = Endpoint(
    path="/ivp/ensemble/inventory", parse=ensemble.parse_ensemble_inventory, limit=_LIST_LIMIT
)
DEVICE_LIST = Endpoint(path="/ivp/ensemble/device_list", parse=as_sent, limit=_LIST_LIMIT)
RELAY = Endpoint(path="/ivp/ensemble/relay", parse=ensemble.parse_relay)
DRY_CONTACTS = Endpoint(path="/ivp/ensemble/dry_contacts", parse=ensemble.parse_dry_contacts)
GENERATOR = Endpoint(path="/ivp/ensemble/generator", parse=ensemble.parse_generator)

TARIFF = Endpoint(path="/admin/lib/tariff", parse=settings.parse_tariff)
SCHEDULE = Endpoint(path="/ivp/sc/sched", parse=settings.parse_schedule)
DRY_CONTACT_SETTINGS = Endpoint(path="/ivp/ss/dry_contact_settings", parse=settings.parse_dry_contact_settings)
GENERATOR_CONFIG = Endpoint(path="/ivp/ss/gen_config", parse=settings.parse_generator_config)

GENERATOR_MODE = Endpoint(path="/ivp/ss/gen_mode", parse=settings.parse_generator_mode)

EXPORT_SETTINGS = Endpoint(path="/ivp/ss/pel_settings", parse=export_limit.parse_export_settings)
DYNAMIC_EXPORT_LIMIT = Endpoint(path="/ivp/ss/dpel", parse=export_limit.parse_dynamic_export_settings)
SOLAR_LIMIT = Endpoint(path="/ivp/sc/pvlimit", parse=export_limit.parse_solar_limit)

LIVE_DATA = Endpoint(path="/ivp/livedata/status", parse=status.parse_live_data)
HOME = Endpoint(path="/home", parse=status.parse_home, timeout=_RUBY_TIMEOUT)

SET_TARIFF = Command(method="PUT", path=TARIFF.path)
SET_RELAY = Command(method="POST", path=RELAY.path)
SET_DRY_CONTACT = Command(method="POST", path=DRY_CONTACTS.path)
SET_DRY_CONTACT_SETTINGS = Command(method="POST", path=DRY_CONTACT_SETTINGS.path)
SET_GENERATOR_MODE = Command(method="POST", path=GENERATOR_MODE.path)
SET_DYNAMIC_EXPORT_LIMIT = Command(method="POST", path=DYNAMIC_EXPORT_LIMIT.path)
SET_LIVE_STREAM = Command(method="POST", path="/ivp/livedata/stream")

METER_STREAM = "/stream/meter"

DIAGNOSTIC = (CONSUMPTION_REPORT, DEVICE_LIST)
"""Endpoints that are only requested because a user wants to see the response."""
