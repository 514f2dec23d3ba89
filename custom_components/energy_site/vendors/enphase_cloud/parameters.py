"""The query parameters of the Enphase APIs that a user may add to a raw request."""

from collections.abc import Mapping

from ...api.parameters import Parameter, count, day, moment, one_of

PARAMETERS: Mapping[str, Parameter] = {
    "datetime_format": one_of("iso8601", "epoch"),
    "end_at": moment,
    "end_date": day,
    "granularity": one_of("5mins", "15mins", "day", "week"),
    "page": count(1, 10_000),
    "production": one_of("all"),
    "size": count(1, 100),
    "start_at": moment,
    "start_date": day,
    "start_time": moment,
    "end_time": moment,
    "summary_date": day,
}
