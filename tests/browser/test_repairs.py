"""What is wrong with a site is repaired on Home Assistant's own page."""

from demo.polling import until
from demo.setting_up import states_of

from .household import Household
from .person import Person

_PATIENCE = 90.0


async def test_a_gateway_with_a_new_certificate_is_trusted_through_repairs(person: Person, house: Household) -> None:
    async def solar() -> str:
        states = await states_of(house.assistant)
        return str(states[house.entities["solar_power"]]["state"])

    async def gone() -> bool:
        return await solar() == "unavailable"

    async def back() -> bool:
        return not await gone()

    await house.home.gateway.rotate_certificate()
    await until(gone, patience=_PATIENCE)
    await person.open("/config/repairs")
    await person.text("has a new certificate").click()
    await person.sees("Trust the new certificate?")
    await person.submit()
    await person.sees("The issue is repaired!")
    await person.press("Finish")
    await until(back, patience=_PATIENCE)
    await person.sees_no("has a new certificate")
