"""The steps that set up a Tesla energy site: an application, the owner's consent, a registration, a site."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, override

import probatio
from yarl import URL

from homeassistant.components.application_credentials import ClientCredential
from homeassistant.config_entries import ConfigEntry, ConfigFlowResult
from homeassistant.helpers.config_entry_oauth2_flow import MY_AUTH_CALLBACK_PATH
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode, TextSelector
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ...api.errors import ApiAuthError, ApiError, ApiQuotaError
from ...api.oauth import ClientRefusedError, OAuthError
from ...const import CONF_AUTH_IMPLEMENTATION, CONF_SOURCE, DOMAIN
from ...helpers.flow_error import FlowError
from ...helpers.sessions import async_get_isolated_session
from ..cloud_flow import DiscoveredSystem, check_granted, connection_error
from ..oauth import auth_domain, stored_client
from ..oauth_flow import CONF_PASTE_CODE, OAuthSteps, StaleTokenError, check_client
from ..request_budget import flow_budget
from .client.addresses import Region
from .client.claims import read_claims
from .client.client import TeslaClient
from .client.errors import (
    NotRegisteredError,
    OfflineAccessDeniedError,
    PartnerTokenRefusedError,
    PaymentRequiredError,
    ScopeMissingError,
    SiteOfflineError,
    SiteUnavailableError,
    WrongRegionError,
)
from .client.oauth import READ_SCOPE, authorize_url
from .client.partner import PartnerClient
from .const import CONF_REGION, DEVELOPER_PAGE, SOURCE
from .issues import consent_placeholders
from .key import KEY_PATH, async_public_key, async_replace_key, async_serve_key
from .oauth import TESLA, TeslaImplementation, same_sign_in, stored_under
from .registration import CONF_DOMAIN, async_register, key_address, own_domain, read_domain

_REGIONS = SelectSelector(
    SelectSelectorConfig(
        options=[str(region) for region in Region], translation_key=CONF_REGION, mode=SelectSelectorMode.DROPDOWN
    )
)
_EXAMPLE = "example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetApplication:
    """The application that the user registered with Tesla, and the region that the user chose."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    region: Region


class TeslaSteps(OAuthSteps):
    """The steps of the config flow for Tesla."""

    manufacturer = "Tesla"
    vendor = TESLA
    source_name = SOURCE
    choice = choice_step = "site"
    client_refused = "application_refused"
    about_application = ("application_refused", "region_differs")

    # The input so far, and the region that the account turns out to belong to.
    _application = FleetApplication(client_id="", client_secret="", region=Region.NA)
    _region: Region
    _domain: str | None = None
    # What to say if Tesla refuses requests although it has just accepted a registration.
    _unheeded: FlowError | None = None

    async_step_tesla_auth = OAuthSteps.auth_step
    async_step_tesla_answer = OAuthSteps.answer_step
    async_step_tesla_code = OAuthSteps.code_step
    async_step_tesla_wait = OAuthSteps.wait_step
    async_step_site = OAuthSteps.async_step_system

    # -- entry points -----------------------------------------------------------

    async def async_step_tesla(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the application."""
        async_serve_key(self.hass)
        return await self._async_application(SOURCE, user_input)

    async def async_step_tesla_credentials(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for changes to the application of an entry."""
        return await self._async_application("tesla_credentials", user_input)

    async def async_step_tesla_reauth(self, _: Mapping[str, Any]) -> ConfigFlowResult:
        """Start reauthentication: with the authorization, or with the application if that was rejected."""
        self._load_entry(self._get_reauth_entry())
        if self._problem is None:
            return await self.async_step_reauth_confirm()
        return await self.async_step_tesla_credentials()

    async def async_step_tesla_reconfigure(self, _: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Start changing the application; its tokens remain valid as long as the client is the same."""
        entry = self._get_reconfigure_entry()
        self._load_entry(entry)
        if self._problem is None:
            self._load_token(entry)
        return await self.async_step_tesla_credentials()

    # -- the application ----------------------------------------------------------

    async def _async_application(self, step_id: str, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        self._form = step_id
        if user_input is None:
            return self._show_application()
        self._problem = None
        self._paste = user_input[CONF_PASTE_CODE]
        client_id, client_secret = self._entered_client(user_input)
        known, region = self._application, Region(user_input[CONF_REGION])
        self._application = FleetApplication(client_id=client_id, client_secret=client_secret, region=region)
        if stored_under(region) != stored_under(known.region):
            self._token = None
        try:
            check_client(client_id, client_secret)
        except FlowError as problem:
            self._problem = problem
            return self._show_application()
        return await self._async_authorize()

    @override
    def _show_application(self) -> ConfigFlowResult:
        region = self._application.region if self._application.client_id else self._usual_region()
        return self._show(
            self._form,
            {
                **self._client_fields(),
                probatio.Required(CONF_REGION, default=str(region)): _REGIONS,
                **self._paste_field(),
            },
            {
                "developer_page": DEVELOPER_PAGE,
                "redirect_uri": self._shown_redirect(),
                "origin": f"https://{own_domain(self.hass) or _EXAMPLE}",
            },
        )

    def _usual_region(self) -> Region:
        """Return the region in which an account of a home at this place usually is."""
        if self.hass.config.country == "CN":
            return Region.CN
        return Region.EU if self.hass.config.time_zone.startswith(("Africa/", "Europe/")) else Region.NA

    @override
    def _load_application(self, entry: ConfigEntry) -> ClientCredential | None:
        client = stored_client(self.hass, entry.data[CONF_AUTH_IMPLEMENTATION])
        self._application = FleetApplication(
            client_id=client.client_id if client else "",
            client_secret=client.client_secret if client else "",
            region=Region(entry.data[CONF_REGION]),
        )
        return client

    # -- authorization ------------------------------------------------------------

    @property
    @override
    def _client(self) -> tuple[str, str]:
        return self._application.client_id, self._application.client_secret

    @property
    @override
    def _implementation(self) -> TeslaImplementation:
        client_id, client_secret = self._client
        name = auth_domain(stored_under(self._application.region), client_id)
        credential = ClientCredential(client_id, client_secret)
        return TeslaImplementation(self.hass, name, credential, self._application.region)

    @override
    def _redirect_uri(self) -> str | None:
        uri = super()._redirect_uri()
        return uri if uri is not None and uri.startswith("https://") else None

    @override
    def _copying_redirect(self) -> str:
        return self._redirect_uri() or MY_AUTH_CALLBACK_PATH

    @override
    def _redirect_problem(self) -> FlowError | None:
        return FlowError("redirect_insecure") if self._redirect_uri() is None else None

    @override
    def _authorization_page(self, redirect_uri: str) -> URL:
        application = self._application
        return authorize_url(application.client_id, redirect_uri, region=application.region)

    @override
    def _account(self, token: Mapping[str, Any]) -> str | None:
        return read_claims(token["access_token"]).account

    @override
    def _oauth_error(self, error: OAuthError, field: str) -> FlowError:
        if isinstance(error, OfflineAccessDeniedError):
            return FlowError("offline_access_denied", placeholders=self._consent())
        return super()._oauth_error(error, field)

    def _consent(self) -> dict[str, str]:
        return consent_placeholders(self.hass, self._application.client_id, self._application.region)

    # -- sites ----------------------------------------------------------------------

    @override
    async def _async_use_token(self) -> ConfigFlowResult:
        claims = read_claims(await self._async_access_token())
        self._region = same_sign_in(claims.region, self._application.region)
        if claims.allows(READ_SCOPE) is False:
            raise FlowError("scope_missing", placeholders=self._consent())
        client = self._fleet_client()
        with self._form_errors():
            try:
                products = await client.products()
            except NotRegisteredError:
                return await self._async_ask_registration()
        self._region = client.region
        sites = [
            DiscoveredSystem(system_id=str(site.energy_site_id), name=site.site_name)
            for site in products
            if site.has_equipment is not False
        ]
        if (entry := self._entry) is not None:
            check_granted(entry, sites)
            return self.async_update_reload_and_abort(entry, data_updates=await self._async_collect())
        if not sites:
            raise FlowError("no_sites", placeholders={"region": await self._async_region_name()})
        return await self._async_offer(TESLA, sites, self._async_collect)

    @override
    async def _async_check_choice(self, system: DiscoveredSystem) -> None:
        with self._form_errors():
            try:
                await self._fleet_client().site_info(int(system.system_id))
            except SiteOfflineError:
                # Tesla knows the site, but its gateway isn't connected at present.
                return
            except SiteUnavailableError as err:
                raise FlowError("site_stale", self.choice, placeholders={"site": system.label}) from err

    def _fleet_client(self) -> TeslaClient:
        session = async_get_isolated_session(self.hass)
        budget = flow_budget(self.hass, self._application.client_id)
        return TeslaClient(session, self._async_access_token, region=self._region, budget=budget)

    @contextmanager
    def _form_errors(self) -> Iterator[None]:
        """Convert the service's errors to form errors."""
        try:
            yield
        except ApiAuthError as err:
            if not self._token_is_new:
                raise StaleTokenError from err
            raise FlowError("sign_in_refused") from err
        except PaymentRequiredError as err:
            raise FlowError("application_disabled", passing=True) from err
        except ScopeMissingError as err:
            raise FlowError("scope_missing", placeholders=self._consent()) from err
        except WrongRegionError as err:
            raise FlowError("region_differs", CONF_REGION) from err
        except ApiQuotaError as err:
            if err.retry_after is None:
                raise connection_error(err) from err
            until = dt_util.now() + timedelta(seconds=err.retry_after)
            raise FlowError("quota_used_up", passing=True, placeholders={"until": f"{until:%Y-%m-%d %H:%M}"}) from err
        except ApiError as err:
            raise connection_error(err) from err

    async def _async_collect(self) -> dict[str, Any]:
        """Store the client and return the entry's data."""
        named = stored_under(self._application.region)
        return {CONF_SOURCE: SOURCE, CONF_REGION: str(self._region), **await self._async_token_data(named)}

    async def _async_region_name(self) -> str:
        """Return the name of the account's region in Home Assistant's language."""
        texts = await async_get_translations(self.hass, self.hass.config.language, "selector", {DOMAIN})
        return texts[f"component.{DOMAIN}.selector.{CONF_REGION}.options.{self._region}"]

    # -- registration -----------------------------------------------------------------

    async def _async_ask_registration(self) -> ConfigFlowResult:
        """Say that Tesla doesn't know the application in the account's region, although the user may expect it."""
        self._problem, self._unheeded = self._unheeded, None
        if self._problem is None and self._region is not self._application.region:
            self._problem = FlowError("account_elsewhere", placeholders={"region": await self._async_region_name()})
        return await self.async_step_tesla_registration()

    async def async_step_tesla_registration(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Register the application in the region of the account."""
        key = await async_public_key(self.hass)
        if user_input is not None:
            self._problem = None
            client_id, client_secret = self._client
            session, budget = async_get_isolated_session(self.hass), flow_budget(self.hass, client_id)
            client = PartnerClient(session, client_id, client_secret, region=self._region, budget=budget)
            try:
                self._domain = read_domain(user_input[CONF_DOMAIN])
                with self._registration_errors():
                    own = await async_register(client, session, self._domain, key)
            except FlowError as problem:
                if problem.key in self.about_application:
                    return await self._async_show_error(problem)
                if problem.key == "key_taken":
                    # Each application needs a key of its own.
                    key = await async_replace_key(self.hass)
                self._problem = problem
            else:
                served = {"address": str(key_address(self._domain))}
                self._unheeded = FlowError("registration_pending" if own else "another_key", placeholders=served)
                return await self._async_go_on()
        domain = self._domain or own_domain(self.hass)
        suggested = {"suggested_value": domain} if domain else None
        return self._show(
            "tesla_registration",
            {probatio.Required(CONF_DOMAIN, description=suggested): TextSelector()},
            {
                "region": await self._async_region_name(),
                "address": str(key_address(domain or _EXAMPLE)),
                "key": key.pem,
                "key_link": KEY_PATH,
                "developer_page": DEVELOPER_PAGE,
            },
        )

    @contextmanager
    def _registration_errors(self) -> Iterator[None]:
        try:
            yield
        except PartnerTokenRefusedError as err:
            raise FlowError("no_partner_token") from err
        except ClientRefusedError as err:
            raise FlowError(self.client_refused) from err
        except PaymentRequiredError as err:
            raise FlowError("application_disabled") from err
        except ApiError as err:
            raise connection_error(err) from err
