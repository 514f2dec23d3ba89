"""What is true of the whole service, and what only one client reports of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .paths import Family


class SessionOver(StrEnum):
    """How a request without a good session is answered."""

    WALL = "wall"
    """The sign-in page with status 200."""
    REDIRECT = "redirect"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"


class TokenRoute(StrEnum):
    """What the route of the account's token answers."""

    OPEN = "open"
    BAD_REQUEST = "bad_request"
    NOT_FOUND = "not_found"


class SitesShape(StrEnum):
    """Where the list of systems is."""

    SITES = "sites"
    DATA = "data"
    ITEMS = "items"
    SYSTEMS = "systems"
    LIST = "list"


class DevicesInProfile(StrEnum):
    """What becomes of a profile that is written with `devices`."""

    REFUSED = "refused"
    HALF = "half"
    """The reserve lands, the profile does not."""


def _session_over() -> dict[Family, SessionOver]:
    return {
        Family.APP: SessionOver.WALL,
        Family.BATTERY_CONFIG: SessionOver.REDIRECT,
        Family.TARIFF: SessionOver.UNAUTHORIZED,
    }


@dataclass(slots=True, kw_only=True)
class Policy:
    """How the service behaves. Times are in seconds if not said otherwise."""

    # -- cookies and sessions
    secure_cookies: bool = True
    """Whether cookies are `Secure`, and some for the vendor's domain, as over the internet."""
    session_days: float = 7.0
    use_prolongs: bool = False
    """Whether a session lives `session_days` from its last request instead of its sign-in."""
    most_sessions: int | None = None
    """How many sessions an account may have at once."""
    sessions_full_status: int = 200
    rotates_with_token: bool = True
    rotates_every: int | None = None
    """Each how many requests the session's cookie changes as well."""
    rotation_grace: float = 0.0
    """How long the cookie before is taken."""
    session_over: Mapping[Family, SessionOver] = field(default_factory=_session_over)
    whole_jar: bool = True
    """Whether battery settings want the manager's cookie beside the session's."""
    strict_headers: bool = True
    """Whether battery settings want `Username` and `requestid`."""

    # -- sign-in
    refused_agent: str = "HomeAssistant"
    login_needs_referer: bool = False
    login_body: bool = True
    """Whether a sign-in is answered with more than cookies."""
    system_id_text: bool = True
    password_tries: int = 10
    """How many wrong passwords in a row block an account."""
    logins_a_day: int | None = None
    """How many sign-ins of an account in a day block it."""
    block: float = 3600.0

    # -- second factor
    nonce_life: float = 300.0
    code_digits: int = 6
    code_tries: int = 5
    code_block: float = 3600.0
    codes_most: int = 10
    """How many codes may be sent before one is right."""
    code_pause: float = 0.0
    """How long after a code another one is refused with 429."""
    send_answers_body: bool = True
    wrong_code_status: int = 200
    login_sends_code: bool = False

    # -- tokens and systems
    token_route: TokenRoute = TokenRoute.OPEN
    token_life: float = 30 * 86_400.0
    sites_shape: SitesShape = SitesShape.SITES
    site_id_name: str = "id"
    sites_empty: bool = False
    sites_doubled: bool = False

    # -- writes
    xsrf_in_cookie: bool = True
    """Whether the token against cross-site requests is a cookie as well as a header."""
    xsrf_life: float = 300.0
    xsrf_latest_only: bool = True
    devices_in_profile: DevicesInProfile = DevicesInProfile.REFUSED
    disclaimer_needed: bool = True
    """Whether charging from the grid is refused before its statement was accepted."""
    storm_disclaimer_needed: bool = False
    whole_body_counts: bool = True
    """Whether each field of a whole body is a wish, also one that is older than what is pending."""
