"""Every recorded gateway sets up through the flow and shows what it answered."""

from collections.abc import Iterator
from datetime import UTC, datetime
import json
import logging
import os
from pathlib import Path
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.energy_site.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.recorded import RecordedGateway, recording_time
from tests.common import number, set_up_through_flow, start_flow, state, step


def _folders() -> list[Path]:
    folder = os.environ.get("RECORDED_GATEWAYS")
    return sorted(path for path in Path(folder).iterdir() if path.is_dir()) if folder else []


def _firmware(folder: Path) -> int:
    found = re.search(r"<software>[A-Z]*(\d+)", (folder / "info").read_text())
    return int(found.group(1)) if found else 0


TOKEN = [pytest.param(path, id=path.name) for path in _folders() if _firmware(path) >= 7]
OLD = [pytest.param(path, id=path.name) for path in _folders() if _firmware(path) < 7]
NONE = [pytest.param(None, marks=pytest.mark.skip(reason="RECORDED_GATEWAYS is not set"))]


class Recording:
    """A recording, read anew without the code under test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def answer(self, path: str) -> Any:
        """Return the JSON that was answered with status 200, `None` where there is none."""
        file = self.folder / path.strip("/").replace("/", "_")
        log = file.with_name(f"{file.name}_log.json")
        if not file.exists() or (log.exists() and json.loads(log.read_text()).get("code", 200) != 200):
            return None
        try:
            return json.loads(file.read_text())
        except ValueError:
            return None

    def meters(self) -> dict[str, tuple[int, dict[str, Any]]]:
        """Return phase count and reading of the enabled meters by what they measure."""
        configs, readings = self.answer("/ivp/meters"), self.answer("/ivp/meters/readings")
        if not isinstance(configs, list) or not isinstance(readings, list):
            return {}
        by_eid = {reading["eid"]: reading for reading in readings}
        return {
            config["measurementType"]: (config["phaseCount"], by_eid[config["eid"]])
            for config in configs
            if config["state"] == "enabled" and config["eid"] in by_eid
        }


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail where anything of ours was logged as a warning or worse."""
    yield
    loud = [
        record.getMessage()
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.WARNING
        and DOMAIN in f"{record.name} {record.getMessage()}"
        and "has not been tested by Home Assistant" not in record.getMessage()
    ]
    assert not loud


@pytest.mark.parametrize("folder", TOKEN or NONE)
@pytest.mark.usefixtures("socket_enabled", "quiet", "entity_registry_enabled_by_default")
async def test_shows_what_the_gateway_answered(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, folder: Path
) -> None:
    freezer.move_to(datetime.fromtimestamp(recording_time(folder), UTC))
    recording = Recording(folder)
    async with RecordedGateway(folder) as gateway:
        result = await set_up_through_flow(hass, gateway.host, gateway.token())
        assert result["type"] is FlowResultType.CREATE_ENTRY
        [entry] = hass.config_entries.async_entries(DOMAIN)
        assert entry.state is ConfigEntryState.LOADED
        assert entry.unique_id == gateway.serial
        _check_meters(hass, gateway.serial, recording)
        _check_battery(hass, gateway.serial, recording)
        _check_inverters(hass, gateway.serial, recording, recording_time(folder))
        _check_grid(hass, gateway.serial, recording)
        assert await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("folder", OLD or NONE)
@pytest.mark.usefixtures("socket_enabled")
async def test_refuses_firmware_before_tokens(hass: HomeAssistant, folder: Path) -> None:
    async with RecordedGateway(folder) as gateway:
        result = await start_flow(hass)
        result = await step(hass, result, {"host": gateway.host})
        assert result["type"] is FlowResultType.FORM
        assert result["errors"] == {"host": "firmware_too_old"}


# Each meter's counters of energy towards the house and away from it.
_COUNTERS = {
    "production": ("solar_energy", None),
    "net-consumption": ("grid_import_energy", "grid_export_energy"),
    "storage": ("battery_discharge_energy", "battery_charge_energy"),
    "backfeed": ("backfeed_meter_delivered", "backfeed_meter_received"),
}


def _check_phases(hass: HomeAssistant, site: str, meters: dict[str, tuple[int, dict[str, Any]]]) -> None:
    for kind, counters in _COUNTERS.items():
        if kind not in meters:
            continue
        phases, reading = meters[kind]
        for phase in range(3):
            there = phases > 1 and phase < phases
            for name, register in zip(counters, ("actEnergyDlvd", "actEnergyRcvd"), strict=True):
                if name is not None:
                    wh = number(hass, site, f"{name}_l{phase + 1}")
                    assert wh == (pytest.approx(reading["channels"][phase][register]) if there else None)
    if "net-consumption" in meters:
        phases, reading = meters["net-consumption"]
        for name, field in (("apparent_power", "apparentPower"), ("reactive_power", "reactivePower")):
            assert number(hass, site, name) == pytest.approx(reading[field])
            for phase in range(3):
                expected = reading["channels"][phase][field] if phases > 1 and phase < phases else None
                shown = number(hass, site, f"{name}_l{phase + 1}")
                assert shown == (None if expected is None else pytest.approx(expected))
        assert (number(hass, site, "grid_import_energy_netted") is not None) is (phases > 1)


def _check_meters(hass: HomeAssistant, site: str, recording: Recording) -> None:
    meters = recording.meters()
    flows = {"production": "solar", "net-consumption": "grid", "storage": "battery"}
    for kind, flow in flows.items():
        if kind not in meters:
            continue
        phases, reading = meters[kind]
        assert number(hass, site, f"{flow}_power") == pytest.approx(reading["activePower"])
        for phase in range(3):
            expected = reading["channels"][phase]["activePower"] if phases > 1 and phase < phases else None
            assert number(hass, site, f"{flow}_power_l{phase + 1}") == (
                None if expected is None else pytest.approx(expected)
            )
    _check_phases(hass, site, meters)
    if "production" in meters:
        assert number(hass, site, "solar_energy") == pytest.approx(meters["production"][1]["actEnergyDlvd"])
    if "net-consumption" in meters:
        phases, reading = meters["net-consumption"]
        assert number(hass, site, "grid_import_energy") == pytest.approx(reading["actEnergyDlvd"])
        assert number(hass, site, "grid_export_energy") == pytest.approx(reading["actEnergyRcvd"])
        live = [channel["voltage"] for channel in reading["channels"][:phases] if channel["voltage"] > 40]
        assert number(hass, site, "grid_voltage") == pytest.approx(sum(live) / len(live))
        if reading["apparentPower"]:
            assert number(hass, site, "power_factor") == pytest.approx(
                reading["activePower"] / reading["apparentPower"], abs=0.001
            )
    if "storage" in meters:
        assert number(hass, site, "battery_discharge_energy") == pytest.approx(meters["storage"][1]["actEnergyDlvd"])
        assert number(hass, site, "battery_charge_energy") == pytest.approx(meters["storage"][1]["actEnergyRcvd"])
    _check_house(hass, site, meters, number(hass, site, "battery_power") or 0.0)


def _check_house(hass: HomeAssistant, site: str, meters: dict[str, Any], battery: float) -> None:
    if not {"production", "net-consumption"} <= meters.keys():
        return
    production, net = meters["production"][1], meters["net-consumption"][1]
    load = production["activePower"] + net["activePower"] + battery
    # One recorded storage meter says more than its phases carry, so that the house would give power.
    assert number(hass, site, "load_power") == (None if load < -25 else pytest.approx(load, abs=0.01))
    energy = production["actEnergyDlvd"] - production["actEnergyRcvd"] + net["actEnergyDlvd"] - net["actEnergyRcvd"]
    if "storage" in meters:
        energy += meters["storage"][1]["actEnergyDlvd"] - meters["storage"][1]["actEnergyRcvd"]
    assert number(hass, site, "load_energy") == pytest.approx(energy)


def _check_battery(hass: HomeAssistant, site: str, recording: Recording) -> None:
    inventory = recording.answer("/ivp/ensemble/inventory") or []
    batteries = [device for group in inventory if group["type"] == "ENCHARGE" for device in group["devices"]]
    control = recording.answer("/ivp/ensemble/secctrl")
    if batteries and control:
        assert number(hass, site, "battery_level") == control["ENC_agg_soc"]
        assert number(hass, site, "battery_available_energy") == pytest.approx(control["ENC_agg_avail_energy"])
        assert number(hass, site, "battery_capacity") == pytest.approx(control["Enc_max_available_capacity"])
    powers = {item["serial_num"]: item for item in (recording.answer("/ivp/ensemble/power") or {}).get("devices:", [])}
    for battery in batteries:
        serial = battery["serial_num"]
        assert number(hass, site, serial, "temperature") == battery["temperature"]
        assert number(hass, site, serial, "level") == powers[serial]["soc"]
        assert number(hass, site, serial, "power") == powers[serial]["real_power_mw"] / 1000
    for device in (each for group in inventory for each in group["devices"]):
        for name in ("comm_level_sub_ghz", "comm_level_2_4_ghz"):
            assert number(hass, site, device["serial_num"], name) == device.get(name)
    if powers and "storage" not in recording.meters():
        total = sum(item["real_power_mw"] for item in powers.values()) / 1000
        assert number(hass, site, "battery_power") == pytest.approx(total)
    if not batteries and not (control or {}).get("ACB_agg_energy"):
        assert state(hass, "sensor", site, "battery_level") is None


def _check_inverters(hass: HomeAssistant, site: str, recording: Recording, now: float) -> None:
    reports = [item for item in recording.answer("/api/v1/production/inverters") if item["devType"] == 1]
    data = recording.answer("/ivp/pdm/device_data") or {}
    details = {item["sn"]: item for item in data.values() if isinstance(item, dict) and item["devName"] == "pcu"}
    for report in reports:
        serial, shown = report["serialNumber"], number(hass, site, report["serialNumber"], "power")
        if now - report["lastReportDate"] < 1200:
            assert shown == report["lastReportWatts"]
        elif now - report["lastReportDate"] > 7200:
            assert shown in (0, None)
        if "maxReportWatts" in report and serial not in details:
            assert number(hass, site, serial, "max_reported") == report["maxReportWatts"]
        if (detail := details.get(serial)) is not None:
            lifetime = detail["channels"][0]["lifetime"]["joulesProduced"] / 3600
            assert number(hass, site, serial, "energy") == pytest.approx(lifetime, abs=1)
    if recording.meters() or not all(now - report["lastReportDate"] < 1200 for report in reports):
        return
    summary = next(
        (item for item in recording.answer("/production.json")["production"] if item["type"] == "inverters"), None
    )
    total = sum(report["lastReportWatts"] for report in reports)
    if summary is not None and summary["activeCount"] > len(reports) + 1:
        total = summary["wNow"]
    assert number(hass, site, "solar_power") == pytest.approx(total)


def _check_grid(hass: HomeAssistant, site: str, recording: Recording) -> None:
    inventory = recording.answer("/ivp/ensemble/inventory") or []
    devices = {group["type"]: group["devices"] for group in inventory}
    connected = state(hass, "binary_sensor", site, "grid_connected")
    if devices.get("ENPOWER") or devices.get("COLLAR"):
        assert connected is not None
        assert connected.state == "on"
    else:
        assert connected is None
    for controller in devices.get("ENPOWER", []):
        celsius = (controller["temperature"] - 32) * 5 / 9
        assert number(hass, site, controller["serial_num"], "temperature") == pytest.approx(celsius, abs=0.06)
