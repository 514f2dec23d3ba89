"""Several ways to one home: what the entry of the first one shows isn't shown a second time by the others."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, override

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_READINGS, CONF_SHOW_ALL, DOMAIN, LOGGER, READINGS_ALWAYS, READINGS_AUTO, READINGS_NEVER
from ..descriptions.entity_description import AnyEntityDescription
from ..helpers.fix_flows import AcknowledgeFlow, ConfirmFlow
from ..helpers.issues import EntryIssues, IssueDescription
from ..site.control import ControlName
from ..site.model import Battery, EnergyCounters, GridStatus, Inverters, Part, PowerFlow, Settings, Storm
from ..site.prices import Prices
from .home import home_entries, rank, site_names, source_of


class ShowAllFlow(ConfirmFlow):
    """Shows everything that an entry has, as the one it left that to is gone, until that one is back."""

    @override
    async def _async_act(self) -> None:
        if (entry := self._entry) is None:
            return
        options = {**entry.options, CONF_READINGS: READINGS_AUTO, CONF_SHOW_ALL: True}
        self.hass.config_entries.async_update_entry(entry, options=options)
        if entry.disabled_by is None:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)


GATEWAY_GONE = IssueDescription(key="gateway_gone", fix_flow=ShowAllFlow)
SHOWN_BY_GATEWAY = IssueDescription(key="shown_by_gateway", fix_flow=AcknowledgeFlow, persistent=True)
# The same issue in the words for what the Energy dashboard has lost.
SHOWN_BY_GATEWAY_ENERGY = IssueDescription(key="shown_by_gateway_energy", fix_flow=AcknowledgeFlow, persistent=True)

# Entities about an entry itself, which are no doubles of another entry's.
_OWN = frozenset({"binary_sensor.problem", "sensor.last_update", "sensor.requests"})

# If other entries show these, the whole part is left to them, and not even polled to see what else there is.
_ENOUGH: Mapping[type[Part], frozenset[str]] = {
    PowerFlow: frozenset({"sensor.solar_power", "sensor.grid_power", "sensor.load_power"}),
    EnergyCounters: frozenset(
        {"sensor.solar_energy", "sensor.grid_import_energy", "sensor.grid_export_energy", "sensor.load_energy"}
    ),
    Battery: frozenset({"sensor.battery_level"}),
    Inverters: frozenset({"sensor.inverters_reporting"}),
    GridStatus: frozenset({"binary_sensor.grid_connected"}),
    Settings: frozenset({"number.backup_reserve"}),
    Storm: frozenset({"binary_sensor.storm_alert", "switch.storm_guard"}),
    Prices: frozenset({"sensor.buy_price", "sensor.sell_price"}),
}
_WITH_BATTERY: Mapping[type[Part], frozenset[str]] = {
    PowerFlow: frozenset({"sensor.battery_power"}),
    EnergyCounters: frozenset({"sensor.battery_charge_energy", "sensor.battery_discharge_energy"}),
}
_READINGS = (PowerFlow, EnergyCounters, Battery, Inverters, GridStatus)
# Whoever lacks one of these lacks more than details.
_MISSED = frozenset[str]().union(*(_ENOUGH[part] for part in _READINGS), *_WITH_BATTERY.values())
# What of a battery is no reading of the moment.
_CONDITION = ("battery_health", "health", "cycles")

_CONTROLS = (Platform.NUMBER, Platform.SELECT, Platform.SWITCH)

# A part that has offered nothing for this long but what another entry shows has nothing else.
_BARREN = timedelta(days=1)

# A new entry adds its entities one after the other.
_CALM = 5.0
_MOST_NAMED = 8

# The registry's own IDs of what an entry has taken over from another integration, by the entry's ID.
MOVED_IN: HassKey[Callable[[str], frozenset[str]]] = HassKey(f"{DOMAIN}_moved_in")


class Sited(Protocol):
    """The part of a source that tells which site it is of."""

    @property
    def gateway_serials(self) -> frozenset[str]:
        """The serial numbers of the site's gateways."""


class Ways:
    """What an entry leaves to others of the same home, as these show it already.

    Each entity is shown by the entry whose vendor comes first in the registry. What the others show is
    read from the entity registry, so that it is the same while they aren't loaded.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], source: Sited) -> None:
        """Compare `entry`, whose source is `source`, with the others of its home."""
        self._hass = hass
        self._entry = entry
        self._source = source
        self._issues = EntryIssues(hass, entry)
        self._site = entry.unique_id or entry.entry_id
        # Whether the user wants to see everything; one who says so while this entry loads means the next time.
        self._shows_all = CONF_SHOW_ALL in entry.options
        self._learned: frozenset[str] | None = None
        self._others: tuple[ConfigEntry[Any], ...] = ()
        self._hidden: frozenset[str] = frozenset()
        # The titles of the entries to which that was left, by their source, and of those of them that are gone.
        self._left_to: dict[str, str] = {}
        self._gone: dict[str, str] = {}
        # The other entries, and those that are gone, as the entry was loaded with them.
        self._loaded_with: tuple[tuple[ConfigEntry[Any], ...], dict[str, str]] = ((), {})
        # Since when a part has offered nothing that is shown here, `None` once it has.
        self._barren: dict[type[Part], datetime | None] = {}

    @property
    def others(self) -> tuple[ConfigEntry[Any], ...]:
        """The other entries of the home that come before this one, the first one first."""
        self._learn_if_new()
        return self._others

    @property
    def counting(self) -> ConfigEntry[Any] | None:
        """The first other entry that counts the home's energy, so that this one needn't."""
        counters = _ENOUGH[EnergyCounters]
        return next((each for each in self._earlier() if not counters.isdisjoint(self._shown_by(each))), None)

    def shows(self, platform: str, description: AnyEntityDescription, serial: str | None) -> bool:
        """Return whether a value that the site has is shown here."""
        key, part = description.description.key, description.part
        shown = not self._is_unwanted(description) and not self.hides(platform, f"{serial}_{key}" if serial else key)
        self._barren[part] = None if shown else self._barren.get(part, dt_util.utcnow())
        return shown

    @callback
    def forgo(self, platform: str, descriptions: Iterable[AnyEntityDescription]) -> None:
        """Remove the registered entities of the site that the user no longer wants here, so that others show them."""
        unwanted = {f"{platform}.{each.description.key}" for each in descriptions if self._is_unwanted(each)}
        if unwanted:
            unwanted -= self._moved_in()
            self._remove([entity for entity in self._registered() if self._name(entity) in unwanted])

    def _is_unwanted(self, description: AnyEntityDescription) -> bool:
        is_reading = description.part in _READINGS and description.description.key not in _CONDITION
        return is_reading and self._choice == READINGS_NEVER

    def hides(self, platform: str, ending: str) -> bool:
        """Return whether the entity with a unique ID that ends like this is left to another entry."""
        self._learn_if_new()
        return f"{platform}.{ending}" in self._hidden

    def hides_control(self, name: ControlName) -> bool:
        """Return whether a control is left to another entry."""
        ending = f"{name.serial}_{name.key}" if name.serial else name.key
        return any(self.hides(platform, ending) for platform in _CONTROLS)

    def leaves(self, part: type[Part]) -> bool:
        """Return whether another entry shows everything about a part."""
        self._learn_if_new()
        if self._choice == READINGS_NEVER and part in _READINGS:
            return True
        if not self._hidden or part not in _ENOUGH:
            return False
        enough = _ENOUGH[part] | (_WITH_BATTERY.get(part, frozenset()) if _ENOUGH[Battery] <= self._hidden else set())
        since = self._barren.get(part)
        return enough <= self._hidden or (since is not None and dt_util.utcnow() - since >= _BARREN)

    @callback
    def unit(self, serial: str) -> dr.DeviceEntry | None:
        """Return another entry's device with a serial number, where entities about it belong as well."""
        if self._choice == READINGS_ALWAYS:
            return None
        registry = dr.async_get(self._hass)
        found = (
            registry.async_get_device_by_identifier((DOMAIN, f"{each.unique_id}_{serial}"), each.entry_id)
            for each in self.others
        )
        return next((device for device in found if device is not None), None)

    def as_dict(self) -> dict[str, Any]:
        """Return the state to store across restarts, as plain JSON data."""
        return {"left": sorted(self._hidden), "to": self._left_to}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the data of `as_dict`, without what was left to others if the user wants to see everything since."""
        match data:
            case {"left": list(left), "to": dict(left_to)} if not self._shows_all:
                self._hidden = frozenset(each for each in left if isinstance(each, str))
                self._left_to = {str(source): str(title) for source, title in left_to.items()}
            case _:
                self._hidden, self._left_to = frozenset(), {}
        self._learned = None

    @callback
    def hand_over(self, in_energy_dashboard: frozenset[str]) -> None:
        """Remove the registered entities that another entry shows now; their history stays under their IDs.

        Home Assistant remembers their IDs, names, and areas, in case they return. Those that the user sees
        `in_energy_dashboard` are named first, as it loses them.
        """
        # What was restored has heeded it, and what another entry shows from now on is left to it again.
        if self._shows_all:
            options = {key: value for key, value in self._entry.options.items() if key != CONF_SHOW_ALL}
            self._hass.config_entries.async_update_entry(self._entry, options=options)
        self._loaded_with = (self.others, self._gone)
        doubles = [entity for entity in self._registered() if self._name(entity) in self._hidden]
        self._remove(doubles)
        self._join_devices()
        used = sorted(entity.entity_id for entity in doubles if entity.disabled_by is None)
        if used and self.others:
            LOGGER.info("%s leaves %s entities to %s", self._entry.title, len(used), self.others[0].title)
            energy = [each for each in used if each in in_energy_dashboard]
            told = {"gateway": self.others[0].title, "count": str(len(used)), "energy": _listed(energy)}
            told["entities"] = _listed([*energy, *(each for each in used if each not in energy)])
            self._issues.show(SHOWN_BY_GATEWAY, told, text=SHOWN_BY_GATEWAY_ENERGY.key if energy else None)
        elif self._choice == READINGS_ALWAYS:
            self._issues.clear(SHOWN_BY_GATEWAY)

    @callback
    def async_watch(self) -> tuple[CALLBACK_TYPE, ...]:
        """Start watching the entries of the home, and return what stops that."""
        debouncer = Debouncer(self._hass, LOGGER, cooldown=_CALM, immediate=False, function=self._review)
        self._show_gone()

        @callback
        def handle_entry(_: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
            if entry.domain == DOMAIN and entry is not self._entry:
                debouncer.async_schedule_call()

        @callback
        def is_new(data: er.EventEntityRegistryUpdatedData) -> bool:
            # With many sites, each hears of all new entities.
            if not self._others or data["action"] != "create":
                return False
            entity = er.async_get(self._hass).async_get(data["entity_id"])
            return entity is not None and any(entity.config_entry_id == each.entry_id for each in self._others)

        @callback
        def is_gateway(data: dr.EventDeviceRegistryUpdatedData) -> bool:
            if not (serials := self._source.gateway_serials) or data["action"] == "remove":
                return False
            device = dr.async_get(self._hass).async_get(data["device_id"])
            return (
                device is not None
                and device.config_entry_id not in (self._entry.entry_id, *(each.entry_id for each in self._others))
                and any((DOMAIN, serial) in device.identifiers for serial in serials)
            )

        @callback
        def handle(_: Event[Any]) -> None:
            debouncer.async_schedule_call()

        return (
            async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, handle_entry),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, handle, event_filter=is_new),
            self._hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, handle, event_filter=is_gateway),
            debouncer.async_shutdown,
        )

    @callback
    def look(self) -> None:
        """Compare again if the home's gateways have become known."""
        # They may have been learned of for the first entity that is shown or not.
        if (self.others, self._gone) != self._loaded_with:
            self._review()

    @callback
    def _review(self) -> None:
        """Load the entry again if it shows what another one shows now, or if it has lost that one."""
        hidden = self._hidden
        self._learn()
        now = (self._others, self._gone)
        doubles = any(self._name(entity) in self._hidden for entity in self._registered())
        # What nobody shows any more is polled here from now on.
        is_given_back = not (hidden - self._hidden).isdisjoint(_MISSED)
        if doubles or is_given_back or now != self._loaded_with:
            self._loaded_with = now
            self._hass.config_entries.async_schedule_reload(self._entry.entry_id)
        self._show_gone()

    @callback
    def _show_gone(self) -> None:
        """Offer to show everything once an entry is gone that showed the rest."""
        titles = ", ".join(self._gone.values())
        self._issues.show(GATEWAY_GONE, {"other": titles} if titles else None)

    @property
    def _choice(self) -> str:
        return str(self._entry.options.get(CONF_READINGS, READINGS_AUTO))

    def _learn_if_new(self) -> None:
        if self._source.gateway_serials != self._learned:
            self._learn()

    def _learn(self) -> None:
        """Find the other entries of the home, and what they show."""
        self._learned, self._others = self._source.gateway_serials, self._earlier()
        if self._choice == READINGS_ALWAYS:
            self._hidden, self._left_to, self._gone = frozenset(), {}, {}
            return
        several = self._learned if len(self._learned) > 1 else ()
        found = [
            frozenset(self._shown_by(each, units_only=not site_names(self._hass, each).isdisjoint(several)))
            for each in self._others
        ]
        shown, there = frozenset[str]().union(*found), {source_of(each): each.title for each in reversed(self._others)}
        missing = self._hidden - shown
        is_missed = not missing.isdisjoint(_MISSED) if there else bool(missing)
        self._gone = {source: title for source, title in self._left_to.items() if source not in there and is_missed}
        self._left_to = self._gone | there
        # An entry that was just added again shows nothing yet.
        kept = self._hidden if self._gone or not all(found) else frozenset()
        self._hidden = (shown | kept) - self._moved_in()

    def _earlier(self) -> tuple[ConfigEntry[Any], ...]:
        _, *entries = home_entries(self._hass, self._entry, self._source.gateway_serials)
        return tuple(each for each in entries if rank(each) < rank(self._entry))

    def _shown_by(self, other: ConfigEntry[Any], *, units_only: bool = False) -> Iterable[str]:
        """Return what another entry shows: of one of several gateways, only what is about single devices."""
        hub = dr.async_get(self._hass).async_get_device_by_identifier((DOMAIN, other.unique_id or ""), other.entry_id)
        for entity in er.async_entries_for_config_entry(er.async_get(self._hass), other.entry_id):
            if units_only and hub is not None and entity.device_id == hub.id:
                continue
            if (name := _name(entity, other.unique_id or "")) not in _OWN:
                yield name

    def _moved_in(self) -> frozenset[str]:
        """Return what was taken over from another integration: the user's history, which is theirs to give back."""
        moved_in = self._hass.data.get(MOVED_IN)
        ids = moved_in(self._entry.entry_id) if moved_in is not None else frozenset()
        return frozenset(self._name(entity) for entity in self._registered() if entity.id in ids)

    def _registered(self) -> list[er.RegistryEntry]:
        return er.async_entries_for_config_entry(er.async_get(self._hass), self._entry.entry_id)

    def _remove(self, entities: Iterable[er.RegistryEntry]) -> None:
        for entity in entities:
            er.async_get(self._hass).async_remove(entity.entity_id)

    def _name(self, entity: er.RegistryEntry) -> str:
        return _name(entity, self._site)

    def _join_devices(self) -> None:
        """Move what remains of devices that another entry has to that entry's, and remove devices without entities."""
        devices, entities = dr.async_get(self._hass), er.async_get(self._hass)
        for device in dr.async_entries_for_config_entry(devices, self._entry.entry_id):
            serials = {name.removeprefix(f"{self._site}_") for domain, name in device.identifiers if domain == DOMAIN}
            twin = next((found for serial in serials if (found := self.unit(serial)) is not None), None)
            if self._site in serials or twin is None:
                continue
            for entity in er.async_entries_for_device(entities, device.id, include_disabled_entities=True):
                entities.async_update_entity(entity.entity_id, device_id=twin.id)
            devices.async_remove_device(device.id)


def _listed(entity_ids: list[str]) -> str:
    return ", ".join(entity_ids[:_MOST_NAMED]) + (", …" if len(entity_ids) > _MOST_NAMED else "")


def _name(entity: er.RegistryEntry, site: str) -> str:
    """Return a registered entity's platform and the end of its unique ID, which is the same for every entry of a site."""
    return f"{entity.domain}.{entity.unique_id.removeprefix(f'{site}_')}"
