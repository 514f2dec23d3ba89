"""Tokens of the account, which nobody has to verify."""

from base64 import urlsafe_b64encode
import json
from typing import Any


def unsigned(claims: dict[str, Any]) -> str:
    """Return a JWT that says `claims`."""
    parts = (json.dumps(each).encode() for each in ({"alg": "none"}, claims))
    return ".".join([*(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "c2ln"])
