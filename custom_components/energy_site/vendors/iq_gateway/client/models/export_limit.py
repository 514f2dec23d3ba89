"""What holds back the export, and the production."""

from dataclasses import dataclass

from .....api.payload import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """`/ivp/ss/pel_settings`: the limit that was set up for the site, in W unless it is in percent or VA.

    Without a limit, some firmware only sends `pel`.
    """

    pel: bool | None
    pel_limit: float | None
    export_limit_type: str | None
    percent: bool
    apparent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicExportSettings:
    """`/ivp/ss/dpel`: the limit that can be changed, in W.

    It applies to the production if `export_limit` is false. The object is empty if no installer commissioned it.
    """

    enable: bool | None
    export_limit: bool | None
    limit_value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarLimit:
    """`/ivp/sc/pvlimit`: the share of their rated power that the inverters are limited to, in %."""

    enable: bool | None
    pv_limit_pct: float | None


def parse_export_settings(endpoint: str, payload: object) -> ExportSettings:
    """Read `/ivp/ss/pel_settings`."""
    root = Record(endpoint, payload)
    return ExportSettings(
        pel=root.flag_or_none("PEL"),
        pel_limit=root.number_or_none("PEL_Limit"),
        export_limit_type=root.code_or_none("Export_Limit_Type"),
        percent=root.flag_or_none("percent") is True,
        apparent=root.flag_or_none("apparent") is True,
    )


def parse_dynamic_export_settings(endpoint: str, payload: object) -> DynamicExportSettings:
    """Read `/ivp/ss/dpel`."""
    settings = Record(endpoint, payload).record_or_empty("dynamic_pel_settings")
    return DynamicExportSettings(
        enable=settings.flag_or_none("enable"),
        export_limit=settings.flag_or_none("export_limit"),
        limit_value=settings.number_or_none("limit_value_W"),
    )


def parse_solar_limit(endpoint: str, payload: object) -> SolarLimit:
    """Read `/ivp/sc/pvlimit`."""
    root = Record(endpoint, payload)
    return SolarLimit(enable=root.flag_or_none("enable"), pv_limit_pct=root.number_or_none("pv_limit_pct"))
