"""Where a fill enters: checked, booked once; one that no own order explains pauses the trade."""

from __future__ import annotations

from collections.abc import Callable

from hypertui.core.market import Fill, IngestVia, Reason, Side, plain
from hypertui.core.order_key import KeyKind
from hypertui.core.phrases import at_price
from hypertui.execution.opening import Opening
from hypertui.execution.orders import Decision, Role, key_of, start_number_of
from hypertui.execution.plausible import FillCheck
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.recovery import adoption
from hypertui.execution.steering import Steering
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_inputs import FillAdopted, FillReceived
from hypertui.port.snapshot import Severity
from hypertui.strategy.exits.native import is_exit, rule_of

_EXITS = {KeyKind.STOP: Role.STOP, KeyKind.TARGET: Role.TARGET, KeyKind.EXIT: Role.EXIT}


class Bookkeeper:
    """Of one trade that was opened as `opening` tells. `compare` is called where a fill cannot be so: another
    one may be missing."""

    def __init__(
        self,
        context: TradeContext,
        recorder: TradeRecorder,
        steering: Steering,
        opening: Opening,
        compare: Callable[[], None],
    ) -> None:
        self._context = context
        self._recorder = recorder
        self._steering = steering
        self._opening = opening
        self._compare = compare
        self._adopted_at = opening.adopted_at
        self.short = opening.short  # coins of the entry that no fill has told of yet
        self._opened_by = {fill.key: fill.client_id for fill in opening.fills}
        find = recorder.trade.tracker.find
        self._check = FillCheck(find, opening.fills, context.alarms, compare)

    def knows(self, fill: Fill) -> bool:
        """Whether it is in the books, or the entry's."""
        return fill.key in self._opened_by or self._recorder.trade.tracker.booked(fill)

    def book(self, fill: Fill, via: IngestVia) -> None:
        """Take a fill that the exchange tells of in this way."""
        context = self._context
        context.market.knowledge.on_fill(fill)
        if self.knows(fill) or fill.time < self._adopted_at or not self._check.admits(fill):
            return
        now = context.clock()
        if self._enter(fill, via, now):
            skew = context.clock_sync.offset
            made_at = None if skew is None else fill.time - skew
            came_at = now - context.queue.waited
            compared = via is IngestVia.COMPARISON
            context.tally.booked(made_at, came_at, context.clock(), compared=compared)

    def _enter(self, fill: Fill, via: IngestVia, now: int) -> bool:
        """Book a new fill, where an order explains it. Returns whether it is in the books."""
        context, recorder = self._context, self._recorder
        if recorder.trade.tracker.find(fill.client_id) is not None:
            made_at = min(now, fill.time - context.clock_sync.ahead)
            recorder.take(FillReceived(now, fill, made_at, via))
        elif fill.client_id is not None and fill.client_id in self._opened_by.values():
            # The venue told of it after the trade was opened with what was known by then.
            self.short -= fill.size
            why = self._opening.decision(recorder.trade.strategy.source)
            recorder.take(FillAdopted(now, fill, Role.ENTRY, why, via))
        elif (role := self._unwritten_role(fill, via)) is not None:
            recorder.take(FillAdopted(now, fill, role, self._why_unwritten(fill, role), via))
        else:
            self._unexplained(fill, via)
            return False
        return True

    def _unexplained(self, fill: Fill, via: IngestVia) -> None:
        context = self._context
        if context.ids.owns(fill.client_id) and via is not IngestVia.COMPARISON:
            self._compare()  # the purchase that it sold may be on its way: a comparison tells of all in order
        elif via is IngestVia.FEED or context.ids.owns(fill.client_id):
            self._suspect(fill)

    def _why_unwritten(self, fill: Fill, role: Role) -> Decision:
        trade, key = self._recorder.trade, key_of(fill.client_id)
        like = next((want for want in trade.target.orders if want.key == key), None)
        reason, source = (Reason.REPAIR, None) if like is None else (like.reason, like.source)
        if (
            like is None
            and key is not None
            and (rule := rule_of(key, trade.exits, trade.strategy)) is not None
        ):
            reason, source = rule.reason, rule.source
        text = f"a {role.value} of an earlier start that died before writing it down"
        return Decision(reason, source or trade.strategy.source, text=text)

    def _unwritten_role(self, fill: Fill, via: IngestVia) -> Role | None:
        """The role of the exit that sold, of coins that are there, which an earlier process had sent when it
        died, and had not written down; None where it was none of these. Of an older sale, made before all
        fills were compared, this would be the second telling.

        A comparison tells of every sale in its order: one of coins that another order had sold before has
        sold those of others."""
        ids, tracker = self._context.ids, self._recorder.trade.tracker
        start, key = start_number_of(fill.client_id), key_of(fill.client_id)
        if not ids.owns(fill.client_id) or start is None or key is None or start >= ids.start:
            return None
        there = tracker.strategy.coins(key)
        if via is IngestVia.COMPARISON or is_exit(key):
            there = tracker.strategy.book.position
        is_held = fill.size <= there
        explains = is_held and fill.side is Side.SELL and fill.time >= tracker.compared_until
        return _EXITS.get(key.kind) if explains else None

    def _suspect(self, fill: Fill) -> None:
        context = self._context
        what = "unknown to the journal" if context.ids.owns(fill.client_id) else "not by this engine"
        what = adoption.by_exchange(fill, context.exchange.account) or what
        side = fill.side.value.upper()
        text = f"unknown {side} of {plain(fill.size)} {fill.symbol} at {at_price(fill.price)}: {what}"
        text += "; adopt or flatten"
        context.alarms.sound("foreign", Severity.CRITICAL, text)
        self._steering.pause(text)
