"""What a request may cost at most: time, memory, and nothing that was not asked for."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from hypertui.exchange.hyperliquid import HyperliquidExchange, paper, resolver
from hypertui.exchange.hyperliquid.client import _MOST_PAGES
from hypertui.exchange.protocol import ExchangeError, RateLimited, Rejected, Resting, Unknown, Unreachable
from tests.hyperliquid.conftest import Answer, Scripted
from tests.hyperliquid.test_hyperliquid_client import EXPIRES, KEY, fill, ok, order, run

TIMEOUT = 0.3
LATEST = 2.5  # s; more than the time-out and the grace together, on a busy machine
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Raw:
    """A server that reads one request and answers with bytes, however they are to come."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self._answer = answer
        self.requests = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = b""
            while not request.endswith(b"}"):  # of the JSON in its body
                request += connection.recv(65_536)
            self.requests += 1
            self._answer(connection)

    def close(self) -> None:
        self._server.close()


@contextmanager
def raw(answer: Callable[[socket.socket], None]) -> Iterator[Raw]:
    server = Raw(answer)
    try:
        yield server
    finally:
        server.close()


def trickle(before: bytes, endless: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(200):
            connection.sendall(endless)
            threading.Event().wait(TIMEOUT / 6)

    return answer


def flood(before: bytes, endless: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(before)
        while True:
            connection.sendall(100 * endless)
            threading.Event().wait(0.001)  # the machine has other things to do than to read that

    return answer


SLOW: dict[str, Callable[[socket.socket], None]] = {
    "a body of known length": trickle(HEAD + b"Content-Length: 9999\r\n\r\n[", b" "),
    "a body until the end": trickle(HEAD + b"Connection: close\r\n\r\n[", b" "),
    "chunks": trickle(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "the length of a chunk": trickle(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "the status line": trickle(b"HTTP/1.1 200 ", b"O"),
    "a header": trickle(HEAD + b"X-Long: ", b"x"),
    "one header after the other": trickle(HEAD, b"X: y\r\n"),
    "nothing but interim answers": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a packed body": trickle(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"[")[:12], b"\0"),
    "nothing": trickle(b"", b""),
}


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW.keys())
def test_an_answer_that_trickles_ends_with_the_time_out(answer: Callable[[socket.socket], None]) -> None:
    with raw(answer) as server:
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"in time|connection broke"):
            run(server.url, lambda exchange: exchange.instruments(), timeout=TIMEOUT)
        assert time.monotonic() - began < LATEST


def test_an_action_whose_answer_trickles_is_unknown_and_in_nobodys_way(scripted: Scripted) -> None:
    scripted.say("frontendOpenOrders", [])
    scripted.say_raw("order", SLOW["a body of known length"])

    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.open()
        began = time.monotonic()
        placing = [asyncio.create_task(exchange.place([order()], EXPIRES)) for _ in range(6)]
        assert await exchange.open_orders("SOL") == ()
        for each in placing:
            with pytest.raises(Unknown, match="in time"):
                await each
        # Four at a time, each for as long as a request may take.
        assert time.monotonic() - began < 2 * LATEST
        assert len(scripted.asked("order")) == 6

    run(scripted.url, use, timeout=2 * TIMEOUT)


BOMB = b"[" + b" " * (12 * 2**20)
BIG: dict[str, Callable[[socket.socket], None]] = {
    "as it is": flood(HEAD + b"Connection: close\r\n\r\n", b" " * 65_536),
    "with its length": flood(HEAD + b"Content-Length: 99999999999\r\n\r\n", b" " * 65_536),
    "gzip": lambda c: c.sendall(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(BOMB)),
    "deflate": lambda c: c.sendall(HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(BOMB)),
}


@pytest.mark.parametrize("answer", BIG.values(), ids=BIG.keys())
def test_an_answer_is_of_a_bounded_size(answer: Callable[[socket.socket], None]) -> None:
    with raw(answer) as server, pytest.raises(Unreachable, match="larger than 8 MiB"):
        run(server.url, lambda exchange: exchange.instruments(), timeout=5.0)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/elsewhere", "http://[", "http://127.0.0.1:1/", None])
def test_no_redirect_is_followed(scripted: Scripted, status: int, location: str | None) -> None:
    headers = {} if location is None else {"Location": location}
    answer = json.dumps(ok({"resting": {"oid": 1}}))
    scripted.say_raw("order", (status, answer, headers))
    scripted.say_raw("frontendOpenOrders", (status, "[]", headers))

    async def use(exchange: HyperliquidExchange) -> None:
        with pytest.raises(Unknown, match=f"redirect.*{status}"):
            await exchange.place([order()], EXPIRES)
        with pytest.raises(Unreachable, match="redirect"):
            await exchange.open_orders("SOL")

    run(scripted.url, use)
    assert {path for path, _ in scripted.requests} == {"/info", "/exchange"}
    assert len(scripted.asked("order")) == 1


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("0", 0),
        ("7", 7),
        ("2.5", 2.5),
        ("3600", 10),
        ("9" * 400, 10),
        ("-5", 10),
        ("²", 10),
        ("NaN", 10),
        ("inf", 10),
        ("1e3", 10),
        ("", 10),
        ("Wed, 21 Oct 2065 07:28:00 GMT", 10),
        ("5, 6", 10),
    ],
)
def test_the_wait_that_is_asked_for_is_capped_and_may_be_garbage(
    scripted: Scripted, said: str, waits: float
) -> None:
    scripted.say_raw("metaAndAssetCtxs", (429, "null", {"Retry-After": said}))
    with pytest.raises(RateLimited) as limit:
        run(scripted.url, lambda exchange: exchange.instruments())
    assert limit.value.retry_after == waits


DEEP = "[" * 100_000
HEADERS = b"Content-Length: 2\r\n"
GARBAGE: dict[str, Callable[[socket.socket], None]] = {
    "nested without end": lambda c: c.sendall(HEAD + b"\r\n" + DEEP.encode()),
    "nested without end in a refusal": lambda c: c.sendall(b"HTTP/1.1 422 No\r\n\r\n" + DEEP.encode()),
    "nested as deeply as can be read": lambda c: c.sendall(HEAD + b"\r\n" + b"[" * 900 + b"]" * 900),
    "a number of too many digits": lambda c: c.sendall(HEAD + b"\r\n" + b"9" * 100_000),
    "two lengths": lambda c: c.sendall(HEAD + HEADERS + b"Content-Length: 3\r\n\r\n[]"),
    "a length that is none": lambda c: c.sendall(HEAD + b"Content-Length: \xb2\r\n\r\n[]"),
    "no HTTP": lambda c: c.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01"),
    "a status that is none": lambda c: c.sendall(b"HTTP/1.1 OK OK\r\n\r\n"),
    "a line without end": lambda c: c.sendall(b"HTTP/1.1 200 OK" + b"x" * 100_000),
    "a thousand headers": lambda c: c.sendall(HEAD + b"X: y\r\n" * 1000 + b"\r\n[]"),
    "not gzip": lambda c: c.sendall(HEAD + b"Content-Encoding: gzip\r\n\r\nnot gzip at all"),
    "packed too often": lambda c: c.sendall(HEAD + b"Content-Encoding: " + b"gzip," * 40 + b"\r\n\r\nx"),
    "half of it": lambda c: c.sendall(HEAD + b"Content-Length: 99\r\n\r\n[1,"),
    "not UTF-8": lambda c: c.sendall(HEAD + b'\r\n"\xff\xfe"'),
    "chunks that are none": lambda c: c.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
}


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE.keys())
def test_whatever_comes_is_an_answer_or_an_error_with_one_line(
    answer: Callable[[socket.socket], None],
) -> None:
    calls: list[Callable[[HyperliquidExchange], Awaitable[Any]]] = [
        lambda exchange: exchange.instruments(),
        lambda exchange: exchange.ask_allowance(),
    ]
    with raw(answer) as server:
        for call in calls:
            with pytest.raises((Unreachable, Rejected)) as error:
                run(server.url, call, timeout=5.0)
            assert len(str(error.value)) < 500
            assert "\n" not in str(error.value)


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE.keys())
def test_an_action_that_is_answered_by_garbage_may_have_taken_effect(
    scripted: Scripted, answer: Callable[[socket.socket], None]
) -> None:
    scripted.say_raw("order", answer)

    async def use(exchange: HyperliquidExchange) -> None:
        await exchange.open()
        with pytest.raises(Unknown):
            await exchange.place([order()], EXPIRES)

    run(scripted.url, use, timeout=5.0)
    assert len(scripted.asked("order")) == 1


def test_what_a_terminal_would_obey_is_taken_out_of_what_the_exchange_says(scripted: Scripted) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\x1b[31mno\x9b5m \x00money\u202e\ud800\r\n here"
    scripted.say("order", ok({"error": evil}))
    scripted.say("cancelByCloid", {"status": "err", "response": evil})

    async def use(exchange: HyperliquidExchange) -> None:
        (refused,) = await exchange.place([order()], EXPIRES)
        assert not isinstance(refused, Resting)
        assert refused.text == "no money here"  # type: ignore[union-attr]
        with pytest.raises(ExchangeError, match=r"^no money here$"):
            await exchange.cancel("SOL", [order().client_id], EXPIRES)

    run(scripted.url, use)


def test_a_list_of_pages_without_end_is_given_up(scripted: Scripted) -> None:
    first = 0

    def page(_: dict[str, Any]) -> tuple[int, str]:
        nonlocal first
        first += 500
        return 200, json.dumps([fill(n, n) for n in range(first, first + 500)])

    scripted.answers["userFillsByTime"] = page
    with pytest.raises(Unreachable, match=f"more than {_MOST_PAGES} pages"):
        run(scripted.url, lambda exchange: exchange.fills_since("SOL", 0))
    assert len(scripted.asked("userFillsByTime")) == _MOST_PAGES


def test_closing_sees_through_what_nobody_waits_for_any_more(scripted: Scripted) -> None:
    asked, release = threading.Event(), threading.Event()
    answered: list[bool] = []

    def answer(_: dict[str, Any]) -> Answer:
        asked.set()
        release.wait(5)
        answered.append(True)
        return 200, json.dumps(ok({"resting": {"oid": 1}}))

    scripted.answers["order"] = answer

    async def main() -> None:
        exchange = HyperliquidExchange(paper(scripted.url), KEY)
        await exchange.open()
        placing = asyncio.create_task(exchange.place([order()], EXPIRES))
        await asyncio.to_thread(asked.wait, 5)
        placing.cancel()
        closing = asyncio.create_task(exchange.close())
        await asyncio.sleep(0)
        assert not closing.done()
        release.set()
        await closing
        assert answered == [True]

    asyncio.run(main())


def test_closing_waits_no_longer_than_the_time_out(stalled: str) -> None:
    async def main() -> None:
        exchange = HyperliquidExchange(paper(stalled), KEY, timeout=TIMEOUT)
        began = time.monotonic()
        asking = [asyncio.create_task(exchange.instruments()) for _ in range(6)]
        await asyncio.sleep(0)
        await exchange.close()
        assert time.monotonic() - began < LATEST
        for each in asking[:4]:
            with pytest.raises(Unreachable, match="in time"):
                await each
        for each in asking[4:]:  # their turn has never come
            with pytest.raises(Unreachable, match="closed"):
                await each

    asyncio.run(main())


def test_a_process_ends_though_the_resolver_is_stuck() -> None:
    script = (
        "import asyncio, runpy, socket, sys, time\n"
        "Resolver = runpy.run_path(sys.argv[1])['Resolver']\n"  # without the SDK, which takes a second
        "socket.getaddrinfo = lambda *_, **__: time.sleep(60)\n"
        "async def main():\n"
        "    try:\n"
        "        async with asyncio.timeout(0.05):\n"
        "            await Resolver().resolve('exchange.example')\n"
        "    except TimeoutError:\n"
        "        print('late')\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, resolver.__file__], capture_output=True, text=True, timeout=30
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "late\n", "")
