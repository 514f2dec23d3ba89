"""The steps that set up a system of the Enphase cloud: an application, the owner's authorization, a system."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, override

import probatio

from homeassistant.components.application_credentials import ClientCredential
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigEntry, ConfigFlowResult
from homeassistant.const import CONF_API_KEY, CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_CODE, CONF_NAME, CONF_TOKEN
from homeassistant.helpers.config_entry_oauth2_flow import async_get_redirect_uri
from homeassistant.helpers.selector import TextSelector
from homeassistant.helpers.typing import DiscoveryInfoType
from homeassistant.util import dt as dt_util

from ...api.errors import ApiAuthError, ApiError, ApiForbiddenError
from ...api.oauth import OAuthError, read_code
from ...const import CONF_AUTH_IMPLEMENTATION, CONF_SERIAL, CONF_SOURCE
from ...helpers.flow_error import FlowError
from ...helpers.sessions import async_get_isolated_session
from ..cloud_flow import HIDDEN, CloudSteps, check_granted, connection_error, strip_whitespace
from ..oauth import async_store_client, auth_domain, client_was_refused, stored_client
from ..request_budget import flow_budget
from .application import PLAN_SELECTOR, Application, check, oauth_error
from .client.errors import KeyMismatchError, KeyRefusedError
from .client.oauth import authorize_url, code_page
from .client.v4 import EnphaseV4Client
from .const import CONF_ACCOUNT, CONF_PASTE_CODE, CONF_PLAN, CONF_REFUSED, DEVELOPER_PAGE, PLANS, SOURCE_V4
from .oauth import ENPHASE, EnphaseImplementation
from .system_pages import SystemPages

# An access token that expires within this many seconds is not worth a request.
_TOO_SHORT = 60

# For these errors, the application's form is shown; any others are about the authorization.
_ABOUT_APPLICATION = ("access_refused", "client_refused", "key_mismatch", "key_refused")


class EnphaseCloudSteps(CloudSteps):
    """The steps of the config flow for the Enphase cloud."""

    manufacturer = "Enphase"

    # The input so far, and the stored application of an entry that is being changed.
    _application = Application(api_key="", client_id="", client_secret="", plan="watt")
    _stored: Application | None = None
    # The form from which the authorization starts, the address of the authorization page, and the redirect URI.
    _form = SOURCE_V4
    _address: str
    _redirect: str
    _paste = False
    _answer: Mapping[str, Any]
    _code: str
    # The tokens, and the client that they were issued to.
    _token: dict[str, Any] | None = None
    _token_of = ("", "")
    _token_is_new = False
    # The systems read so far, the application and token they were read with, and the task that reads them.
    _pages: SystemPages
    _pages_of: tuple[Application, str] | None = None
    _reading: asyncio.Task[None] | None = None
    _was_read: asyncio.Task[None]
    # The error that is shown until the next input.
    _problem: FlowError | None = None

    # -- entry points -----------------------------------------------------------

    async def async_step_enphase_cloud(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the application."""
        return await self._async_application(SOURCE_V4, user_input)

    @override
    async def async_step_integration_discovery(self, discovery_info: DiscoveryInfoType) -> ConfigFlowResult:
        """Set up the cloud of a gateway whose battery that cloud controls."""
        await self.async_set_unique_id(f"cloud_of_{discovery_info[CONF_SERIAL]}")
        self.context["title_placeholders"] = {"name": discovery_info[CONF_NAME]}
        return await self.async_step_enphase_cloud()

    async def async_step_enphase_credentials(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for changes to the application of an entry."""
        return await self._async_application("enphase_credentials", user_input)

    async def async_step_enphase_cloud_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start reauthentication: with the authorization, or with the application if that was rejected."""
        entry = self._get_reauth_entry()
        if self._load_application(entry) is None:
            self._problem = FlowError("client_missing")
        elif client_was_refused(self.hass, entry_data[CONF_AUTH_IMPLEMENTATION]):
            self._problem = FlowError("client_refused")
        elif entry_data.get(CONF_REFUSED) == CONF_API_KEY:
            self._problem = FlowError("key_refused", CONF_API_KEY)
            self._load_token(entry)
        else:
            return await self.async_step_reauth_confirm()
        return await self.async_step_enphase_credentials()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Explain why access needs to be authorized again, then start the authorization."""
        if user_input is not None:
            self._paste = user_input[CONF_PASTE_CODE]
            return await self._async_ask_consent()
        self._form = "reauth_confirm"
        return self._show(
            "reauth_confirm",
            {probatio.Optional(CONF_PASTE_CODE, default=self._paste): bool},
            {"redirect_uri": self._redirect_uri() or str(code_page())},
        )

    async def async_step_enphase_cloud_reconfigure(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Start changing the application; its tokens remain valid as long as the client is the same."""
        entry = self._get_reconfigure_entry()
        if self._load_application(entry) is None:
            self._problem = FlowError("client_missing")
        else:
            self._load_token(entry)
        return await self.async_step_enphase_credentials()

    # -- the application ----------------------------------------------------------

    async def _async_application(self, step_id: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        self._form = step_id
        if user_input is None:
            return self._show_application()
        self._problem = None
        self._paste = user_input[CONF_PASTE_CODE]
        self._application = application = self._read(user_input)
        try:
            check(application)
        except FlowError as problem:
            self._problem = problem
            return self._show_application()
        if (
            self.source == SOURCE_RECONFIGURE
            and self._stored
            and self._stored == replace(application, plan=self._stored.plan)
        ):
            # Only the plan has changed, which Enphase doesn't need to confirm.
            return self.async_update_reload_and_abort(
                self._get_reconfigure_entry(), data_updates={CONF_PLAN: application.plan}
            )
        if self._token is not None and self._token_of == application.client:
            return await self._async_go_on()
        self._token = None
        return await self._async_ask_consent()

    def _read(self, user_input: Mapping[str, Any]) -> Application:
        """Return the input; an empty key or secret leaves it unchanged."""
        known, client_id = self._application, strip_whitespace(user_input[CONF_CLIENT_ID])
        # An entry's secret doesn't belong to a different client.
        kept = known.client_secret if self._stored is None or client_id == known.client_id else ""
        return Application(
            api_key=strip_whitespace(user_input.get(CONF_API_KEY, "")) or known.api_key,
            client_id=client_id,
            client_secret=strip_whitespace(user_input.get(CONF_CLIENT_SECRET, "")) or kept,
            plan=user_input[CONF_PLAN],
        )

    def _show_application(self) -> ConfigFlowResult:
        """Show the form with the client ID, but never with a key or a secret."""
        known = self._application
        key_needed = probatio.Optional if known.api_key else probatio.Required
        secret_needed = probatio.Optional if known.client_secret else probatio.Required
        suggested = {"suggested_value": known.client_id} if known.client_id else None
        return self._show(
            self._form,
            {
                key_needed(probatio.Secret(CONF_API_KEY)): HIDDEN,
                probatio.Required(CONF_CLIENT_ID, description=suggested): TextSelector(),
                secret_needed(probatio.Secret(CONF_CLIENT_SECRET)): HIDDEN,
                probatio.Required(CONF_PLAN, default=known.plan): PLAN_SELECTOR,
                probatio.Optional(CONF_PASTE_CODE, default=self._paste): bool,
            },
            {"developer_page": DEVELOPER_PAGE, "redirect_uri": self._redirect_uri() or str(code_page())},
        )

    def _load_application(self, entry: ConfigEntry) -> ClientCredential | None:
        """Load the application of an entry; return its OAuth client, `None` if that is no longer stored."""
        client = stored_client(self.hass, entry.data[CONF_AUTH_IMPLEMENTATION])
        self._application = self._stored = Application(
            api_key=entry.data[CONF_API_KEY],
            client_id=client.client_id if client else "",
            client_secret=client.client_secret if client else "",
            plan=entry.data[CONF_PLAN],
        )
        return client

    def _load_token(self, entry: ConfigEntry) -> None:
        """Load the token of an entry unless it has expired; renewing it is up to the runtime."""
        if not _ends(entry.data[CONF_TOKEN]):
            self._token, self._token_of = entry.data[CONF_TOKEN], self._application.client

    # -- authorization ------------------------------------------------------------

    async def _async_ask_consent(self) -> ConfigFlowResult:
        """Send the user to the authorization page, and back to Home Assistant if it has a known address."""
        application, self._problem = self._application, None
        redirect = None if self._paste else self._redirect_uri()
        if redirect is None:
            self._redirect = str(code_page())
            self._address = str(authorize_url(application.client_id, self._redirect))
            return await self.async_step_enphase_code()
        self._redirect = redirect
        self._address = await self._implementation.async_generate_authorize_url(self.flow_id)
        return await self.async_step_enphase_auth()

    async def async_step_enphase_auth(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Wait for the owner's return through Home Assistant's redirect URI."""
        if user_input is None:
            return self.async_external_step(step_id="enphase_auth", url=self._address)
        self._answer = user_input
        return self.async_external_step_done(next_step_id="enphase_answer")

    async def async_step_enphase_answer(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Read the result of the authorization."""
        if (code := self._answer.get(CONF_CODE)) is None:
            return await self._async_show_error(FlowError("consent_denied"))
        self._code = code
        return await self._async_go_on()

    async def async_step_enphase_code(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the code that Enphase shows to the owner; go back if it is left empty."""
        if user_input is not None:
            self._problem = None
            if not (pasted := user_input.get(CONF_CODE, "").strip()):
                return await self._async_start_over()
            try:
                self._code = read_code(pasted)
            except OAuthError as err:
                return await self._async_show_error(oauth_error(err, CONF_CODE))
            return await self._async_go_on()
        return self._show(
            "enphase_code", {probatio.Optional(CONF_CODE): TextSelector()}, {"authorize_url": self._address}
        )

    # -- tokens and systems -------------------------------------------------------

    async def async_step_enphase_wait(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Retry after a temporary failure."""
        if user_input is not None:
            self._problem = None
            return await self._async_go_on()
        return self._show("enphase_wait", {}, {})

    async def _async_go_on(self) -> ConfigFlowResult:
        """Get missing tokens and systems, then use them."""
        if self._token is not None and _ends(self._token):
            self._token = None
            return await self._async_ask_consent()
        try:
            if self._token is None:
                self._token = await self._async_exchange()
                self._token_of, self._token_is_new = self._application.client, True
            if self.source in (SOURCE_REAUTH, SOURCE_RECONFIGURE):
                return await self._async_update()
            await self._async_read_systems()
            if not self._pages.complete:
                return await self.async_step_enphase_systems()
            return await self._async_offer(ENPHASE, self._pages.found, self._async_collect)
        except FlowError as problem:
            return await self._async_show_error(problem)
        except _StaleTokenError:
            self._token = None
            return await self._async_ask_consent()

    async def _async_exchange(self) -> dict[str, Any]:
        answer = {"code": self._code, "state": {"redirect_uri": self._redirect}}
        try:
            return await self._implementation.async_resolve_external_data(answer)
        except OAuthError as err:
            raise oauth_error(err, CONF_CODE if self._redirect == str(code_page()) else "base") from err
        except ApiError as err:
            raise connection_error(err) from err

    async def async_step_enphase_systems(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Read the systems of a large account, which takes some minutes on a small plan."""
        if self._reading is None:
            self._reading = self.hass.async_create_background_task(
                self._pages.read_all(self.async_update_progress), "energy_site systems"
            )
        if not self._reading.done():
            return self.async_show_progress(
                step_id="enphase_systems",
                progress_action="reading_systems",
                progress_task=self._reading,
                description_placeholders={"total": str(self._pages.total)},
            )
        self._was_read, self._reading = self._reading, None
        return self.async_show_progress_done(next_step_id="enphase_systems_read")

    async def async_step_enphase_systems_read(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the systems that were read, or show why reading failed."""
        try:
            with self._form_errors():
                await self._was_read
        except FlowError as problem:
            return await self._async_show_error(problem)
        return await self._async_go_on()

    async def _async_read_systems(self) -> None:
        """Read the first systems, which for most accounts are all, continuing where an earlier attempt stopped."""
        application, token = self._application, (self._token or {}).get("access_token", "")
        if self._pages_of != (application, token):
            client = EnphaseV4Client(
                async_get_isolated_session(self.hass),
                application.api_key,
                self._async_access_token,
                budget=flow_budget(self.hass, application.api_key),
            )
            self._pages = SystemPages(client, PLANS[application.plan].per_minute)
            self._pages_of = application, token
        with self._form_errors():
            await self._pages.read_a_few()

    @contextmanager
    def _form_errors(self) -> Iterator[None]:
        """Convert the service's errors to form errors."""
        try:
            yield
        except KeyMismatchError as err:
            raise FlowError("key_mismatch", CONF_API_KEY) from err
        except KeyRefusedError as err:
            raise FlowError("key_refused", CONF_API_KEY) from err
        except ApiAuthError as err:
            # Enphase may reject a key in the same words as a token, but a new token is valid.
            if not self._token_is_new:
                raise _StaleTokenError from err
            raise FlowError("key_refused", CONF_API_KEY) from err
        except ApiForbiddenError as err:
            raise FlowError("access_refused") from err
        except ApiError as err:
            raise connection_error(err) from err

    async def _async_access_token(self, *, refused: str | None = None) -> str:  # noqa: ARG002 - there is no other.
        return str((self._token or {})["access_token"])

    async def _async_update(self) -> ConfigFlowResult:
        """Update an entry once its system is confirmed to be the same."""
        reauth = self.source == SOURCE_REAUTH
        entry = self._get_reauth_entry() if reauth else self._get_reconfigure_entry()
        account, known = (self._token or {}).get("enl_uid"), entry.data.get(CONF_ACCOUNT)
        if account and known and account != known:
            raise FlowError("another_account")
        await self._async_read_systems()
        with self._form_errors():
            await self._pages.read_all(lambda _: None)
        check_granted(entry, self._pages.found)
        return self.async_update_reload_and_abort(entry, data_updates=await self._async_collect(entry))

    async def _async_collect(self, entry: ConfigEntry | None = None) -> dict[str, Any]:
        """Store the client and return the entry's data."""
        application, token = self._application, self._token or {}
        data: dict[str, Any] = {
            CONF_SOURCE: SOURCE_V4,
            CONF_API_KEY: application.api_key,
            CONF_PLAN: application.plan,
        }
        if not self._token_is_new:
            # The entry's own token may have been renewed in the meantime.
            return data
        data[CONF_AUTH_IMPLEMENTATION] = await async_store_client(
            self.hass,
            ENPHASE,
            "Enphase",
            application.client_id,
            application.client_secret,
            entry_id=entry.entry_id if entry else None,
        )
        return {**data, CONF_TOKEN: token, CONF_ACCOUNT: token["enl_uid"]}

    # -- messages -------------------------------------------------------------------

    async def _async_show_error(self, problem: FlowError) -> ConfigFlowResult:
        """Show the form in which the user can fix a problem."""
        self._problem = problem
        if problem.passing:
            return await self.async_step_enphase_wait()
        if problem.key in _ABOUT_APPLICATION:
            if self.source in (SOURCE_REAUTH, SOURCE_RECONFIGURE):
                return await self.async_step_enphase_credentials()
            return await self.async_step_enphase_cloud()
        self._token = None
        if CONF_CODE in problem.errors:
            return await self.async_step_enphase_code()
        return await self._async_start_over()

    async def _async_start_over(self) -> ConfigFlowResult:
        """Show the form from which the authorization starts."""
        if self._form == "reauth_confirm":
            return await self.async_step_reauth_confirm()
        return self._show_application()

    def _show(self, step_id: str, fields: dict[Any, Any], placeholders: dict[str, str]) -> ConfigFlowResult:
        """Show a form with the current error, if any."""
        problem = self._problem
        return self.async_show_form(
            step_id=step_id,
            data_schema=probatio.Schema(fields),
            errors=problem.errors if problem else {},
            description_placeholders={**placeholders, **(problem.placeholders if problem else {})},
        )

    @property
    def _implementation(self) -> EnphaseImplementation:
        """The OAuth implementation of the entered client, which is stored once it has been confirmed."""
        application = self._application
        credential = ClientCredential(application.client_id, application.client_secret)
        return EnphaseImplementation(self.hass, auth_domain(ENPHASE, application.client_id), credential)

    def _redirect_uri(self) -> str | None:
        """Return Home Assistant's redirect URI, `None` if it isn't known."""
        try:
            return async_get_redirect_uri(self.hass)
        except RuntimeError:
            return None


class _StaleTokenError(Exception):
    """An existing token or the key is rejected; a new token shows which."""


def _ends(token: Mapping[str, Any]) -> bool:
    return bool(token["expires_at"] < dt_util.utcnow().timestamp() + _TOO_SHORT)
