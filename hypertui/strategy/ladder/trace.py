"""A step with the state just after it, from a backtest and from a live trade alike."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import plain
from hypertui.strategy.ladder.ladder import Ladder, Phase, Step


@dataclass(frozen=True, slots=True)
class TracedStep:
    """Amounts in USD, `position` in coins; `stops` and `buys` are the units that are wanted, ascending."""

    step: Step
    phase: Phase
    position: Decimal
    fragment: Decimal
    realized_pnl: Decimal
    stops: tuple[int, ...]
    buys: tuple[int, ...]

    def record(self, tick: int | None = None) -> dict[str, object]:
        """Amounts as decimal strings. `tick` is the index of the price in a series, and left out where there
        is none."""
        return {
            "seq": self.step.seq,
            **({} if tick is None else {"tick": tick}),
            "price": plain(self.step.price),
            "direction": self.step.direction.value,
            "unit": self.step.unit,
            "phase": self.phase.value,
            "trailing_stop": list(self.stops),
            "trailing_buy": list(self.buys),
            "position": plain(self.position),
            "fragment_usd": plain(self.fragment),
            "realized_pnl": plain(self.realized_pnl),
        }


def traced(step: Step, ladder: Ladder) -> TracedStep:
    """The step with the ladder's state as it is now."""
    target = ladder.target()
    return TracedStep(
        step,
        ladder.phase,
        ladder.position,
        ladder.fragment,
        ladder.realized_pnl,
        tuple(stop.unit for stop in target.stops),
        tuple(buy.unit for buy in target.buys),
    )
