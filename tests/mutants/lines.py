"""The lines, each as it stands and as it is broken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """In `file`, `old` (which stands there once) becomes `new`."""

    file: str
    old: str
    new: str


_CONVERGENCE = "hypertui/execution/convergence.py"
_TRACKER = "hypertui/execution/order_tracker.py"
_ORDERS = "hypertui/execution/orders.py"
_LADDER = "hypertui/strategy/ladder/ladder.py"
_STRATEGY = "hypertui/strategy/ladder/strategy.py"
_ERRORS = "hypertui/exchange/hyperliquid/errors.py"

MUTANTS = (
    Mutant(_CONVERGENCE, "not want.keeps_resting) or own.altered:", "not want.keeps_resting):"),
    Mutant(
        _CONVERGENCE,
        "if own.due or own.cancelling or not own.acknowledged:",
        "if own.cancelling or not own.acknowledged:",
    ),
    Mutant(
        _CONVERGENCE,
        "if all(own.acknowledged for own in alive) and self._may_place(want.key):",
        "if self._may_place(want.key):",
    ),
    Mutant(_CONVERGENCE, "                if right.acknowledged:\n", "                if True:\n"),
    Mutant(_CONVERGENCE, " and own.key not in target.kept", ""),
    Mutant(_CONVERGENCE, "if self.seen.at < passed.since:", "if False:"),
    Mutant(
        _CONVERGENCE, "if any(self.tracker.of(want.key)) or self._is_behind(want)", "if self._is_behind(want)"
    ),
    Mutant(_CONVERGENCE, "        if self.entry_block:\n            return []\n", ""),
    Mutant(
        _CONVERGENCE,
        "return own.acknowledged and not own.cancelling and not own.due",
        "return own.acknowledged and not own.cancelling",
    ),
    Mutant(_CONVERGENCE, "not (own.cancelling or own.altered)", "not own.altered"),
    Mutant(
        _CONVERGENCE,
        "if wrong_size and not resizing and not self.entry_block:",
        "if wrong_size and not self.entry_block:",
    ),
    Mutant(_TRACKER, "if order is None or fill.key in self._fills:", "if order is None:"),
    Mutant(_TRACKER, "if asked_at > order.expires_at:", "if True:"),
    Mutant(
        _TRACKER,
        "order.final = None if report.state is OrderState.FILLED and not order.filled else order.filled",
        "order.final = order.filled",
    ),
    Mutant(
        _TRACKER,
        "if outcome is CancelOutcome.CANCELLED and not (order.missed or order.rests):",
        "if not order.missed:",
    ),
    Mutant(_TRACKER, " and stale_evidence and not through:", " and stale_evidence:"),
    Mutant(
        _TRACKER, "if order.cancelling and asked_at > order.cancel_expires_at:", "if order.cancelling:"
    ),
    Mutant(
        _ORDERS,
        "return self.final is not None and self.filled >= self.final",
        "return self.final is not None",
    ),
    Mutant(_ORDERS, "max(count, self._counts.get(code, 0))", "count"),
    Mutant(
        "hypertui/execution/plausible.py",
        "if fill.size > order.remaining and not (order.altered or order.whole):",
        "if False:",
    ),
    Mutant(
        "hypertui/execution/protection_check.py",
        "holds = strategy.book.held if held is None else held",
        "holds = strategy.book.held",
    ),
    Mutant("hypertui/strategy/ladder/slots.py", "    if due.side is Side.SELL:\n        return None\n", ""),
    Mutant(
        _STRATEGY,
        "free = (slot for slot in self.ladder.slots if not slot.coins and slot.index not in taken)",
        "free = (slot for slot in self.ladder.slots if not slot.coins)",
    ),
    Mutant(_LADDER, "slot.last_stop = unit - 1, None", "slot.last_stop = unit, None"),
    Mutant(_LADDER, "        self._reinvested = self.book.realized_pnl\n", ""),
    Mutant(_LADDER, "already_sold = min(self.oversold, fill.size)", "already_sold = ZERO"),
    Mutant(
        _ERRORS,
        "return Unknown(brief(reason)) if is_action else Unreachable(brief(reason))",
        "return Unreachable(brief(reason))",
    ),
    Mutant(_ERRORS, '        if answer.get("status") == "ok":\n', "        if True:\n"),
    Mutant(
        "hypertui/exchange/hyperliquid/messages.py",
        "start_position=optional_amount(row.get(\"startPosition\")),",
        "start_position=None,",
    ),
    Mutant("hypertui/execution/recorder.py", "self._journal.record(given)\n        try:", "try:"),
)  # fmt: skip
