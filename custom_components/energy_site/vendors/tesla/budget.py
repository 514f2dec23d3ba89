"""How many requests an application may send each month.

Energy calls aren't billed today. At list price, Tesla's monthly credit pays for 5,000 reads.
"""

from collections.abc import Mapping
from typing import Any, Final

from ...site.quota.demand import Plan

CONF_BUDGET: Final = "budget"
CONF_REQUESTS: Final = "requests"

FREE: Final = "free"
CREDIT: Final = "credit"
CUSTOM: Final = "custom"

MOST_REQUESTS: Final = 500_000

PLANS: Final[Mapping[str, Plan]] = {
    FREE: Plan(per_month=50_000, per_minute=60),
    CREDIT: Plan(per_month=5_000, per_minute=60),
}


def plan_of(options: Mapping[str, Any]) -> Plan:
    """Return the plan that an entry's options ask for, the free one for anything else."""
    requests = options.get(CONF_REQUESTS)
    if options.get(CONF_BUDGET) == CUSTOM and isinstance(requests, int | float) and requests > 0:
        return Plan(per_month=min(int(requests), MOST_REQUESTS), per_minute=60)
    return PLANS.get(str(options.get(CONF_BUDGET)), PLANS[FREE])
