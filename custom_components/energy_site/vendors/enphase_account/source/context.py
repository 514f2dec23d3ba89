"""What the feeds of a system are polled with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from ..client.client import AccountClient


@dataclass(slots=True, kw_only=True)
class AccountContext:
    """The client and the system, whose days begin in `zone`."""

    client: AccountClient
    site_id: str
    clock: Callable[[], datetime]
    zone: tzinfo
