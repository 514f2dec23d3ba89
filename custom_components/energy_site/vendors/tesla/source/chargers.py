"""The Wall Connectors of a site."""

from collections.abc import Mapping
from datetime import datetime

from ....site.chargers import ChargerFault, ChargerKind, Chargers, ChargerState, ChargerUnit
from ....site.model import DeviceInfo
from ..client.models.charge_history import ChargeSession
from ..client.models.live_status import LiveStatus, LiveWallConnector
from ..client.models.site_info import SiteInfo
from . import equipment

# Single answers leave a charger out.
_MISSED_ANSWERS = 3


class SeenChargers:
    """Remembers the chargers of the latest answers, as single ones leave some out."""

    def __init__(self) -> None:
        """Start without chargers."""
        self._seen: dict[str, tuple[LiveWallConnector, int]] = {}

    def observe(self, live: LiveStatus) -> None:
        """Record an answer."""
        missed = {key: (each, count + 1) for key, (each, count) in self._seen.items()}
        found = {each.din: (each, 0) for each in live.wall_connectors or ()}
        self._seen = {key: entry for key, entry in (missed | found).items() if entry[1] < _MISSED_ANSWERS}

    @property
    def current(self) -> Mapping[str, LiveWallConnector]:
        """The chargers by their DINs."""
        return {key: each for key, (each, _) in self._seen.items()}


def build(
    info: SiteInfo, live: Mapping[str, LiveWallConnector], sessions: tuple[ChargeSession, ...], observed_at: datetime
) -> Chargers | None:
    """Build the chargers, `None` for a site without any; `live` are those that were seen, by their DINs."""
    listed = {each.serial_number: each for each in equipment.chargers(info)}
    serial_of = {each.din: each.serial_number for each in listed.values()}
    seen = {serial_of.get(din, _serial(din)): each for din, each in live.items()}
    replaced = {each.serial_number for each in info.components.wall_connectors} - {*listed}
    serials = sorted({*listed, *seen} - replaced)
    if not serials:
        return None
    # A session doesn't say which charger it was at.
    last = sessions[-1] if sessions and len(serials) == 1 else None
    units = {}
    for serial in serials:
        device, now = listed.get(serial), seen.get(serial)
        units[serial] = ChargerUnit(
            device=DeviceInfo(
                serial=serial,
                model=(device.part_name if device else None) or "Wall Connector",
                model_id=device.part_number if device else None,
                firmware=device.firmware_version if device else None,
            ),
            kind=ChargerKind.WALL_CONNECTOR,
            power=now.wall_connector_power if now else None,
            state=ChargerState[now.state.name] if now and now.state else None,
            fault=ChargerFault[now.fault.name] if now and now.fault else None,
            session_start=last.start if last else None,
            session_energy=last.energy if last else None,
        )
    return Chargers(observed_at=observed_at, units=units)


def _serial(din: str) -> str:
    return din.rpartition("--")[2] or din
