"""The Enphase accounts of this Home Assistant: one session each, shared by all entries and flows, and kept privately."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ...const import CONF_SOURCE, DOMAIN
from ...helpers.sessions import async_get_isolated_session
from ...helpers.storage import KeptFile
from .client.account import Account
from .const import SOURCE

_ACCOUNTS: HassKey[dict[str, asyncio.Future[KeptAccount]]] = HassKey(f"{DOMAIN}_enphase_accounts")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSystem:
    """What was learned of a system: its gateways' serial numbers, and by family how its changes are accepted."""

    gateways: tuple[str, ...] = field(repr=False, default=())
    shapes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def restore(cls, data: object) -> KnownSystem:
        """Return the system from stored data, without what can't be read."""
        gateways, shapes = (
            (data.get(key) for key in ("gateways", "shapes")) if isinstance(data, Mapping) else (None, None)
        )
        return cls(
            gateways=tuple(each for each in gateways if isinstance(each, str)) if isinstance(gateways, list) else (),
            shapes={str(family): str(shape) for family, shape in shapes.items()} if isinstance(shapes, Mapping) else {},
        )


_NOTHING = KnownSystem()


class KeptAccount:
    """An account with its file, and what was learned of its systems."""

    def __init__(self, hass: HomeAssistant, email: str, name: str) -> None:
        """Keep the account in a file called `name`, which reveals nothing."""
        self.file = KeptFile(
            hass, f"account.{name}", "an Enphase account", is_ours=lambda data: "account" in data, private=True
        )
        self.account = Account(async_get_isolated_session(hass), email, clock=dt_util.utcnow, save=self.async_save)
        self._hass = hass
        self._name = name
        self._systems: dict[str, KnownSystem] = {}

    async def async_load(self) -> None:
        """Restore what was kept."""
        kept = await self.file.async_load()
        if isinstance(account := kept.get("account"), Mapping):
            self.account.restore(account)
        systems = kept.get("systems")
        for system, data in systems.items() if isinstance(systems, Mapping) else ():
            self._systems[system] = KnownSystem.restore(data)

    async def async_save(self) -> None:
        """Store the account unless nothing needs it any more."""
        if self.account.session is None and not any(self._entries()):
            return
        await self.file.async_save(
            {
                "account": self.account.as_dict(),
                "systems": {system: asdict(kept) for system, kept in self._systems.items()},
            }
        )

    @callback
    def is_used(self, besides: ConfigEntry[Any] | None = None) -> bool:
        """Return whether an entry, other than the one that is removed, keeps a session of the account.

        A gateway's entry signs in only for a token.
        """
        return any(self.users(besides))

    @callback
    def users(self, besides: ConfigEntry[Any] | None = None) -> list[ConfigEntry[Any]]:
        """Return the entries that keep a session of the account."""
        return [
            entry
            for entry in self._entries()
            if entry.data.get(CONF_SOURCE) == SOURCE and (besides is None or entry.entry_id != besides.entry_id)
        ]

    @property
    def remembered_password(self) -> str | None:
        """The password that an entry of the account remembers."""
        return next((entry.data[CONF_PASSWORD] for entry in self.users() if CONF_PASSWORD in entry.data), None)

    def _entries(self) -> Iterator[ConfigEntry[Any]]:
        """Return the entries that sign in to the account."""
        for entry in self._hass.config_entries.async_entries(DOMAIN):
            if account_name(str(entry.data.get(CONF_USERNAME, ""))) == self._name:
                yield entry

    async def async_forget(self) -> None:
        """Forget the session and the password; how often the account was used is remembered until the next start."""
        self.account.forget()
        self._systems.clear()
        await self.file.async_remove()

    def gateways(self, system: str) -> frozenset[str]:
        """Return the serial numbers of a system's gateways, as far as they are known."""
        return frozenset(self._systems.get(system, _NOTHING).gateways)

    def shapes(self, system: str) -> Mapping[str, str]:
        """Return by family how a system's changes were accepted before."""
        return self._systems.get(system, _NOTHING).shapes

    def knows(self, serial: str) -> bool:
        """Return whether a gateway is one of the account's."""
        return any(serial in kept.gateways for kept in self._systems.values())

    async def async_note(
        self, system: str, *, gateways: Iterable[str] = (), shapes: Mapping[str, str] | None = None
    ) -> None:
        """Store what was learned of a system, if it is new."""
        before = self._systems.get(system, _NOTHING)
        after = KnownSystem(
            gateways=tuple(sorted(gateways)) or before.gateways, shapes=before.shapes if shapes is None else shapes
        )
        if after != before:
            self._systems[system] = after
            await self.async_save()


def account_name(email: str) -> str:
    """Return a name for an account that doesn't reveal it; capitals and blanks around it make no difference."""
    return sha256(email.strip().casefold().encode()).hexdigest()[:16]


async def async_account(hass: HomeAssistant, email: str) -> KeptAccount:
    """Return the account of an email address, shared by everything that uses it."""
    accounts = hass.data.setdefault(_ACCOUNTS, {})
    name = account_name(email)
    if name not in accounts:
        # Entries are set up concurrently, so the second one waits for the same file.
        accounts[name] = asyncio.ensure_future(_async_loaded(KeptAccount(hass, email.strip(), name)))
    return await asyncio.shield(accounts[name])


async def _async_loaded(kept: KeptAccount) -> KeptAccount:
    await kept.async_load()
    return kept


async def async_passing_account(hass: HomeAssistant, email: str, password: str) -> Account:
    """Return an account whose session isn't kept, but whose requests are counted with those of the others."""
    kept = await async_account(hass, email)
    account = Account(
        async_get_isolated_session(hass),
        email,
        clock=dt_util.utcnow,
        save=kept.async_save,
        governor=kept.account.governor,
    )
    account.password = password
    return account


@callback
def async_account_of(hass: HomeAssistant, serial: str) -> KeptAccount | None:
    """Return the account with a session that has a gateway with this serial number, `None` if there is none."""
    for future in hass.data.get(_ACCOUNTS, {}).values():
        if future.done() and not future.cancelled() and future.exception() is None:
            kept = future.result()
            if kept.account.session is not None and kept.knows(serial):
                return kept
    return None


async def async_forget_unused(hass: HomeAssistant, email: object, *, besides: ConfigEntry[Any] | None = None) -> None:
    """Forget the account of an email address if no entry uses it, other than the one that is removed."""
    if not isinstance(email, str):
        return
    kept = await async_account(hass, email)
    if not kept.is_used(besides):
        await kept.async_forget()


async def async_forget_account(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget the account of a removed entry unless another one uses it."""
    await async_forget_unused(hass, entry.data.get(CONF_USERNAME), besides=entry)
