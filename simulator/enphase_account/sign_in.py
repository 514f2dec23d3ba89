"""Signing in: password, code, and what comes of them."""

from base64 import b64decode
from binascii import Error as NotBase64Error
from collections.abc import Mapping
from secrets import randbelow, token_hex
from typing import Any

from simulator.cloud.serving import Knock
from simulator.iq_gateway.reply import Reply

from . import cookies
from .accounts import Account, SecondFactor
from .claims import unsigned
from .cookies import cookie, cookies_of
from .errors import words
from .mailbox import Mail
from .sessions import DAY, Session
from .world import PendingSignIn, World

_FULL = "Too many active sessions.."
_MANAGER_LIFE = 180 * DAY


def login(world: World, knock: Knock) -> Reply:
    """Answer an e-mail and a password."""
    policy = world.policy
    if policy.login_needs_referer and not knock.headers.get("Referer"):
        return Reply(status=406, text="")
    email, password = knock.form.get("user[email]", ""), knock.form.get("user[password]", "")
    account = world.accounts.by_email.get(email.lower())
    if account is not None and knock.now < account.blocked_until:
        return _blocked()
    if account is None or account.password != password:
        return _wrong_password(world, account, knock.now)
    if account.blocked:
        return _blocked(message="Account locked")
    account.wrong_passwords = 0
    world.sign_ins.append((knock.now, account.email))
    recent = sum(at > knock.now - DAY and email == account.email for at, email in world.sign_ins)
    if policy.logins_a_day is not None and recent > policy.logins_a_day:
        account.blocked_until = knock.now + policy.block
        return _blocked()
    if account.two_factor:
        return _ask_for_code(world, account, knock.now)
    return _let_in(world, account, knock.now)


def send_code(world: World, knock: Knock) -> Reply:
    """Send a code by e-mail."""
    nonce, waiting = _waiting(world, knock)
    if waiting is None:
        raise words(401, "Unauthorized")
    account, policy = waiting.account, world.policy
    if knock.now < account.codes_blocked_until:
        return _blocked()
    if waiting.sent is not None and knock.now < waiting.sent + policy.code_pause:
        raise words(429, "Too many requests")
    if account.codes_sent >= policy.codes_most:
        account.codes_blocked_until, account.codes_sent = knock.now + policy.code_block, 0
        return _blocked()
    _send(world, waiting, knock.now)
    del world.nonces[nonce]
    set_cookie = _nonce(world, waiting, knock.now)
    if not policy.send_answers_body:
        return Reply(text="", cookies=(set_cookie,))
    return Reply(payload={"success": True, "isBlocked": False}, cookies=(set_cookie,))


def enter_code(world: World, knock: Knock) -> Reply:
    """Answer a code."""
    nonce, waiting = _waiting(world, knock)
    if waiting is None:
        raise words(401, "Unauthorized")
    account, policy = waiting.account, world.policy
    if knock.now < account.codes_blocked_until:
        return Reply(payload={"isValid": False, "isBlocked": True})
    email, code = _decoded(knock.form, "email"), _decoded(knock.form, "otp")
    if not waiting.code or code != waiting.code or email.lower() != account.email.lower():
        account.wrong_codes += 1
        blocked = account.wrong_codes >= policy.code_tries
        if blocked:
            account.codes_blocked_until, account.wrong_codes = knock.now + policy.code_block, 0
        status = 200 if blocked else policy.wrong_code_status
        return Reply(status=status, payload={"isValid": False, "isBlocked": blocked})
    del world.nonces[nonce]
    account.wrong_codes = account.codes_sent = 0
    return _let_in(world, account, knock.now, isValidMobileNumber=True)


def _wrong_password(world: World, account: Account | None, now: float) -> Reply:
    world.failed_logins += 1
    if account is not None:
        account.wrong_passwords += 1
        if account.wrong_passwords >= world.policy.password_tries:
            account.blocked_until, account.wrong_passwords = now + world.policy.block, 0
    raise words(401, "Invalid")


def _blocked(**more: Any) -> Reply:
    return Reply(payload={"success": False, "isBlocked": True, **more})


def _ask_for_code(world: World, account: Account, now: float) -> Reply:
    waiting = PendingSignIn(account=account, until=now + world.policy.nonce_life)
    if world.policy.login_sends_code:
        _send(world, waiting, now)
    nonce = _nonce(world, waiting, now)
    if account.second_factor is SecondFactor.BODY:
        return Reply(payload={"requires_mfa": True}, cookies=(nonce,))
    unsigned_in = cookie(cookies.SESSION, token_hex(16), secure=world.policy.secure_cookies, http_only=True)
    return Reply(payload={"success": True, "isBlocked": False}, cookies=(unsigned_in, nonce))


def _nonce(world: World, waiting: PendingSignIn, now: float) -> str:
    nonce, policy = token_hex(12), world.policy
    waiting.until = now + policy.nonce_life
    world.nonces[nonce] = waiting
    return cookie(cookies.NONCE, nonce, secure=policy.secure_cookies, http_only=True, max_age=policy.nonce_life)


def _send(world: World, waiting: PendingSignIn, now: float) -> None:
    digits = world.policy.code_digits
    waiting.code, waiting.sent = f"{randbelow(10**digits):0{digits}d}", now
    waiting.account.codes_sent += 1
    world.mailbox.mails.append(Mail(to=waiting.account.email, code=waiting.code, sent=now))


def _waiting(world: World, knock: Knock) -> tuple[str, PendingSignIn | None]:
    nonce = cookies_of(knock.headers.get("Cookie", "")).get(cookies.NONCE, "")
    waiting = world.nonces.get(nonce)
    return nonce, waiting if waiting and knock.now < waiting.until else None


def _decoded(form: Mapping[str, str], name: str) -> str:
    try:
        return b64decode(form.get(name, ""), validate=True).decode()
    except NotBase64Error, UnicodeDecodeError:
        return ""


def _let_in(world: World, account: Account, now: float, **more: Any) -> Reply:
    policy, sessions = world.policy, world.accounts.sessions
    email = account.email.lower()
    if policy.most_sessions is not None and len(sessions.live(now, email)) >= policy.most_sessions:
        raise words(policy.sessions_full_status, _FULL)
    session = sessions.open(email, now, days=policy.session_days)
    session.manager_token = _manager_token(account, session, now)
    account.logins += 1
    world.logins += 1
    system: int | str = account.system_id
    body = {
        "message": "success",
        "session_id": session.identifier,
        "manager_token": session.manager_token,
        "is_consumer": account.role == "owner",
        "system_id": str(system) if policy.system_id_text else system,
        "redirect_url": "",
        **more,
    }
    secure = policy.secure_cookies
    set_cookies = (
        cookie(cookies.SESSION, session.cookie, secure=secure, http_only=True),
        cookie(cookies.MANAGER, session.manager_token, secure=secure, everywhere=True),
    )
    return Reply(payload=body, cookies=set_cookies) if policy.login_body else Reply(text="", cookies=set_cookies)


def _manager_token(account: Account, session: Session, now: float) -> str:
    data = {"session_id": session.identifier, "user_id": account.user_id, "email_id": account.email}
    return unsigned({"data": data, "exp": int(now + _MANAGER_LIFE), "iss": "Entrez"})
