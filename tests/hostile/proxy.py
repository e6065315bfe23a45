"""The proxy: one port of loopback, behind which the venue is seen as the faults of a run let it be seen."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import WebSocketException

from tests.hostile.lies import lied
from tests.support.corruption import corrupted

Result = TypeVar("Result")
_DEADLINE = 10.0
_STATUSES = (408, 500, 502, 503, 504)
_RETRY_AFTER = ("1", "3600", "²", "-1", "NaN", "Wed, 21 Oct 2065 07:28:00 GMT", "")
_BOMB = gzip.compress(b"[" + b" " * (9 * 2**20), 1)

# What each fault does is written where it is done. Those of the first row leave the venue as it was.
REQUESTS = (
    *("lost", "throttled", "led away"),
    *(
        "slow",
        "unanswered",
        "doubled",
        "late",
        "cut",
        "trickles",
        "redirected",
        "failed",
        "corrupted",
        "huge",
    ),
)
MESSAGES = ("slow", "lost", "doubled", "late", "corrupted", "noise", "broken", "deaf", "trickles")


@dataclass(frozen=True, slots=True)
class Weather:
    """How often something happens to a request and to a message of the feed, how long a delay is (s), and how
    often what is said is a lie."""

    requests: float
    messages: float
    delay: float
    lies: float = 0.0


CALM = Weather(0.0, 0.0, 0.0)


class Proxy:
    """A context manager. `happened` counts what was done, by name."""

    def __init__(self, venue: str, seed: int) -> None:
        self._host, self._port = urlsplit(venue).hostname, urlsplit(venue).port
        self._venue_socket = f"ws://{self._host}:{self._port}/ws"
        self._random = Random(seed)
        self._weather = CALM
        self._calm = asyncio.Event()
        self._next = asyncio.Event()  # another request has been carried to the venue
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hostile", daemon=True)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.happened: Counter[str] = Counter()
        self.throttled_at = 0.0  # when it last asked for a pause, by the monotonic clock (s)
        self.rewrite: Callable[[str], str] = str  # what is done with every message of the feed
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._wait(self._start())}"
        return self

    def __exit__(self, *exception: object) -> None:
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_DEADLINE)
        self._loop.close()

    def set(self, weather: Weather) -> None:
        """From now on; CALM lets everything go that was held up."""
        self._wait(self._set(weather))

    async def _set(self, weather: Weather) -> None:
        self._weather = weather
        if weather is CALM:
            self._calm.set()
        else:
            self._calm.clear()

    async def _start(self) -> int:
        self._calm.set()
        self._feeds: Server = await serve(
            self._feed, "127.0.0.1", 0, max_size=None, close_timeout=0.1, ping_interval=None
        )
        self._feed_port: int = next(iter(self._feeds.sockets)).getsockname()[1]
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _close(self) -> None:
        self._server.close()
        self._feeds.close(close_connections=True)
        for task in list(self._tasks):
            task.cancel()
        with suppress(TimeoutError):  # a handshake that nobody ends is nobody's loss
            async with asyncio.timeout(_DEADLINE / 4):
                await asyncio.gather(*self._tasks, return_exceptions=True)
                await self._feeds.wait_closed()

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_DEADLINE)

    def _draw(self, chance: float, faults: tuple[str, ...], what: str) -> str:
        if not chance or self._random.random() >= chance:
            return ""
        fault = self._random.choice(faults)
        self.happened[f"{what} {fault}"] += 1
        return fault

    async def _pause(self, seconds: float) -> None:
        """Wait, unless it grows calm before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._calm.wait()

    # Requests

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one side has gone
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET "):
            await self._tunnel(head, reader, writer)
            return False
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        path = head.split()[1].decode()
        body = await reader.readexactly(length)
        return await self._answer(path, body, writer)

    async def _answer(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; returns whether the connection is kept."""
        random, delay = self._random, self._weather.delay
        fault = self._draw(self._weather.requests, REQUESTS, "request")
        match fault:
            case "lost":
                return False
            case "throttled":
                self.throttled_at = time.monotonic()
                headers = f"Retry-After: {random.choice(_RETRY_AFTER)}\r\n"
                return await self._say(writer, 429, b"null", headers)
            case "led away":
                return await self._say(
                    writer, random.choice((301, 302, 307, 308)), b"", "Location: /info\r\n"
                )
            case "slow":
                await self._pause(random.uniform(0, 2 * delay))
            case "late":  # until another one has gone before
                self._next.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(delay):
                        await self._next.wait()
        status, answer = await self._ask(path, body)
        self._next.set()
        if self._draw(self._weather.lies, ("lie",), "request"):
            answer = lied(answer.decode(), random).encode()
        match fault:
            case "slow":
                await self._pause(random.uniform(0, 2 * delay))
            case "unanswered":
                return False
            case "doubled":
                status, again = await self._ask(path, body)
                answer = random.choice((answer, again))
            case "cut":
                writer.write(_head(status, len(answer)) + answer[: random.randrange(len(answer))])
                return False
            case "trickles":
                writer.write(_head(status, len(answer) + 10**6))
                while not self._calm.is_set():
                    writer.write(b" ")
                    await writer.drain()
                    await self._pause(0.1)
                return False
            case "redirected":
                return await self._say(
                    writer, random.choice((301, 302, 303, 307, 308)), answer, "Location: /\r\n"
                )
            case "failed":
                return await self._say(writer, random.choice(_STATUSES), b"<html>no</html>")
            case "corrupted":
                answer = corrupted(answer.decode(), random).encode(errors="replace")
            case "huge":
                return await self._say(writer, 200, _BOMB, "Content-Encoding: gzip\r\n")
        return await self._say(writer, status, answer)

    async def _say(self, writer: asyncio.StreamWriter, status: int, body: bytes, headers: str = "") -> bool:
        writer.write(_head(status, len(body), headers) + body)
        await writer.drain()
        return True

    async def _ask(self, path: str, body: bytes) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            head = f"POST {path} HTTP/1.1\r\nHost: venue\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
            answer = await reader.read(-1)
        finally:
            writer.close()
        start, _, rest = answer.partition(b"\r\n\r\n")
        return int(start.split()[1]), rest

    # The feed

    async def _tunnel(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._draw(self._weather.messages, ("refused",), "feed"):
            await self._say(writer, self._random.choice((302, 429, 500, 503)), b"", "Location: /\r\n")
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._feed_port)
        back.write(head)
        pumps = [asyncio.create_task(pump) for pump in (_pump(reader, back), _pump(there, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            back.close()

    async def _feed(self, client: ServerConnection) -> None:
        with suppress(WebSocketException, OSError, RuntimeError):  # of a transport that is closing
            async with connect(self._venue_socket, max_size=None, proxy=None, close_timeout=0.1) as venue:
                there = asyncio.create_task(self._listen(client, venue))
                try:
                    await self._tell(client, venue)
                finally:
                    there.cancel()

    async def _listen(self, client: Any, venue: Any) -> None:
        with suppress(WebSocketException, OSError):
            async for text in client:
                if self._draw(self._weather.messages / 4, ("unheard",), "feed") == "":
                    await venue.send(text)

    async def _tell(self, client: Any, venue: Any) -> None:
        held: list[str] = []
        async for told in venue:
            text = self.rewrite(told)
            if self._draw(self._weather.lies, ("lie",), "feed"):
                text = lied(text, self._random)
            random, delay = self._random, self._weather.delay
            held = [*held, text] if random.random() < 0.5 or not held else [text, *held]
            match self._draw(self._weather.messages, MESSAGES, "feed"):
                case "slow":
                    await self._pause(random.uniform(0, 2 * delay))
                case "lost":
                    held.remove(text)
                case "doubled":
                    held.append(text)
                case "late":  # after the next one
                    continue
                case "corrupted":
                    held[held.index(text)] = corrupted(text, random)
                case "noise":
                    held.insert(0, random.choice(["{", "\x00", '{"channel": 7}', "[" * 9_000, "7" * 100_000]))
                case "broken":
                    client.transport.abort()
                    return
                case "deaf":
                    await self._pause(4 * delay)
                    return
                case "trickles":
                    client.transport.write(b"\x81\x7e\xff\xff")
                    while not self._calm.is_set():
                        client.transport.write(b" ")
                        await self._pause(0.1)
                    client.transport.abort()
                    return
            for each in held:
                await client.send(each)
            held = []


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()


def _head(status: int, length: int, headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status} Any\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
    return f"{head}{headers}\r\n".encode()


def kinds(happened: Counter[str]) -> str:
    """What happened, in one line."""
    return json.dumps(dict(sorted(happened.items())))
