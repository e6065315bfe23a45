"""Hostile requests to the door for alerts: forged, oversized, broken, replayed, slow; none that may act."""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeAlias

from hypertui.webhook.secrets import signature
from tests.intents.alerts import NAME, AlertedEngine, Target, now_text
from tests.support.alert_times import time_text

DAY = 86_400_000  # ms
_AT_ONCE, _SLOW = 8, 12  # senders of requests, and slow ones that hold places all the while
_STEP = 0.5  # seconds between two bytes of a slow sender

Attack: TypeAlias = Callable[[Target, random.Random], bytes]


@dataclass(slots=True)
class Hostility:
    """What came back, to be judged. `cut` counts the slow senders that were cut off."""

    statuses: Counter[str] = field(default_factory=Counter)
    answers: list[str] = field(default_factory=list)
    cut: int = 0

    def add(self, other: Hostility) -> None:
        """Put together what two senders were told."""
        self.statuses += other.statuses
        self.answers += other.answers
        self.cut += other.cut

    def judge(self, engine: AlertedEngine, logged: str) -> None:
        """Nothing was taken up, nothing is held, the trade waits still, and nobody was told a secret: neither
        an answer, nor a row, nor what was `logged` has one."""
        taken = [row for row in engine.rows() if row.state not in ("REJECTED", "DUPLICATE")]
        assert not taken, taken
        assert not engine.live.held()
        assert engine.live.snapshot.waits
        assert not any(status.startswith("202") for status in self.statuses), self.statuses
        said = "".join((*self.answers, *map(str, engine.rows()), logged))
        assert not any(secret in said for secret in engine.tokens.values()), "a secret was told"


def _request(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def _alert(**fields: object) -> bytes:
    return json.dumps({"action": "open", "time": now_text(), **fields}).encode()


def forged(target: Target, dice: random.Random) -> bytes:
    """A wrong secret, from an address that it makes up."""
    header = f"X-Forwarded-For: {dice.randrange(256)}.{dice.randrange(256)}.1.1"
    return _request(f"/hook/{NAME}/{dice.getrandbits(256):064x}", _alert(), header)


def unsigned(target: Target, dice: random.Random) -> bytes:
    """A signature by another key."""
    return _request("/hook/signed", _alert(), f"X-Hook-Signature: t=1,v1={dice.getrandbits(256):064x}")


def oversized(target: Target, dice: random.Random) -> bytes:
    """The right address, and a body that is too long, or says that it is longer than it is."""
    if dice.random() < 0.5:
        return _request(target.path, b"{" + b" " * 20_000 + b"}")
    return f"POST {target.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n".encode()


def broken(target: Target, dice: random.Random) -> bytes:
    """No HTTP, with the secret in it."""
    noise = dice.randbytes(dice.randrange(1, 300))
    token = target.tokens[NAME].encode()
    return dice.choice((noise + b"\r\n\r\n", b"GET\x00 /hook/tv-sol/" + token + b" HTTP/9.9\r\n\r\n"))


def shapeless(target: Target, dice: random.Random) -> bytes:
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
    return _request(target.path, dice.choice(bodies))


def outdated(target: Target, dice: random.Random) -> bytes:
    """An alert of another time."""
    return _request(target.path, _alert(time=now_text(-dice.randrange(70_000, 10**9))))


def recorded(target: Target, dice: random.Random) -> bytes:
    """Of the two requests that the door has taken a day ago, one to the byte."""
    then = target.began - DAY
    body = _alert(action="pause", time=time_text(then), id="recorded")
    if dice.random() < 0.5:
        return _request(target.path, body)
    at = str(then // 1_000)
    header = f"X-Hook-Signature: t={at},v1={signature(target.tokens['signed'], at, body)}"
    return _request("/hook/signed", body, header)


def smuggled(target: Target, dice: random.Random) -> bytes:
    """Two requests in one, by two lengths that contradict each other."""
    inner = _request(target.path, _alert(id="smuggled"))
    head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"
    return head.encode() + inner


HOSTILE: tuple[Attack, ...] = (
    forged,
    unsigned,
    oversized,
    broken,
    shapeless,
    outdated,
    recorded,
    smuggled,
)


def record(target: Target) -> None:
    """Have the door take both requests that are replayed; it must believe that it is a day ago."""
    told, dice = Hostility(), random.Random(1)
    while set(told.statuses) != {"202", "200"} or sum(told.statuses.values()) < 8:
        send(recorded, target, dice.randrange(10**9), told)
        assert set(told.statuses) <= {"202", "200"}, told.statuses
    assert told.statuses["202"] == 2, told.statuses


def send(kind: Attack, target: Target, seed: int, told: Hostility) -> None:
    """Send one, and keep what came back."""
    data = kind(target, random.Random(seed))
    with socket.create_connection(("127.0.0.1", target.port), timeout=30) as connection:
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


def attack(target: Target, first: int, count: int) -> Hostility:
    """In a process of its own, which leaves the machine to the engine: quick senders take turns with the
    numbers, slow ones stall all the while."""
    os.nice(max(10 - os.nice(0), 0))
    numbers, turn, over, told = (
        iter(range(first, first + count)),
        threading.Lock(),
        threading.Event(),
        Hostility(),
    )

    def quick(_: int) -> Hostility:
        mine = Hostility()
        while True:
            with turn:
                number = next(numbers, None)
            if number is None:
                return mine
            send(HOSTILE[number % len(HOSTILE)], target, number, mine)

    def slow(seed: int) -> Hostility:
        mine = Hostility()
        _stall(target, seed, over, mine)
        return mine

    with ThreadPoolExecutor(_AT_ONCE + _SLOW) as pool:
        stalled = [pool.submit(slow, first + number) for number in range(_SLOW)]
        for each in pool.map(quick, range(_AT_ONCE)):
            told.add(each)
        over.set()
        for other in stalled:
            told.add(other.result())
    return told


def _stall(target: Target, seed: int, over: threading.Event, told: Hostility) -> None:
    """Send a request a byte at a time, or nothing more after a part of it, until it is cut off; then the next
    one, until it is all `over`."""
    dice = random.Random(seed)
    while not over.is_set():
        body = _alert(action="pause", id=f"slow {dice.random()}")
        data = _request(target.path, body)
        known = data.index(b"\r\n\r\n") + 4 if dice.random() < 0.7 else dice.randrange(20)
        data, left = data[:known], data[known:] if dice.random() < 0.7 else b""
        with socket.create_connection(("127.0.0.1", target.port), timeout=30) as connection:
            try:
                connection.sendall(data)
                connection.settimeout(_STEP)
                while _is_open(connection, over):
                    connection.sendall(left[:1])
                    left = left[1:]
            except ConnectionError:
                pass
            told.cut += 1


def _is_open(connection: socket.socket, over: threading.Event) -> bool:
    began = time.monotonic()
    try:
        said = connection.recv(1_000)
    except TimeoutError:
        return True
    assert not said.startswith(b"HTTP/1.1 2"), said
    over.wait(max(0.0, _STEP - (time.monotonic() - began)))
    return bool(said)
