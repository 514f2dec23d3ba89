"""Sets up sites, renews their credentials, and changes their options."""

from collections.abc import Awaitable, Callable, Mapping
from types import new_class
from typing import Any, override

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult, OptionsFlow, OptionsFlowWithReload
from homeassistant.core import callback

from .const import CONF_SOURCE, DOMAIN
from .energy_dashboard.options import EnergyDashboardSteps
from .moving.options import MoveSteps
from .vendors.registry import VENDORS, vendor_of

type Step = Callable[[Any], Awaitable[ConfigFlowResult]]


class FrontDoor(ConfigFlow):
    """Leads to the steps of a vendor, which are in the vendor's folder."""

    VERSION = 1
    MINOR_VERSION = 1

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        return self.async_show_menu(step_id="user", menu_options=[vendor.source for vendor in VENDORS])

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for new credentials."""
        return await self._async_vendor_step(entry_data, "reauth", entry_data)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for changed connection data."""
        return await self._async_vendor_step(self._get_reconfigure_entry().data, "reconfigure", user_input)

    async def _async_vendor_step(self, entry_data: Mapping[str, Any], step: str, data: Any) -> ConfigFlowResult:
        source = entry_data.get(CONF_SOURCE)
        if source not in {vendor.source for vendor in VENDORS}:
            # The entry is from a later version, or damaged.
            return self.async_abort(reason="unknown_source")
        found: Step = getattr(self, f"async_step_{source}_{step}")
        return await found(data)

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        return vendor_of(config_entry) is not None

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        if (vendor := vendor_of(config_entry)) is None:
            raise LookupError(config_entry.entry_id)
        return _OPTIONS_FLOWS[vendor.source]()


class OptionsMenu(EnergyDashboardSteps, MoveSteps, OptionsFlow):
    """Offers what can be changed about a site, or done with it."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:  # noqa: ARG002 - the signature is Home Assistant's.
        """Offer what applies to the site now."""
        offers = [step for step, applies in self._offers().items() if applies]
        if not offers:
            return self.async_abort(reason="no_options")
        return self.async_show_menu(step_id="init", menu_options=offers)

    def _offers(self) -> dict[str, bool]:
        """Return whether each item of the menu applies, in the menu's order."""
        return {
            "settings": hasattr(self, "async_step_settings"),
            **self.energy_dashboard_offers(),
            **self.move_offers(),
        }


def _entrance(vendor_flow: type[ConfigFlow], name: str) -> Step:
    """Return the step that leads to a vendor's own step of this name."""

    async def enter(self: ConfigFlow, data: Any = None) -> ConfigFlowResult:
        # A flow is of one vendor from here on, so that vendors may give their methods and fields the same names.
        self.__class__ = vendor_flow
        step: Step = getattr(self, name)
        return await step(data)

    return enter


def _entrances() -> dict[str, Step]:
    """Return the first steps of all vendors by their names."""
    found: dict[str, Step] = {}
    for vendor in VENDORS:
        vendor_flow = new_class(vendor.steps.__name__, (FrontDoor, vendor.steps))
        for name in dir(vendor.steps):
            if name.startswith("async_step_") and getattr(vendor.steps, name) is not getattr(ConfigFlow, name, None):
                found.setdefault(name, _entrance(vendor_flow, name))
    return found


_OPTIONS_FLOWS: dict[str, type[OptionsFlow]] = {
    vendor.source: new_class(
        "SiteOptionsFlow",
        (OptionsMenu, *((vendor.options_steps,) if vendor.options_steps is not None else ()), OptionsFlowWithReload),
    )
    for vendor in VENDORS
}

# Home Assistant finds the flow by its domain alone, so it leads to the registered vendors.
EnergySiteConfigFlow = new_class(
    "EnergySiteConfigFlow", (FrontDoor,), {"domain": DOMAIN}, lambda namespace: namespace.update(_entrances())
)
