"""Static details of a site."""

from dataclasses import dataclass
import re

_RESERVE_RULE = (25, 18, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDetails:
    """Identity, hardware, and initial settings of a site; percent on the app's scale.

    Some sites have no `name`. `nameplate_wh` and `nameplate_watts` are those of
    one battery unit.
    """

    site_id: int = 2_252_147_638_651
    name: str | None = "My home"
    components_sent: bool = True
    """Whether products includes `components`."""
    firmware: str = "25.26.1 5c2f9bd6"
    gateway_serial: str = "TG1230000123AB"
    battery_name: str = "Powerwall 2"
    nameplate_wh: int = 13_500
    nameplate_watts: int = 5_000
    utility: str = "City Power"
    backup_reserve_percent: int = 20
    vehicle_reserve_percent: int = 60
    mode: str = "self_consumption"
    storm_mode: bool = True
    grid_charging: bool = False
    export_rule: str = "pv_only"
    strategy: str = "economics"
    storm_capable: bool = True
    vehicle_reserve_supported: bool = False
    may_edit_grid_charging: bool | None = True
    """Sent as `edit_setting_grid_charging`; None: not sent."""
    may_edit_exports: bool | None = True
    vpp_reserve_percent: int | None = None
    programme: str | None = None
    rates_by_tesla: bool = False
    """Whether Tesla's rate service manages the tariff."""
    replaced_battery: bool = False
    """Whether a replaced battery is listed as inactive."""

    @property
    def newer_reserve_rule(self) -> bool:
        """Whether its firmware turns a reserve of 81 to 99 into 80."""
        numbers = tuple(int(each) for each in re.findall(r"\d+", self.firmware.partition(" ")[0]))
        return numbers >= _RESERVE_RULE

    @property
    def part_number(self) -> str:
        """The gateway's part number."""
        return "1232100-00-J"

    @property
    def gateway_din(self) -> str:
        """The gateway's part and serial number."""
        return f"{self.part_number}--{self.gateway_serial}"

    def battery_serial(self, number: int) -> str:
        """Return the serial number of a battery unit, counted from 0."""
        return f"TG{self.gateway_serial[-8:-2]}{number + 1:04d}"
