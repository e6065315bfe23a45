"""Whether a trade trades: its mode, how much convergence may do by itself, and the transitions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hypertui.port.snapshot import Mode

_BEFORE = "before the restart"


class Posture(StrEnum):
    """How much convergence may do by itself."""

    TRADE = "trade"  # all that the target wants; when everything is being sold, that is stops alone
    PROTECT = "protect"  # no buys, no moves; coins without a stop get one
    HANDS_OFF = "hands_off"  # nothing is placed or cancelled


@dataclass(frozen=True, slots=True)
class TradingState:
    """One state, and what each event makes of it. `reason` says in words why it is so. A `passing` one is not
    what the next process goes on with, and `before` is the reason that was given before it."""

    mode: Mode = Mode.RUNNING
    reason: str = ""
    posture: Posture = Posture.TRADE
    passing: bool = False
    before: str = ""

    @property
    def trades(self) -> bool:
        """Whether the target is worked."""
        return self.mode in (Mode.RUNNING, Mode.SELLING_OUT)

    def paused(self, reason: str) -> TradingState:
        """No new risk; what is held stays protected. A pause or halt that stands keeps its own reason."""
        posture = Posture.PROTECT if self.posture is Posture.TRADE else self.posture
        if self.mode in (Mode.PAUSED, Mode.HALTED) and not self.passing:
            return replace(self, posture=posture)
        return TradingState(Mode.PAUSED, reason, posture)

    def exiting(self, reason: str, posture: Posture, *, passing: bool) -> TradingState:
        """The operator's way out is under way, a halted trade's too. A passing one leaves a trade that does
        not trade as it is."""
        if passing and not (self.trades or self.passing):
            return self.with_posture(posture)
        return TradingState(Mode.PAUSED, reason, posture, passing, self.reason if passing else "")

    def halted(self, reason: str) -> TradingState:
        """Nothing is touched any more."""
        return TradingState(Mode.HALTED, reason, Posture.HANDS_OFF)

    def resumed(self, reason: str, *, selling_out: bool) -> TradingState:
        """Trading goes on, or selling out does."""
        return TradingState(Mode.SELLING_OUT if selling_out else Mode.RUNNING, reason)

    def with_posture(self, posture: Posture) -> TradingState:
        """The same, with other hands."""
        return replace(self, posture=posture)

    def after_restart(self, *, selling_out: bool) -> TradingState:
        """What a new process goes on with: nothing is touched before orders and fills have been compared."""
        if self.passing:
            mode = Mode.SELLING_OUT if selling_out else Mode.RUNNING
            return TradingState(mode, self.before, Posture.HANDS_OFF)
        if self.trades:
            return self.with_posture(Posture.HANDS_OFF)
        return TradingState(Mode.PAUSED, self._since_before(), Posture.HANDS_OFF)

    def _since_before(self) -> str:
        if _BEFORE in self.reason:
            return self.reason
        since = "halted " if self.mode is Mode.HALTED else "since "
        return f"{since}{_BEFORE} ({self.reason})"
