"""The vendor entry of the owner's Enphase account."""

from ..enphase.accounts import async_forget_account
from ..enphase.const import SOURCE
from ..enphase.options import ReadingsOptionsFlow
from ..vendor import Vendor
from .adapter import EnphaseAccountAdapter
from .flow import EnphaseAccountSteps
from .issues import ISSUES
from .vocabulary import VOCABULARY

ENPHASE_ACCOUNT = Vendor(
    source=SOURCE,
    adapter=EnphaseAccountAdapter,
    steps=EnphaseAccountSteps,
    options_steps=ReadingsOptionsFlow,
    issues=ISSUES,
    vocabulary=VOCABULARY,
    forget=async_forget_account,
)
