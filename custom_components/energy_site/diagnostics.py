"""Diagnostics: redacted, but complete enough to replay the site from them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.util import dt as dt_util

from .runtime.site import SiteConfigEntry
from .vendors.registry import personal_data


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant,  # noqa: ARG001 - the signature is Home Assistant's.
    entry: SiteConfigEntry,
) -> dict[str, Any]:
    """Return everything known about a site, without identifying data."""
    runtime = entry.runtime_data
    source = runtime.source
    redactor = runtime.redactor
    return {
        "entry": {
            "data": {**entry.data, **dict.fromkeys(personal_data(entry), "**REDACTED**")},
            "options": dict(entry.options),
            "version": f"{entry.version}.{entry.minor_version}",
        },
        "feeds": {
            key: {
                "presence": state.presence,
                "interval": source.wait(key, dt_util.utcnow()).total_seconds(),
                "asked_at": state.polled_at,
                "answered_at": state.answered_at,
                "failures": state.failures,
                "error": str(state.error) if state.error else None,
            }
            for key, state in source.states.items()
        },
        "mishaps": {name: asdict(mishap) for name, mishap in source.mishaps.by_name.items()},
        "parts": redactor.redact(
            {
                builder.part.__name__: _plain(asdict(part))
                for builder in source.builders
                if (part := runtime.part(builder.part)) is not None
            }
        ),
        # The stored answers are among the recordings already, redacted field by field.
        "memory": redactor.redact({key: kept for key, kept in source.as_dict().items() if key != "answers"}),
        "recording": {
            path: {
                "code": answer.status,
                "seconds": round(answer.seconds, 3),
                "body": redactor.redact_text(answer.body.decode(errors="replace")),
            }
            for path, answer in sorted(runtime.adapter.recorded().items())
        },
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: SiteConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return the same for a device's page, with the device's model and firmware."""
    whole = await async_get_config_entry_diagnostics(hass, entry)
    return {"device": {"model": device.model, "model_id": device.model_id, "firmware": device.sw_version}, **whole}


def _plain(value: Any) -> Any:
    """Convert times and sets to plain JSON data."""
    match value:
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case date():
            return value.isoformat()
    return value
