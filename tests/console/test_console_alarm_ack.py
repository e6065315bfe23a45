"""Alarms and the bell: what is acknowledged, what rings, how often."""

from __future__ import annotations

from dataclasses import replace

from textual.pilot import Pilot

from hypertui.console.alarm_ack import MUTED_FOR, AlarmAck
from hypertui.port.commands import StopReason
from hypertui.port.snapshot import Alarm, Severity
from tests.console import states
from tests.console.desk import Desk
from tests.console.driving import drive

SECOND = 1_000
CAUSE, OTHER = frozenset({"a"}), frozenset({"a", "b"})


def test_the_bell_rings_once_for_each_cause_and_not_too_often() -> None:
    alarm_ack = AlarmAck()
    assert alarm_ack.rings(CAUSE, 0)
    assert not alarm_ack.rings(CAUSE, 250)
    # A second cause within the pause is owed, not lost.
    assert not alarm_ack.rings(OTHER, 500)
    assert not alarm_ack.rings(OTHER, 9 * SECOND)
    assert alarm_ack.rings(OTHER, 10 * SECOND)
    assert not alarm_ack.rings(CAUSE, 30 * SECOND)
    assert not alarm_ack.rings(frozenset(), 40 * SECOND)
    assert alarm_ack.rings(CAUSE, 60 * SECOND)


def test_a_cause_that_passes_within_the_pause_is_not_rung_for() -> None:
    alarm_ack = AlarmAck()
    assert alarm_ack.rings(CAUSE, 0)
    assert not alarm_ack.rings(OTHER, SECOND)
    assert not alarm_ack.rings(frozenset(), 2 * SECOND)
    assert not alarm_ack.rings(frozenset(), 20 * SECOND)


def test_a_cause_that_lasts_is_rung_for_every_ten_minutes() -> None:
    alarm_ack = AlarmAck()
    rung = [second for second in range(1_900) if alarm_ack.rings(CAUSE, second * SECOND)]
    assert rung == [0, 600, 1_200, 1_800]


def test_mute_lasts_ten_minutes_and_can_be_taken_back() -> None:
    alarm_ack = AlarmAck()
    assert alarm_ack.mute(0)
    assert not alarm_ack.rings(CAUSE, SECOND)
    assert not alarm_ack.rings(CAUSE, MUTED_FOR - 1)
    assert alarm_ack.rings(CAUSE, MUTED_FOR)
    assert alarm_ack.mute(MUTED_FOR + 1)
    assert not alarm_ack.mute(MUTED_FOR + 2)


def test_an_acknowledged_alarm_speaks_again_when_it_begins_again_or_gets_worse() -> None:
    alarm_ack = AlarmAck()
    alarm = Alarm("k", Severity.WARNING, "t", 0, 0)
    assert alarm_ack.acknowledge((alarm,)) == 1
    assert alarm_ack.acknowledge((alarm,)) == 0
    assert alarm_ack.is_acknowledged(alarm)
    assert not alarm_ack.is_acknowledged(replace(alarm, count=2))
    assert not alarm_ack.is_acknowledged(replace(alarm, severity=Severity.CRITICAL))


def test_acknowledging_turns_the_bar_quiet_and_keeps_the_alarm_in_sight() -> None:
    desk = Desk(snapshot=states.halted())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "‼ ALARM" in desk.text
        assert len(desk.rung) == 1
        text = await desk.press(pilot, "a")
        assert [command.alarms for command in desk.engine.commands] == [("halted",)]
        assert "‼ ALARM" not in text
        assert "✓ CRITICAL the buy size of 11.49 USD" in text
        assert "nothing to acknowledge" in await desk.press(pilot, "a")
        assert "1 active, 0 not acknowledged" in await desk.press(pilot, "7")
        (alarm,) = desk.engine.snapshot.alarms
        desk.wait(20 * SECOND)
        # The engine says the same again, which a ladder that is halted does not do by itself.
        desk.engine.snapshot = replace(
            desk.engine.snapshot, alarms=(replace(alarm, count=2, acknowledged=None),)
        )
        assert "‼ ALARM" in await desk.press(pilot)
        assert len(desk.rung) == 2

    drive(desk.app, scenario)


def test_warnings_do_not_ring() -> None:
    desk = Desk(snapshot=states.stale())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot)
        assert "MARK STALE" in text
        assert "BLIND" in text
        assert "No new buys: price is 12 s old" in text

    drive(desk.app, scenario)
    assert desk.rung == []


def test_mute_silences_and_says_so() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "bell muted for 10 minutes" in await desk.press(pilot, "m")
        assert "bell muted" in await desk.press(pilot, "7")
        desk.clock.now += 5 * SECOND
        await desk.press(pilot)
        assert "ENGINE SILENT" in desk.text
        assert desk.rung == []
        assert "bell on" in await desk.press(pilot, "m")
        assert len(desk.rung) == 1

    drive(desk.app, scenario)
