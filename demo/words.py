"""What the demo says once it is ready: pure."""

from .account import CAREFUL, EMAIL
from .api import PASSWORD, USER
from .cloud import PLAN
from .home import Home
from .options import Options
from .tesla import Tesla


def ready(options: Options, url: str, home: Home, tesla: Tesla | None = None) -> str:
    """Return how to look at the home at `url`, and how to set it up once more by hand."""
    application = home.cloud.application
    again = " (remove it first)"
    lines = [
        "",
        f"Ready. Open {url} and sign in:",
        "",
        f"    user      {USER}",
        f"    password  {PASSWORD}",
        "",
        "The dashboard Energy Site opens first; Energy and Settings, Devices & services are worth a look too.",
        "To try the setup yourself: Settings, Devices & services, Add integration, Energy Site, then",
        f"- Enphase IQ Gateway on this network{again}: host {home.gateway.host},",
        f"  sign in as {EMAIL}, password {home.account.password}",
        *_account(options),
        f'- Enphase cloud{again if options.cloud else ""}: tick "Paste a code instead"; the sign-in page gives the code',
        "",
        f"    API key        {application.key}",
        f"    client ID      {application.client_id}",
        f"    client secret  {application.client_secret}",
        f"    plan           {PLAN.name}",
        *_tesla(tesla),
        "",
        "Nothing of it is real, and nothing leaves this computer. Ctrl-C ends it.",
    ]
    if options.config is not None:
        lines.append(f"Home Assistant's configuration stays in {options.config}.")
    return "\n".join(lines)


def _account(options: Options) -> list[str]:
    if options.account:
        return [
            f"- Your Enphase account is set up as {CAREFUL}, same password; the codes for that owner appear here.",
            f"  To use {EMAIL} instead, remove it first",
        ]
    return [f"- Your Enphase account: as {EMAIL}, or as {CAREFUL}, whose codes appear here; same password"]


def _tesla(tesla: Tesla | None) -> list[str]:
    if tesla is None:
        return []
    return [
        '- Tesla energy site (remove it first): tick "Paste a code instead"',
        "",
        f"    client ID      {tesla.application.client_id}",
        f"    client secret  {tesla.application.client_secret}",
    ]
