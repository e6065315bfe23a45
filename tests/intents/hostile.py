"""Hostile requests to the door for alerts: forged, oversized, broken, replayed; none that may act."""

from __future__ import annotations

import json
import random
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.intents.alerts import AlertedEngine, now_text

Attack: TypeAlias = Callable[[AlertedEngine, random.Random], bytes]


@dataclass(slots=True)
class Hostility:
    """What came back, to be judged."""

    statuses: Counter[str] = field(default_factory=Counter)
    answers: list[str] = field(default_factory=list)

    def judge(self, engine: AlertedEngine) -> None:
        """Nothing was taken up, nothing is held, the trade waits still."""
        taken = [row for row in engine.rows() if row.state not in ("REJECTED", "DUPLICATE")]
        assert not taken, taken
        assert not engine.live.held()
        assert engine.live.snapshot.waits
        assert not any(status.startswith("202") for status in self.statuses), self.statuses
        door = engine._door
        assert len(door._wrong) <= 1_024


def _request(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def _alert(**fields: object) -> bytes:
    return json.dumps({"action": "open", "time": now_text(), **fields}).encode()


def forged(engine: AlertedEngine, dice: random.Random) -> bytes:
    """A wrong secret, from an address that it makes up."""
    header = f"X-Forwarded-For: {dice.randrange(256)}.{dice.randrange(256)}.1.1"
    return _request(f"/hook/tv-sol/{dice.getrandbits(256):064x}", _alert(), header)


def unsigned(engine: AlertedEngine, dice: random.Random) -> bytes:
    """A signature by another key."""
    return _request("/hook/signed", _alert(), f"X-Hook-Signature: t=1,v1={dice.getrandbits(256):064x}")


def oversized(engine: AlertedEngine, dice: random.Random) -> bytes:
    """The right address, and a body that is too long, or says that it is longer than it is."""
    if dice.random() < 0.5:
        return _request(engine.path, b"{" + b" " * 20_000 + b"}")
    return f"POST {engine.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n".encode()


def broken(engine: AlertedEngine, dice: random.Random) -> bytes:
    """No HTTP, with the secret in it."""
    noise = dice.randbytes(dice.randrange(1, 300))
    token = engine.tokens["tv-sol"].encode()
    return dice.choice((noise + b"\r\n\r\n", b"GET\x00 /hook/tv-sol/" + token + b" HTTP/9.9\r\n\r\n"))


def shapeless(engine: AlertedEngine, dice: random.Random) -> bytes:
    """The right address, and a body that means nothing or too much."""
    bodies = (
        b"[" * 4_000,
        b'{"action": "open", "action": "close"}',
        b'{"action": "open", "time": NaN}',
        _alert(network="mainnet"),
        _alert(size=1),
        _alert(leverage=50),
        _alert(action="flatten"),
        _alert(action="halt"),
        b"BTC Crossing 65,000",
    )
    return _request(engine.path, dice.choice(bodies))


def replayed(engine: AlertedEngine, dice: random.Random) -> bytes:
    """An alert of another day."""
    return _request(engine.path, _alert(time=now_text(-dice.randrange(70_000, 10**9))))


def smuggled(engine: AlertedEngine, dice: random.Random) -> bytes:
    """Two requests in one, by two lengths that contradict each other."""
    inner = _request(engine.path, _alert(id="smuggled"))
    head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"
    return head.encode() + inner


HOSTILE: tuple[Attack, ...] = (forged, unsigned, oversized, broken, shapeless, replayed, smuggled)


def send(attack: Attack, engine: AlertedEngine, seed: int, told: Hostility) -> None:
    """Send one, and keep what came back."""
    data = attack(engine, random.Random(seed))
    with socket.create_connection(("127.0.0.1", engine.port), timeout=10) as connection:
        try:
            connection.sendall(data)
            said = b""
            while part := connection.recv(65_536):
                said += part
        except ConnectionError:
            said = b""
    told.statuses[said[9:12].decode("latin-1") or "cut"] += 1
    if len(told.answers) < 10_000:
        told.answers.append(said.decode("latin-1"))
