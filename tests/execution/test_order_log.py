"""What the log says of orders that end: by the engine, by the exchange, and by somebody else."""

from __future__ import annotations

from hypertui.exchange.protocol import OrderState
from hypertui.port.snapshot import Severity
from tests.execution.desk import Desk


def told(desk: Desk, words: str) -> list[tuple[str, Severity]]:
    """The log's lines that hold these words."""
    return [(event.text, event.severity) for event in desk.log.after(0) if words in event.text]


def test_a_stop_that_others_cancel_is_a_warning_and_its_place_is_timed_until_one_is_live_again() -> None:
    desk = Desk()
    desk.tell(desk.stop(-1), OrderState.CANCELLED, 10)
    assert told(desk, "not by this engine") == [
        ("stop -1 10 at 99 cancelled, not by this engine", Severity.WARNING)
    ]
    (refused,) = desk.places()
    desk.refuse(refused)
    desk.wait(3_000)
    (again,) = desk.places()
    assert not told(desk, "live again")
    desk.acknowledge(again)
    ((text, _),) = told(desk, "live again")
    assert text.startswith("stop -1 10 at 99 live again after 3,00")


def test_what_the_engine_cancels_itself_is_by_nobody_else() -> None:
    desk = Desk()
    desk.mark(101)  # the lowest stop moves up
    desk.settle()
    assert told(desk, "stop -4 10 at 96 cancelled")
    assert not told(desk, "not by this engine") and not told(desk, "live again")


def test_what_the_exchange_drops_of_an_order_that_has_begun_to_trade_was_cancelled_by_nobody_else() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.mark(99)
    desk.fill(stop, 4)
    desk.tell(stop, OrderState.CANCELLED, 6)
    assert stop.dead
    assert not told(desk, "not by this engine")
