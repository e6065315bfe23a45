"""What the alarms of an engine did between two looks."""

from __future__ import annotations

from dataclasses import replace

from hypertui.notices.conditions import Change
from hypertui.notices.watch import AlarmWatch
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Mode, Severity, Snapshot
from tests.notices.parts import NOON, acknowledged, alarm, snapshot


def looks(*views: tuple[Snapshot, ...]) -> list[list[tuple[str, str, Change, int]]]:
    """What each look finds, a second after the other: the trade, the key, what it did, and after how many
    ms."""
    watch, found = AlarmWatch(), []
    for number, trades in enumerate(views):
        now = NOON + 1_000 * number
        changes = watch.look(EngineView(tuple(replace(trade, at=now) for trade in trades)), now)
        found.append([(each.trade, each.key, each.change, each.at - NOON) for each in changes])
    return found


def test_an_alarm_from_its_beginning_to_its_end() -> None:
    first = alarm(at=NOON - 100)
    worse = replace(first, severity=Severity.CRITICAL, text="worse it is")
    known = acknowledged(worse, NOON + 2_500)
    over = replace(known, active=False, last=NOON + 3_700)
    assert looks(
        (snapshot(first),), (snapshot(first),), (snapshot(worse),), (snapshot(known),), (snapshot(over),),
        (snapshot(over),),
    ) == [
        [("BTC", "stale", Change.BEGUN, -100)],
        [],
        [("BTC", "stale", Change.WORSE, 2_000), ("BTC", "stale", Change.REWORDED, 2_000)],
        [("BTC", "stale", Change.ACKNOWLEDGED, 2_500)],
        [("BTC", "stale", Change.OVER, 3_700)],
        [],
    ]  # fmt: skip


def test_one_that_came_and_went_between_two_looks() -> None:
    gone = replace(alarm(at=NOON + 200), active=False, last=NOON + 700)
    assert looks((snapshot(),), (snapshot(gone),))[1] == [
        ("BTC", "stale", Change.BEGUN, 200),
        ("BTC", "stale", Change.OVER, 700),
    ]


def test_one_that_ended_and_began_again_between_two_looks() -> None:
    first = alarm()
    assert looks((snapshot(acknowledged(first, NOON)),), (snapshot(replace(first, count=2)),))[1] == [
        ("BTC", "stale", Change.BEGUN, 1_000)
    ]


def test_a_run_that_is_begun_again_has_no_alarms() -> None:
    assert looks((snapshot(alarm()),), (snapshot(),))[1] == [("BTC", "stale", Change.OVER, 1_000)]


def test_the_alarms_of_two_trades_are_two() -> None:
    both = snapshot(alarm()), snapshot(alarm(), name="SOL")
    assert [(trade, what) for trade, _, what, _ in looks(both)[0]] == [
        ("BTC", Change.BEGUN),
        ("SOL", Change.BEGUN),
    ]


def test_a_halt_is_a_condition_until_the_trade_runs_again() -> None:
    halted = snapshot(mode=Mode.HALTED, reason="the key is refused")
    found = AlarmWatch().look(EngineView((halted,)), NOON)
    assert [(each.key, each.severity, each.text) for each in found] == [
        ("halt", Severity.CRITICAL, "halted: the key is refused")
    ]
    assert [[what for _, _, what, _ in look] for look in looks((halted,), (halted,), (snapshot(),))] == [
        [Change.BEGUN],
        [],
        [Change.OVER],
    ]


def test_an_engine_that_makes_no_snapshot_is_silent_unless_its_trade_has_ended() -> None:
    watch, view = AlarmWatch(), EngineView((snapshot(at=NOON), snapshot(name="SOL", over=True)))
    assert watch.look(view, NOON + 14_999) == []
    (silent,) = watch.look(view, NOON + 15_000)
    assert (silent.trade, silent.key, silent.severity, silent.at) == (
        "BTC", "silent", Severity.CRITICAL, NOON,
    )  # fmt: skip
    assert [each.change for each in watch.look(EngineView((snapshot(at=NOON + 20_000),)), NOON + 20_000)] == [
        Change.OVER
    ]


def test_what_somebody_wanted_is_no_alarm() -> None:
    """A halt by an operator's word, a trade that was closed, and one that has ended in order."""
    wanted = (
        snapshot(mode=Mode.HALTED, reason="by ann@pts/3"),
        snapshot(mode=Mode.HALTED, reason="flatten by ann@pts/3", closed_at=NOON, name="SOL"),
        snapshot(alarm(), mode=Mode.STOPPED, over=True, name="ETH"),
    )
    told = AlarmWatch().look(EngineView(wanted), NOON)
    assert {each.change for each in told} == {Change.BEGUN, Change.OVER}
    assert {each.trade for each in told} == {"ETH"}


def test_an_alarm_of_a_run_that_began_again_is_told_anew() -> None:
    watch = AlarmWatch()
    watch.look(EngineView((snapshot(alarm(active=False)),)), NOON)
    (again,) = watch.look(EngineView((snapshot(alarm()),)), NOON + 250)
    assert again.change is Change.BEGUN
