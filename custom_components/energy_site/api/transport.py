"""Sends a request for any vendor: time limit, size limit, errors, latency, log."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
import logging
import time
from typing import Any

from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientOSError,
    ClientPayloadError,
    ClientRequest,
    ClientResponse,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    Fingerprint,
    ServerDisconnectedError,
    ServerFingerprintMismatch,
)
from aiohttp.http_exceptions import ContentEncodingError
import orjson
from yarl import URL

from .errors import (
    ApiCertificateError,
    ApiConnectionError,
    ApiCutOffError,
    ApiFramingError,
    ApiNotFoundError,
    ApiPayloadError,
    ApiStatusError,
    ApiTimeoutError,
    ApiUnreachableError,
)

_LOGGER = logging.getLogger(__name__)

# No response of a vendor's cloud comes close to this.
_MAX_BYTES = 8_000_000

# A stream without data for this many seconds is dead.
_SILENCE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response, whatever its status; `seconds` is how long it took."""

    endpoint: str
    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)
    seconds: float

    def json(self) -> Any:
        """Decode the body; HTML, a truncated or an empty body raise an `ApiPayloadError`."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as err:
            kind = "HTML" if self.body.lstrip()[:1] == b"<" else "no complete JSON"
            raise ApiPayloadError(self.endpoint, f"{kind}, {len(self.body)} bytes") from err

    def text(self) -> str:
        """Decode the body as text; invalid bytes become a replacement character."""
        return self.body.decode(errors="replace")

    def raise_for_status(self) -> None:
        """Raise `ApiNotFoundError` or `ApiStatusError` unless the response is a success."""
        if 200 <= self.status < 300:
            return
        if self.status in (404, 405, 410):
            raise ApiNotFoundError(self.endpoint, self.status)
        raise ApiStatusError(self.endpoint, self.status, retry_after=self.retry_after)

    @property
    def retry_after(self) -> float | None:
        """The wait in seconds that the response requests, as a number or a date; `None` if it doesn't."""
        return _seconds(self.headers.get("Retry-After"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The last response of an endpoint, as shown in diagnostics."""

    status: int
    body: bytes = field(repr=False)
    seconds: float


async def request(
    session: ClientSession,
    method: str,
    url: URL,
    *,
    endpoint: str,
    timeout: float,
    limit: int = _MAX_BYTES,
    pin: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    json: Any = None,
    once: bool = False,
) -> Response:
    """Send one request and return the response, whatever its status.

    With `once` it isn't repeated where the connection breaks before the response, as the library
    otherwise does for methods such as GET and PUT.
    With `pin`, the server's certificate must have this SHA-256 fingerprint, regardless of its
    issuer; otherwise `ApiCertificateError` is raised before anything is sent. Raises
    `ApiTimeoutError` after `timeout` seconds, `ApiUnreachableError` without a connection,
    `ApiConnectionError` if one fails, and `ApiPayloadError` for a response of more than `limit`
    bytes, which isn't read to its end.
    """
    started = time.monotonic()
    with _named_errors(session, endpoint, timeout):
        async with session.request(
            method,
            url,
            headers=headers,
            data=form,
            json=json,
            allow_redirects=False,
            ssl=_pinned(pin) if pin else True,
            timeout=ClientTimeout(total=timeout),
            middlewares=(_once,) if once else None,
        ) as answer:
            body = bytearray()
            if (answer.content_length or 0) > limit:
                raise _too_large(answer, endpoint, limit)
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise _too_large(answer, endpoint, limit)
            seconds = time.monotonic() - started
            _LOGGER.debug("%s %s: %s, %s bytes, %.3f s", method, endpoint, answer.status, len(body), seconds)
            return Response(
                endpoint=endpoint,
                status=answer.status,
                body=bytes(body),
                headers=answer.headers.copy(),
                cookies={name: morsel.value for name, morsel in answer.cookies.items()},
                seconds=seconds,
            )


async def open_response(
    session: ClientSession,
    url: URL,
    *,
    endpoint: str,
    timeout: float,
    pin: bytes,
    headers: Mapping[str, str],
) -> ClientResponse:
    """Open a response that is read continuously; the caller has to close it.

    `timeout` is the time limit for its headers, in seconds. Raises what `request` raises.
    """
    with _named_errors(session, endpoint, timeout):
        async with asyncio.timeout(timeout):
            return await session.get(
                url,
                headers=headers,
                allow_redirects=False,
                ssl=_pinned(pin),
                timeout=ClientTimeout(total=None, sock_read=_SILENCE),
            )


async def _once(sent: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Hand on a request, and no error for which the library would repeat it."""
    try:
        return await handler(sent)
    except ClientConnectorError:
        # Nothing was sent.
        raise
    except (ClientOSError, ServerDisconnectedError) as err:
        raise ClientConnectionError(type(err).__name__) from err


@contextmanager
def _named_errors(session: ClientSession, endpoint: str, timeout: float) -> Iterator[None]:
    """Convert the library's errors; only their type is kept, as their messages may contain the address."""
    try:
        yield
    except ServerFingerprintMismatch as err:
        raise ApiCertificateError(endpoint, err.got) from None
    except TimeoutError:
        raise ApiTimeoutError(endpoint, f"no answer within {timeout:g} s") from None
    except ClientConnectorError as err:
        raise ApiUnreachableError(endpoint, type(err).__name__) from None
    except ClientPayloadError as err:
        kind = ApiFramingError if isinstance(err.__cause__, ContentEncodingError) else ApiCutOffError
        raise kind(endpoint, type(err).__name__) from None
    except ClientResponseError as err:
        raise ApiFramingError(endpoint, type(err).__name__) from None
    except (ClientError, OSError, ValueError) as err:
        raise ApiConnectionError(endpoint, type(err).__name__) from None
    except RuntimeError as err:
        # An unload closes the session while requests may still be in progress.
        if not session.closed:
            raise
        raise ApiConnectionError(endpoint, "the session is closed") from err


def _too_large(answer: ClientResponse, endpoint: str, limit: int) -> ApiPayloadError:
    # The connection could only be reused after reading the rest.
    answer.close()
    return ApiPayloadError(endpoint, f"more than {limit} bytes")


@cache
def _pinned(pin: bytes) -> Fingerprint:
    """Return the same object for the same pin, as the connection pool depends on it."""
    return Fingerprint(pin)


def _seconds(retry_after: str | None) -> float | None:
    if not retry_after or len(retry_after) > 40:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after) if len(retry_after) <= 6 else None
    try:
        moment = parsedate_to_datetime(retry_after)
    except ArithmeticError, LookupError, TypeError, ValueError:
        return None
    if moment.tzinfo is None:
        return None
    wait = (moment - datetime.now(UTC)).total_seconds()
    return wait if 0 <= wait < 1_000_000 else None
