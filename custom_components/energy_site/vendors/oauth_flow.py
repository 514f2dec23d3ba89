"""The common basis of the config flows in which an owner authorizes an application that the user registered."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import probatio
from yarl import URL

from homeassistant.components.application_credentials import ClientCredential
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigEntry, ConfigFlowResult
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_CODE, CONF_TOKEN
from homeassistant.helpers.config_entry_oauth2_flow import async_get_redirect_uri
from homeassistant.helpers.selector import TextSelector
from homeassistant.util import dt as dt_util

from ..api.errors import ApiError
from ..api.oauth import (
    ClientRefusedError,
    CodeRefusedError,
    ConsentDeniedError,
    OAuthError,
    RedirectRefusedError,
    read_code,
)
from ..const import CONF_AUTH_IMPLEMENTATION
from ..helpers.flow_error import FlowError
from .cloud_flow import HIDDEN, CloudSteps, connection_error, strip_whitespace
from .oauth import ClientImplementation, async_store_client, client_was_refused

CONF_ACCOUNT = "account"
CONF_PASTE_CODE = "paste_code"

# An access token that expires within this many seconds is not worth a request.
_TOO_SHORT = 60


class StaleTokenError(Exception):
    """The token of an entry is rejected; a new one shows whether that is the reason."""


class OAuthSteps(CloudSteps):
    """The steps from an application to an owner's token.

    A vendor gives its steps `<vendor>_auth`, `<vendor>_answer`, `<vendor>_code` and `<vendor>_wait`
    the methods of this class that end alike, and shows its application in the step
    `<source>`, or in `<vendor>_credentials` to change that of an entry.
    """

    # What the vendor's steps, stored clients and the unique IDs of its entries begin with.
    vendor: ClassVar[str]
    source_name: ClassVar[str]
    # For these errors, the application's form is shown; any others are about the authorization.
    about_application: ClassVar[tuple[str, ...]] = ()
    client_refused: ClassVar[str] = "client_refused"

    # The form from which the authorization starts, the address of the authorization page, the redirect URI, and
    # whether the owner copies the code from there.
    _form: str
    _address: str
    _redirect: str
    _copied: bool
    _paste = False
    _answer: Mapping[str, Any]
    _code: str
    # The tokens, and the client that they were issued to.
    _token: dict[str, Any] | None = None
    _token_of = ("", "")
    _token_is_new = False

    # -- what a vendor provides ---------------------------------------------------

    @property
    @abstractmethod
    def _client(self) -> tuple[str, str]:
        """The entered client ID and secret."""

    @property
    @abstractmethod
    def _implementation(self) -> ClientImplementation:
        """The OAuth implementation of the entered client, which is stored once it has been confirmed."""

    @abstractmethod
    def _load_application(self, entry: ConfigEntry) -> ClientCredential | None:
        """Load the application of an entry; return its OAuth client, `None` if that is no longer stored."""

    @abstractmethod
    def _show_application(self) -> ConfigFlowResult:
        """Show the form of the application."""

    @abstractmethod
    def _copying_redirect(self) -> str:
        """Return the redirect URI for an owner who copies the code manually."""

    @abstractmethod
    def _authorization_page(self, redirect_uri: str) -> URL:
        """Return the page where the owner authorizes access, and gets a code to copy."""

    @abstractmethod
    def _account(self, token: Mapping[str, Any]) -> str | None:
        """Return the account that authorized access, `None` if the token doesn't say."""

    @abstractmethod
    async def _async_use_token(self) -> ConfigFlowResult:
        """Update the entry, or offer what the token gives access to."""

    # -- the start ------------------------------------------------------------------

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Explain why access needs to be authorized again, then start the authorization."""
        if user_input is not None:
            self._paste = user_input[CONF_PASTE_CODE]
            return await self._async_ask_consent()
        self._form = "reauth_confirm"
        placeholders = {"redirect_uri": self._shown_redirect(), "manufacturer": self.manufacturer}
        return self._show("reauth_confirm", self._paste_field(), placeholders)

    def _load_entry(self, entry: ConfigEntry) -> None:
        """Load the application of an entry, and what is known to be wrong with it."""
        if self._load_application(entry) is None:
            self._problem = FlowError("client_missing")
        elif self.source == SOURCE_REAUTH and client_was_refused(self.hass, entry.data[CONF_AUTH_IMPLEMENTATION]):
            self._problem = FlowError(self.client_refused)

    def _load_token(self, entry: ConfigEntry) -> None:
        """Load the token of an entry unless it has expired; renewing it is up to the runtime."""
        if not _ends(entry.data[CONF_TOKEN]):
            self._token, self._token_of = entry.data[CONF_TOKEN], self._client

    @property
    def _entry(self) -> ConfigEntry | None:
        """The entry that is updated, `None` for a new one."""
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        return self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None

    def _entered_client(self, user_input: Mapping[str, Any]) -> tuple[str, str]:
        """Return the client ID and secret of the input; an empty secret leaves it unchanged."""
        known_id, known_secret = self._client
        client_id = strip_whitespace(user_input[CONF_CLIENT_ID])
        # An entry's secret doesn't belong to a different client.
        kept = known_secret if self._entry is None or client_id == known_id else ""
        return client_id, strip_whitespace(user_input.get(CONF_CLIENT_SECRET, "")) or kept

    def _client_fields(self) -> dict[Any, Any]:
        """Return the form's fields with the client ID, but never with a secret."""
        client_id, client_secret = self._client
        suggested = {"suggested_value": client_id} if client_id else None
        return {
            probatio.Required(CONF_CLIENT_ID, description=suggested): TextSelector(),
            secret_field(CONF_CLIENT_SECRET, client_secret): HIDDEN,
        }

    def _paste_field(self) -> dict[Any, Any]:
        return {probatio.Optional(CONF_PASTE_CODE, default=self._paste): bool}

    # -- authorization ------------------------------------------------------------

    async def _async_authorize(self) -> ConfigFlowResult:
        """Continue with the token of the entered client, or get one."""
        if self._token is not None and self._token_of == self._client:
            return await self._async_go_on()
        self._token = None
        return await self._async_ask_consent()

    async def _async_ask_consent(self) -> ConfigFlowResult:
        """Send the user to the authorization page, and back to Home Assistant if it has a known address."""
        self._problem = None if self._paste else self._redirect_problem()
        redirect = None if self._paste else self._redirect_uri()
        self._copied = redirect is None
        if redirect is None:
            self._redirect = self._copying_redirect()
            self._address = str(self._authorization_page(self._redirect))
            return await self.code_step()
        self._redirect = redirect
        self._address = await self._implementation.async_generate_authorize_url(self.flow_id)
        return await self.auth_step()

    async def auth_step(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Wait for the owner's return through Home Assistant's redirect URI."""
        if user_input is None:
            return self.async_external_step(step_id=f"{self.vendor}_auth", url=self._address)
        self._answer = user_input
        return self.async_external_step_done(next_step_id=f"{self.vendor}_answer")

    async def answer_step(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Read the result of the authorization."""
        if (code := self._answer.get(CONF_CODE)) is None:
            return await self._async_show_error(FlowError("consent_denied"))
        self._code = code
        return await self._async_go_on()

    async def code_step(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the code that the owner copies; go back if it is left empty."""
        if user_input is not None:
            self._problem = None
            if not (pasted := user_input.get(CONF_CODE, "").strip()):
                return await self._async_start_over()
            try:
                self._code = read_code(pasted)
            except OAuthError as err:
                return await self._async_show_error(self._oauth_error(err, CONF_CODE))
            return await self._async_go_on()
        return self._show(
            f"{self.vendor}_code", {probatio.Optional(CONF_CODE): TextSelector()}, {"authorize_url": self._address}
        )

    async def wait_step(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Retry after a temporary failure."""
        if user_input is not None:
            self._problem = None
            return await self._async_go_on()
        return self._show(f"{self.vendor}_wait", {}, {})

    # -- tokens -------------------------------------------------------------------

    async def _async_go_on(self) -> ConfigFlowResult:
        """Get missing tokens, then use them."""
        if self._token is not None and _ends(self._token):
            self._token = None
            return await self._async_ask_consent()
        try:
            if self._token is None:
                self._token = await self._async_exchange()
                self._token_of, self._token_is_new = self._client, True
            self._check_account()
            return await self._async_use_token()
        except FlowError as problem:
            return await self._async_show_error(problem)
        except StaleTokenError:
            self._token = None
            return await self._async_ask_consent()

    async def _async_exchange(self) -> dict[str, Any]:
        answer = {"code": self._code, "state": {"redirect_uri": self._redirect}}
        try:
            return await self._implementation.async_resolve_external_data(answer)
        except OAuthError as err:
            raise self._oauth_error(err, CONF_CODE if self._copied else "base") from err
        except ApiError as err:
            raise connection_error(err) from err

    def _oauth_error(self, error: OAuthError, field: str) -> FlowError:
        """Return the form's error for a failed OAuth request; `field` is the one in which a code was entered."""
        match error:
            case ClientRefusedError():
                return FlowError(self.client_refused)
            case CodeRefusedError():
                return FlowError("code_refused", field)
            case ConsentDeniedError():
                return FlowError("consent_denied", field)
            case RedirectRefusedError():
                return FlowError("redirect_refused")
        return FlowError("sign_in_refused")

    async def _async_access_token(self, *, refused: str | None = None) -> str:  # noqa: ARG002 - there is no other.
        return str((self._token or {})["access_token"])

    def _check_account(self) -> None:
        """Raise a `FlowError` if an entry would get the token of a different account."""
        known = self._entry.data.get(CONF_ACCOUNT) if self._entry is not None else None
        account = self._account(self._token or {})
        if account and known and account != known:
            raise FlowError("another_account")

    async def _async_token_data(self, vendor: str) -> dict[str, Any]:
        """Store the client under the vendor's name; return the entry's data of a new token, none for its own.

        The entry's own token may have been renewed in the meantime.
        """
        if not self._token_is_new:
            return {}
        entry, (client_id, client_secret) = self._entry, self._client
        name = await async_store_client(
            self.hass, vendor, self.manufacturer, client_id, client_secret, entry_id=entry.entry_id if entry else None
        )
        token = self._token or {}
        return {CONF_AUTH_IMPLEMENTATION: name, CONF_TOKEN: token, CONF_ACCOUNT: self._account(token)}

    # -- messages -------------------------------------------------------------------

    async def _async_show_error(self, problem: FlowError) -> ConfigFlowResult:
        """Show the form in which the user can fix a problem."""
        self._problem = problem
        if problem.passing:
            return await self.wait_step()
        if problem.key in self.about_application:
            self._form = self.source_name if self._entry is None else f"{self.vendor}_credentials"
            return self._show_application()
        self._token = None
        if CONF_CODE in problem.errors:
            return await self.code_step()
        return await self._async_start_over()

    async def _async_start_over(self) -> ConfigFlowResult:
        """Show the form from which the authorization starts."""
        if self._form == "reauth_confirm":
            return await self.async_step_reauth_confirm()
        return self._show_application()

    def _shown_redirect(self) -> str:
        """Return the redirect URI that the user has to register."""
        return self._redirect_uri() or self._copying_redirect()

    def _redirect_problem(self) -> FlowError | None:
        """Return why the owner has to copy the code, if the vendor is the reason."""
        return None

    def _redirect_uri(self) -> str | None:
        """Return Home Assistant's redirect URI, `None` if it isn't known."""
        try:
            return async_get_redirect_uri(self.hass)
        except RuntimeError:
            return None


def secret_field(name: str, known: str) -> probatio.Marker:
    """Return a form's field for a key or a secret, which may be left empty if there is a known one."""
    return (probatio.Optional if known else probatio.Required)(probatio.Secret(name))


def check_client(client_id: str, client_secret: str) -> None:
    """Raise a `FlowError` for obvious mistakes; the vendor reports any others."""
    for field, value in ((CONF_CLIENT_ID, client_id), (CONF_CLIENT_SECRET, client_secret)):
        if not value:
            raise FlowError("needed", field)
    if client_secret == client_id:
        raise FlowError("secret_is_another", CONF_CLIENT_SECRET)


def _ends(token: Mapping[str, Any]) -> bool:
    return bool(token["expires_at"] < dt_util.utcnow().timestamp() + _TOO_SHORT)
