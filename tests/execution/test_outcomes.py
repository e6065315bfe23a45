"""A command has succeeded when its outcome was seen, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from hypertui.execution import wishes
from hypertui.port.commands import Command, CommandState, Verb
from hypertui.port.snapshot import Mode
from hypertui.runtime.alarms import CommandLog
from hypertui.runtime.command_outcomes import Outcome, Outcomes
from hypertui.runtime.event_log import EventLog
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue

RESUME, PAUSE = Command("r", Verb.RESUME, "mk@pts/3"), Command("p", Verb.PAUSE, "mk@pts/3")


class Bench:
    """Outcomes with a clock that is set by hand; `seen` is what can be seen."""

    def __init__(self) -> None:
        self.now = 1_000
        self.seen: Outcome = None
        self.log = EventLog(lambda: self.now)
        self.commands = CommandLog(self.log, lambda: self.now)
        self.outcomes = Outcomes(self.commands, lambda: self.now)
        self.commands.note(RESUME, CommandState.ACKNOWLEDGED, "")
        self.outcomes.expect(RESUME, lambda: self.seen, 500, lambda: "too late")

    @property
    def last(self) -> tuple[CommandState, int, str]:
        view = self.commands.view()[0]
        return view.state, view.took, view.text


def test_it_is_confirmed_when_it_is_seen() -> None:
    bench = Bench()
    bench.outcomes.look()
    assert bench.last == (CommandState.ACKNOWLEDGED, 0, "")
    bench.now += 120
    bench.seen = CommandState.CONFIRMED, "4 stops work"
    bench.outcomes.look()
    assert bench.last == (CommandState.CONFIRMED, 120, "4 stops work")
    bench.seen = CommandState.FAILED, "not any more"
    bench.outcomes.look()
    assert bench.last[0] is CommandState.CONFIRMED


def test_what_is_not_seen_in_time_has_failed() -> None:
    bench = Bench()
    bench.now += 500
    bench.outcomes.look()
    assert bench.last == (CommandState.FAILED, 500, "too late")


def test_another_command_takes_over() -> None:
    bench = Bench()
    bench.outcomes.overtaken(PAUSE)
    assert bench.last == (CommandState.FAILED, 0, "overtaken by pause")
    bench.now += 1_000
    bench.outcomes.look()
    assert bench.last[2] == "overtaken by pause"


@pytest.fixture
def live() -> Iterator[LiveEngine]:
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue) as live:
        yield live.opened()


def ended(live: LiveEngine, verb: Verb) -> tuple[CommandState, str]:
    """How the newest command of that kind ended."""

    def states() -> list[tuple[CommandState, str]]:
        views = [view for view in live.snapshot.commands if view.verb is verb]
        return [(view.state, view.text) for view in views if view.state is not CommandState.ACKNOWLEDGED]

    live.wait_for(lambda: bool(states()), f"the end of {verb.value}")
    return states()[0]


def test_resume_is_confirmed_by_the_orders_that_work(live: LiveEngine) -> None:
    live.go_to(-1)
    live.command(Verb.CANCEL_ALL)
    assert ended(live, Verb.CANCEL_ALL)[0] is CommandState.CONFIRMED
    live.command(Verb.RESUME)
    assert ended(live, Verb.RESUME) == (CommandState.CONFIRMED, "live: 3 stops and 1 buy")
    assert len(live.working()) == 4


def test_pause_and_halt_are_confirmed_in_words(live: LiveEngine) -> None:
    live.go_to(-1)
    live.command(Verb.PAUSE)
    state, text = ended(live, Verb.PAUSE)
    assert state is CommandState.CONFIRMED
    assert text == "no new buys; if the waiting buy fills, it still gets a stop"
    live.command(Verb.HALT)
    assert ended(live, Verb.HALT) == (CommandState.CONFIRMED, "live orders stay as they are")
    assert live.mode() is Mode.HALTED


def test_a_wind_down_that_cannot_go_on_says_what_it_waits_for_and_what_still_works(
    live: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes, "_ALARM_AFTER", 500)
    live.go_to(-1)
    live.venue.fail("http-429", only="cancelByCloid")
    live.command(Verb.CANCEL_BUYS)

    def alarmed() -> list[str]:
        alarms = [alarm.text for alarm in live.snapshot.alarms if alarm.active]
        return [text for text in alarms if text.startswith("cancel-buys is not done yet: it waits for ")]

    live.wait_for(lambda: bool(alarmed()), "the alarm")
    (text,) = alarmed()
    assert "SOL held, stops: " in text and ", buys: " in text and "buys: none" not in text
    live.wait_for(
        lambda: live.snapshot.commands[0].text == "waits for the exchange", "the operator to be told"
    )
    (command,) = live.snapshot.commands
    assert command.state is CommandState.ACKNOWLEDGED
