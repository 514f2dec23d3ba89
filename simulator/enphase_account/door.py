"""Who is let in: sessions, homes, headers, and tokens against cross-site requests."""

from dataclasses import dataclass, replace

from simulator.cloud.routing import Match
from simulator.cloud.serving import Knock
from simulator.iq_gateway.reply import Reply

from . import cookies, paths
from .accounts import Account
from .asking import Ask, Handler
from .cookies import cookie, cookies_of
from .errors import envelope, page, session_over, words
from .home import AccountHome
from .paths import Family, family_of
from .policy import SessionOver
from .routes import ROUTES, Need
from .sessions import DAY, Session
from .world import World


@dataclass(slots=True, kw_only=True)
class Visitor:
    """Whose session a request shows, and what it is for."""

    session: Session | None = None
    account: Account | None = None
    match: Match[Need, Handler] | None = None
    endpoint: str = ""
    over_quota: bool = False

    @property
    def name(self) -> str:
        """The account's e-mail address."""
        return self.account.email if self.account else ""


def identify(world: World, knock: Knock) -> Visitor:
    """Find the session of a cookie."""
    match, endpoint = ROUTES.match(knock.method, knock.path)
    shown = cookies_of(knock.headers.get("Cookie", "")).get(cookies.SESSION, "")
    session = world.accounts.sessions.of_cookie(shown, knock.now)
    return Visitor(session=session, account=world.accounts.of(session), match=match, endpoint=endpoint)


def answer(world: World, knock: Knock, visitor: Visitor) -> Reply:
    """Let a request in, and answer it.

    Raises:
        RefusedError: It is not let in, or its handler refuses.
    """
    match, session, account = visitor.match, visitor.session, visitor.account
    if match is None:
        if visitor.endpoint.startswith(paths.BASE) and knock.method == "DELETE":
            return Reply(status=403, text="Invalid CORS request", content_type="text/plain")
        return page(405 if visitor.endpoint else 404, "")
    family, policy = family_of(knock.path), world.policy
    if session is None or account is None:
        # The list of systems and the token say it in words, whatever the rest does.
        in_words = match.route.group is Need.ACCOUNT and family is Family.APP
        raise session_over(SessionOver.UNAUTHORIZED if in_words else policy.session_over[family])
    if policy.use_prolongs:
        session.until = knock.now + policy.session_days * DAY
    home = _home(world, account, match)
    jar = cookies_of(knock.headers.get("Cookie", ""))
    if family is Family.BATTERY_CONFIG:
        _check_manager(world, session, jar)
    if family is not Family.APP:
        _check_headers(world, knock, account)
    if home is not None:
        _check_home(home, knock, account, match)
        if match.route.group is Need.WRITE:
            _check_write(world, knock, session, home, jar)
    ask = Ask(
        names=match.names,
        path=knock.path,
        query=knock.query,
        body=knock.body,
        now=knock.now,
        world=world,
        account=account,
        session=session,
    )
    result = match.route.handler(ask)
    reply = result if isinstance(result, Reply) else Reply(payload=result)
    return _with_cookies(world, session, knock, reply, before=jar.get(cookies.SESSION, ""))


def _home(world: World, account: Account, match: Match[Need, Handler]) -> AccountHome | None:
    number = match.names.get("site_id")
    if number is None:
        return None
    home = world.homes.get(int(number)) if number.isdecimal() else None
    if home is None or not account.sees(home.site_id):
        raise words(403, "Forbidden")
    return home


def _check_manager(world: World, session: Session, jar: dict[str, str]) -> None:
    policy = world.policy
    if policy.whole_jar and jar.get(cookies.MANAGER) != session.manager_token:
        raise session_over(policy.session_over[Family.BATTERY_CONFIG])


def _check_headers(world: World, knock: Knock, account: Account) -> None:
    headers = knock.headers
    if not world.policy.strict_headers:
        return
    if headers.get("Username") != f"{account.user_id}" or not headers.get("requestid"):
        raise envelope(403, knock.path, knock.now)


def _check_home(home: AccountHome, knock: Knock, account: Account, match: Match[Need, Handler]) -> None:
    status = home.behaviour.read_statuses.get(match.route.template)
    if status is not None:
        raise words(status, "Unauthorized" if status == 401 else "Forbidden")
    if match.route.group is Need.WRITE and home.site_id in account.reads_only:
        raise envelope(403, knock.path, knock.now)


def _check_write(world: World, knock: Knock, session: Session, home: AccountHome, jar: dict[str, str]) -> None:
    """Let a write in that shows the token of the last read, or has the shape that its home wants."""
    policy, headers, xsrf = world.policy, knock.headers, session.xsrf
    shown = headers.get("X-XSRF-Token", "")
    stored = jar.get(cookies.XSRF)
    if family_of(knock.path) in home.behaviour.wants_other_shape:
        app = headers.get("X-Requested-With") == "XMLHttpRequest"
        token = session.token and headers.get("e-auth-token") == session.token and knock.now < session.token_until
        if not app or not token or not xsrf.known(shown) or stored not in {None, shown}:
            raise envelope(403, knock.path, knock.now)
        return
    twice = stored == shown if policy.xsrf_in_cookie else stored in {None, shown}
    fresh = xsrf.fresh(shown, knock.now, policy.xsrf_life, latest_only=policy.xsrf_latest_only)
    if not twice or not fresh:
        raise envelope(403, knock.path, knock.now)
    xsrf.use(shown)


def _with_cookies(world: World, session: Session, knock: Knock, reply: Reply, *, before: str) -> Reply:
    policy, found, headers = world.policy, list(reply.cookies), dict(reply.headers)
    secure = policy.secure_cookies
    session.requests += 1
    if policy.rotates_every is not None and session.requests % policy.rotates_every == 0:
        world.accounts.sessions.rotate(session, knock.now, grace=policy.rotation_grace)
    if session.cookie != before:
        found.append(cookie(cookies.SESSION, session.cookie, secure=secure, http_only=True))
    if family_of(knock.path) is Family.BATTERY_CONFIG and knock.method == "GET":
        token = session.xsrf.give(knock.now)
        headers["x-csrf-token"] = token
        if policy.xsrf_in_cookie:
            found.append(cookie(cookies.XSRF, token, secure=secure))
    return replace(reply, cookies=tuple(found), headers=headers)
