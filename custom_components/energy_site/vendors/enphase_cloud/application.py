"""The application that a user registers with Enphase."""

from dataclasses import dataclass, field

from homeassistant.const import CONF_API_KEY, CONF_CLIENT_ID, CONF_CLIENT_SECRET
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode

from ...helpers.flow_error import FlowError
from ..oauth_flow import check_client
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
    if not application.api_key:
        raise FlowError("needed", CONF_API_KEY)
    check_client(*application.client)
    if application.client_id == application.api_key:
        raise FlowError("id_is_key", CONF_CLIENT_ID)
    if application.client_secret == application.api_key:
        raise FlowError("secret_is_another", CONF_CLIENT_SECRET)
