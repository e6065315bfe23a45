"""What a backtest's net PnL does on its way: its deepest fall, what it is at the end of each part of the
series, and what was made in each phase. Amounts are USD."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.core.trade_book import TradeBook


def block_ends(prices: int, blocks: int) -> list[int]:
    """The index of the last price of each of so many equal parts of a series, of which the last is its end.
    Where there are fewer prices than parts, the first of these end with the first price."""
    return [max(0, prices * (block + 1) // blocks - 1) for block in range(blocks)]


class NetCurve:
    """Of one walk. Between fills the net PnL is a straight line in the price, so the line's figures are
    worked out once a fill (`fills` counts them) and once a payment of funding. `deepest` is the deepest fall
    from an earlier high, that of 0 before the entry included; `blocks` are filled up to where the walk
    is."""

    def __init__(self, ends: Sequence[int] = ()) -> None:
        self.deepest = ZERO
        self.blocks: list[Decimal] = []
        self._ends = ends
        self._peak = ZERO
        self._known: tuple[int, Decimal] | None = None
        self._position = ZERO
        self._base = ZERO

    def walk(self, tick: int, price: Decimal, book: TradeBook, fills: int) -> None:
        """Take the price with index `tick`, once all that it touches is filled."""
        if self._known != (fills, book.funding):
            self._known = (fills, book.funding)
            self._position = book.position
            self._base = book.net_pnl(ZERO)
        pnl = self._base + self._position * price
        self._see(pnl)
        while len(self.blocks) < len(self._ends) and self._ends[len(self.blocks)] <= tick:
            self.blocks.append(pnl)

    def pass_over(
        self, prices: Sequence[Decimal], start: int, stop: int, low: Decimal, high: Decimal
    ) -> None:
        """Take the prices from index `start` up to but without `stop`, at which nothing has happened since
        the last one that was walked: all are between `low` and `high`. They are looked at one by one only
        where these limits do not say that there was neither a new high nor a deeper fall."""
        base, position = self._base, self._position
        while len(self.blocks) < len(self._ends) and self._ends[len(self.blocks)] < stop:
            self.blocks.append(base + position * prices[self._ends[len(self.blocks)]])
        highest, lowest = base + position * high, base + position * low
        if not position or (highest <= self._peak and self._peak - lowest <= self.deepest):
            return  # no fall between them is deeper either: it is from below the peak
        part = prices[start:stop]
        highest, lowest = base + position * max(part), base + position * min(part)
        if max(highest, self._peak) - lowest <= self.deepest:
            self._peak = max(highest, self._peak)
            return
        for price in part:
            self._see(base + position * price)

    def _see(self, pnl: Decimal) -> None:
        if pnl > self._peak:
            self._peak = pnl
        elif self._peak - pnl > self.deepest:
            self.deepest = self._peak - pnl

    def end(self, net: Decimal) -> None:
        """The walk is over with this net PnL, and so are the blocks that are left."""
        self.blocks += [net] * (len(self._ends) - len(self.blocks))


class PhasePnl:
    """How the net PnL is divided among the phases: what it gains from one step to the next, the fills of that
    next step included, is made in the phase between them. The entry's fee belongs to the first phase."""

    def __init__(self, phase: str) -> None:
        self.made: dict[str, Decimal] = {}
        self._phase = phase
        self._net = ZERO

    def step(self, phase: str, net: Decimal) -> None:
        """A step, or the end of the walk, has led to `phase` with this net PnL."""
        self.made[self._phase] = self.made.get(self._phase, ZERO) + net - self._net
        self._phase, self._net = phase, net
