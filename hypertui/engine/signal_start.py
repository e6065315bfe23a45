"""How a trade begins by a signal: it waits for one, and what comes too late opens nothing."""

from __future__ import annotations

from typing import Any

from hypertui.core.intents import IntentReason
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade_context import TradeContext
from hypertui.port.commands import NEVER_STARTED, Stop, StopReason
from hypertui.port.snapshot import Mode

SIGNAL_LASTS = 30_000  # ms from a signal until it is too old to open anything
_NOTHING_BOUGHT = 3  # the status of a run whose entry found no seller
WAITS = "waits for a signal"


class SignalStart:
    """Of one run of a trade. `waits` while no signal has come; `came_to_nothing` is how the last one did, of
    the run before, if it did, and `begun_by` the command of the last one."""

    def __init__(self, context: TradeContext) -> None:
        self.waits = False
        self.came_to_nothing: StopReason | None = None
        self.begun_by = ""
        self._context = context
        self._at: int | None = None

    @property
    def not_begun(self) -> str:
        """Why the last signal came to nothing: the reason of its intent."""
        return "" if self.came_to_nothing is None else self.came_to_nothing.because

    @property
    def is_awaited(self) -> bool:
        """Whether this run has not had the signal that it needs."""
        return self._context.config.by_signal and self._at is None

    def take(self, command: str) -> None:
        """The signal is here."""
        self.waits, self._at, self.begun_by = False, self._context.clock(), command

    async def awaited(self, stop: Stop) -> bool:
        """Wait for the signal, or for the order to leave; whether it has come."""
        context = self._context
        if self._at is None:
            last = self.came_to_nothing
            rest = "" if last is None else f"; the last one came to nothing: {last.text}"
            context.set_mode(Mode.STARTING, f"{WAITS}{rest}")
            self.waits = True
            await context.queue.run_until(lambda: not self.waits or stop.requested)
            self.waits = False
            context.set_mode(Mode.STARTING, "")
        return self._at is not None

    def refuse_late(self) -> None:
        """What was a reason to buy is none any more when the exchange has answered late: raises
        StartRefused."""
        age = 0 if self._at is None else self._context.clock() - self._at
        if age > SIGNAL_LASTS:
            text = f"the signal is {age // 1_000} s old, {SIGNAL_LASTS // 1_000} s at most"
            raise StartRefused(text, because=IntentReason.EXPIRED)

    def begins_again(self, trade: Any, reason: StopReason) -> bool:
        """Whether the next signal is waited for, when the run has ended so: its `trade` was closed in order,
        or the signal came to nothing before there was one."""
        if trade is not None:
            return self._context.config.by_signal and not reason.status
        never_opened = not self._context.journal.history().has_begun
        nothing_held = reason.status in (*NEVER_STARTED, _NOTHING_BOUGHT)
        return self._at is not None and never_opened and nothing_held
