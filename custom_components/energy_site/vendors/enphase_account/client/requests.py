"""What each family of services wants with a request."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import uuid4

from yarl import URL

from ...enphase.client.addresses import enlighten
from .endpoint import HeaderFamily

XSRF_COOKIE = "BP-XSRF-Token"
XSRF_HEADER = "x-csrf-token"

# Nothing is ever sent there: the services want it as the page that asks.
_BATTERY_PAGE = "https://battery-profile-ui.enphaseenergy.com"


class Shape(StrEnum):
    """The two ways to write: what one site refuses, another one wants."""

    FRESH = "fresh"
    """With an XSRF token that was read a moment ago."""

    STORED = "stored"
    """With the XSRF token of the cookies as they are, and the user's token."""


def url_of(path: str, query: Mapping[str, str], *, user_id: str | None) -> URL:
    """Return the address of a path, with the user's ID in its query where there is one."""
    url = enlighten() / path.lstrip("/")
    fields = {"userId": user_id, **query} if user_id is not None else query
    return url.with_query(fields) if fields else url


def headers_of(family: HeaderFamily, *, site_id: str, user_id: str | None, token: str | None) -> dict[str, str]:
    """Return the headers of a read."""
    if family is HeaderFamily.APP:
        return {
            "X-Requested-With": "XMLHttpRequest",
            "Referer": str(enlighten() / "web" / site_id),
            **({"e-auth-token": token} if token else {}),
        }
    asked_by = {"requestid": str(uuid4()), **({"Username": user_id} if user_id else {})}
    if family is HeaderFamily.TARIFF:
        return asked_by
    return {"Origin": _BATTERY_PAGE, "Referer": f"{_BATTERY_PAGE}/", **asked_by}


def headers_of_write(shape: Shape, *, token: str | None) -> dict[str, str]:
    """Return the headers that a write has beside those of a read and its XSRF token."""
    if shape is Shape.FRESH:
        return {}
    return {"X-Requested-With": "XMLHttpRequest", **({"e-auth-token": token} if token else {})}
