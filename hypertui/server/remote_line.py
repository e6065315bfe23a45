"""One connection to an engine in another process, and how it is found."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypertui.core.redaction import printable
from hypertui.server import addresses, protocol
from hypertui.server.protocol import Hello, WireError

_CONNECT = 3.0  # seconds
_ANSWER = 10.0  # seconds for an answer to a request
_MOST_ANSWER = 64_000_000  # bytes of a line


class RemoteLine:
    """An open connection; `hello` is who is at its other end."""

    def __init__(
        self, path: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hello: Hello
    ) -> None:
        self.path = path
        self.hello = hello
        self._reader = reader
        self._writer = writer
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    def send(self, message: Mapping[str, object]) -> None:
        """Hand a message over, without waiting."""
        self._writer.write(protocol.line({"protocol": protocol.PROTOCOL, **message}))

    async def ask(self, message: Mapping[str, object]) -> dict[str, Any]:
        """The first answer to a request. Raises ConnectionError when the connection is lost before, and
        TimeoutError."""
        id = str(message["id"])
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[id] = answer
        try:
            self.send(message)
            async with asyncio.timeout(_ANSWER):
                return await answer
        except TimeoutError:
            raise TimeoutError(f"the engine has not answered for {_ANSWER:.0f} s") from None
        finally:
            self._waiting.pop(id, None)

    async def receive(self) -> dict[str, Any] | None:
        """The next update; None when the engine leaves. Raises OSError when the connection is lost, and
        WireError for what cannot be read."""
        while True:
            found = await _message(self._reader)
            match found.get("type"):
                case "update":
                    return found
                case "end":
                    return None
                case "ack":
                    answer = self._waiting.get(str(found.get("id")))
                    if answer is not None and not answer.done():
                        answer.set_result(found)
                case "error":
                    raise WireError(printable(str(found.get("text"))))
                case _:
                    pass  # an answer that nobody waits for any more

    def close(self) -> None:
        """Let it go; whoever waits for an answer is told."""
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the connection was lost before the engine answered"))
        self._writer.transport.abort()


async def dial(path: Path, hello: Hello) -> RemoteLine:
    """A connection to that engine, or to one that trades some of the same, beside it. Raises
    ConnectionError where there is none that can be understood."""
    for candidate in _beside(path):
        with suppress(OSError, WireError):
            line = await _opened(candidate)
            if _is_meant(line.hello, hello):
                return line
            line.close()
    raise ConnectionError("no engine answers")


def _beside(path: Path) -> Iterator[Path]:
    yield path
    yield from (other for other in addresses.found_in(path.parent) if other != path)


def _is_meant(found: Hello, wanted: Hello) -> bool:
    def markets(hello: Hello) -> set[tuple[str, str]]:
        return {(trade.account.lower(), trade.symbol) for trade in hello.trades}

    return found.pid == wanted.pid or bool(markets(found) & markets(wanted))


async def _opened(path: Path) -> RemoteLine:
    connection = addresses.connect(path, _CONNECT)
    connection.setblocking(False)
    reader, writer = await asyncio.open_unix_connection(sock=connection, limit=_MOST_ANSWER)
    try:
        async with asyncio.timeout(_CONNECT):
            hello = protocol.hello_from_json(await _message(reader))
    except BaseException:
        writer.transport.abort()
        raise
    return RemoteLine(path, reader, writer, hello)


async def _message(reader: asyncio.StreamReader) -> dict[str, Any]:
    try:
        data = await reader.readline()
    except ValueError:
        raise WireError(f"the engine's line is longer than {_MOST_ANSWER} bytes") from None
    if not data.endswith(b"\n"):
        raise ConnectionError("the engine has gone")
    return protocol.message(data)
