"""The application that a user registers with Enphase, and what may be wrong with it."""

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
    """What a person registered with Enphase."""

    api_key: str = field(repr=False)
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    plan: str

    @property
    def client(self) -> tuple[str, str]:
        """What tokens are issued to."""
        return self.client_id, self.client_secret


def check(application: Application) -> None:
    """Raise a problem for what can be seen to be wrong; Enphase tells the rest."""
    for name in (CONF_API_KEY, CONF_CLIENT_ID, CONF_CLIENT_SECRET):
        if not getattr(application, name):
            raise FlowError("needed", name)
    if application.client_id == application.api_key:
        raise FlowError("id_is_key", CONF_CLIENT_ID)
    if application.client_secret in (application.api_key, application.client_id):
        raise FlowError("secret_is_another", CONF_CLIENT_SECRET)


def oauth_error(error: OAuthError, field: str) -> FlowError:
    """Return what to tell about a refusal to give tokens; `field` is where a code was typed."""
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
