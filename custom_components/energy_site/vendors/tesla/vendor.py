"""The vendor entry of Tesla."""

import re

from ..vendor import OAuthClients, Vendor
from . import oauth
from .adapter import TeslaAdapter
from .const import CONF_REGION, DEVELOPER_PAGE, SOURCE
from .flow import TeslaSteps
from .issues import ISSUES
from .key import async_serve_key
from .options import BudgetOptionsFlow
from .vocabulary import VOCABULARY

TESLA = Vendor(
    source=SOURCE,
    adapter=TeslaAdapter,
    steps=TeslaSteps,
    options_steps=BudgetOptionsFlow,
    oauth=OAuthClients(
        vendor=oauth.TESLA,
        developer_page=DEVELOPER_PAGE,
        client_id=re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        implementation=oauth.TeslaImplementation,
    ),
    issues=ISSUES,
    public_data=frozenset({CONF_REGION}),
    vocabulary=VOCABULARY,
    serve=async_serve_key,
)
