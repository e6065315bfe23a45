"""The position that the exchange reports against the booked one, and when a difference is believed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO, Side, plain
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.steering import Steering
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_inputs import DustCorrected
from hypertui.port.snapshot import Severity

_LONGEST_UNPROVEN = 15_000  # ms for which what is unproven may explain any difference of the position


@dataclass(slots=True)
class _Suspicion:
    """The reported position differs from the booked one. `looked` is set when orders and fills have been
    asked for since then."""

    difference: Decimal
    fills_booked: int
    at: int
    looked: bool = False


class PositionWatch:
    """Of one trade."""

    def __init__(self, context: TradeContext, recorder: TradeRecorder, steering: Steering) -> None:
        self._context = context
        self._recorder = recorder
        self._tracker = recorder.trade.tracker
        self._steering = steering
        self._suspicion: _Suspicion | None = None
        self._quiet_at = context.clock()  # when nothing was unproven last, as far as that was looked at

    @property
    def suspects(self) -> bool:
        """Whether a difference is being looked into."""
        return self._suspicion is not None

    def differs(self, position: Decimal, booked: int) -> bool:
        """Compare, where nothing has been booked since the question (`booked` fills were, then). While
        something is unproven it may explain a difference: for a while any, and then what it can have bought
        or sold, and no more. Returns whether orders and fills have to be asked for."""
        tracker, now = self._tracker, self._context.clock()
        if booked != tracker.fills_booked:
            return False
        difference = position - tracker.strategy.book.held
        if tracker.quiet:
            self._quiet_at = now
        elif now - self._quiet_at <= _LONGEST_UNPROVEN or self._explained(difference):
            return False
        if difference:
            return self._suspect(_Suspicion(difference, booked, now))
        self._suspicion = None
        self._context.alarms.clear("implausible")
        return False

    def compared(self, asked_at: int) -> None:
        """Orders and fills were asked for at `asked_at` (ms)."""
        if self._suspicion is not None and asked_at >= self._suspicion.at:
            self._suspicion.looked = True  # what was asked for before tells of an earlier moment

    def _explained(self, difference: Decimal) -> bool:
        least = most = ZERO
        for order in self._tracker.alive:
            if order.unproven and order.order.side is Side.SELL:
                least -= self._tracker.strategy.book.position if order.whole else order.remaining
            elif order.unproven:
                most += order.remaining
        return least <= difference <= most

    def _suspect(self, new: _Suspicion) -> bool:
        """A difference alone proves nothing: a fill may be on its way. It is believed when every order and
        all recent fills have been asked for, nothing new has come of it, and it is still there."""
        old = self._suspicion
        if old is None or (old.difference, old.fills_booked) != (new.difference, new.fills_booked):
            self._suspicion = new
            return True
        if not old.looked:
            return True
        self._suspicion = None
        self._believe(new.difference)
        return False

    def _believe(self, difference: Decimal) -> None:
        context, strategy, mark = self._context, self._tracker.strategy, self._recorder.mark
        if mark is not None and abs(difference) * mark < strategy.instrument.min_order_value:
            if self._tracker.quiet:
                self._recorder.take(DustCorrected(context.clock(), difference))
            return
        booked = strategy.book.held
        text = f"the exchange holds {plain(booked + difference)}, the trade has booked {plain(booked)}"
        context.alarms.sound("position", Severity.CRITICAL, f"{text}: adopt or flatten")
        self._steering.pause(text)
