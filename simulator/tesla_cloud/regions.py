"""Regions of the Fleet API, each with accounts and registrations of its own."""

from enum import StrEnum


class Region(StrEnum):
    """Where an account's data is."""

    NA = "na"
    EU = "eu"
    CN = "cn"


REAL_HOSTS = {
    Region.NA: "https://fleet-api.prd.na.vn.cloud.tesla.com",
    Region.EU: "https://fleet-api.prd.eu.vn.cloud.tesla.com",
    Region.CN: "https://fleet-api.prd.cn.vn.cloud.tesla.cn",
}
