"""Where Tesla signs in, and where the Fleet API of each region is."""

from collections.abc import Mapping
from enum import StrEnum

from yarl import URL

from ....api.addresses import address


class Region(StrEnum):
    """The regions of the Fleet API. An account and its sites belong to one of them."""

    NA = "na"
    """North America, Asia and the Pacific, without China."""
    EU = "eu"
    """Europe, the Middle East and Africa."""
    CN = "cn"


_API: Mapping[Region, str] = {
    Region.NA: "https://fleet-api.prd.na.vn.cloud.tesla.com",
    Region.EU: "https://fleet-api.prd.eu.vn.cloud.tesla.com",
    Region.CN: "https://fleet-api.prd.cn.vn.cloud.tesla.cn",
}
_CHINA = "https://auth.tesla.cn"


def tesla_api(region: Region) -> URL:
    """Return the address of a region's Fleet API."""
    return address("ENERGY_SITE_TESLA_API", _API[region])


def audience(region: Region) -> str:
    """Return what a token for a region's Fleet API is issued for, wherever the API is served."""
    return _API[region]


def tesla_authorize(region: Region) -> URL:
    """Return the address where owners sign in and authorize access."""
    return address("ENERGY_SITE_TESLA_AUTH", _CHINA if region is Region.CN else "https://auth.tesla.com")


def tesla_token(region: Region) -> URL:
    """Return the address that issues tokens. What `auth.tesla.com` issues isn't reliable with the Fleet API."""
    default = _CHINA if region is Region.CN else "https://fleet-auth.prd.vn.cloud.tesla.com"
    return address("ENERGY_SITE_TESLA_AUTH", default)


def region_named(word: str | None) -> Region | None:
    """Return the region for a word of Tesla's such as `eu` or `EU`, `None` for any other word."""
    try:
        return Region((word or "").casefold())
    except ValueError:
        return None


def region_at(base_url: str | None) -> Region | None:
    """Return the region whose Fleet API is at an address that came from the wire, `None` for any other address."""
    try:
        host = URL(base_url or "").host
    except ValueError:
        return None
    return next((region for region, base in _API.items() if host is not None and URL(base).host == host), None)
