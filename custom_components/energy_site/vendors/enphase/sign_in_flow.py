"""The steps of a config flow that sign in to an Enphase account, with a code where it asks for one."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import math
from types import MappingProxyType
from typing import Any, ClassVar, override

import probatio

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_CODE, CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import callback
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig, TextSelectorType
from homeassistant.util import dt as dt_util

from ...api.errors import AccountServiceError, ApiError, VerdictError
from ...const import LOGGER
from ...helpers.flow_error import FlowError
from .accounts import KeptAccount, async_account, async_forget_unused
from .client.errors import CodeError, CodeExpiredError, CodeTooSoonError, CodeWrongError

CONF_REMEMBER_PASSWORD = "remember_password"  # noqa: S105 - a name, not a secret.
CONF_SEND_AGAIN = "send_again"

_LOGIN_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_USERNAME): TextSelector(
            TextSelectorConfig(type=TextSelectorType.EMAIL, autocomplete="username")
        ),
        probatio.Required(CONF_PASSWORD): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
        ),
        probatio.Required(CONF_REMEMBER_PASSWORD, default=True): BooleanSelector(),
    }
)
_CODE_SCHEMA = probatio.Schema(
    {
        probatio.Optional(CONF_CODE): TextSelector(TextSelectorConfig(autocomplete="one-time-code")),
        probatio.Required(CONF_SEND_AGAIN, default=False): BooleanSelector(),
    }
)


_TOO_SOON = CodeTooSoonError.translation_key

# The fields that some errors belong to.
_FIELDS: Mapping[type[ApiError], str] = {CodeWrongError: CONF_CODE, CodeTooSoonError: CONF_SEND_AGAIN}


class SignInSteps(ConfigFlow):
    """The steps from an email address and a password to a session, named by the vendor."""

    login_step: ClassVar[str]
    code_step: ClassVar[str]
    # A vendor's own words for errors, by those of the account service.
    error_keys: ClassVar[Mapping[str, str]] = MappingProxyType({})

    _kept: KeptAccount | None = None
    _used: set[KeptAccount]
    _entered: Mapping[str, Any]
    # Whether the account asked for a code: its password alone is then of no use to Home Assistant.
    _with_code = False

    @abstractmethod
    async def _async_use_account(self, kept: KeptAccount, credentials: dict[str, str]) -> ConfigFlowResult:
        """Go on with an account that is signed in; raise a `FlowError` to show in the sign-in form.

        `credentials` are the email address, and the password if it is worth remembering.
        """

    @property
    def _sign_in_placeholders(self) -> dict[str, str]:
        """The placeholders of the vendor's forms."""
        return {}

    async def _async_step_login(self, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Ask for the email address and the password, and sign in."""
        if user_input is None:
            return self._show_login(None)
        self._entered = user_input
        try:
            if await self._async_sign_in() or await self._async_send_code():
                return await self._async_signed_in()
        except FlowError as problem:
            # A code of an earlier dialog was sent a moment ago, and is of no use in this one.
            return self._show_code(problem) if problem.key == _TOO_SOON else self._show_login(problem)
        return self._show_code(None)

    async def _async_step_code(self, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Ask for the code, and complete the sign-in."""
        if user_input is None:
            return self._show_code(None)
        try:
            if user_input[CONF_SEND_AGAIN]:
                if not await self._async_send_code():
                    return self._show_code(None)
            elif code := "".join(user_input.get(CONF_CODE, "").split()):
                await self._async_enter_code(code)
            else:
                return self._show_code(FlowError("needed", CONF_CODE))
        except FlowError as problem:
            return self._show_code(problem)
        try:
            return await self._async_signed_in()
        except FlowError as problem:
            return self._show_login(problem)

    async def _async_signed_in(self) -> ConfigFlowResult:
        assert self._kept is not None  # noqa: S101 - the steps before this one set it.
        remembered = self._entered[CONF_REMEMBER_PASSWORD] and not self._with_code
        keys = (CONF_USERNAME, CONF_PASSWORD) if remembered else (CONF_USERNAME,)
        return await self._async_use_account(self._kept, {key: self._entered[key] for key in keys})

    async def _async_sign_in(self) -> bool:
        """Sign in as entered; return whether that was enough, rather than a code being wanted."""
        kept = self._kept = await async_account(self.hass, self._entered[CONF_USERNAME])
        self._used = {*getattr(self, "_used", ()), kept}
        with self._translated():
            complete = await kept.account.sign_in(self._entered[CONF_PASSWORD])
        self._with_code |= not complete
        return complete

    async def _async_send_code(self) -> bool:
        """Have a code sent, signing in again where the time for it is over; return whether that was enough."""
        assert self._kept is not None  # noqa: S101 - the sign-in set it.
        try:
            with self._translated():
                await self._kept.account.send_code()
        except CodeExpiredError:
            return await self._async_start_over()
        return False

    async def _async_enter_code(self, code: str) -> None:
        """Enter the code; a new one is sent where the time for it is over."""
        assert self._kept is not None  # noqa: S101 - the sign-in set it.
        try:
            with self._translated():
                await self._kept.account.enter_code(code)
        except CodeExpiredError as err:
            if not await self._async_start_over():
                raise FlowError(err.translation_key) from err

    async def _async_start_over(self) -> bool:
        """Sign in again and have a code sent; return whether none was wanted this time."""
        if await self._async_sign_in():
            return True
        assert self._kept is not None  # noqa: S101 - the sign-in set it.
        with self._translated():
            await self._kept.account.send_code()
        return False

    def _show_login(self, problem: FlowError | None) -> ConfigFlowResult:
        entered = getattr(self, "_entered", None) or self._suggested
        return self.async_show_form(
            step_id=self.login_step,
            data_schema=self.add_suggested_values_to_schema(
                _LOGIN_SCHEMA, {key: value for key, value in entered.items() if key != CONF_PASSWORD}
            ),
            errors=problem.errors if problem else {},
            description_placeholders={**self._sign_in_placeholders, **(problem.placeholders if problem else {})},
        )

    def _show_code(self, problem: FlowError | None) -> ConfigFlowResult:
        kept = self._kept
        wait = kept.account.governor.code_wait(dt_util.utcnow()) if kept is not None else 0.0
        return self.async_show_form(
            step_id=self.code_step,
            data_schema=_CODE_SCHEMA,
            errors=problem.errors if problem else {},
            description_placeholders={
                **self._sign_in_placeholders,
                "seconds": str(math.ceil(wait)),
                **(problem.placeholders if problem else {}),
            },
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what goes wrong with the account into what the form shows."""
        try:
            yield
        except CodeExpiredError:
            raise
        except ApiError as err:
            raise self._error(err) from err

    def _error(self, error: ApiError) -> FlowError:
        """Return what a form shows of an error of the account or its service."""
        LOGGER.debug("The account service is not responding as expected: %s", error)
        known = error if isinstance(error, VerdictError | AccountServiceError | CodeError) else AccountServiceError
        key = known.translation_key
        field = _FIELDS.get(type(error), "base")
        return FlowError(self.error_keys.get(key, key), field, placeholders={"target": "Enphase"})

    @property
    def _suggested(self) -> Mapping[str, Any]:
        """What the sign-in form contains before anything was entered."""
        return {}

    @override
    @callback
    def async_remove(self) -> None:
        """Keep nothing of an account that no entry came to use."""
        for kept in getattr(self, "_used", ()):
            self.hass.async_create_task(async_forget_unused(self.hass, kept.account.email))
