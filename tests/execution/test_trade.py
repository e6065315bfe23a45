"""A trade changes by its inputs and by nothing else: deciding is a question."""

from __future__ import annotations

import ast
from pathlib import Path

import hypertui
from hypertui.execution.convergence import UnderWay
from hypertui.execution.order_tracker import OrderTracker
from tests.execution.desk import Desk
from tests.execution.test_trade_snapshot import COURSE
from tests.support.whole_state import difference

_QUESTIONS = {
    "matters",
    "find",
    "of",
    "last_stop",
    "buys",
    "may_retry",
    "is_news_to",
    "said_passed",
    "booked",
}
_QUESTIONS |= {"unanswered", "alive", "quiet", "settled"}


def test_deciding_changes_nothing_and_says_the_same_twice() -> None:
    desk = Desk()
    for price in COURSE:
        desk.mark(price)
        for block in ("", "no new risk"):
            for under_way in (UnderWay(), UnderWay(True), UnderWay(True, {0, 2})):
                before = desk.played_back()
                seen = desk.recorder.seen
                first = desk.trade.decide(seen, desk.now, under_way, block)
                assert desk.trade.decide(seen, desk.now, under_way, block) == first
                assert not difference(desk.trade, before)
        for order in [order for order in desk.tracker.alive if order.due]:
            desk.fill(order)
        desk.settle()


def test_only_the_trade_itself_changes_its_orders() -> None:
    """Whoever else knows them asks."""
    changes = {name for name in vars(OrderTracker) if not name.startswith("_")} - _QUESTIONS
    assert {"on_price", "on_fill", "adopt", "sent", "cancel_sent"} <= changes
    found = []
    for path in sorted(Path(hypertui.__file__).parent.rglob("*.py")):
        if path.name in ("trade.py", "order_tracker.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = ast.unparse(node.func.value)
                if owner.endswith("tracker") and node.func.attr in changes:
                    found.append(f"{path.name}:{node.lineno} {ast.unparse(node.func)}")
    assert not found
