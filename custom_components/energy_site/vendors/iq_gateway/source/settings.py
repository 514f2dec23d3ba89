"""The active settings: battery, generator."""

from collections.abc import Mapping
from datetime import datetime
import re

from ....site.circuits import Generator, GeneratorMode
from ....site.model import Activity, OperatingMode, Settings
from .answers import Answers
from .capabilities import Capabilities
from .feeds import GENERATOR, GENERATOR_CONFIG, GENERATOR_MODE, SCHEDULE, SECONDARY_CONTROL, TARIFF

MODES: Mapping[str, OperatingMode] = {
    "self-consumption": OperatingMode.SELF_CONSUMPTION,
    "savings-mode": OperatingMode.SAVINGS,
    "savings": OperatingMode.SAVINGS,
    "economy": OperatingMode.SAVINGS,
    "backup": OperatingMode.BACKUP,
}

_GENERATOR_MODES = {mode.value: mode for mode in GeneratorMode}

# The controller's words begin with a code: "ZN - Zero Net".
_ACTIVITIES: Mapping[str, Activity] = {
    "ID": Activity.IDLE,
    "ZN": Activity.ZERO_NET,
    "CG": Activity.CHARGE_FROM_GRID,
    "DG": Activity.DISCHARGE_TO_GRID,
    "ND": Activity.NO_DISCHARGE,
    "DL": Activity.DISCHARGE_TO_LOAD,
    "CP": Activity.CHARGE_FROM_SOLAR,
    "FCR": Activity.FREQUENCY_RESPONSE,
    "HEMS Discharge": Activity.MANAGED_DISCHARGE,
    "HEMS Charge": Activity.MANAGED_CHARGE,
    "HEMS Charge from Grid": Activity.MANAGED_CHARGE_FROM_GRID,
}


def build(answers: Answers, capabilities: Capabilities, now: datetime) -> Settings | None:
    """Build the settings of sites with a battery.

    All values are active ones. If the cloud controls the battery, the tariff's file still has the
    previous settings, so neither the reserve nor the mode is read from it.
    """
    at = answers.newest(SECONDARY_CONTROL, TARIFF, SCHEDULE)
    if at is None or not capabilities.any_battery:
        return None
    control, tariff, schedule = (
        answers.current(SECONDARY_CONTROL, now),
        answers.current(TARIFF, now),
        answers.current(SCHEDULE, now),
    )
    local = tariff if tariff is not None and not tariff.opt_schedules else None
    charge_from_grid = schedule.charge_from_grid if schedule else None
    if charge_from_grid is None and local is not None:
        charge_from_grid = local.charge_from_grid
    return Settings(
        observed_at=at,
        backup_reserve=control.configured_backup_soc if control else None,
        shutdown_level=control.shutdown_level if control else None,
        operating_mode=MODES.get(local.mode or "") if local else None,
        charge_from_grid=charge_from_grid,
        activity=_activity(schedule.mode) if schedule and schedule.mode else None,
        cloud_controlled=tariff.opt_schedules if tariff else None,
    )


def build_generator(answers: Answers, now: datetime) -> Generator | None:
    """Build the generator of sites with one."""
    at, known, state = answers.at(GENERATOR), answers.last(GENERATOR), answers.current(GENERATOR, now)
    if at is None or known is None or not known.present:
        return None
    config = answers.last(GENERATOR_CONFIG)
    return Generator(
        observed_at=at,
        running=None if state is None or state.oper_state is None else state.oper_state.startswith("clos"),
        mode=_GENERATOR_MODES.get(mode.command or "") if (mode := answers.current(GENERATOR_MODE, now)) else None,
        start_level=state.start_soc if state else None,
        stop_level=state.stop_soc if state else None,
        rated_power=None
        if config is None or config.name_plate_rating_kw is None
        else config.name_plate_rating_kw * 1000,
        manufacturer=config.manufacturer if config else None,
        model=config.model if config else None,
    )


def _activity(mode: str) -> Activity:
    """Return the activity for the controller's word."""
    code = re.split(r"\s+-\s+", mode, maxsplit=1)[0].strip()
    return _ACTIVITIES.get(code, Activity.OTHER)
