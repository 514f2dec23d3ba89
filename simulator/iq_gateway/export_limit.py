"""What an installer set up to hold back: the export, and the production of the arrays."""

from typing import Any

from .reply import Json
from .state import GatewayState


def pel_settings(state: GatewayState) -> Json:
    """Return the installer's limit of the export, W."""
    house = state.house
    limit = house.config.export_limit if state.dynamic_limit.limits_export else house.switches.export_limit
    return {
        "PEL": limit is not None,
        "Hard_PEL": False,
        "Soft_PEL": limit is not None,
        "Export_Limit_Type": "Aggregate",
        "percent": False,
        "apparent": False,
        "PEL_Limit": float(limit or 0.0),
        "Comm_Time_Loss": 0.0,
        "Resp_Time_SoftPEL": 0.0,
        "Resp_Time_HardPEL": 0.0,
        "msReset_HardPEL": 0.0,
        "PEL_db": 0.0,
    }


def set_pv_limit(state: GatewayState, body: Any) -> bool:
    """Take `{"enable": bool, "pv_limit_pct": 0..100}`; False when it is not that."""
    if not isinstance(body, dict):
        return False
    enable, percent = body.get("enable"), body.get("pv_limit_pct")
    if not isinstance(enable, bool) or not isinstance(percent, int):
        return False
    if not 0 <= percent <= 100:
        return False
    state.pv_limit = {"enable": enable, "pv_limit_pct": percent}
    state.house.switches.solar_share = percent / 100 if enable else 1.0
    return True
