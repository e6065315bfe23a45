"""A clock that nobody sets, and what is told of one that somebody does."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal

import pytest

from hypertui.console.frame import Frame
from hypertui.console.terminal.last_position import last_position
from hypertui.core import shutdown
from hypertui.core.clock import SteadyClock
from hypertui.engine.clock_watch import ClockWatch
from hypertui.port.snapshot import Dependency, Invariant
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.event_log import EventLog
from tests.console.states import running

HOUR = 3_600_000


class Machine:
    def __init__(self) -> None:
        self.wall, self.steady = 1_800_000_000_000, 5_000

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.steady)

    def passes(self, ms: int) -> None:
        self.wall += ms
        self.steady += ms


@pytest.mark.parametrize("step", [-HOUR, HOUR, -1])
def test_time_passes_whatever_becomes_of_the_wall_clock(step: int) -> None:
    machine = Machine()
    clock = machine.clock()
    began = clock()
    assert began == machine.wall
    machine.passes(700)
    machine.wall += step
    machine.passes(300)
    assert (clock() - began, clock.set_by()) == (1_000, step)


def test_the_processes_of_a_machine_agree_on_it() -> None:
    one = SteadyClock()
    assert abs(SteadyClock()() - one()) < 1_000


def test_a_clock_that_is_set_has_the_skew_measured_anew() -> None:
    machine, measured = Machine(), []
    clock, skew = machine.clock(), ClockSync()
    alarms = Alarms(EventLog(clock), clock)
    watch = ClockWatch(clock.set_by, skew, alarms, lambda: measured.append(clock()))
    skew.measure(clock(), clock() + 10, clock() + 5)
    watch.look()
    assert (measured, skew.unsettled, alarms.view()) == ([], False, ())
    machine.wall -= HOUR
    watch.look()
    watch.look()
    (alarm,) = alarms.view()
    assert alarm.text.startswith("this machine's clock was set back by 3600.0 s since the start")
    assert (len(measured), skew.unsettled) == (1, True)
    skew.measure(clock(), clock() + 10, clock() + 5)
    assert not skew.unsettled
    machine.wall += HOUR
    watch.look()
    assert (len(measured), skew.unsettled, alarms.view()[0].active) == (2, True, False)


def test_what_comes_from_the_time_to_come_is_stale() -> None:
    snapshot = running()
    mark = Dependency("mark", snapshot.at, 10_000)
    shown = Frame(replace(snapshot, mark_at=snapshot.at, sources=(mark,)), snapshot.at + 100)
    assert shown.silent is None and not shown.mark_stale and not shown.source_stale(mark)
    back = Frame(shown.snapshot, snapshot.at - HOUR)
    assert back.silent == HOUR and back.trouble == "ENGINE SILENT"
    assert back.mark_age == back.source_age(mark) == HOUR
    assert back.mark_stale and back.told_by_nobody, "no source is fresh: only its last word is known"


def test_the_watchdog_says_what_is_held(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    ends: list[int] = []
    monkeypatch.setattr(os, "_exit", ends.append)
    ten = Decimal(10)
    invariant = Invariant(ok=True, settled=True, stops=2, buys=0, stopped_size=ten, position=ten)
    snapshot = replace(running(), invariant=invariant)
    shutdown.give_up(lambda: last_position(snapshot), 30.0)
    said = capfd.readouterr().err
    assert said.startswith("hypertui: did not leave within 30 s, and was ended by its watchdog; as of ")
    assert said.count("\n") == 1 and "held, 2 stops for 10" in said
    with pytest.raises(ZeroDivisionError):
        shutdown.give_up(lambda: str(1 / 0), 30.0)
    assert ends == [70, 70]
