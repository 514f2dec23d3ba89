"""The page that Home Assistant makes of a gateway."""

from .household import Household
from .person import Person
from .pictures import Album


async def test_the_device_page_shows_controls_and_sensors(person: Person, house: Household, album: Album) -> None:
    registry = await house.assistant.command("config/entity_registry/list")
    device = next(each["device_id"] for each in registry if each["entity_id"] == house.entities["solar_power"])
    await person.open(f"/config/devices/device/{device}")
    for text in ("Controls", "Sensors", "Backup reserve", "Solar power", "Activity"):
        await person.sees(text)
    await album.add(person.page, "device", height=1100)
