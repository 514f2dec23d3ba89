"""Constants of the Enphase cloud."""

from typing import Final

from ...site.quota.demand import Plan

SOURCE_V4: Final = "enphase_cloud"
SOURCE_V2: Final = "enlighten"

CONF_PLAN: Final = "plan"
# What is known to be rejected when reauthentication starts: CONF_API_KEY, or nothing.
CONF_REFUSED: Final = "refused"
CONF_USER_ID: Final = "user_id"

# The page on which users register an application.
DEVELOPER_PAGE: Final = "https://developer-v4.enphase.com"

# Enphase's plans by name, the free one first.
PLAN_NAMES: Final = {"watt": "Watt", "kilowatt": "Kilowatt", "megawatt": "Megawatt", "partner": "Partner"}

# Requests per month and per minute.
PLANS: Final[dict[str, Plan]] = {
    "watt": Plan(per_month=1_000, per_minute=10),
    "kilowatt": Plan(per_month=50_000, per_minute=50),
    "megawatt": Plan(per_month=300_000, per_minute=100),
    "partner": Plan(per_month=1_500_000, per_minute=300),
}

# The limits of a v2 key; the service reports lower ones itself.
PLAN_V2: Final = Plan(per_month=10_000, per_minute=10)
