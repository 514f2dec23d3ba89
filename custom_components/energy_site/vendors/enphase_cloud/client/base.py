"""The common basis of the clients of both Enphase APIs."""

from typing import ClassVar, override

from aiohttp import ClientSession

from ....api.base_client import BaseClient, BudgetHooks
from ....api.errors import ApiQuotaError
from ....api.transport import Response
from .addresses import enphase_api
from .error_mapping import quota_refusal


class EnphaseClient(BaseClient):
    """The client of one of the Enphase APIs."""

    exclusive: ClassVar[frozenset[str]] = frozenset({"start_at", "start_date"})

    def __init__(self, session: ClientSession, path: str, budget: BudgetHooks | None) -> None:
        """Send requests to a path below Enphase's address."""
        super().__init__(session, enphase_api() / path, budget)

    @override
    def _quota_error(self, answer: Response) -> ApiQuotaError | None:
        return quota_refusal(answer)
