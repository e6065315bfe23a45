"""Pause, halt, resume, sell out: every change of the trading state, recorded and shown."""

from __future__ import annotations

from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_inputs import SellOutBegan, StateSet
from hypertui.execution.trading_state import Posture, TradingState
from hypertui.port.snapshot import Mode

_OVER_WITH_RESUME = ("unprotected", "foreign", "position", "winddown")


class Steering:
    """Of one trade."""

    def __init__(self, context: TradeContext, recorder: TradeRecorder) -> None:
        self._context = context
        self._recorder = recorder

    @property
    def state(self) -> TradingState:
        """How it is now."""
        return self._recorder.trade.state

    @property
    def resumes(self) -> Mode:
        """What the trade would go on with if it were resumed."""
        return Mode.SELLING_OUT if self._recorder.trade.ladder.selling_out else Mode.RUNNING

    def begin(self, *, is_new: bool) -> None:
        """Show how it is, and after a restart touch nothing yet."""
        selling_out = self.resumes is Mode.SELLING_OUT
        self._become(self.state if is_new else self.state.after_restart(selling_out=selling_out))

    def pause(self, reason: str) -> None:
        """Take no new risk; what is held stays protected."""
        self._become(self.state.paused(reason))

    def exit(self, reason: str, posture: Posture, *, passing: bool) -> None:
        """An operator's way out is under way."""
        self._become(self.state.exiting(reason, posture, passing=passing))

    def halt(self, reason: str) -> None:
        """Touch nothing any more."""
        self._become(self.state.halted(reason))

    def resume(self, by: str) -> None:
        """Trade on, or go on selling out; `by` says whose word it was."""
        selling_out = self.resumes is Mode.SELLING_OUT
        self._go_on(f"resumed {by}" if selling_out else "", selling_out=selling_out)

    def sell_out(self, reason: str) -> None:
        """Buy nothing any more, and end the trade when all is sold."""
        self._recorder.take(SellOutBegan(self._context.clock()))
        self._go_on(reason, selling_out=True)

    def set_posture(self, posture: Posture) -> None:
        """Let convergence do so much by itself."""
        self._become(self.state.with_posture(posture))

    def _go_on(self, reason: str, *, selling_out: bool) -> None:
        for key in _OVER_WITH_RESUME:
            self._context.alarms.clear(key)
        self._become(self.state.resumed(reason, selling_out=selling_out))

    def _become(self, state: TradingState) -> None:
        if state != self.state:
            self._recorder.take(StateSet(self._context.clock(), state))
        self._context.set_mode(state.mode, state.reason)
