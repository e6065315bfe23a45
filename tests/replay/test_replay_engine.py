"""The replay's clock: it runs, stands, steps and seeks; and the console over it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

import pytest
from textual.pilot import Pilot

from hypertui.console.app import HyperTui
from hypertui.console.command_sender import CommandSender
from hypertui.console.keymap import remap
from hypertui.console.terminal.options import ConsoleOptions
from hypertui.console.widgets.seek import parse_moment
from hypertui.journal.history import History
from hypertui.port.commands import Command, Stop, StopReason, Verb
from hypertui.port.replay import ReplayOrder
from hypertui.replay.playhead import Playhead
from hypertui.replay.replay_engine import ReplayEngine
from hypertui.replay.timeline import Timeline
from tests.console.driving import drive, screen_text, until
from tests.replay.recorded import RecordedHour


class _Steady:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def steady() -> _Steady:
    return _Steady()


@pytest.fixture
def engine(hour: RecordedHour, steady: _Steady) -> Iterator[ReplayEngine]:
    with History.open(hour.url) as journal:
        yield ReplayEngine(Playhead(Timeline(journal, journal.trades()[0])), 20, steady)


def _turn(engine: ReplayEngine, steady: _Steady, seconds: float) -> None:
    steady.seconds += seconds
    engine.turn()


def test_its_clock_goes_on_at_its_speed(engine: ReplayEngine, steady: _Steady) -> None:
    begin = engine.replay.begin
    for _ in range(5):
        _turn(engine, steady, 0.1)
    assert engine.replay.at - begin == 10_000
    assert engine.view.first.at == engine.replay.at
    engine.order(ReplayOrder.PAUSE)
    _turn(engine, steady, 0.1)
    assert (engine.replay.at - begin, engine.replay.runs) == (10_000, False)
    engine.order(ReplayOrder.PAUSE)
    engine.order(ReplayOrder.SLOWER)
    _turn(engine, steady, 0.1)
    assert (engine.replay.at - begin, engine.replay.speed) == (11_000, 10)
    engine.order(ReplayOrder.FASTER)
    engine.order(ReplayOrder.FASTER)
    _turn(engine, steady, 0.1)
    assert (engine.replay.at - begin, engine.replay.speed) == (16_000, 50)


def test_steps_stand_still_and_a_seek_does_not(engine: ReplayEngine, steady: _Steady) -> None:
    engine.seek(engine.replay.begin + 60_000)
    _turn(engine, steady, 0.0)
    there = replace(engine.view.first, seq=0)
    assert engine.replay.runs
    engine.order(ReplayOrder.NEXT)
    _turn(engine, steady, 0.0)
    after = replace(engine.view.first, seq=0)
    assert after.at > there.at
    assert not engine.replay.runs
    engine.order(ReplayOrder.NEXT)
    engine.order(ReplayOrder.PREVIOUS)
    _turn(engine, steady, 1.0)
    assert replace(engine.view.first, seq=0) == after
    assert engine.replay.turns == 1


def test_the_end_is_the_end_and_what_was_told_is_told_again(
    engine: ReplayEngine, steady: _Steady, hour: RecordedHour
) -> None:
    engine.order(ReplayOrder.END)
    _turn(engine, steady, 0.4)
    assert engine.replay.over
    assert engine.view.first.reason == "left with 4 orders live and 0.09904 BTC"
    whole = engine.events_after(0)
    engine.seek(0)  # before its beginning is its beginning
    _turn(engine, steady, 0.0)
    assert engine.replay.at == engine.replay.begin
    assert engine.events_after(0) == []
    engine.seek(2**62)
    _turn(engine, steady, 0.0)
    assert engine.events_after(0) == whole
    assert engine.events_after(len(whole) - 1) == whole[-1:]


def test_commands_are_refused(engine: ReplayEngine) -> None:
    ack = asyncio.run(engine.command(Command("1", Verb.FLATTEN, "somebody")))
    assert (ack.accepted, ack.text) == (False, "this is a replay")


def test_it_runs_until_it_is_asked_to_stop(engine: ReplayEngine) -> None:
    stop = Stop()

    async def run() -> StopReason:
        running = asyncio.create_task(engine.run(stop))
        engine.order(ReplayOrder.END)
        while not engine.replay.over:  # noqa: ASYNC110 - it is brought about on this very loop
            await asyncio.sleep(0)
        stop.request()
        return await running

    assert asyncio.run(run()) == StopReason(0, "")


def _app(engine: ReplayEngine) -> HyperTui:
    options = ConsoleOptions(refresh_hz=0, keys=remap({}, replay=True), replay=engine)
    sender = CommandSender(lambda: 0, "mk@pts/3")
    return HyperTui(engine, Stop(), clock=lambda: 0, sender=sender, options=options)


def test_the_console_shows_the_moment_and_refuses_what_would_trade(engine: ReplayEngine) -> None:
    app = _app(engine)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        shown = screen_text(app)
        assert "Stop/go" in shown or " Go " in shown
        assert "Cancel buys" not in shown
        await pilot.press("t", *"20:00")
        assert "20:00" in screen_text(app)
        await pilot.press("escape")
        await pilot.press("e")
        await until(pilot, lambda: engine.replay.over)
        app.show_frame()
        await pilot.pause()
        shown = screen_text(app)
        assert "REPLAY" in shown
        assert " end " in shown
        assert "SILENT" not in shown
        for key, verb in (("F", "flatten"), ("p", "pause"), ("c", "reconcile"), ("X", "cancel-all")):
            await pilot.press(key)
            await pilot.pause()
            assert f"{verb} is refused: this is a replay" in screen_text(app)
        events = len(app.frame.events)
        await pilot.press("N")
        await until(pilot, lambda: engine.replay.turns == 1)
        app.show_frame()
        assert app.frame.events[-1].at <= engine.replay.at
        assert 0 < len(app.frame.events) <= events
        await pilot.press("7")
        await pilot.pause()
        assert "not recorded" in screen_text(app)
        await pilot.press("q")
        await until(pilot, lambda: app.ended is not None)

    drive(app, scenario)


def test_replay_keys_are_no_keys_of_a_live_console() -> None:
    assert not [key for key in remap({"replay_next": "f5"}) if key.id.startswith("replay")]
    bound = {key.id: key.key for key in remap({"replay_next": "f5"}, replay=True)}
    assert (bound["replay_next"], bound["replay_previous"], bound["flatten"]) == ("f5", "N", "F")
    with pytest.raises(ValueError, match="n would be both mute and replay_next"):
        remap({"mute": "n"}, replay=True)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("14:30", 1_800_023_400_000),
        ("14:30:15", 1_800_023_415_000),
        ("2027-01-14 00:00", 1_799_884_800_000),
        ("2027-01-14", 1_799_884_800_000),
        ("half past two", None),
        ("25:00", None),
        ("", None),
    ],
)
def test_a_time_is_one_of_the_day_or_has_its_own(text: str, moment: int | None) -> None:
    assert parse_moment(text, 1_800_000_000_000, UTC) == moment
