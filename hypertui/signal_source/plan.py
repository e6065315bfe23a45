"""What is set of one signal in one market: its rules, and what it may want of which trade."""

from __future__ import annotations

from dataclasses import dataclass

from hypertui.core.intents import IntentVerb
from hypertui.core.market import Side
from hypertui.intents.gate import SourceRules
from hypertui.signals.rules import SignalRules

VERBS = {Side.BUY: IntentVerb.OPEN, Side.SELL: IntentVerb.CLOSE}  # trades are long only


@dataclass(frozen=True, slots=True)
class SignalPlan:
    """A signal of the market `symbol`, of candles of the `timeframe`. `action` is as it is set; `acts` is
    what that lets it want of its trade, None where it is only watched."""

    name: str
    symbol: str
    timeframe: str
    rules: SignalRules
    action: str = ""
    acts: SourceRules | None = None

    @property
    def source(self) -> str:
        """Its name in the journal."""
        return f"signal:{self.name}"

    @property
    def title(self) -> str:
        """Which it is, for people."""
        return f"signal {self.name} of {self.symbol}"

    @property
    def trade(self) -> str:
        """The trade that it acts on; empty where it is only watched."""
        return "" if self.acts is None else self.acts.trade

    def wants(self, side: Side) -> IntentVerb | None:
        """What it wants of its trade when it fires for that side; None where nothing comes of that."""
        verb = VERBS[side]
        return verb if self.acts is not None and verb in self.acts.verbs else None
