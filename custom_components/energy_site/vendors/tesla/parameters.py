"""The query parameters of the Fleet API that a user may add to a raw request."""

from collections.abc import Mapping

from ...api.parameters import Parameter, iso_moment, one_of
from .client.history_query import HistoryPeriod

PARAMETERS: Mapping[str, Parameter] = {
    "period": one_of(*HistoryPeriod),
    "start_date": iso_moment,
    "end_date": iso_moment,
}
