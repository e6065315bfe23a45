"""Whether a trade trades: what each event makes of it, and what the next process goes on with."""

from __future__ import annotations

from decimal import Decimal

from hypertui.execution.trading_state import Posture, TradingState
from hypertui.port.snapshot import Mode
from tests.execution.desk import Desk

RUNNING = TradingState()
LEAVING = RUNNING.exiting("leaving: the buys are cancelled", Posture.PROTECT, passing=True)


def test_a_pause_keeps_its_first_reason_and_a_halt_outlasts_it() -> None:
    paused = RUNNING.paused("by ann")
    assert paused == TradingState(Mode.PAUSED, "by ann", Posture.PROTECT)
    assert paused.paused("a strange fill") == paused
    halted = paused.halted("by bob")
    assert halted.paused("a strange fill") == halted
    assert halted.resumed("", selling_out=False) == RUNNING


def test_what_was_only_so_on_the_way_out_is_over_with_the_process() -> None:
    assert LEAVING.after_restart(selling_out=False) == TradingState(Mode.RUNNING, "", Posture.HANDS_OFF)
    selling = RUNNING.resumed("sell-out by ann", selling_out=True)
    gone = selling.exiting("leaving: the buys are cancelled", Posture.PROTECT, passing=True)
    assert gone.after_restart(selling_out=True) == selling.with_posture(Posture.HANDS_OFF)
    halted = RUNNING.halted("by ann")
    leaving = halted.exiting("leaving: the buys are cancelled", Posture.PROTECT, passing=True)
    assert leaving.after_restart(selling_out=False).reason == "halted before the restart (by ann)"


def test_a_pause_on_the_way_out_is_told_by_its_own_reason_after_the_restart() -> None:
    paused = LEAVING.paused("a fill that is not ours")
    again = paused.after_restart(selling_out=False)
    assert (again.mode, again.reason) == (Mode.PAUSED, "since before the restart (a fill that is not ours)")
    assert again.after_restart(selling_out=False) == again


def test_a_price_heard_from_a_trigger_is_over_with_the_next_one_also_while_halted() -> None:
    desk = Desk()
    desk.fill(desk.stop(-1))
    assert desk.recorder.mark == 99
    desk.wait(1)
    desk.recorder.note_price(Decimal(80), desk.now)
    assert desk.recorder.mark == 80
