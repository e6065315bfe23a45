"""The position map keeps the newest orders of each unit, and the trace says what is so."""

from __future__ import annotations

import json
from decimal import Decimal

from hypertui.core.market import Side
from hypertui.strategy.ladder.position_map import ORDERS_KEPT, PositionMap
from hypertui.strategy.ladder.trace import trace_row, traced
from tests.strategy.driver import Walk, fill_of


def test_every_order_of_a_unit_is_kept_with_its_history() -> None:
    units = PositionMap()
    units.placed(-1, "a", Side.SELL, Decimal(5), 10, "live")
    units.status("a", "filled", 20)
    units.placed(-1, "b", Side.BUY, Decimal(4), 30, "live")
    units.filled("a", fill_of(Side.SELL, 2, 99), Decimal("-2.5"))
    units.filled("a", fill_of(Side.SELL, 3, 99), Decimal("-3"))
    first, live = units.orders(-1)
    assert (first.client_id, first.side, first.status, first.filled) == ("a", Side.SELL, "filled", 5)
    assert first.statuses == [(10, "live"), (20, "filled")]
    assert (live.client_id, live.status, live.filled) == ("b", "live", 0)
    assert units.at(-1).realized_pnl == Decimal("-5.5")


def test_of_each_unit_the_newest_orders_are_kept_and_all_are_counted() -> None:
    units = PositionMap()
    for number in range(ORDERS_KEPT + 3):
        units.placed(1, str(number), Side.BUY, Decimal(1), number, "live")
    assert [order.client_id for order in units.orders(1)] == [str(n) for n in range(3, ORDERS_KEPT + 3)]
    assert units.at(1).placed == ORDERS_KEPT + 3
    assert units.find("2") is None
    assert units.status("2", "cancelled", 99) is False
    units.filled("2", fill_of(Side.BUY, 1, 101), Decimal(0))
    assert units.at(1).changes == ORDERS_KEPT + 3  # one that is not kept has no place
    assert all(not order.fills for order in units.orders(1))


def test_the_same_status_twice_is_no_news() -> None:
    units = PositionMap()
    units.placed(2, "a", Side.BUY, Decimal(1), 1, "live")
    assert units.status("a", "cancelled", 2) is True
    assert units.status("a", "cancelled", 3) is False
    assert units.orders(2)[0].statuses == [(1, "live"), (2, "cancelled")]


def test_the_map_grows_lazily_both_ways() -> None:
    units = PositionMap()
    assert list(units) == []
    assert units.orders(7) == ()
    assert 7 not in units
    for unit in (3, -5, 0):
        units.placed(unit, str(unit), Side.BUY, Decimal(1), 1, "live")
    assert list(units) == [3, 0, -5]
    assert units.at(3).realized_pnl is None


def test_a_record_of_the_trace_is_the_state_after_the_step() -> None:
    walk = Walk.start(fee_rate="0.001")
    (move,) = walk.to("98.7")
    record = traced(move, walk.ladder, {})
    assert record.move is move
    assert json.loads(json.dumps(trace_row(record, tick=4))) == {
        "seq": 1,
        "tick": 4,
        "price": "98.7",
        "direction": "down",
        "unit": -1,
        "phase": "retracement",
        "trailing_stop": [-4, -3, -2],
        "trailing_buy": [0],
        "position": "15",
        "fragment_usd": "500",
        "realized_pnl": "-5.995",
    }
    assert "tick" not in trace_row(record)
