"""Constants of the Enphase cloud."""

from typing import Final

from ...site.quota.demand import Plan

SOURCE_V4: Final = "enphase_cloud"
SOURCE_V2: Final = "enlighten"

CONF_ACCOUNT: Final = "account"
CONF_PASTE_CODE: Final = "paste_code"
CONF_PLAN: Final = "plan"
# What is known to be refused when a new sign-in is needed: CONF_API_KEY, or nothing.
CONF_REFUSED: Final = "refused"
CONF_USER_ID: Final = "user_id"

# Where users register an application.
DEVELOPER_PAGE: Final = "https://developer-v4.enphase.com"

# The plans that Enphase sells, the free one first, by Enphase's names.
PLAN_NAMES: Final = {"watt": "Watt", "kilowatt": "Kilowatt", "megawatt": "Megawatt", "partner": "Partner"}

# Requests a month and a minute.
PLANS: Final[dict[str, Plan]] = {
    "watt": Plan(per_month=1_000, per_minute=10),
    "kilowatt": Plan(per_month=50_000, per_minute=50),
    "megawatt": Plan(per_month=300_000, per_minute=100),
    "partner": Plan(per_month=1_500_000, per_minute=300),
}

# What a key of v2 allows; the service says so itself where it is less.
PLAN_V2: Final = Plan(per_month=10_000, per_minute=10)
