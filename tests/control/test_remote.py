"""An engine in another process, as a console has it: through real sockets."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hypertui.port.commands import Ack, Command, CommandState, Stop, StopReason, Verb
from hypertui.port.engine import Attachment, Event, EventKind
from hypertui.port.snapshot import Mode, Severity
from hypertui.server import addresses
from hypertui.server.client import ControlClient
from hypertui.server.remote import AttachOptions, RemoteEngine
from hypertui.server.server import ControlServer
from tests.console import fakes, states
from tests.support.live_engine import wait_until

_QUICK = AttachOptions(hz=30)


class Attached:
    """A remote engine in a thread of its own, as the console runs it."""

    def __init__(self, state: Path, options: AttachOptions = _QUICK) -> None:
        (path,) = addresses.found(state)
        with ControlClient(path) as client:
            self.remote = RemoteEngine(path, client.hello, client.status()[0], options)
        self.stop = Stop()
        self.reasons: list[StopReason] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.reasons.append(asyncio.run(self.remote.run(self.stop)))

    def is_(self, attachment: Attachment) -> None:
        wait_until(lambda: self.remote.attachment is attachment, f"to be {attachment}")

    def command(self, verb: Verb, id: str = "x", *alarms: str) -> Ack:
        return asyncio.run(self.remote.command(Command(id, verb, "anybody", trade="BTC", alarms=alarms)))

    def end(self) -> StopReason:
        self.stop.request()
        return self.ended()

    def ended(self) -> StopReason:
        wait_until(lambda: bool(self.reasons), "the watching to end")
        return self.reasons[0]


@contextmanager
def served(engine: fakes.FakeEngine, state: Path) -> Iterator[None]:
    with ControlServer(engine, state):
        wait_until(lambda: bool(addresses.found(state)), "the socket")
        yield


@pytest.fixture
def engine() -> fakes.FakeEngine:
    return fakes.FakeEngine(states.running())


def test_it_is_watched_and_commanded(engine: fakes.FakeEngine, tmp_path: Path) -> None:
    with served(engine, tmp_path):
        attached = Attached(tmp_path)
        remote = attached.remote
        assert remote.view.first == engine.snapshot  # from before it runs
        attached.is_(Attachment.WRITER)
        engine.snapshot = replace(engine.snapshot, seq=77)
        wait_until(lambda: remote.view == engine.view, "the view")
        assert [event.seq for event in remote.events_after(0)] == [event.seq for event in engine.events]
        assert remote.events_after(engine.events[-1].seq) == ()

        assert attached.command(Verb.PAUSE) == Ack("x", True)
        assert attached.command(Verb.ACKNOWLEDGE, "y", "one", "two").accepted
        first, second = engine.commands
        assert (first.verb, first.trade, second.alarms) == (Verb.PAUSE, "BTC", ("one", "two"))
        # Who it was is the kernel's word, not the console's.
        assert f"by attach (uid {os.getuid()}, pid {os.getpid()})" in first.who and "anybody" not in first.who
        assert attached.end() == StopReason(
            0, f"detached: the engine trades on (hypertui process {os.getpid()})"
        )
        wait_until(lambda: engine.pen == "", "the pen to be free")


def test_an_observer_can_take_the_pen(engine: fakes.FakeEngine, tmp_path: Path) -> None:
    with served(engine, tmp_path):
        first = Attached(tmp_path)
        first.is_(Attachment.WRITER)
        second = Attached(tmp_path)
        second.is_(Attachment.OBSERVER)
        refused = second.command(Verb.PAUSE)
        assert not refused.accepted and "has the pen" in refused.text
        assert asyncio.run(second.remote.take_pen()) == ""
        first.is_(Attachment.OBSERVER)
        assert second.command(Verb.PAUSE).accepted
        third = Attached(tmp_path, AttachOptions(30, takeover=True))
        third.is_(Attachment.WRITER)
        second.is_(Attachment.OBSERVER)
        reader = Attached(tmp_path, AttachOptions(30, read_only=True))
        reader.is_(Attachment.READ_ONLY)
        assert "read only" in asyncio.run(reader.remote.take_pen())
        assert not reader.command(Verb.HALT).accepted
        for attached in (first, second, third, reader):
            attached.end()


@pytest.mark.parametrize(("mode", "status"), [(Mode.STOPPED, 0), (Mode.HALTED, 3)])
def test_when_the_engine_leaves_it_says_how(
    engine: fakes.FakeEngine, tmp_path: Path, mode: Mode, status: int
) -> None:
    with served(engine, tmp_path):
        attached = Attached(tmp_path)
        attached.is_(Attachment.WRITER)
        engine.snapshot = replace(engine.snapshot, seq=99, mode=mode, reason="left with 4 stops")
    assert attached.ended() == StopReason(status, "left with 4 stops")


def test_a_lost_connection_is_shown_and_made_again(engine: fakes.FakeEngine, tmp_path: Path) -> None:
    """The next engine that trades the same is found, and its events come after those of the first."""
    server = ControlServer(engine, tmp_path)
    server.__enter__()
    wait_until(lambda: bool(addresses.found(tmp_path)), "the socket")
    attached = Attached(tmp_path)
    attached.is_(Attachment.WRITER)
    wait_until(lambda: bool(attached.remote.events_after(0)), "the events")
    last = attached.remote.events_after(0)[-1].seq
    # As a kill does: no farewell.
    (path,) = addresses.found(tmp_path)
    for client in list(server._clients.values()):
        server._loop.call_soon_threadsafe(client.let_go)
    path.rename(path.with_suffix(".gone"))
    attached.is_(Attachment.CUT)
    assert attached.remote.view.first == engine.snapshot  # what was known stays
    with pytest.raises(ConnectionError, match="no connection"):
        attached.command(Verb.PAUSE)
    following = fakes.FakeEngine(states.decline())
    following.events = [Event(1, 5, EventKind.STATE, Severity.INFO, "the first of another engine")]
    attached.remote._hello = replace(attached.remote._hello, pid=1)
    with ControlServer(following, tmp_path):
        attached.is_(Attachment.WRITER)
        wait_until(lambda: attached.remote.view.first == following.snapshot, "the other one's view")
        wait_until(lambda: attached.remote.events_after(last) != (), "its events")
        (event,) = attached.remote.events_after(last)
        assert (event.seq, event.text) == (last + 1, "the first of another engine")
        attached.end()
    server.__exit__(None, None, None)


def test_a_command_that_is_not_answered_is_no_refusal(engine: fakes.FakeEngine, tmp_path: Path) -> None:
    """Nobody knows what becomes of it, so nothing is said of it but that."""
    engine.ack = Ack("", True)
    with served(engine, tmp_path):
        attached = Attached(tmp_path)
        attached.is_(Attachment.WRITER)
        gone = threading.Event()

        async def never(command: Command) -> Ack:
            gone.set()
            await asyncio.Event().wait()
            raise AssertionError(CommandState.FAILED)

        engine.command = never  # type: ignore[method-assign]
        errors: list[BaseException] = []

        def ask() -> None:
            try:
                attached.command(Verb.PAUSE)
            except OSError as error:
                errors.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        assert gone.wait(10)
        attached.end()
        asking.join(15)
    assert "before the engine answered" in str(errors[0])
