"""Actions for a site as a whole."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

import probatio

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.const import CONF_MODE
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import config_validation as cv, entity_registry as er, service
from homeassistant.util import dt as dt_util

from .api.errors import ApiError, ApiQuotaError
from .api.parameters import Parameter
from .const import DOMAIN
from .errors import translated
from .runtime.control_errors import translated_errors
from .runtime.site import SiteRuntime
from .runtime.targets import ATTR_CONFIG_ENTRY_ID, async_for_each, async_sites_of, without_doubles
from .runtime.tariff import CONF_STRATEGY, CONF_TARIFF, async_judge_tariff, async_set_tariff, findings_as_dicts
from .site.control import ControlKey, ControlName, Value
from .site.history.intervals import FIRST_DAY
from .site.history.report import Stop
from .site.model import OperatingMode
from .sources.history_turns import HistoryTurns
from .sources.tariff import TARIFF

ATTR_CHARGE_FROM_GRID: Final = "charge_from_grid"
ATTR_CHECK_ONLY: Final = "check_only"
ATTR_DURATION: Final = "duration"
ATTR_END: Final = "end"
ATTR_ENDPOINT: Final = "endpoint"
ATTR_PARAMETERS: Final = "parameters"
ATTR_RESERVE: Final = "reserve"

ATTR_START: Final = "start"

SERVICE_CANCEL_IMPORT: Final = "cancel_import"
SERVICE_GET_RAW: Final = "get_raw"
SERVICE_IMPORT_HISTORY: Final = "import_history"
SERVICE_REFRESH: Final = "refresh"
SERVICE_SET_MODE_UNTIL: Final = "set_mode_until"
SERVICE_SET_TARIFF: Final = "set_tariff"

# The fields of the action, and the controls they set.
_OVERRIDABLE: Mapping[str, str] = {
    CONF_MODE: ControlKey.OPERATING_MODE,
    ATTR_RESERVE: ControlKey.BACKUP_RESERVE,
    ATTR_CHARGE_FROM_GRID: ControlKey.CHARGE_FROM_GRID,
}

_SITES = {probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string, **cv.ENTITY_SERVICE_FIELDS}
_SET_MODE_UNTIL_SCHEMA = probatio.Schema(
    {
        **_SITES,
        probatio.Optional(CONF_MODE): cv.string,
        probatio.Optional(ATTR_RESERVE): probatio.Coerce(float),
        probatio.Optional(ATTR_CHARGE_FROM_GRID): cv.boolean,
        probatio.Exclusive(ATTR_DURATION, ATTR_END): cv.positive_time_period,
        probatio.Exclusive(ATTR_END, ATTR_END): cv.datetime,
    }
)
# The tariff itself is judged as a whole, so that all mistakes are reported at once.
_SET_TARIFF_SCHEMA = probatio.Schema(
    {
        **_SITES,
        probatio.Optional("name"): object,
        probatio.Optional("utility"): object,
        probatio.Optional("currency"): object,
        probatio.Optional("daily_charge"): object,
        probatio.Optional(CONF_STRATEGY): probatio.In(["economics", "balanced"]),
        probatio.Optional(ATTR_CHECK_ONLY, default=False): cv.boolean,
        probatio.Exclusive("seasons", "content"): list,
        probatio.Exclusive(CONF_TARIFF, "content"): dict,
    }
)
_IMPORT_SCHEMA = probatio.Schema(
    {**_SITES, probatio.Required(ATTR_START): cv.date, probatio.Required(ATTR_END): cv.date}
)
_GET_RAW_SCHEMA = probatio.Schema(
    {
        **_SITES,
        probatio.Required(ATTR_ENDPOINT): cv.string,
        probatio.Optional(ATTR_PARAMETERS, default=dict): probatio.Schema({cv.string: cv.string}),
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_SET_MODE_UNTIL,
        _async_set_mode_until,
        schema=_SET_MODE_UNTIL_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(
        DOMAIN,
        SERVICE_SET_TARIFF,
        _async_set_tariff,
        schema=_SET_TARIFF_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(DOMAIN, SERVICE_REFRESH, _async_refresh, schema=probatio.Schema(_SITES))
    service.async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_IMPORT_HISTORY,
        _async_import_history,
        schema=_IMPORT_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    service.async_register_admin_service(
        hass, DOMAIN, SERVICE_CANCEL_IMPORT, _async_cancel_import, schema=probatio.Schema(_SITES)
    )
    service.async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_GET_RAW,
        _async_get_raw,
        schema=_GET_RAW_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )


async def _async_check_control(call: ServiceCall, runtime: SiteRuntime, keys: Iterable[str] | None = None) -> None:
    """Raise `Unauthorized` unless the caller may control the entities of these controls, or all of the site.

    An automation has no user, and is always allowed.
    """
    if call.context.user_id is None:
        return
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context, permission=POLICY_CONTROL)
    registered = er.async_entries_for_config_entry(er.async_get(call.hass), runtime.entry.entry_id)
    wanted = {f"{runtime.site}_{key}" for key in keys} if keys is not None else {it.unique_id for it in registered}
    moved = [entity for entity in registered if entity.unique_id in wanted]
    # Without an entity, there is no specific permission for a control.
    complete = bool(moved) and wanted <= {entity.unique_id for entity in moved}
    may = user.permissions
    if not complete and not may.access_all_entities(POLICY_CONTROL):
        raise Unauthorized(context=call.context, user_id=user.id, permission=POLICY_CONTROL)
    for entity_id in (entity.entity_id for entity in moved):
        if not may.check_entity(entity_id, POLICY_CONTROL):
            raise Unauthorized(context=call.context, user_id=user.id, entity_id=entity_id, permission=POLICY_CONTROL)


async def _async_set_mode_until(call: ServiceCall) -> ServiceResponse:
    wanted: dict[str, Value] = {key: call.data[field] for field, key in _OVERRIDABLE.items() if field in call.data}
    names = [ControlName(None, key) for key in wanted]
    sites = async_sites_of(call, lambda site: all(site.controls.control(name) is not None for name in names))
    for runtime in sites:
        await _async_check_control(call, runtime, {*wanted, *runtime.overrides.moves_along(wanted)})
    if not wanted:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="nothing_to_set")
    if wanted.get(ControlKey.OPERATING_MODE) == OperatingMode.BACKUP and ControlKey.BACKUP_RESERVE in wanted:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="reserve_in_backup")
    until = _end(call.data, dt_util.utcnow())

    async def impose(runtime: SiteRuntime) -> ServiceResponse:
        runtime.events.contexts |= dict.fromkeys(names, call.context)
        with translated_errors(runtime.hass, runtime.site):
            override = await runtime.overrides.async_impose(wanted, until)
        return {"until": override.until.isoformat(), "before": dict(override.before)}

    return await async_for_each(without_doubles(sites), impose)


async def _async_set_tariff(call: ServiceCall) -> ServiceResponse:
    sites = async_sites_of(call, lambda site: site.source.tariff is not None, only_one_can=True)
    for runtime in sites:
        await _async_check_control(call, runtime)
    return await async_for_each(sites, partial(_async_set_tariff_of, call))


async def _async_set_tariff_of(call: ServiceCall, runtime: SiteRuntime) -> ServiceResponse:
    judged = await async_judge_tariff(runtime.hass, runtime.source, call.data)
    sends = not call.data[ATTR_CHECK_ONLY] and (judged.sound or not call.return_response)
    confirmed = False
    if sends:
        runtime.events.contexts[TARIFF] = call.context
        with translated_errors(runtime.hass, runtime.site):
            confirmed = await async_set_tariff(judged, runtime.controls)
    return {
        "findings": findings_as_dicts(judged.findings),
        "payload": dict(judged.payload) if judged.payload is not None else None,
        "written": sends,
        "confirmed": confirmed,
        "strategy": judged.setting.strategy,
    }


def _end(data: Mapping[str, Any], now: datetime) -> datetime:
    if ATTR_DURATION in data:
        end: datetime = now + data[ATTR_DURATION]
    elif ATTR_END in data:
        end = data[ATTR_END]
        end = dt_util.as_utc(end if end.tzinfo is not None else end.replace(tzinfo=dt_util.get_default_time_zone()))
    else:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_end")
    if end <= now:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="end_in_the_past")
    return end


async def _async_refresh(call: ServiceCall) -> None:
    sites = async_sites_of(call)
    for runtime in sites:
        await _async_check_control(call, runtime)
    await async_for_each(sites, _async_refresh_site)


async def _async_refresh_site(runtime: SiteRuntime) -> None:
    await runtime.poller.async_refresh(runtime.source.feeds)
    if (outage := runtime.source.outage) is not None:
        raise translated(HomeAssistantError, outage)
    errors = [state.error for state in runtime.source.states.values() if isinstance(state.error, ApiQuotaError)]
    if errors:
        raise translated(HomeAssistantError, errors[0])


def _history(runtime: SiteRuntime) -> HistoryTurns:
    if runtime.history is None:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_history")
    return runtime.history


def _has_history(runtime: SiteRuntime) -> bool:
    return runtime.history is not None


async def _async_import_history(call: ServiceCall) -> ServiceResponse:
    sites, start, end = (
        async_sites_of(call, _has_history, only_one_can=True),
        call.data[ATTR_START],
        call.data[ATTR_END],
    )
    histories = {runtime.entry.entry_id: _history(runtime) for runtime in sites}
    if end < start:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="end_before_start")
    if start < FIRST_DAY:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="start_too_early")

    async def fetch(runtime: SiteRuntime) -> ServiceResponse:
        report = await histories[runtime.entry.entry_id].async_import(start, end)
        if report.stopped is Stop.NO_RECORDER:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="no_recorder")
        return report.as_dict()

    return await async_for_each(sites, fetch)


async def _async_cancel_import(call: ServiceCall) -> None:
    for runtime in async_sites_of(call, _has_history, only_one_can=True):
        _history(runtime).cancel()


def _check_parameters(parameters: Mapping[str, str], known: Mapping[str, Parameter]) -> None:
    """Raise a translated error for an unknown parameter or an invalid value."""
    for name, value in parameters.items():
        if name not in known:
            key = "unknown_parameter"
        elif not known[name](value):
            key = "invalid_parameter"
        else:
            continue
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"parameter": name, "parameters": ", ".join(sorted(known))},
        )


async def _async_get_raw(call: ServiceCall) -> ServiceResponse:
    endpoint = call.data[ATTR_ENDPOINT]
    sites = async_sites_of(call, lambda site: endpoint in site.adapter.endpoints)
    return await async_for_each(sites, partial(_async_get_raw_of, call))


async def _async_get_raw_of(call: ServiceCall, runtime: SiteRuntime) -> ServiceResponse:
    endpoint = call.data[ATTR_ENDPOINT]
    known = sorted(runtime.adapter.endpoints)
    if endpoint not in known:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="unknown_endpoint",
            translation_placeholders={"endpoint": endpoint, "endpoints": ", ".join(known)},
        )
    parameters = call.data[ATTR_PARAMETERS]
    _check_parameters(parameters, runtime.adapter.parameters)
    try:
        answer = await runtime.adapter.async_raw(endpoint, parameters)
    except ApiError as err:
        raise translated(HomeAssistantError, err) from err
    try:
        body = runtime.redactor.redact(answer.json())
    except ApiError:
        body = runtime.redactor.redact_text(answer.text())
    return {"status": answer.status, "seconds": round(answer.seconds, 3), "body": body}
