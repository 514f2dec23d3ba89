"""A question that every session which is alive is answered: which systems the account has."""

from collections.abc import Awaitable, Callable
from typing import Final

from ....api.errors import AccountServiceError
from ....api.transport import Response
from .addresses import enlighten
from .answers import SessionDoubt, doubt
from .errors import AccountClientRefusedError
from .exchange import Ask

PROBE: Final = "app-api/search_sites.json"


async def probe(send: Callable[[Ask], Awaitable[Response]]) -> SessionDoubt | None:
    """Ask, and return `None` if the session is alive, else what the answer shows.

    Raises `AccountServiceError` if the service can't say, and what `send` raises.
    """
    answer = await send(
        Ask(
            method="GET",
            url=(enlighten() / PROBE).with_query({"searchText": "", "favourite": "false"}),
            endpoint=PROBE,
            headers={"X-Requested-With": "XMLHttpRequest", "Referer": str(enlighten() / "web/")},
            urgent=True,
        )
    )
    found = doubt(answer)
    if found is SessionDoubt.PAGE:
        raise AccountServiceError(PROBE, "a page in place of an answer")
    if found is not None:
        return found
    if answer.status == 406:
        raise AccountClientRefusedError(PROBE, "status 406", retry_after=answer.retry_after)
    answer.raise_for_status()
    answer.json()
    return None
