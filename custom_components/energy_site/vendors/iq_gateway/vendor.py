"""The vendor entry of the IQ Gateway."""

from ..enphase.accounts import async_forget_account
from ..vendor import Vendor
from .adapter import IqGatewayAdapter
from .const import SOURCE
from .flow import IqGatewaySteps
from .issues import ISSUES
from .options import IntervalOptionsFlow
from .vocabulary import VOCABULARY

IQ_GATEWAY = Vendor(
    source=SOURCE,
    adapter=IqGatewayAdapter,
    steps=IqGatewaySteps,
    options_steps=IntervalOptionsFlow,
    issues=ISSUES,
    vocabulary=VOCABULARY,
    forget=async_forget_account,
)
