"""What an owner does in the Home Assistant of the smoke run; each step says what went well, or raises what didn't."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from simulator.iq_gateway import GatewayServer

from .api import HomeAssistant, HomeAssistantError
from .entities import DOMAIN, Entities
from .polling import until
from .setting_up import states_of

_PATIENCE = 240.0
_RESERVE, _WANTED = "number.backup_reserve", 35.0
_RENAMED = "sensor.power_of_the_house"


class Steps:
    """Walks through the steps, in order."""

    def __init__(self, assistant: HomeAssistant, gateway: GatewayServer) -> None:
        """Use `assistant`, which runs, with a gateway that it doesn't know yet."""
        self._assistant = assistant
        self._gateway = gateway
        self._entry = ""

    async def walk(self) -> AsyncIterator[str]:
        """Walk through all steps and yield what each did; raise `HomeAssistantError` if one fails."""
        for step in (self._add_gateway, self._set_control, self._rename, self._add_to_energy_dashboard):
            try:
                yield await step()
            except TimeoutError:
                raise HomeAssistantError(f"Nothing came in time: {step.__doc__}") from None

    async def _add_gateway(self) -> str:
        """Add the gateway through the config flow."""
        assistant, gateway = self._assistant, self._gateway
        flow = await assistant.start_flow(DOMAIN)
        for answers in (
            {"next_step_id": "iq_gateway"},
            {"host": gateway.host},
            {"next_step_id": "iq_gateway_token"},
            {"token": gateway.token()},
        ):
            flow = await assistant.step(flow["flow_id"], answers)
        if flow["type"] != "create_entry":
            raise HomeAssistantError(f"The config flow ends with {flow}")
        self._entry = flow["result"]["entry_id"]
        entities = await until(partial(self._find, "solar_power", "solar_energy", _RESERVE), patience=_PATIENCE)
        return f"A gateway was added through its config flow: {len(entities.by_key)} enabled entities."

    async def _set_control(self) -> str:
        """Set a control, which has to be in force in the house and shown when the action returns."""
        entity_id = (await self._entities())[_RESERVE]
        await self._assistant.command(
            "call_service",
            domain="number",
            service="set_value",
            target={"entity_id": entity_id},
            service_data={"value": _WANTED},
        )
        shown, battery = (await states_of(self._assistant))[entity_id], self._gateway.house.battery
        real = battery.settings.reserve if battery is not None else None
        if not float(shown["state"]) == real == _WANTED or "pending" in shown["attributes"]:
            raise HomeAssistantError(f"The reserve was set to {_WANTED} %, is {real} % and is shown as {shown}")
        return f"The backup reserve was set to {_WANTED:.0f} % and confirmed."

    async def _rename(self) -> str:
        """Give an entity another ID, under which it has to go on."""
        entity_id = (await self._entities())["load_power"]
        await self._assistant.command("config/entity_registry/update", entity_id=entity_id, new_entity_id=_RENAMED)
        first = (await states_of(self._assistant))[_RENAMED]

        async def goes_on() -> bool:
            state = (await states_of(self._assistant))[_RENAMED]
            return bool(state["state"] != "unavailable" and state["last_reported"] != first["last_reported"])

        await until(goes_on, patience=_PATIENCE)
        return "An entity goes on under another ID."

    async def _add_to_energy_dashboard(self) -> str:
        """Add the site to the Energy dashboard in the options of its entry."""
        assistant = self._assistant
        await self._begin_statistics()
        menu = await assistant.start_options(self._entry)
        flow = await assistant.step_options(menu["flow_id"], {"next_step_id": "energy_dashboard"})
        while flow["type"] == "form":
            flow = await assistant.step_options(flow["flow_id"], {})
        if flow["type"] != "create_entry":
            raise HomeAssistantError(f"The step of the Energy dashboard ends with {flow}")
        sources = (await assistant.command("energy/get_prefs"))["energy_sources"]
        kinds = sorted({source["type"] for source in sources})
        if not {"battery", "grid", "solar"} <= set(kinds):
            raise HomeAssistantError(f"The Energy dashboard has {kinds} only")
        return f"The site was added to the Energy dashboard: {', '.join(kinds)}."

    async def _begin_statistics(self) -> None:
        """Give each of the gateway's sensors an hour of statistics, which would otherwise take five minutes to begin."""
        ids, hour = set((await self._entities()).by_key.values()), timedelta(hours=1)
        start = (datetime.now(UTC) - hour).replace(minute=0, second=0, microsecond=0).isoformat()
        for known in await self._assistant.command("recorder/list_statistic_ids"):
            if known["statistic_id"] not in ids:
                continue
            metadata = {
                "mean_type": known["mean_type"],
                "has_sum": known["has_sum"],
                "name": None,
                "source": "recorder",
                "statistic_id": known["statistic_id"],
                "unit_class": known["unit_class"],
                "unit_of_measurement": known["statistics_unit_of_measurement"],
            }
            values = {"state": 0.0, "sum": 0.0} if known["has_sum"] else {"mean": 0.0, "min": 0.0, "max": 0.0}
            await self._assistant.command(
                "recorder/import_statistics", metadata=metadata, stats=[{"start": start, **values}]
            )

    async def _entities(self) -> Entities:
        registry = await self._assistant.command("config/entity_registry/list")
        return Entities.of_site(registry, self._gateway.serial)

    async def _find(self, *keys: str) -> Entities | None:
        """Return the gateway's entities once some of them have a value."""
        entities, states = await self._entities(), await states_of(self._assistant)
        there = [key in entities and states.get(entities[key], {}).get("state") for key in keys]
        return entities if all(state and state not in ("unknown", "unavailable") for state in there) else None


async def wait_for_all(conditions: Mapping[str, Callable[[], bool]]) -> list[str]:
    """Wait until all conditions hold; return the names of those that don't."""

    async def missing() -> list[str]:
        return [name for name, holds in conditions.items() if not holds()]

    async def nothing() -> bool:
        return not await missing()

    try:
        await until(nothing, patience=_PATIENCE)
    except TimeoutError:
        return await missing()
    return []
