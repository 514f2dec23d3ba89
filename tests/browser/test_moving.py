"""A home moves in from Home Assistant's own integration, and back."""

from collections.abc import Mapping
from typing import Any

from demo.entities import DOMAIN
from demo.polling import until
from demo.setting_up import states_of

from .household import Household
from .person import Person
from .pictures import Album

_OLD = "enphase_envoy"
_PATIENCE = 120.0


async def test_a_home_moves_in_from_the_integration_that_it_had_and_back(
    person: Person, house: Household, album: Album
) -> None:
    gateway = house.neighbour
    token = {"host": gateway.host, "token": gateway.token(), "use_manual_token": True}
    await house.add(_OLD, {"host": gateway.host, "use_manual_token": True}, token)
    production = f"sensor.envoy_{gateway.serial}_current_power_production"
    await until(lambda: _value(house, production), patience=_PATIENCE)
    await house.add(
        DOMAIN,
        {"next_step_id": "iq_gateway"},
        {"host": gateway.host},
        {"next_step_id": "iq_gateway_token"},
        {"token": gateway.token()},
    )
    ours = await house.loaded(gateway.serial)
    assert (await _platforms(house))[production] == _OLD

    await person.open_options(ours["title"])
    await person.choose("Move in from another integration")
    await person.submit()
    await person.sees("This is what happens to the entities of")
    await album.add(person.page, "move-in")
    await person.submit()
    await person.finish()
    await until(lambda: _belongs(house, production, DOMAIN), patience=_PATIENCE)
    assert await _disabled(house) == "user"
    await until(lambda: _value(house, production), patience=_PATIENCE)

    await person.open_options(ours["title"])
    await person.choose("Undo the move")
    await person.sees("gets its")
    await person.submit()
    await person.finish()
    await until(lambda: _belongs(house, production, _OLD), patience=_PATIENCE)
    assert await _disabled(house) is None
    await until(lambda: _value(house, production), patience=_PATIENCE)


async def _platforms(house: Household) -> Mapping[str, Any]:
    registry = await house.assistant.command("config/entity_registry/list")
    return {entity["entity_id"]: entity["platform"] for entity in registry}


async def _belongs(house: Household, entity_id: str, platform: str) -> bool:
    return (await _platforms(house)).get(entity_id) == platform


async def _disabled(house: Household) -> str | None:
    """Return who disabled the old integration's entry, if anybody did."""
    [entry] = await house.assistant.command("config_entries/get", domain=_OLD)
    disabled_by: str | None = entry["disabled_by"]
    return disabled_by


async def _value(house: Household, entity_id: str) -> str | None:
    """Return what an entity shows, if it shows anything."""
    state = (await states_of(house.assistant)).get(entity_id, {}).get("state", "unavailable")
    return None if state in ("unavailable", "unknown") else str(state)
