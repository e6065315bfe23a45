"""The door in a process of its own: what goes over the wire, and what becomes of it where either end dies."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.alert_source import doorkeeper
from hypertui.alert_source.desk_taker import DeskTaker
from hypertui.alert_source.doorkeeper import DOOR_PROCESS
from hypertui.cli.child import environment_of_a_door
from hypertui.core.clock import CLOCK
from hypertui.core.intents import IntentReason, IntentState, IntentVerb
from hypertui.intents.gate import Alert
from hypertui.intents.received import Received
from hypertui.port.snapshot import Alarm, Severity
from hypertui.webhook import wire
from hypertui.webhook.taker import Denial
from tests.intents.alerts import AlertedEngine, alerted, now_text
from tests.intents.door_process import set_clocks, wall_of
from tests.intents.hostile import DAY, HOSTILE, Hostility, record, send
from tests.support.live_engine import wait_until, wall_clock
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
        st.builds(
            wire.SignOfLife, st.dictionaries(st.sampled_from(get_args(Denial)), st.integers(0), max_size=3)
        ),
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
        taker = DeskTaker(engine.desk, {"tv-sol": engine.settings["tv-sol"]}, wall_clock)
        for alert in (
            Alert(IntentVerb.OPEN, "k", 0, most=Decimal(5)),
            Alert(IntentVerb.OPEN, "k" * 65, 0),
            Alert(IntentVerb.OPEN, "k\0", 0),
        ):
            with pytest.raises(ValueError, match="may not want"):
                asyncio.run(taker.receive("tv-sol", alert))
        with pytest.raises(ValueError, match="a source that there is not"):
            asyncio.run(taker.reject("nobody", "open", IntentReason.SCHEMA, ""))
        assert not engine.rows()


def test_the_environment_of_the_door_has_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HYPERTUI_KEY", "PGPASSWORD", "GITHUB_TOKEN", "DATABASE_URL", "https_proxy", "MNEMONIC"):
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


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("deaf", "it takes no answers"),
        ("greedy", "the door let in a source that there is not"),
        ("endless", "it said what it may not say: Separator is not found"),
        ("broken", "it said what it may not say: a line of 2 bytes with 1 faults"),
    ],
)
def test_a_door_that_misuses_its_wire_is_ended(
    venue: LocalVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, why: str
) -> None:
    monkeypatch.setattr(doorkeeper, "_SILENCE", 1.0)
    monkeypatch.setattr(doorkeeper, "_LEAVES", 0.1)
    # A kernel keeps many answers that are short.
    monkeypatch.setattr(doorkeeper, "answer_line", lambda answer: b" " * 8_192 + wire.answer_line(answer))
    command = (sys.executable, "-m", "tests.intents.bad_door", kind)
    with alerted(venue, tmp_path, command=command) as engine:
        wait_until(lambda: why in _alarm(engine).text, "the alarm")
        assert len(engine.rows()) < 500, "what it does not take is not kept for it without end"
        assert not engine.live.held()


def test_a_door_that_makes_noise_does_not_fill_the_log(
    venue: LocalVenue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    command = (sys.executable, "-m", "tests.intents.bad_door", "noisy")
    with alerted(venue, tmp_path, command=command):
        wait_until(lambda: caplog.text.count("the door: trouble") >= 2, "it to be told twice")
    assert "trouble 0" in caplog.text
    assert caplog.text.count("the door: trouble") < 10


def test_an_alert_that_has_waited_behind_the_door_comes_to_nothing(venue: LocalVenue, tmp_path: Path) -> None:
    """The door and the engine may stand still for hours, with an alert on its way between them."""
    later = [0]
    with alerted(venue, tmp_path, command=DOOR_PROCESS, wall=lambda: wall_clock() + later[0]) as engine:
        later[0] = 3_600_000
        status, said = engine.alert("open")
        assert (status, said["state"]) == (422, "REJECTED")
        (row,) = engine.rows()
        assert (row.verb, row.reason, row.text) == ("open", "stale", "it is of 1 h 00 min ago, 60 s at most")
        later[0] = 0
        assert engine.alert("pause")[0] == 202


def test_what_a_sender_writes_at_length_does_not_end_the_door(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path, command=DOOR_PROCESS) as engine:
        assert engine.post("x", "/hook/tv-sol/nothing")[0] == 401
        first = _pid(engine)
        cases = itertools.product(*zip("leverage", "LEVERAGE", strict=True))
        names = map("".join, itertools.islice(cases, 200))
        assert engine.alert("open", **dict.fromkeys(names, 1))[0] == 403
        assert _pid(engine) == first
        (row,) = engine.rows()
        assert row.text.endswith("…")


def test_secrets_that_cannot_be_used_any_more_are_told(
    venue: LocalVenue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with alerted(venue, tmp_path, command=DOOR_PROCESS) as engine:
        (tmp_path / "webhooks.json").write_text("{")
        assert engine.alert("pause")[0] == 503
        wait_until(lambda: "webhooks.json cannot be read" in caplog.text, "it to be told")


def test_a_folder_that_holds_a_module_of_that_name_is_in_nobodys_way(
    venue: LocalVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "asyncio.py").write_text("raise SystemExit('another one')\n")
    monkeypatch.chdir(tmp_path)
    with alerted(venue, tmp_path, command=DOOR_PROCESS) as engine:
        assert engine.alert("pause")[0] == 202


def test_the_last_words_of_a_group_of_errors_are_the_errors(venue: LocalVenue, tmp_path: Path) -> None:
    secret = "5" * 64
    said = f"raise ExceptionGroup('two', [ValueError('{'z' * 390} {secret}')])"
    with alerted(venue, tmp_path, command=(sys.executable, "-c", said)) as engine:
        wait_until(lambda: "ValueError: zzz" in _alarm(engine).text, "the alarm")
        assert "55" not in _alarm(engine).text


def test_hostile_requests_come_to_nothing_through_the_door(
    venue: LocalVenue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A part of `make hostile-webhook`."""
    caplog.set_level(logging.DEBUG)
    clocks = tmp_path / "clocks.json"
    set_clocks(clocks, wall=-DAY)
    command = (sys.executable, "-m", "tests.intents.door_process", str(clocks))
    with alerted(venue, tmp_path, command=command, wall=partial(wall_of, clocks)) as engine:
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
