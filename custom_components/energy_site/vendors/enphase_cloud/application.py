"""The application that a user registers with Enphase, and errors related to it."""

from dataclasses import dataclass, field

from homeassistant.const import CONF_API_KEY, CONF_CLIENT_ID, CONF_CLIENT_SECRET
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode

from ...api.oauth import ClientRefusedError, CodeRefusedError, ConsentDeniedError, OAuthError, RedirectRefusedError
from ...helpers.flow_error import FlowError
from .const import PLAN_NAMES

PLAN_SELECTOR = SelectSelector(
    SelectSelectorConfig(
        options=[SelectOptionDict(value=key, label=name) for key, name in PLAN_NAMES.items()],
        mode=SelectSelectorMode.DROPDOWN,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The application that the user registered with Enphase."""

    api_key: str = field(repr=False)
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    plan: str

    @property
    def client(self) -> tuple[str, str]:
        """The OAuth client to which tokens are issued."""
        return self.client_id, self.client_secret


def check(application: Application) -> None:
    """Raise a `FlowError` for obvious mistakes; Enphase reports any others."""
    for name in (CONF_API_KEY, CONF_CLIENT_ID, CONF_CLIENT_SECRET):
        if not getattr(application, name):
            raise FlowError("needed", name)
    if application.client_id == application.api_key:
        raise FlowError("id_is_key", CONF_CLIENT_ID)
    if application.client_secret in (application.api_key, application.client_id):
        raise FlowError("secret_is_another", CONF_CLIENT_SECRET)


def oauth_error(error: OAuthError, field: str) -> FlowError:
    """Return the form's error for a failed OAuth request; `field` is the one in which a code was entered."""
    match error:
        case ClientRefusedError():
            return FlowError("client_refused")
        case CodeRefusedError():
            return FlowError("code_refused", field)
        case ConsentDeniedError():
            return FlowError("consent_denied", field)
        case RedirectRefusedError():
            return FlowError("redirect_refused")
    return FlowError("sign_in_refused")
