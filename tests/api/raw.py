"""A server below HTTP: it sends bytes, whatever it is asked."""

import asyncio
from contextlib import suppress
from ssl import SSLContext
from typing import Self

from yarl import URL

_TLS_HANDSHAKE = b"\x16"


class RawServer:
    """Sends `answer` to whoever connects and closes; without one it never answers.

    With `reset` the connection is torn down instead, with `stays` it is left open. With
    `context` all of that is encrypted.
    """

    def __init__(
        self, answer: bytes | None, *, reset: bool = False, stays: bool = False, context: SSLContext | None = None
    ) -> None:
        self._context = context
        self.requests: list[bytes] = []
        self.port = 0
        self._answer = answer
        self._reset = reset
        self._stays = stays or answer is None
        self._server: asyncio.Server | None = None
        self._closing = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, also for those who wait."""
        self._closing.set()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def url(self) -> URL:
        """Where it listens."""
        return URL(f"http://127.0.0.1:{self.port}/")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not (first := await reader.read(1)):
            writer.close()
            return
        # Who speaks TLS sends no headers.
        rest = reader.read(65536) if first == _TLS_HANDSHAKE else reader.readuntil(b"\r\n\r\n")
        self.requests.append(first + await rest)
        if self._reset:
            writer.transport.abort()
            return
        if self._answer is not None:
            writer.write(self._answer)
            with suppress(ConnectionError):
                await writer.drain()
        if self._stays:
            await self._closing.wait()
        writer.close()


def http(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """Return an answer with this body and its length."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
