"""Writes want a token that a read gave, or another shape."""

from simulator.clock import ManualClock
from simulator.enphase_account import AccountHome, AccountServer, Family, paths

from .owner import Owner


async def test_each_write_uses_up_a_token_that_a_read_gave(
    owner: Owner, clock: ManualClock, account: AccountServer
) -> None:
    body = {"veryLowSoc": 12}
    refused = await owner.write(paths.BATTERY_SETTINGS, body)
    assert refused.status == 403
    assert refused.body["path"] == "/api/v1/batterySettings/1234567"
    await owner.settings()
    assert owner.cookies["BP-XSRF-Token"] == owner.xsrf
    assert (await owner.write(paths.BATTERY_SETTINGS, body)).status == 200
    assert (await owner.write(paths.BATTERY_SETTINGS, body)).status == 403
    await owner.settings()
    old = owner.xsrf
    await owner.settings()
    answer = await owner.write(paths.BATTERY_SETTINGS, body, **{"X-XSRF-Token": old})
    assert answer.status == 403
    await owner.settings()
    clock.advance(account.policy.xsrf_life)
    assert (await owner.write(paths.BATTERY_SETTINGS, body)).status == 403
    await owner.settings()
    del owner.cookies["BP-XSRF-Token"]
    assert (await owner.write(paths.BATTERY_SETTINGS, body)).status == 403


async def test_the_token_may_come_by_header_only(owner: Owner, account: AccountServer) -> None:
    account.policy.xsrf_in_cookie = False
    await owner.settings()
    assert "BP-XSRF-Token" not in owner.cookies
    assert (await owner.write(paths.BATTERY_SETTINGS, {"veryLowSoc": 12})).status == 200


async def test_a_site_may_want_the_other_shape(owner: Owner, account_home: AccountHome) -> None:
    account_home.set_behaviour(wants_other_shape=frozenset({Family.BATTERY_CONFIG}))
    token = (await owner.read(paths.TOKEN))["token"]
    assert (await owner.set(paths.BATTERY_SETTINGS, {"veryLowSoc": 12})).status == 403
    more = {"e-auth-token": token, "X-Requested-With": "XMLHttpRequest"}
    for level in (12, 13):
        assert (await owner.write(paths.BATTERY_SETTINGS, {"veryLowSoc": level}, **more)).status == 200
