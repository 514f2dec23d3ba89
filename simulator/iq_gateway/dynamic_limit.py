"""The dynamic limit of the export, which an installer commissions and then changes over the gateway's API."""

from typing import Any

from simulator.house import House

from .config import DynamicLimit, GatewayConfig
from .reply import Json, Reply, not_found, unauthorized

DPEL = "/ivp/ss/dpel"
_SETTINGS = "dynamic_pel_settings"
_FRAME = {"filename": "site_settings", "version": "00.00.01"}


class DynamicExportLimit:
    """The dynamic limit; one that no installer commissioned takes everything and does nothing."""

    def __init__(self, house: House, *, commissioned: bool) -> None:
        """Limit `house`, at first not at all."""
        self._house = house
        self.commissioned = commissioned
        self.settings: dict[str, Any] = {
            "enable": False,
            "export_limit": True,
            "limit_value_W": 0.0,
            "slew_rate": 50.0,
            "enable_dynamic_limiting": False,
        }

    @property
    def limits_export(self) -> bool:
        """Whether it holds back what is exported, and not what is produced."""
        return bool(self.settings["enable"] and self.settings["export_limit"])

    def payload(self) -> Json:
        """Return it as the gateway sends it."""
        return {_SETTINGS: dict(self.settings), **_FRAME} if self.commissioned else {}

    def write(self, body: Any) -> Json | None:
        """Take the whole object; `None` when it is not that."""
        settings = body.get(_SETTINGS) if isinstance(body, dict) else None
        if not isinstance(settings, dict) or any(body.get(key) != value for key, value in _FRAME.items()):
            return None
        if {key: _kind(value) for key, value in settings.items()} != {
            key: _kind(value) for key, value in self.settings.items()
        }:
            return None
        if settings["limit_value_W"] < 0:
            return None
        if self.commissioned:
            self.set(**settings)
        return {**body}

    def set(self, **changes: Any) -> None:
        """Change some settings, as the installer's tool does."""
        self.settings |= changes
        house, limit = self._house, float(self.settings["limit_value_W"])
        limits = [
            each for each in (house.config.export_limit, limit if self.limits_export else None) if each is not None
        ]
        house.switches.export_limit = min(limits, default=None)
        rated = sum(each.rated_watts for each in house.inverters if each.works)
        held = self.settings["enable"] and not self.settings["export_limit"] and rated
        house.switches.solar_share = min(limit / rated, 1.0) if held else 1.0


def denial(config: GatewayConfig, method: str, role: str | None) -> Reply | None:
    """Return what somebody gets who may not ask for the dynamic limit, `None` for who may."""
    if config.dynamic_limit is DynamicLimit.UNKNOWN:
        return not_found()
    if role == "installer" or config.dynamic_limit is DynamicLimit.OWNERS:
        return None
    reads = config.dynamic_limit is DynamicLimit.OWNERS_READ and method in ("GET", "HEAD")
    return None if reads else unauthorized()


def _kind(value: object) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
