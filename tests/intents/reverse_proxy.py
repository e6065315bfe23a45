"""A small reverse proxy before the door, which says where a request came from in either of the usual ways."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HEADER = "X-Forwarded-For"


class _Handler(BaseHTTPRequestHandler):
    door: int
    appends: bool

    def do_POST(self) -> None:
        """Hand the request on, with the address that it came from."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        peer: str = self.client_address[0]
        said = self.headers.get(HEADER)
        seen = f"{said}, {peer}" if said and self.appends else peer
        connection = HTTPConnection("127.0.0.1", self.door, timeout=10)
        try:
            connection.request("POST", self.path, body, {HEADER: seen})
            answer = connection.getresponse()
            told = answer.read()
        finally:
            connection.close()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the path is the secret."""


@contextmanager
def reverse_proxy(door: int, *, appends: bool) -> Iterator[int]:
    """Its port. It `appends` to what the sender wrote in the header, as nginx does with
    `$proxy_add_x_forwarded_for`; else it writes over it, as Caddy does."""
    handler = type("Handler", (_Handler,), {"door": door, "appends": appends})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
