"""The names of the service's cookies, and how they are set."""

SESSION = "_enlighten_4_session"
MANAGER = "enlighten_manager_token_production"
NONCE = "login_otp_nonce"
XSRF = "BP-XSRF-Token"
_DOMAIN = ".enphaseenergy.com"


def cookie(
    name: str,
    value: str,
    *,
    secure: bool,
    http_only: bool = False,
    everywhere: bool = False,
    max_age: float | None = None,
) -> str:
    """Return a value of Set-Cookie; with `everywhere` it is for all hosts of the vendor."""
    parts = [f"{name}={value}"]
    if everywhere and secure:
        parts.append(f"domain={_DOMAIN}")
    parts.append("path=/")
    if max_age is not None:
        parts.append(f"Max-Age={max_age:g}")
    if http_only:
        parts.append("HttpOnly")
    if secure:
        parts.append("Secure")
    return "; ".join(parts)


def cookies_of(header: str) -> dict[str, str]:
    """Return the cookies of a request."""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, _, value in pairs if name}
