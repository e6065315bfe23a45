"""What is told of the end of a trade, and of one that goes on after it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from hypertui.notices.ends import EndWatch, TradeEnd
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Mode, Severity, Snapshot
from tests.console import states
from tests.notices.parts import snapshot


def told(*looks: tuple[Snapshot, ...]) -> list[TradeEnd]:
    """What each look after the other tells."""
    watch = EndWatch()
    return [end for trades in looks for end in watch.look(EngineView(trades))]


def test_a_bracket_that_waits_for_its_next_entry_says_so() -> None:
    (end,) = told((states.bought(),), (states.cooling(),), (states.cooling(),))
    assert (end.key, end.severity) == ("sold", Severity.INFO)
    gain = sum(made for _, made in states.cooling().result.reasons)
    assert end.text == (
        f"all is sold by the trailing stop, realised +{gain:.2f} USD; "
        "it cools down for 27 min, then waits for its next entry"
    )


def test_a_loss_is_a_warning() -> None:
    view = states.cooling()
    lost = replace(view, result=replace(view.result, reasons=(("hard stop", D("-768.1")),)))
    (end,) = told((states.bought(),), (lost,))
    assert end.severity is Severity.WARNING
    assert end.text.startswith("all is sold by the hard stop, realised -768.10 USD; it ")


def test_what_was_sold_before_the_first_look_and_what_ends_the_trade_is_not_told_so() -> None:
    cooling = states.cooling()
    assert cooling.bracket is not None
    last = replace(cooling, bracket=replace(cooling.bracket, reenters_after=None))
    assert told((cooling,)) == [] == told((states.bought(),), (last,))


def test_a_trade_that_begins_by_a_signal_waits_for_the_next_one() -> None:
    held = snapshot(entry_price=D(64_000), net_pnl=D("-12.34"))
    between = snapshot(mode=Mode.STARTING)
    waits = snapshot(mode=Mode.STARTING, waits=True)
    (end,) = told((waits,), (held,), (between,), (waits,), (waits,))
    assert (end.key, end.trade) == ("over", "BTC")
    assert end.text == "the trade is over, result -12.34 USD; it waits for the next signal"
    assert told((between,), (waits,)) == [], "it has not begun before"


def test_one_of_several_is_told_once_for_each_of_its_runs_and_one_alone_not() -> None:
    beside, over = snapshot(name="ETH"), snapshot(mode=Mode.STOPPED, reason="all sold", over=True)
    again = snapshot(mode=Mode.STARTING)
    ends = told((over, beside), (over, beside), (again, beside), (over, beside))
    assert [(end.trade, end.key, end.text) for end in ends] == [("BTC", "over", "all sold")] * 2
    assert told((over,)) == []
