"""The steps that set up a system of the Enphase cloud: an application, the owner's authorization, a system."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, override

import probatio
from yarl import URL

from homeassistant.components.application_credentials import ClientCredential
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntry, ConfigFlowResult
from homeassistant.const import CONF_API_KEY

from ...api.errors import ApiAuthError, ApiError, ApiForbiddenError
from ...const import CONF_AUTH_IMPLEMENTATION, CONF_SOURCE
from ...helpers.flow_error import FlowError
from ...helpers.sessions import async_get_isolated_session
from ..cloud_flow import HIDDEN, check_granted, connection_error, strip_whitespace
from ..oauth import auth_domain, stored_client
from ..oauth_flow import CONF_PASTE_CODE, OAuthSteps, StaleTokenError, secret_field
from ..request_budget import flow_budget
from .application import PLAN_SELECTOR, Application, check
from .client.errors import KeyMismatchError, KeyRefusedError
from .client.oauth import authorize_url, code_page
from .client.v4 import EnphaseV4Client
from .const import CONF_PLAN, CONF_REFUSED, DEVELOPER_PAGE, PLANS, SOURCE_V4
from .oauth import ENPHASE, EnphaseImplementation
from .system_pages import SystemPages


class EnphaseCloudSteps(OAuthSteps):
    """The steps of the config flow for the Enphase cloud."""

    manufacturer = "Enphase"
    vendor = ENPHASE
    source_name = SOURCE_V4
    about_application = ("access_refused", "client_refused", "key_mismatch", "key_refused")

    # The input so far, and the stored application of an entry that is being changed.
    _application = Application(api_key="", client_id="", client_secret="", plan="watt")
    _stored: Application | None = None
    # The systems read so far, the application and token they were read with, and the task that reads them.
    _pages: SystemPages
    _pages_of: tuple[Application, str] | None = None
    _reading: asyncio.Task[None] | None = None
    _was_read: asyncio.Task[None]

    async_step_enphase_auth = OAuthSteps.auth_step
    async_step_enphase_answer = OAuthSteps.answer_step
    async_step_enphase_code = OAuthSteps.code_step
    async_step_enphase_wait = OAuthSteps.wait_step

    # -- entry points -----------------------------------------------------------

    async def async_step_enphase_cloud(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the application."""
        return await self._async_application(SOURCE_V4, user_input)

    async def async_step_enphase_credentials(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for changes to the application of an entry."""
        return await self._async_application("enphase_credentials", user_input)

    async def async_step_enphase_cloud_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Start reauthentication: with the authorization, or with the application if that was rejected."""
        entry = self._get_reauth_entry()
        self._load_entry(entry)
        if self._problem is None and entry_data.get(CONF_REFUSED) == CONF_API_KEY:
            self._problem = FlowError("key_refused", CONF_API_KEY)
            self._load_token(entry)
        if self._problem is None:
            return await self.async_step_reauth_confirm()
        return await self.async_step_enphase_credentials()

    async def async_step_enphase_cloud_reconfigure(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Start changing the application; its tokens remain valid as long as the client is the same."""
        entry = self._get_reconfigure_entry()
        self._load_entry(entry)
        if self._problem is None:
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
        return await self._async_authorize()

    def _read(self, user_input: Mapping[str, Any]) -> Application:
        """Return the input; an empty key or secret leaves it unchanged."""
        client_id, client_secret = self._entered_client(user_input)
        return Application(
            api_key=strip_whitespace(user_input.get(CONF_API_KEY, "")) or self._application.api_key,
            client_id=client_id,
            client_secret=client_secret,
            plan=user_input[CONF_PLAN],
        )

    @override
    def _show_application(self) -> ConfigFlowResult:
        known = self._application
        return self._show(
            self._form,
            {
                secret_field(CONF_API_KEY, known.api_key): HIDDEN,
                **self._client_fields(),
                probatio.Required(CONF_PLAN, default=known.plan): PLAN_SELECTOR,
                **self._paste_field(),
            },
            {"developer_page": DEVELOPER_PAGE, "redirect_uri": self._shown_redirect()},
        )

    @override
    def _load_application(self, entry: ConfigEntry) -> ClientCredential | None:
        client = stored_client(self.hass, entry.data[CONF_AUTH_IMPLEMENTATION])
        self._application = self._stored = Application(
            api_key=entry.data[CONF_API_KEY],
            client_id=client.client_id if client else "",
            client_secret=client.client_secret if client else "",
            plan=entry.data[CONF_PLAN],
        )
        return client

    # -- authorization ------------------------------------------------------------

    @property
    @override
    def _client(self) -> tuple[str, str]:
        return self._application.client

    @property
    @override
    def _implementation(self) -> EnphaseImplementation:
        client_id, client_secret = self._client
        credential = ClientCredential(client_id, client_secret)
        return EnphaseImplementation(self.hass, auth_domain(ENPHASE, client_id), credential)

    @override
    def _copying_redirect(self) -> str:
        return str(code_page())

    @override
    def _authorization_page(self, redirect_uri: str) -> URL:
        return authorize_url(self._application.client_id, redirect_uri)

    @override
    def _account(self, token: Mapping[str, Any]) -> str | None:
        return token.get("enl_uid")

    # -- systems --------------------------------------------------------------------

    @override
    async def _async_use_token(self) -> ConfigFlowResult:
        await self._async_read_systems()
        if (entry := self._entry) is not None:
            with self._form_errors():
                await self._pages.read_all(lambda _: None)
            check_granted(entry, self._pages.found)
            return self.async_update_reload_and_abort(entry, data_updates=await self._async_collect())
        if not self._pages.complete:
            return await self.async_step_enphase_systems()
        return await self._async_offer(ENPHASE, self._pages.found, self._async_collect)

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
                raise StaleTokenError from err
            raise FlowError("key_refused", CONF_API_KEY) from err
        except ApiForbiddenError as err:
            raise FlowError("access_refused") from err
        except ApiError as err:
            raise connection_error(err) from err

    async def _async_collect(self) -> dict[str, Any]:
        """Store the client and return the entry's data."""
        application = self._application
        return {
            CONF_SOURCE: SOURCE_V4,
            CONF_API_KEY: application.api_key,
            CONF_PLAN: application.plan,
            **await self._async_token_data(ENPHASE),
        }
