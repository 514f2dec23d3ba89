"""Client of the toy cloud: a site's state, its days, and one setting."""

from dataclasses import dataclass
from datetime import date
from typing import Any, override

from aiohttp import ClientSession
from yarl import URL

from custom_components.energy_site.api.addresses import address
from custom_components.energy_site.api.base_client import BaseClient, BudgetHooks
from custom_components.energy_site.api.errors import ApiQuotaError
from custom_components.energy_site.api.payload import Record
from custom_components.energy_site.api.transport import Response

STATE = "state"
DAYS = "days"
RESERVE = "PUT reserve"


def toy_cloud() -> URL:
    """Return the address of the toy cloud."""
    return address("ENERGY_SITE_TOY", "https://toy.example.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyState:
    """What a site does now: W from the sun, and the reserve in %."""

    solar: float
    reserve: float


def parse_state(endpoint: str, payload: object) -> ToyState:
    """Read an answer of `state`; raises `ApiPayloadError` for anything else."""
    root = Record(endpoint, payload)
    return ToyState(solar=root.number("solar"), reserve=root.number("reserve"))


class ToyClient(BaseClient):
    """The toy cloud's API."""

    def __init__(self, session: ClientSession, budget: BudgetHooks | None = None) -> None:
        """Send requests to the toy cloud."""
        super().__init__(session, toy_cloud(), budget)

    @override
    def _quota_error(self, answer: Response) -> ApiQuotaError | None:
        return ApiQuotaError(answer.endpoint, 429) if answer.status == 429 else None

    async def state(self) -> ToyState:
        """Return what the site does now."""
        return parse_state(STATE, await self._json("GET", STATE))

    async def days(self) -> dict[date, float]:
        """Return the Wh of each day."""
        days: dict[str, float] = await self._json("GET", DAYS)
        return {date.fromisoformat(day): wh for day, wh in days.items()}

    async def set_reserve(self, percent: float) -> None:
        """Set the reserve in %."""
        await self._json("PUT", "reserve", endpoint=RESERVE, body={"reserve": percent})

    async def _json(self, method: str, path: str, *, endpoint: str | None = None, body: Any = None) -> Any:
        async with self._lock:
            answer = await self._request(method, path, endpoint=endpoint or path, query=[], body=body)
        answer.raise_for_status()
        return answer.json()
