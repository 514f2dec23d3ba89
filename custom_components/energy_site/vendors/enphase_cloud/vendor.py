"""The vendor entries of the Enphase cloud: v4 with OAuth, and v2 with a key."""

import re

from ..enphase.options import ReadingsOptionsFlow
from ..vendor import OAuthClients, Vendor
from .adapter import EnphaseCloudAdapter
from .adapter_v2 import API_RETIRED, EnlightenAdapter
from .const import CONF_PLAN, DEVELOPER_PAGE, SOURCE_V2, SOURCE_V4
from .flow import EnphaseCloudSteps
from .flow_v2 import EnlightenSteps
from .oauth import ENPHASE, EnphaseImplementation
from .vocabulary import VOCABULARY

ENPHASE_CLOUD = Vendor(
    source=SOURCE_V4,
    adapter=EnphaseCloudAdapter,
    steps=EnphaseCloudSteps,
    options_steps=ReadingsOptionsFlow,
    oauth=OAuthClients(
        vendor=ENPHASE,
        developer_page=DEVELOPER_PAGE,
        client_id=re.compile(r"[0-9a-f]{32}"),
        implementation=EnphaseImplementation,
    ),
    public_data=frozenset({CONF_PLAN}),
    vocabulary=VOCABULARY,
)

ENLIGHTEN = Vendor(
    source=SOURCE_V2,
    adapter=EnlightenAdapter,
    steps=EnlightenSteps,
    options_steps=ReadingsOptionsFlow,
    issues=(API_RETIRED,),
    vocabulary=VOCABULARY,
)
