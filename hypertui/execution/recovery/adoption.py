"""Adoption: coins that changed hands behind the engine's back become the trade's own.

Nothing is invented: only executions that the venue tells of are booked, and only when they explain the
venue's position to the last coin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from hypertui.core.market import EXCHANGE, OTHERS, ZERO, Fill, Forced, IngestVia, Reason, plain
from hypertui.exchange.protocol import Exchange
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import Decision, Role
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.trade_inputs import DustCorrected, FillAdopted

_FORCED = {
    Forced.DELEVERAGED: "an auto-deleveraging by the exchange",
    Forced.SETTLED: "a settlement by the exchange",
}


def strange(fills: Sequence[Fill], booked: Callable[[Fill], bool], tracker: OrderTracker) -> list[Fill]:
    """The fills that no order of the trade explains, oldest first."""
    return [fill for fill in fills if not booked(fill) and tracker.find(fill.client_id) is None]


def by_exchange(fill: Fill, account: str) -> str:
    """What the exchange itself did to the position of `account`, in words; empty for an ordinary trade."""
    if fill.liquidated == account.lower():
        return "a liquidation by the exchange"
    return _FORCED.get(fill.forced, "")


async def look(exchange: Exchange, symbol: str, since: int) -> tuple[Sequence[Fill], Decimal]:
    """The account's fills at or after `since` (ms), and then its position. Raises an ExchangeError."""
    fills = await exchange.fills_since(symbol, since)
    return fills, (await exchange.account_state(symbol)).position


class Adoption:
    """Takes strange fills into the books of one trade. `knows` tells what is in them, the entry's too; `book`
    takes a fill of an own order; `account` is the address that trades. `clock` gives ms."""

    def __init__(
        self,
        recorder: TradeRecorder,
        knows: Callable[[Fill], bool],
        book: Callable[[Fill, IngestVia], None],
        clock: Callable[[], int],
        account: str,
    ) -> None:
        self._recorder = recorder
        self._tracker = recorder.trade.tracker
        self._knows = knows
        self._book = book
        self._clock = clock
        self._account = account

    def take(self, fills: Sequence[Fill], position: Decimal) -> str:
        """Book what is strange among `fills`, if the position is `position` coins then. Returns what is in
        the way, in words; empty when it is done."""
        for fill in fills:
            if self._tracker.find(fill.client_id) is not None:
                self._book(fill, IngestVia.ADOPTION)  # once; its notice was lost, or is still on its way
        book, symbol = self._tracker.strategy.book, self._tracker.strategy.instrument.symbol
        found = strange(fills, self._knows, self._tracker)
        taken = sum((fill.size * fill.side.sign for fill in found), ZERO)
        if book.corrected and book.position + taken == position:
            # A difference too small for an order was believed before anybody knew of these fills.
            self._recorder.take(DustCorrected(self._clock(), -book.corrected))
        after = book.held + taken
        if after != position:
            return (
                f"the exchange holds {plain(position)} {symbol}, but its fills since the "
                f"entry make {plain(after)}"
            )
        for fill in found:
            self._recorder.take(
                FillAdopted(self._clock(), fill, Role.ADOPTED, self._decision(fill), IngestVia.ADOPTION)
            )
        return ""

    def _decision(self, fill: Fill) -> Decision:
        """Nobody here decided it: the venue did, or somebody with the account's key."""
        how = by_exchange(fill, self._account)
        lost = fill.liquidated == self._account.lower() or fill.forced is Forced.DELEVERAGED
        return Decision(Reason.LIQUIDATION if lost else Reason.MANUAL, EXCHANGE if how else OTHERS, text=how)
