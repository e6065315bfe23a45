"""Exits: one row for each order that closed coins, over all its fills."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.journal.history import AccountMarket, OrderedFill
from hypertui.journal.rows import AllocationRow, BookedFill
from hypertui.ledger.scope import Scope, iso

# An order counts as done when that many others have closed something since its last fill.
_OPEN_EXITS = 10_000
# What an exit made or lost less than this rounds to nothing in cents: neither a win nor a loss.
BREAK_EVEN = Decimal("0.005")


@dataclass(slots=True)
class Exit:
    """An order that closed coins: sums of coins, USD and coin-milliseconds over its allocations."""

    fill: OrderedFill  # the last one
    coins: Decimal = ZERO
    value: Decimal = ZERO  # of the closing fills
    fees: Decimal = ZERO
    gross_pnl: Decimal = ZERO
    pnl: Decimal = ZERO
    held: Decimal = ZERO
    slippage: Decimal | None = None  # USD that it was worse than the order's target; None without one

    def add(self, row: AllocationRow) -> None:
        self.coins += row.size
        self.value += row.size * row.closed.price
        self.fees += row.open_fee + row.close_fee
        self.gross_pnl += row.gross_pnl
        self.pnl += row.pnl
        self.held += row.size * row.held_ms
        worse = row.closed.slippage
        if worse is not None:
            self.slippage = (self.slippage or ZERO) + worse * row.size

    @property
    def price(self) -> Decimal:
        """Average, in USD."""
        return self.value / self.coins

    @property
    def hold_s(self) -> int:
        """Seconds for which its coins were held, on average over the coins."""
        return round(self.held / self.coins / 1000)

    @property
    def is_win(self) -> bool:
        return self.pnl >= BREAK_EVEN

    @property
    def is_loss(self) -> bool:
        return self.pnl <= -BREAK_EVEN


class Exits:
    """Groups allocations into exits. `take` yields those that are complete."""

    def __init__(self) -> None:
        # Two accounts may be at two venues, and each numbers its orders by itself.
        self._open: OrderedDict[tuple[AccountMarket, int], Exit] = OrderedDict()

    def take(self, booked: BookedFill, market: AccountMarket) -> Iterator[Exit]:
        if not booked.allocations:
            return
        fill = booked.fill
        assert isinstance(fill, OrderedFill)
        key = (market, fill.order_id)
        found = self._open.setdefault(key, Exit(fill))
        found.fill = fill
        for row in booked.allocations:
            found.add(row)
        self._open.move_to_end(key)
        if len(self._open) > _OPEN_EXITS:
            yield self._open.popitem(last=False)[1]

    def rest(self) -> Iterator[Exit]:
        """Those that are still open at the end."""
        yield from self._open.values()
        self._open.clear()


def exit_row(exit_: Exit, unit_size: Decimal | None) -> dict[str, object]:
    """An exit as a row; `units` is its PnL for each coin in unit sizes, what a slot risks by design being
    one."""
    fill = exit_.fill
    return {
        "time": iso(fill.time),
        "symbol": fill.symbol,
        "reason": fill.reason,
        "unit": fill.level,
        "side": fill.side.value,
        "size": exit_.coins,
        "trigger": fill.trigger,
        "price": exit_.price,
        "slippage": exit_.slippage,
        "fees": exit_.fees,
        "gross_pnl": exit_.gross_pnl,
        "pnl": exit_.pnl,
        "units": None if unit_size is None else exit_.pnl / (unit_size * exit_.coins),
        "hold_s": exit_.hold_s,
        "order_id": fill.order_id,
        "client_id": fill.client_id,
        "trade": fill.trade_id,
    }


def unit_sizes(scope: Scope) -> dict[str, Decimal]:
    """Each trade's unit size, in USD."""
    sizes = {trade.id: trade.settings.get("unit_size") for trade in scope.trades()}
    return {trade: Decimal(str(size)) for trade, size in sizes.items() if size is not None}
