"""One request over HTTP: what goes out, over which connection, through which proxy, and that it goes once."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import aiohttp.connector
import pytest

from hypertui.exchange.hyperliquid.session import Answer, HttpSession, NoAnswer, NoConnection
from tests.hyperliquid.conftest import Scripted
from tests.support.live_engine import wait_until

T = TypeVar("T")

QUESTION = b'{"type": "metaAndAssetCtxs"}'
ACTION = b'{"action": {"type": "order"}}'
TIMEOUT = 5.0
LATEST = 2.5  # s; more than the shortest time-out, on a busy machine
CERTIFICATE = Path(__file__).with_name("loopback.pem")  # its own, for 127.0.0.1, with its key
NOBODY = "http://127.0.0.2:9"


def run(url: str, use: Callable[[HttpSession], Awaitable[T]], *, trust_env: bool = False) -> T:
    async def main() -> T:
        session = HttpSession(url, trust_env=trust_env)
        try:
            return await use(session)
        finally:
            await session.close()

    return asyncio.run(main())


def ask(session: HttpSession, timeout: float = TIMEOUT) -> Awaitable[Answer]:
    return session.post("/info", QUESTION, timeout)


def act(session: HttpSession, timeout: float = TIMEOUT) -> Awaitable[Answer]:
    return session.post("/exchange", ACTION, timeout)


class Listener:
    """A server that hands each connection, and its number from 0, to `serve` on a thread of its own."""

    def __init__(self, serve: Callable[[socket.socket, int], None]) -> None:
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.connections = 0
        self.heard: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        try:
            while True:
                connection, _ = self._socket.accept()
                number, self.connections = self.connections, self.connections + 1
                threading.Thread(target=self._one, args=(connection, number), daemon=True).start()
        except OSError:
            pass  # closed

    def _one(self, connection: socket.socket, number: int) -> None:
        with connection:
            self._serve(connection, number)

    def hear(self, connection: socket.socket) -> bytes:
        """One request, of which the body ends with a brace; nothing if the other side hangs up."""
        request = b""
        while not request.endswith(b"}}") and (part := connection.recv(65_536)):
            request += part
        if request:
            self.heard.append(request)
        return request

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listen() -> Iterator[Callable[[Callable[[Listener, socket.socket, int], None]], Listener]]:
    listeners: list[Listener] = []

    def start(serve: Callable[[Listener, socket.socket, int], None]) -> Listener:
        listeners.append(Listener(lambda connection, number: serve(listeners[-1], connection, number)))
        return listeners[-1]

    yield start
    for each in listeners:
        each.close()


Listen = Callable[[Callable[[Listener, socket.socket, int], None]], Listener]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def test_what_is_sent_is_the_json_as_it_is(listen: Listen) -> None:
    def serve(listener: Listener, connection: socket.socket, number: int) -> None:
        listener.hear(connection)
        connection.sendall(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n"))
        listener.hear(connection)
        connection.sendall(OK)

    async def use(session: HttpSession) -> list[Answer]:
        return [await act(session), await act(session)]

    server = listen(serve)
    for answer in run(f"http://{server.address}", use):
        assert (answer.status_code, answer.body) == (200, b"{}")
    for heard in server.heard:
        head, _, body = heard.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /exchange HTTP/1.1\r\n")
        assert head.count(b"Content-Type:") == head.count(b"Content-Type: application/json") == 1
        assert b"Cookie" not in head
        assert body == ACTION


def test_one_connection_serves_one_request_after_the_other(scripted: Scripted) -> None:
    scripted.say("order", {})

    async def use(session: HttpSession) -> None:
        for _ in range(3):
            await ask(session)
            await act(session)

    run(scripted.url, use)
    assert len(scripted.connections) == 1


def test_a_connection_that_the_server_has_hung_up_is_not_used(listen: Listen) -> None:
    hung_up = threading.Event()

    def serve(listener: Listener, connection: socket.socket, number: int) -> None:
        listener.hear(connection)
        connection.sendall(OK)
        if number == 0:
            connection.shutdown(socket.SHUT_RDWR)
            hung_up.set()

    async def use(session: HttpSession) -> None:
        await act(session)
        await asyncio.to_thread(hung_up.wait, 5)
        await asyncio.sleep(0)  # the loop hears of it
        await act(session)

    server = listen(serve)
    run(f"http://{server.address}", use)
    assert server.connections == 2
    assert len(server.heard) == 2, "each action once"


def test_a_connection_that_waits_for_long_is_not_trusted_any_more(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(aiohttp.connector, "monotonic", lambda: now)

    async def use(session: HttpSession) -> list[int]:
        nonlocal now
        used = []
        for pause in (0.0, 14.0, 14.0, 16.0):
            now += pause
            await ask(session)
            used.append(len(scripted.connections))
        return used

    assert run(scripted.url, use) == [1, 1, 1, 2]


def test_an_action_is_never_sent_again_over_another_connection(listen: Listen) -> None:
    def serve(listener: Listener, connection: socket.socket, number: int) -> None:
        if number == 0:
            listener.hear(connection)
            connection.sendall(OK)
        listener.hear(connection)  # and hang up: whatever became of it, it was heard

    async def use(session: HttpSession) -> None:
        await act(session)
        with pytest.raises(NoAnswer, match="broke"):
            await act(session)  # over the connection of the first
        with pytest.raises(NoAnswer, match="broke"):
            await act(session)  # over a new one

    server = listen(serve)
    run(f"http://{server.address}", use)
    assert server.connections == 2
    assert len(server.heard) == 3


def test_an_action_may_have_left_when_the_server_hangs_up_unheard(listen: Listen) -> None:
    def serve(listener: Listener, connection: socket.socket, number: int) -> None:
        connection.recv(10)
        connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
        )  # hang up with a reset

    server = listen(serve)
    with pytest.raises(NoAnswer, match="broke"):
        run(f"http://{server.address}", act)
    assert server.connections == 1


def test_nothing_has_left_where_nobody_listens() -> None:
    with pytest.raises(NoConnection, match="refused"):
        run(NOBODY, act)


def test_nothing_has_left_before_the_handshake_is_over(listen: Listen) -> None:
    def serve(listener: Listener, connection: socket.socket, number: int) -> None:
        while connection.recv(65_536):
            pass  # and say nothing

    server = listen(serve)
    with pytest.raises(NoConnection, match="in time"):
        run(f"https://{server.address}", lambda session: act(session, 0.5))
    wait_until(lambda: server.connections == 1, "the only connection")


def test_a_resolver_that_is_stuck_costs_no_more_than_the_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def stuck(*_: object, **__: object) -> list[Any]:
        release.wait(10)
        return []

    async def use(session: HttpSession) -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(NoConnection, match="in time"):
            await act(session, 0.2)
        return loop.time() - began

    monkeypatch.setattr(socket, "getaddrinfo", stuck)
    assert run("http://exchange.example:80", use) < LATEST
    release.set()


def test_a_name_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NoConnection, match="not known"):
        run("http://exchange.example:80", act)


def test_a_name_is_looked_up(scripted: Scripted) -> None:
    run(scripted.url.replace("127.0.0.1", "localhost"), ask)
    assert len(scripted.requests) == 1


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Sets a proxy of the environment, for addresses of loopback too."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch.setenv


@pytest.mark.parametrize("written", ["http://", ""])
def test_proxies_come_from_the_environment_where_that_is_trusted(
    scripted: Scripted, proxied: Callable[[str, str], None], written: str
) -> None:
    proxied("http_proxy", scripted.url.replace("http://", written))

    async def twice(session: HttpSession) -> None:
        await ask(session)
        await ask(session)

    run(NOBODY, twice, trust_env=True)
    assert scripted.requests == [(f"{NOBODY}/info", json.loads(QUESTION))] * 2
    assert len(scripted.connections) == 1


def test_proxies_of_the_environment_are_ignored_where_that_is_not_trusted(
    scripted: Scripted, proxied: Callable[[str, str], None]
) -> None:
    proxied("http_proxy", scripted.url)
    with pytest.raises(NoConnection):
        run(NOBODY, ask)
    assert scripted.requests == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_told_who_asks_and_its_refusal_leaves_nothing_sent(
    listen: Listen, proxied: Callable[[str, str], None], scheme: str
) -> None:
    def serve(listener: Listener, connection: socket.socket, number: int) -> None:
        listener.heard.append(connection.recv(65_536))
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    server = listen(serve)
    proxied(f"{scheme}_proxy", f"http://me:p%40ss@{server.address}")
    url = NOBODY.replace("http", scheme)
    if scheme == "https":  # a tunnel, which is refused before anything goes through it
        with pytest.raises(NoConnection, match="403"):
            run(url, act, trust_env=True)
    else:
        assert run(url, act, trust_env=True).status_code == 403
    (heard,) = server.heard
    assert heard.startswith(
        b"CONNECT 127.0.0.2:9 " if scheme == "https" else b"POST http://127.0.0.2:9/exchange "
    )
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"me:p@ss") in heard


@pytest.fixture
def secured(scripted: Scripted) -> str:
    """The address of `scripted`, which speaks TLS and shows its own certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    scripted.server.socket = context.wrap_socket(scripted.server.socket, server_side=True)
    return scripted.url.replace("http:", "https:")


@pytest.mark.parametrize("trust_env", [False, True])
def test_nothing_is_sent_to_whom_no_certificate_proves(
    scripted: Scripted, secured: str, trust_env: bool
) -> None:
    with pytest.raises(NoConnection, match="certificate"):
        run(secured, act, trust_env=trust_env)
    assert scripted.requests == []


def test_certificates_come_from_the_environment_where_that_is_trusted(
    scripted: Scripted, secured: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    scripted.say("order", {})
    run(secured, act, trust_env=True)
    assert len(scripted.requests) == 1
    with pytest.raises(NoConnection, match="certificate"):
        run(secured, act)
    with pytest.raises(NoConnection, match=r"certificate|match"):
        run(secured.replace("127.0.0.1", "localhost"), act, trust_env=True)
    assert len(scripted.requests) == 1
