"""A scripted exchange on loopback: answers as told, remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

META = {
    "universe": [
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56},
        {"name": "OLD", "szDecimals": 2, "maxLeverage": 3, "isDelisted": True},
        {"name": "SOL", "szDecimals": 2, "maxLeverage": 20},
    ]
}

CONTEXTS = [{"markPx": "1"}, {"markPx": "2"}, {"markPx": "100.5", "midPx": "100.4"}]

# A status with the body and headers to send; or what writes bytes, after which the connection is closed; or
# None to hang up without an answer.
Answer = tuple[int, str] | tuple[int, str, dict[str, str]] | Callable[[socket.socket], None] | None


class Scripted:
    """`answers` maps the type of a question, or of an action, to what the exchange answers."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.connections: list[socket.socket] = []
        self.answers: dict[str, Callable[[dict[str, Any]], Answer]] = {}
        self.say("metaAndAssetCtxs", [META, CONTEXTS])
        self.say("userRole", {"role": "missing"})
        self.say("subAccounts", None)
        self.say("spotClearinghouseState", {"balances": []})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def say(self, kind: str, answer: Any) -> None:
        self.answers[kind] = lambda _: (200, json.dumps(answer))

    def say_raw(self, kind: str, answer: Answer) -> None:
        self.answers[kind] = lambda _: answer

    def asked(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of the requests of that type."""
        return [body for _, body in self.requests if body.get("action", body)["type"] == kind]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        for connection in self.connections:
            with contextlib.suppress(OSError):  # the client may have closed it
                connection.shutdown(socket.SHUT_RDWR)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                script.connections.append(self.connection)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                script.requests.append((self.path, body))
                answer = script.answers[body.get("action", body)["type"]](body)
                if answer is None or callable(answer):
                    self.close_connection = True
                    if answer is not None:
                        with contextlib.suppress(OSError):  # the client may have hung up
                            answer(self.connection)
                    return
                text = answer[1].encode()
                self.send_response(answer[0])
                for name, value in (answer[2] if len(answer) == 3 else {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                """Keep the test output clean."""

        return Handler


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.close()


@pytest.fixture
def stalled() -> Iterator[str]:
    """An exchange that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
