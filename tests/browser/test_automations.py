"""An automation is made in Home Assistant's editor, and runs when something happens at the site."""

from demo.polling import until
from demo.setting_up import states_of

from .household import Household
from .person import Person
from .pictures import Album

_PATIENCE = 90.0


async def test_an_automation_made_in_the_editor_runs_when_a_setting_changes(
    person: Person, house: Household, dashboard: str, album: Album
) -> None:
    await person.add_trigger_for(house.device)
    # The last of the list, so that those above it are in the picture.
    await person.button(f"Setting failed {house.device}").scroll_into_view_if_needed()
    await album.add(person.page, "triggers", height=900)
    await person.press(f"Setting changed {house.device}")
    await person.sees("Triggers when one or more settings take effect")
    await person.press("Add action")
    await person.page.get_by_placeholder("Search").fill("Send a persistent notification")
    await person.choose("Send a persistent notification")
    message = person.page.locator("ha-automation-sidebar").get_by_role("textbox").first
    await message.fill("Changed: {{ trigger.to_state.attributes.setting }}")
    await person.press("Save")
    await person.fill("Name", "Tell me about settings")
    await person.page.locator("ha-dialog-automation-save").get_by_role("button", name="Save").click()

    async def saved() -> str | None:
        states = await states_of(house.assistant)
        return next((each for each in states if each.startswith("automation.")), None)

    automation = await until(saved, patience=_PATIENCE)
    assert (await states_of(house.assistant))[automation]["attributes"]["last_triggered"] is None

    battery = house.home.house.battery
    assert battery is not None
    wanted = battery.settings.reserve - 10
    await house.assistant.command(
        "call_service",
        domain="number",
        service="set_value",
        target={"entity_id": house.entities["number.backup_reserve"]},
        service_data={"value": wanted},
    )
    await person.open(dashboard)
    await person.press("Sidebar toggle")
    await person.choose("Notifications")
    await person.sees("Changed: backup_reserve")
    await house.assistant.command("call_service", domain="persistent_notification", service="dismiss_all")
