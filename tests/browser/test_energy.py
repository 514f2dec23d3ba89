"""The site is added to the Energy dashboard in the options of its entry."""

from .household import Household
from .person import Person
from .pictures import Album


async def test_the_site_is_added_to_the_energy_dashboard_and_shown_there(
    person: Person, house: Household, album: Album
) -> None:
    await person.open_options(house.device)
    await person.choose("Add to the Energy dashboard")
    await person.sees("The following is added to the Energy dashboard")
    await person.sees(house.entities["grid_import_energy"])
    await album.add(person.page, "energy-step")
    await person.submit()
    await person.finish()

    preferences = await house.assistant.command("energy/get_prefs")
    assert [source["type"] for source in preferences["energy_sources"]] == ["grid", "solar", "battery"]
    complaints = await house.assistant.command("energy/validate")
    assert not any(issue for source in complaints["energy_sources"] for issue in source)
    await person.open("/energy")
    for text in ("Energy distribution", "Solar total", "Battery total", "Grid total"):
        await person.sees(text)
    await album.add(person.page, "energy")
