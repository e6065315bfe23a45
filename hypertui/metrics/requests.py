"""What is answered to a request: one each connection, and GET alone."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hypertui.core.redaction import printable, without_secrets
from hypertui.metrics.families import page
from hypertui.port.engine import EngineView
from hypertui.port.verdict import silence, unready

MOST_BYTES = 8_192  # of a request's head
_FRESH_FOR = 500  # ms for which the metrics are not made anew, however often they are asked for
_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_WORDS = "text/plain; charset=utf-8"
_REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Service Unavailable",
}
_ADDRESS = re.compile(r"0x([0-9a-fA-F]{4})[0-9a-fA-F]{32}([0-9a-fA-F]{4})")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, as it is sent."""

    status: int
    body: bytes
    type: str = _WORDS

    def encoded(self) -> bytes:
        """Head and body."""
        head = (
            f"HTTP/1.1 {self.status} {_REASONS[self.status]}\r\nContent-Type: {self.type}\r\n"
            f"Content-Length: {len(self.body)}\r\nCache-Control: no-store\r\n"
            f"X-Content-Type-Options: nosniff\r\nConnection: close\r\n"
        )
        return (head + ("Allow: GET\r\n\r\n" if self.status == 405 else "\r\n")).encode() + self.body


class Answers:
    """Of one engine. `steady` is the machine's steady clock (ms), `by_any_name` says whether requests may
    call this machine by a name without a dot, as the machines beside it do: a page of another site could make
    a browser ask by any other. `notices` counts those in each state."""

    def __init__(
        self,
        view: Callable[[], EngineView],
        steady: Callable[[], int],
        *,
        by_any_name: bool,
        notices: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._view = view
        self._steady = steady
        self._by_any_name = by_any_name
        self._notices = notices
        self._made: tuple[int, bytes] | None = None

    def to(self, head: bytes) -> Reply:
        """The answer to a request with this head."""
        first, *fields = head.decode("latin-1").split("\r\n")
        method, _, rest = first.partition(" ")
        target, _, version = rest.partition(" ")
        if not version.startswith("HTTP/1."):
            return _words(400, "that is not HTTP")
        if method != "GET":
            return _words(405, "only GET")
        host = _host(fields)
        if not (_is_own(host) or (self._by_any_name and "." not in host)):
            return _words(403, "not a name of this machine")
        match target.partition("?")[0]:
            case "/healthz":
                return _state(silence(self._view(), self._steady()))
            case "/readyz":
                return _state("\n".join(unready(self._view(), self._steady())))
            case "/metrics":
                return Reply(200, self._metrics(), _METRICS)
        return _words(404, "there are /healthz, /readyz and /metrics")

    def _metrics(self) -> bytes:
        now = self._steady()
        if self._made is None or now - self._made[0] > _FRESH_FOR:
            self._made = now, page(self._view(), now, self._notices())
        return self._made[1]


def _state(why: str) -> Reply:
    return _words(503, why) if why else _words(200, "ok")


def _words(status: int, text: str) -> Reply:
    lines = (
        printable(without_secrets(_ADDRESS.sub(r"0x\1…\2", line)), _LONGEST) for line in text.split("\n")
    )
    return Reply(status, "".join(f"{line}\n" for line in lines).encode())


def _host(fields: list[str]) -> str:
    named = (
        value.strip() for name, _, value in (each.partition(":") for each in fields) if name.lower() == "host"
    )
    return next(named, "")


def _is_own(host: str) -> bool:
    """Whether a Host header says localhost or an address: neither can be somebody else's name."""
    name = host.rpartition(":")[0] if re.search(r":\d*$", host) and not host.endswith("]") else host
    if name in ("", "localhost"):
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
