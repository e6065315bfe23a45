"""The door in a process of its own: what goes over the wire, and what becomes of it where either end dies."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.alert_source.desk_taker import DeskTaker
from hypertui.alert_source.doorkeeper import DOOR_PROCESS
from hypertui.cli.child import environment_of_a_door
from hypertui.core.clock import CLOCK
from hypertui.core.intents import IntentReason, IntentState, IntentVerb
from hypertui.intents.gate import Alert
from hypertui.intents.received import Received
from hypertui.port.snapshot import Alarm, Severity
from hypertui.webhook import wire
from tests.intents.alerts import AlertedEngine, alerted, now_text
from tests.intents.door_process import set_clocks
from tests.intents.hostile import DAY, HOSTILE, Hostility, record, send
from tests.support.live_engine import wait_until
from tests.support.local_venue import LocalVenue

_WORDS = st.text(max_size=20)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue() as venue:
        yield venue


@given(
    st.one_of(
        st.builds(
            wire.AlertWish,
            st.integers(),
            _WORDS,
            st.builds(
                Alert,
                st.sampled_from(IntentVerb),
                _WORDS,
                st.integers(0, 10**13),
                st.sampled_from((None, "long", "flat", "short")),
                st.none() | st.decimals(allow_nan=False, allow_infinity=False),
            ),
        ),
        st.builds(
            wire.Rejection,
            st.integers(),
            _WORDS,
            _WORDS,
            st.sampled_from(IntentReason),
            _WORDS,
        ),
        st.builds(wire.SignOfLife, st.dictionaries(_WORDS, st.integers(), max_size=3)),
        st.builds(wire.Trouble, _WORDS),
    )
)
def test_what_the_door_says_arrives_as_it_was_said(said: wire.Said) -> None:
    line = wire.said_line(said)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert wire.said_of(line) == said


@given(st.integers(), _WORDS, st.sampled_from(IntentState), st.booleans(), _WORDS)
def test_what_the_engine_answers_arrives_as_it_was_said(
    nr: int, id: str, state: IntentState, is_new: bool, why: str
) -> None:
    for answer in (wire.WishAnswer(nr, Received(id, state, is_new)), wire.WishAnswer(nr, why=why)):
        assert wire.answer_of(wire.answer_line(answer)) == answer


@given(st.binary(max_size=200))
def test_what_is_no_line_of_the_door_is_refused_without_repeating_it(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"^a line of \d+ bytes with \d+ faults$"):
        wire.said_of(line + b"\xff")


def test_the_door_is_not_believed(venue: LocalVenue, tmp_path: Path) -> None:
    """What it should never let in is not taken, whoever speaks for it."""
    with alerted(venue, tmp_path) as engine:
        taker = DeskTaker(engine.desk, {"tv-sol": engine.settings["tv-sol"]})
        for alert in (
            Alert(IntentVerb.OPEN, "k", 0, most=Decimal(5)),
            Alert(IntentVerb.OPEN, "k" * 65, 0),
        ):
            with pytest.raises(ValueError, match="may not want"):
                asyncio.run(taker.receive("tv-sol", alert))
        with pytest.raises(ValueError, match="a source that there is not"):
            asyncio.run(taker.reject("nobody", "open", IntentReason.SCHEMA, ""))
        assert not engine.rows()


def test_the_environment_of_the_door_has_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HYPERTUI_KEY", "PGPASSWORD", "GITHUB_TOKEN", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "a secret")
    assert "a secret" not in environment_of_a_door().values()
    assert "PATH" in environment_of_a_door()


def test_a_door_that_dies_is_an_alarm_and_is_opened_again(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path, command=DOOR_PROCESS) as engine:
        body = json.dumps({"action": "pause", "time": now_text()})
        assert engine.post(body)[0] == 202
        assert engine.post("x", "/hook/tv-sol/nothing")[0] == 401
        wait_until(lambda: dict(engine.desk.view.denied) == {"secret": 1}, "the denial to be counted")
        first = _pid(engine)
        assert os.getsid(first) == first, "no signal of a terminal is for it"
        for stops in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(first, stops)
        assert engine.post(body) == (200, engine.post(body)[1]), "it goes with its engine alone"
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: _alarm(engine).active, "the alarm", every=0.001)
        assert _alarm(engine).severity is Severity.CRITICAL
        assert _alarm(engine).text == (
            "no alert is taken: the process with the door has ended (status -9); it is started again"
        )
        assert engine.post(body)[0] == 200, "whoever comes meanwhile waits, and what is known is known"
        wait_until(lambda: not _alarm(engine).active, "the alarm to end")
        assert _pid(engine) != first
        last = _pid(engine)
    assert not Path(f"/proc/{last}").exists()
    with socket.create_server(("127.0.0.1", engine.port)):
        pass  # it has let the port go


def test_a_door_that_cannot_be_opened_says_why(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path, command=(sys.executable, "-m", "no.such.module")) as engine:
        wait_until(lambda: "No module named 'no'" in _alarm(engine).text, "the alarm")
        wait_until(lambda: _alarm(engine).count > 0, "it to be tried again")
    with alerted(venue, tmp_path, command=(str(tmp_path / "nothing"),)) as engine:
        wait_until(lambda: "could not be started: No such file" in _alarm(engine).text, "the alarm")


def test_hostile_requests_come_to_nothing_through_the_door(
    venue: LocalVenue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A part of `make hostile-webhook`."""
    caplog.set_level(logging.DEBUG)
    clocks = tmp_path / "clocks.json"
    set_clocks(clocks, wall=-DAY)
    command = (sys.executable, "-m", "tests.intents.door_process", str(clocks))
    with alerted(venue, tmp_path, command=command) as engine:
        record(engine.target)
        set_clocks(clocks)
        told = Hostility()
        for number in range(120):
            if number == 60:  # no limit keeps anything out any more
                set_clocks(clocks, since=CLOCK(), faster=600)
            send(HOSTILE[number % len(HOSTILE)], engine.target, number, told)
        told.judge(engine, caplog.text)
        reasons = Counter(row.reason for row in engine.rows())
        assert reasons.keys() >= {"schema", "stale", "not-allowed"}, reasons
        assert told.statuses.keys() >= {"401", "413", "422", "403", "cut"}, told.statuses


def _pid(engine: AlertedEngine) -> int:
    assert engine.keeper.pid is not None, "there is a process"
    return engine.keeper.pid


def _alarm(engine: AlertedEngine) -> Alarm:
    found = {each.key: each for each in engine.live.engine.view.intents.alarms}
    return found.get("alerts", Alarm("alerts", Severity.WARNING, "", 0, 0, 0, active=False))
