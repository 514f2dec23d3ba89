"""An installer's account with more systems than a small plan lists in a minute."""

from collections.abc import AsyncIterator

from freezegun.api import FrozenDateTimeFactory
import pytest

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.enphase_cloud import WATT, Application, CloudServer, CloudSite, CloudSystem
from simulator.enphase_cloud.faults import TooMany
from simulator.house import House, HouseConfig
from simulator.iq_gateway import HttpStatus
from tests.common import step

from ...cloud import OLD_SYSTEMS, SYSTEMS, choose, finish, offered, paste, typed
from ...houses import MORNING, FrozenClock
from ...steering import wait

COUNT = 1101

pytestmark = pytest.mark.usefixtures("no_runtime")


@pytest.fixture
async def cloud(
    freezer: FrozenDateTimeFactory, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CloudServer]:
    """Serve all the systems of an installer."""
    freezer.move_to(MORNING)
    house = House(HouseConfig(arrays=()), start=MORNING.timestamp())
    sites = (CloudSite(system_id=1000 + number, name=f"Customer {number}") for number in range(COUNT))
    async with CloudServer((CloudSystem(house, site) for site in sites), clock=FrozenClock()) as server:
        monkeypatch.setattr(server, "advance", lambda: None)
        monkeypatch.setenv("ENERGY_SITE_ENPHASE_API", server.url)
        yield server


@pytest.fixture
def application(cloud: CloudServer) -> Application:
    """Return an application on the smallest plan."""
    return cloud.add_application("installer", plan=WATT)


async def read(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, result: ConfigFlowResult, minutes: float
) -> ConfigFlowResult:
    """Let time pass while the systems are read, and return what is shown then."""
    assert result["type"] is FlowResultType.SHOW_PROGRESS, result
    assert result["progress_action"] == "reading_systems"
    assert result["description_placeholders"] == {"total": str(COUNT)}
    for _ in range(round(minutes * 6)):
        await wait(hass, freezer, 10, step=10)
    return await hass.config_entries.flow.async_configure(result["flow_id"])


def pages(cloud: CloudServer) -> list[int]:
    """Return the statuses of the requests for systems."""
    return [each.status for each in cloud.requests if each.path == SYSTEMS]


async def test_a_thousand_systems_are_read_within_the_minutes_requests_and_one_is_searched_for(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    result = await paste(hass, await step(hass, await choose(hass, "enphase_cloud"), typed(application)))
    result = await read(hass, freezer, result, 2)
    assert pages(cloud) == [200] * 12
    assert len(offered(result)) == COUNT
    result = await step(hass, result, {"search": "nobody"})
    assert result["errors"] == {"search": "no_match"}
    result = await step(hass, result, {"search": "customer 77"})
    assert list(offered(result)) == ["1077", *(str(number) for number in range(1770, 1780))]
    entry = await finish(hass, result, "1777")
    assert (entry.title, entry.unique_id) == ("Customer 777", "enphase_1777")


@pytest.mark.parametrize("told", [True, False])
async def test_a_minute_that_others_use_up_is_waited_for(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory, told: bool
) -> None:
    cloud.policy.period_in_429 = told
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    application.usage.minutes[int(MORNING.timestamp() // 60)] += 6
    result = await paste(hass, result)
    result = await read(hass, freezer, result, 4)
    assert pages(cloud).count(200) == 12
    assert pages(cloud).count(429) <= 2
    assert len(offered(result)) == COUNT


async def test_what_was_read_is_not_read_again_after_a_failure(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    cloud.faults.add(HttpStatus(503), path=SYSTEMS, start=MORNING.timestamp() + 30, count=1)
    result = await paste(hass, result)
    result = await read(hass, freezer, result, 2)
    assert result["step_id"] == "enphase_wait"
    result = await read(hass, freezer, await step(hass, result, {}), 2)
    assert pages(cloud).count(200) == 12
    assert len(offered(result)) == COUNT


async def test_a_month_that_is_used_up_is_told_and_not_waited_for(
    hass: HomeAssistant, cloud: CloudServer, application: Application, freezer: FrozenDateTimeFactory
) -> None:
    result = await step(hass, await choose(hass, "enphase_cloud"), typed(application))
    told = {"period": "month", "period_end": int(MORNING.timestamp()) + 15 * 86_400}
    cloud.faults.add(TooMany(told=told), path=SYSTEMS, start=MORNING.timestamp() + 30)
    result = await paste(hass, result)
    result = await read(hass, freezer, result, 2)
    assert (result["step_id"], result["errors"]) == ("enphase_wait", {"base": "quota_used_up"})


async def test_the_old_api_lists_a_thousand_systems_at_once(
    hass: HomeAssistant, cloud: CloudServer, application: Application
) -> None:
    user = cloud.add_legacy_user()
    result = await step(hass, await choose(hass, "enlighten"), {"api_key": application.key, "user_id": user})
    assert len(offered(result)) == COUNT
    assert [each.query["limit"] for each in cloud.requests if each.path == OLD_SYSTEMS] == ["1000", "1000"]
    result = await step(hass, result, {"search": "Customer 1100"})
    assert offered(result) == {"2100": "Customer 1100 (2100)"}
