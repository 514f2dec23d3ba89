"""Enphase's Monitoring API v4."""

from .v4_battery import BatteryControls
from .v4_devices import DeviceReads
from .v4_energy import EnergyReads
from .v4_systems import SystemsReads


class EnphaseV4Client(SystemsReads, EnergyReads, BatteryControls, DeviceReads):
    """Everything that v4 has for a homeowner's site.

    Each call raises, beside what its method says: `ApiPlanError` where the
    plan lacks the endpoint, `ApiForbiddenError` where the owner's consent does
    not reach to this system, `ApiAuthError` where the token is refused even
    after another was asked for, `KeyRefusedError` where it is the key that is
    refused, `ApiQuotaError` where the plan's requests are used up,
    `ApiNotFoundError`, `UnprocessableError` for a request without an answer,
    and other `ApiError` for what may pass.

    A 401 may cost two or three more requests: one to learn whether the token
    is at fault, which is left out for an endpoint that never answered where
    the token was good a moment ago, and one or two with a renewed token.
    """
