"""The health of the gateway itself."""

from datetime import datetime

from ....site.model import Health, MeterFinding
from ..client.client import Load
from ..client.models.info import GatewayInfo
from ..client.models.status import Home
from .answers import Answers, GatewayClock, moment
from .feeds import ALL, HOME, METERS
from .meters import problems

FEEDS = (*ALL,)


def build(
    answers: Answers,
    info: GatewayInfo,
    load: Load,
    expires: datetime | None,
    clock: GatewayClock,
    findings: tuple[MeterFinding, ...],
    now: datetime,
) -> Health:
    """Build the health."""
    home = answers.last(HOME)
    updated = answers.newest(*ALL)
    return Health(
        observed_at=updated or now,
        firmware=info.software,
        last_update=updated,
        credentials_expire=expires,
        requests=load.requests,
        load=100 * load.share,
        latency=load.latency,
        last_cloud_report=clock.ours(moment(home.last_cloud_report), now) if home else None,
        cloud_connected=home.cloud_connected if home else None,
        signal=_signal(home) if home else None,
        storage_used=home.database_percent_full if home else None,
        problems=problems(answers) if answers.last(METERS) is not None else None,
        findings=findings,
    )


def _signal(home: Home) -> float | None:
    """Return the Wi-Fi signal strength in %, if the gateway uses Wi-Fi."""
    for interface in home.interfaces:
        if interface.kind == "wifi" and interface.carrier and interface.signal is not None and interface.signal_max:
            return 100 * min(interface.signal / interface.signal_max, 1.0)
    return None
