"""What one bracket is asked to be, under the rules of its market."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from hypertui.core.market import ONE, ZERO, Instrument
from hypertui.strategy.bracket.entry_rules import EntryRules


@dataclass(frozen=True, slots=True)
class BracketRules:
    """Money in USD; `hard_stop` and `slippage` are fractions, `stop_distance` is what
    that stop is below the price of the plan. It `enters_at_start`, or waits to be told; `entry_price` is
    where its entry stands, where nobody tells it another one. `reenter_after` is how long (ms) after an exit
    it may be told again; None where the trade ends with the first one."""

    instrument: Instrument
    leverage: int
    position_size: Decimal
    hard_stop: Decimal
    stop_distance: Decimal
    entry: EntryRules
    slippage: Decimal
    entry_price: Decimal | None = None
    enters_at_start: bool = True
    reenter_after: int | None = None
    risk: Decimal | None = None
    risk_slippage: Decimal = ZERO

    def entry_size(self, price: Decimal, most: Decimal | None = None) -> Decimal:
        """The coins that the position size buys at `price`, or so much (USD) at `most` if that is less, in
        whole lots."""
        size = self.position_size if most is None else min(most, self.position_size)
        return self.instrument.floor_size(size / price)

    def stop_at(self, entry: Decimal, fee: Decimal) -> Decimal:
        """Where the hard stop stands for coins bought at `entry` (USD), a trade costing `fee`, a fraction of
        its value: p·(1 − f) = E·(1 + f − stop)."""
        exact = entry * (ONE + fee - self.hard_stop) / (ONE - fee)
        return self.instrument.round_price(exact, ROUND_CEILING)
