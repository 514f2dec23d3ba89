"""The vendor entries of the Enphase cloud: v4 with OAuth, and v2 with a key."""

import re

from ..vendor import OAuthClients, Vendor
from .adapter import EnphaseCloudAdapter
from .adapter_v2 import API_RETIRED, EnlightenAdapter
from .const import CONF_PLAN, DEVELOPER_PAGE, SOURCE_V2, SOURCE_V4
from .flow import EnphaseCloudSteps
from .flow_v2 import EnlightenSteps
from .oauth import ENPHASE, EnphaseImplementation
from .vocabulary import VOCABULARY

# The format of all Enphase client IDs seen so far.
_CLIENT_ID = re.compile(r"[0-9a-f]{32}")

ENPHASE_CLOUD = Vendor(
    source=SOURCE_V4,
    adapter=EnphaseCloudAdapter,
    steps=EnphaseCloudSteps,
    oauth=OAuthClients(
        developer_page=DEVELOPER_PAGE,
        owns=lambda name, client_id: (
            name.startswith(f"{ENPHASE}_") or _CLIENT_ID.fullmatch(client_id.strip().lower()) is not None
        ),
        implementation=EnphaseImplementation,
    ),
    public_data=frozenset({CONF_PLAN}),
    vocabulary=VOCABULARY,
)

ENLIGHTEN = Vendor(
    source=SOURCE_V2, adapter=EnlightenAdapter, steps=EnlightenSteps, issues=(API_RETIRED,), vocabulary=VOCABULARY
)
