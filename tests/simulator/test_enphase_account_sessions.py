"""Sessions, their cookies, the account's systems, and what a request without a session gets."""

from collections.abc import Mapping

from aiohttp import ServerDisconnectedError
import pytest

from simulator.clock import ManualClock
from simulator.enphase_account import (
    WALL,
    AccountHome,
    AccountServer,
    Family,
    HomeDetails,
    ListedSystem,
    SessionOver,
    SitesShape,
    TokenRoute,
    lived,
    paths,
    too_many,
)
from simulator.iq_gateway import GatewayServer
from simulator.iq_gateway.faults import AnswerLost, Reset

from .conftest import EUROPEAN
from .owner import EMAIL, PASSWORD, Answer, Owner

DAY = 86_400


def is_wall(answer: Answer) -> bool:
    """Whether it is the sign-in page with status 200."""
    return answer.status == 200 and answer.headers["Content-Type"].startswith("text/html")


async def test_a_session_lives_some_days_from_its_sign_in(owner: Owner, clock: ManualClock) -> None:
    clock.advance(7 * DAY - 1)
    assert (await owner.ask(paths.SITES)).status == 200
    clock.advance(1)
    assert (await owner.ask(paths.SITES)).status == 401


async def test_use_may_prolong_a_session(owner: Owner, account: AccountServer, clock: ManualClock) -> None:
    account.policy.use_prolongs = True
    for _ in range(3):
        clock.advance(6 * DAY)
        assert (await owner.ask(paths.SITES)).status == 200
    clock.advance(7 * DAY)
    assert (await owner.ask(paths.SITES)).status == 401


async def test_each_family_says_in_its_own_way_that_a_session_is_over(owner: Owner, account: AccountServer) -> None:
    account.accounts.end_sessions()
    assert (await owner.ask(paths.SITES)).status == 401
    assert is_wall(await owner.ask(paths.TODAY))
    gone = await owner.ask(paths.BATTERY_SETTINGS)
    assert (gone.status, gone.headers["Location"]) == (302, "https://enlighten.enphaseenergy.com/login")
    over: Mapping[Family, SessionOver] = dict.fromkeys(Family, SessionOver.FORBIDDEN)
    account.policy.session_over = over
    assert (await owner.ask(paths.TODAY)).status == (await owner.ask(paths.PROFILE)).status == 403


async def test_battery_settings_want_the_whole_jar(owner: Owner, account: AccountServer) -> None:
    del owner.cookies["enlighten_manager_token_production"]
    assert (await owner.ask(paths.BATTERY_SETTINGS)).status == 302
    assert (await owner.ask(paths.TODAY)).status == 200
    account.policy.whole_jar = False
    assert (await owner.ask(paths.BATTERY_SETTINGS)).status == 200


async def test_battery_settings_want_the_user_and_a_request_number(owner: Owner, account: AccountServer) -> None:
    assert (await owner.ask(paths.BATTERY_SETTINGS, headers={"Username": ""})).status == 403
    assert (await owner.ask(paths.BATTERY_SETTINGS, headers={"requestid": ""})).status == 403
    account.policy.strict_headers = False
    assert (await owner.ask(paths.BATTERY_SETTINGS, headers={"Username": ""})).status == 200


async def test_the_token_comes_with_another_cookie(owner: Owner) -> None:
    before = dict(owner.cookies)
    assert (await owner.read(paths.TOKEN))["token"]
    assert owner.cookies["_enlighten_4_session"] != before["_enlighten_4_session"]
    assert (await owner.ask(paths.SITES)).status == 200
    owner.cookies = before
    assert (await owner.ask(paths.SITES)).status == 401


async def test_the_cookie_before_may_be_good_for_a_while(
    owner: Owner, account: AccountServer, clock: ManualClock
) -> None:
    account.policy.rotation_grace = 60
    before = dict(owner.cookies)
    await owner.read(paths.TOKEN)
    owner.cookies = dict(before)
    clock.advance(59)
    assert (await owner.ask(paths.SITES)).status == 200
    # Who shows an old one is told the new one again.
    assert owner.cookies != before
    owner.cookies = before
    clock.advance(1)
    assert (await owner.ask(paths.SITES)).status == 401


async def test_any_answer_may_change_the_cookie(owner: Owner, account: AccountServer) -> None:
    account.policy.rotates_every = 2
    seen = {owner.cookies["_enlighten_4_session"]}
    for path in (paths.TODAY, paths.LATEST_POWER, paths.BATTERY_SETTINGS, paths.SITES):
        await owner.read(path)
        seen.add(owner.cookies["_enlighten_4_session"])
    assert len(seen) == 3
    assert account.accounts.sessions.rotations == 2


async def test_a_lost_answer_takes_the_new_cookie_along(owner: Owner, account: AccountServer) -> None:
    account.faults.add(AnswerLost(), paths.TOKEN, count=1)
    with pytest.raises(ServerDisconnectedError):
        await owner.ask(paths.TOKEN)
    assert (await owner.ask(paths.SITES)).status == 401


async def test_a_lost_request_changes_nothing(owner: Owner, account: AccountServer) -> None:
    account.faults.add(Reset(), paths.TOKEN, count=1)
    with pytest.raises(ServerDisconnectedError):
        await owner.ask(paths.TOKEN)
    assert (await owner.ask(paths.SITES)).status == 200


@pytest.mark.parametrize(("route", "status"), [(TokenRoute.BAD_REQUEST, 400), (TokenRoute.NOT_FOUND, 404)])
async def test_the_route_of_the_token_may_be_gone_and_cookies_go_on(
    owner: Owner, account: AccountServer, route: TokenRoute, status: int
) -> None:
    account.policy.token_route = route
    assert (await owner.ask(paths.TOKEN)).status == status
    assert await owner.settings()


async def test_the_wall_stands_at_one_endpoint_a_family_or_everywhere(
    owner: Owner, account: AccountServer, account_home: AccountHome
) -> None:
    one = account.faults.add(WALL, account_home.path(paths.TODAY))
    assert is_wall(await owner.ask(paths.TODAY))
    assert (await owner.ask(paths.LATEST_POWER)).status == 200
    one.remove()
    family = account.faults.add(WALL, account.paths_of(account_home, Family.BATTERY_CONFIG))
    assert is_wall(await owner.ask(paths.SCHEDULES))
    assert not is_wall(await owner.ask(paths.TODAY))
    family.remove()
    account.faults.add(WALL)
    assert is_wall(await owner.ask(paths.SITES))


async def test_a_429_may_name_a_wait(owner: Owner, account: AccountServer) -> None:
    account.misbehave(paths.SITES, too_many(90))
    assert (await owner.ask(paths.SITES)).headers["Retry-After"] == "90"


async def test_an_optional_service_refuses_for_ever(owner: Owner, account_home: AccountHome) -> None:
    account_home.set_behaviour(read_statuses={paths.EVENTS: 401})
    assert ((answer := await owner.ask(paths.EVENTS)).status, answer.body) == (401, {"message": "Unauthorized"})
    assert (await owner.ask(paths.TODAY)).status == 200


@pytest.mark.parametrize("shape", SitesShape)
async def test_the_list_of_systems_has_many_shapes(owner: Owner, account: AccountServer, shape: SitesShape) -> None:
    account.policy.sites_shape, account.policy.site_id_name = shape, "systemId"
    account.policy.sites_doubled = True
    found = await owner.read(paths.SITES)
    rows = found if shape is SitesShape.LIST else found[shape]
    assert [row["systemId"] for row in rows] == [1234567, 1234567]
    account.policy.sites_empty = True
    assert not (await owner.read(paths.SITES) or {}) or not next(iter((await owner.read(paths.SITES)).values()))


async def test_an_account_may_list_hundreds_of_systems(account: AccountServer) -> None:
    account.add_account(
        "busy@example.com", PASSWORD, listed=tuple(ListedSystem(system_id=number) for number in range(1, 301))
    )
    async with Owner(account) as busy:
        await busy.password(email="busy@example.com")
        assert len((await busy.read(paths.SITES))["sites"]) == 301


async def test_homes_are_seen_by_their_owners_only(account: AccountServer, clock: ManualClock) -> None:
    other = account.add_home(lived(EUROPEAN, now=clock.now(), days=1, details=HomeDetails(site_id=7)))
    neighbour = account.add_account("neighbour@example.com", PASSWORD, systems=frozenset({7}))
    assert neighbour.system_id == 7
    async with Owner(account, other) as owner:
        await owner.password(email="neighbour@example.com")
        assert [row["id"] for row in (await owner.read(paths.SITES))["sites"]] == [7]
        assert (await owner.ask(paths.TODAY)).status == 200
        assert (await owner.ask("/pv/systems/1234567/today")).status == 403
        account.sell(other, neighbour)
        assert (await owner.read(paths.SITES))["sites"] == []
        assert (await owner.ask(paths.TODAY)).status == 403


async def test_a_host_may_read_and_change_nothing(account: AccountServer, account_home: AccountHome) -> None:
    account.add_account("host@example.com", PASSWORD, reads_only=frozenset({1234567}))
    async with Owner(account, account_home) as host:
        await host.password(email="host@example.com")
        user = (await host.read(paths.SITE_SETTINGS))["data"]["userDetails"]
        assert (user["isHost"], user["isOwner"]) == (True, False)
        answer = await host.set(paths.BATTERY_SETTINGS, {"veryLowSoc": 12})
        assert (answer.status, answer.body["error"]) == (403, "Forbidden")
    assert account_home.settings.wished.shutdown_level == 5


async def test_a_session_gives_tokens_for_the_homes_gateway(
    gateway: GatewayServer, clock: ManualClock, socket_enabled: None
) -> None:
    home = AccountHome(gateway.house, gateway=gateway)
    async with AccountServer(homes=[home], clock=clock) as account:
        account.add_account(EMAIL, PASSWORD)
        async with Owner(account) as owner:
            session = (await owner.password()).body["session_id"]
            await owner.read(paths.TOKEN)
            order = {"session_id": session, "serial_num": gateway.serial, "username": EMAIL}
            assert (await owner.ask(paths.GATEWAY_TOKEN, "POST", json=order)).text.count(".") == 2
            mine = await owner.read(f"{paths.OWNER_TOKEN}?serial_num={gateway.serial}")
            assert mine["expires_at"] - mine["generation_time"] == 365 * DAY
