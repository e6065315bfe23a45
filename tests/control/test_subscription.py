"""Consoles that are attached to an engine: what they are sent, and who of them writes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hypertui.port.engine import EngineView, Event, EventKind
from hypertui.port.snapshot import Severity
from hypertui.server import addresses, protocol
from hypertui.server.client import engines
from hypertui.server.server import ControlServer
from hypertui.server.view_codec import ViewDecoder
from tests.console import fakes, states
from tests.support.live_engine import wait_until


class Console:
    """A raw client, which subscribes."""

    def __init__(self, state: Path, **asked: object) -> None:
        (path,) = addresses.found(state)
        self.connection = addresses.connect(path, 10.0)
        self._file = self.connection.makefile("rb")
        assert self.read()["type"] == "hello"
        self._decoder = ViewDecoder()
        self.view: EngineView | None = None
        self.events: list[dict[str, Any]] = []
        self.lost = 0
        self.writes: bool | None = None
        self.acks: list[dict[str, Any]] = []
        self.ended = False
        self.send(type="subscribe", id="s", **{"hz": 30, **asked})

    def send(self, **message: object) -> None:
        self.connection.sendall(protocol.line(message))

    def read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._file.readline())
        return found

    def until(self, condition: Callable[[], bool]) -> None:
        """Take what comes until the condition holds; the connection has a deadline."""
        while not condition():
            self.take(self.read())

    def take(self, found: dict[str, Any]) -> None:
        match found["type"]:
            case "update":
                self.writes = found.get("writes", self.writes)
                self.events += found.get("events", [])
                self.lost += found.get("lost", 0)
                if "to" in found:
                    self.view = self._decoder.update(found)
            case "ack":
                self.acks.append(found)
            case "end":
                self.ended = True
            case _:
                raise AssertionError(found)

    def command(self, id: str, verb: str = "pause") -> str:
        """The first answer to a command: its state and words."""
        self.send(type="command", id=id, verb=verb)
        self.until(lambda: bool(self.acks) and self.acks[-1]["id"] == id)
        return f"{self.acks[-1]['state']}: {self.acks[-1]['text']}"

    def close(self) -> None:
        self._file.close()
        self.connection.close()


@pytest.fixture
def engine() -> fakes.FakeEngine:
    return fakes.FakeEngine(states.running())


@pytest.fixture
def state(engine: fakes.FakeEngine, tmp_path: Path) -> Iterator[Path]:
    with ControlServer(engine, tmp_path):
        wait_until(lambda: bool(addresses.found(tmp_path)), "the socket")
        yield tmp_path


def test_a_console_has_the_view_and_what_changes(engine: fakes.FakeEngine, state: Path) -> None:
    console = Console(state)
    console.until(lambda: console.view is not None)
    assert console.view == engine.view
    assert [event["seq"] for event in console.events] == [event.seq for event in engine.events]
    for step in range(5):
        mark = Decimal(60_000 + step)
        engine.snapshot = replace(engine.snapshot, seq=step, mark=mark)
        engine.events.append(
            Event(engine.events[-1].seq + 1, 0, EventKind.STEP, Severity.INFO, f"step {step}")
        )
        console.until(
            lambda: console.view == engine.view and console.events[-1]["seq"] == engine.events[-1].seq
        )
    assert console.lost == 0
    console.close()


def test_a_gap_in_the_events_is_told(engine: fakes.FakeEngine, state: Path) -> None:
    last = engine.events[-1].seq
    engine.events += [
        Event(last + number, 0, EventKind.STEP, Severity.INFO, "more") for number in range(1, 701)
    ]
    console = Console(state, after=last)
    console.until(lambda: bool(console.events))
    assert (len(console.events), console.lost) == (500, 200)
    assert console.events[0]["seq"] == last + 201
    console.close()


def test_a_console_that_does_not_read_gets_the_newest_and_delays_nobody(
    engine: fakes.FakeEngine, state: Path
) -> None:
    slow, quick = Console(state), Console(state)
    many = replace(engine.snapshot, prices=tuple((n, Decimal(n)) for n in range(15_000)))
    for step in range(8):
        # Each is more than what the kernel keeps for a client.
        engine.snapshot = replace(
            many, seq=step, mark=Decimal(step), prices=(*many.prices, (step, Decimal(1)))
        )
        quick.until(lambda: quick.view == engine.view)
    slow.until(lambda: slow.view == engine.view)
    for console in (slow, quick):
        console.close()


def test_a_stalled_writer_is_let_go_and_the_pen_is_free(engine: fakes.FakeEngine, state: Path) -> None:
    stalled = Console(state)
    wait_until(lambda: bool(engine.pen), "the pen to be taken")
    other = Console(state)
    prices = tuple((n, Decimal(n)) for n in range(40_000))
    engine.snapshot = replace(engine.snapshot, prices=prices)
    other.until(lambda: other.view is not None and other.view.pen == "")
    assert engine.pen == ""
    stalled.close()
    other.close()


def test_one_writes_and_the_others_observe(engine: fakes.FakeEngine, state: Path) -> None:
    first = Console(state)
    first.until(lambda: first.writes is not None)
    second, reader = Console(state), Console(state, read_only=True)
    second.until(lambda: second.writes is not None)
    reader.until(lambda: reader.writes is not None)
    assert [console.writes for console in (first, second, reader)] == [True, False, False]
    assert "by attach (uid" in engine.pen

    assert first.command("a") == "acknowledged: "
    assert second.command("b") == f"refused: {engine.pen} has the pen: take it over first"
    assert reader.command("c") == "refused: this console is attached to read only"
    reader.send(type="takeover", id="r")
    reader.until(lambda: reader.acks[-1]["id"] == "r")
    assert reader.acks[-1]["state"] == "refused"
    assert [command.id for command in engine.commands] == ["a"]
    assert engine.commands[0].who == engine.pen

    second.send(type="takeover", id="t")
    second.until(lambda: second.writes is True)
    first.until(lambda: first.writes is False)  # it is told
    assert first.command("d").startswith("refused: ")
    assert second.command("e") == "acknowledged: "

    second.close()
    first.until(lambda: first.view is not None and first.view.pen == "")
    assert first.command("f") == "refused: nobody has the pen: take it first"
    third = Console(state)
    third.until(lambda: third.writes is True)
    fourth = Console(state, takeover=True)
    fourth.until(lambda: fourth.writes is True)
    third.until(lambda: third.writes is False)
    for console in (first, reader, third, fourth):
        console.close()


def test_ctl_needs_no_pen(engine: fakes.FakeEngine, state: Path) -> None:
    holder = Console(state)
    holder.until(lambda: holder.writes is True)
    (path,) = addresses.found(state)
    with addresses.connect(path, 10.0) as connection:
        connection.sendall(protocol.line({"type": "command", "id": "x", "verb": "pause"}))
        lines = connection.makefile("rb")
        lines.readline()
        assert json.loads(lines.readline())["state"] == "acknowledged"
    assert "by ctl (uid" in engine.commands[0].who
    holder.close()


def test_the_end_of_the_engine_is_told(engine: fakes.FakeEngine, tmp_path: Path) -> None:
    with ControlServer(engine, tmp_path):
        wait_until(lambda: bool(addresses.found(tmp_path)), "the socket")
        console = Console(tmp_path)
        console.until(lambda: console.view is not None)
        engine.snapshot = replace(engine.snapshot, seq=99, reason="all sold")
    console.until(lambda: console.ended)
    assert console.view is not None and console.view.first.reason == "all sold"
    console.close()


@pytest.mark.parametrize(
    "asked",
    [
        {"hz": 1000},
        {"hz": 0},
        {"hz": True},
        {"hz": "4"},
        {"after": -1},
        {"after": "x"},
        {"read_only": 1},
        {"read_only": True, "takeover": True},
    ],
)
def test_what_cannot_be_subscribed_is_refused(state: Path, asked: dict[str, object]) -> None:
    console = Console(state, **asked)
    assert console.read()["type"] == "error"
    console.close()


def test_many_consoles_some_of_them_stalled(engine: fakes.FakeEngine, state: Path) -> None:
    consoles = [Console(state) for _ in range(20)]
    stalled = [Console(state) for _ in range(5)]
    seen: list[int] = []

    def read(console: Console, number: int) -> None:
        console.until(lambda: console.view is not None and console.view.first.seq == 1_000)
        seen.append(number)

    threads = [threading.Thread(target=read, args=(each, number)) for number, each in enumerate(consoles)]
    for thread in threads:
        thread.start()
    for step in range(1, 1_001):
        engine.snapshot = replace(engine.snapshot, seq=step)
    for thread in threads:
        thread.join(30)
    assert sorted(seen) == list(range(20))
    for console in (*consoles, *stalled):
        console.close()


def test_attached_consoles_leave_room_for_ctl(state: Path) -> None:
    consoles = [Console(state) for _ in range(48)]
    one_more = Console(state)
    assert "more than 48 consoles" in one_more.read()["text"]
    (found,) = engines(state)
    with found:
        assert found.status()[0].trades
    for console in (*consoles, one_more):
        console.close()
