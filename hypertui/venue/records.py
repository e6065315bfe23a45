"""What happened, written down once: status rows, fills and trades, for history and for the batch."""

from __future__ import annotations

import hashlib
from decimal import ROUND_HALF_EVEN, Decimal

from hypertui.market import Side
from hypertui.venue.accounts import Account
from hypertui.venue.events import Batch
from hypertui.venue.markets import MICRO, number, usd
from hypertui.venue.matching import Book
from hypertui.venue.options import VenueOptions
from hypertui.venue.orders import Json, Tif, VenueOrder, basic, frontend, side_letter
from hypertui.venue.wire import integer

# Who stands behind the synthetic liquidity in the list of trades, and who trades with it as the path moves.
PATH_ADDRESS = "0x" + "5" * 40
CROWD_ADDRESS = "0x" + "6" * 40
TRADE_IDS = 1 << 50


class Records:
    """Writes into accounts, books and batches; decides nothing."""

    def __init__(self, options: VenueOptions) -> None:
        self._options = options
        self._trades = 0

    def dump(self) -> Json:
        """The counter of trades, for JSON."""
        return {"trades": self._trades}

    def restore(self, state: Json) -> None:
        """Count on from what `dump` made; raises MalformedError."""
        self._trades = integer(state, "trades")

    def status(self, account: Account, order: VenueOrder, batch: Batch) -> None:
        """The order took a new status."""
        account.history.append(
            {"order": frontend(order), "status": order.status, "statusTimestamp": order.status_time}
        )
        self.progress(order, batch)

    def progress(self, order: VenueOrder, batch: Batch) -> None:
        """The order is as it is now: a new status, or another size remaining."""
        batch.orders.setdefault(order.owner, []).append(
            {"order": basic(order), "status": order.status, "statusTimestamp": batch.time}
        )

    def venue_cancel(self, order: VenueOrder, batch: Batch) -> None:
        """The venue itself cancelled the order, and says so apart from its status."""
        batch.cancels.setdefault(order.owner, []).append({"coin": order.symbol, "oid": order.oid})

    def trade(
        self, book: Book, side: Side, price: Decimal, size: Decimal, taker: str, maker: str, batch: Batch
    ) -> None:
        """Coins changed hands: `side` is the taker's."""
        self._trades += 1
        book.last = price
        book.volume.add(batch.time, size, price)
        batch.moved.add(book.market.symbol)
        trade = {
            "coin": book.market.symbol,
            "side": side_letter(side),
            "px": number(price),
            "sz": number(size),
            "time": batch.time,
            "hash": self.hash,
            "tid": self.trade_id,
            "users": [taker, maker] if side is Side.BUY else [maker, taker],
        }
        book.recent.appendleft(trade)
        batch.trades.setdefault(book.market.symbol, []).append(trade)

    def fill(
        self,
        account: Account,
        order: VenueOrder,
        price: Decimal,
        size: Decimal,
        mark: Decimal,
        batch: Batch,
        *,
        crossed: bool,
    ) -> None:
        """Book one side of the last trade to its account and write the fill down."""
        signed = order.side.sign * size
        start = account.size(order.symbol)
        rate = self._options.taker_fee if crossed else self._options.maker_fee
        fee = (size * price * rate).quantize(MICRO, rounding=ROUND_HALF_EVEN)
        pnl = account.trade(order.symbol, signed, price, fee)
        fill: Json = {
            "coin": order.symbol,
            "px": number(price),
            "sz": number(size),
            "side": side_letter(order.side),
            "time": batch.time,
            "startPosition": number(start),
            "dir": direction(start, signed),
            "closedPnl": usd(pnl),
            "hash": self.hash,
            "oid": order.oid,
            "crossed": crossed,
            "fee": usd(fee),
            "tid": self.trade_id,
            "feeToken": "USDC",
            "twapId": None,
        }
        if order.request.cloid is not None:
            fill["cloid"] = order.request.cloid
        if order.request.tif is Tif.LIQUIDATION:
            fill["liquidation"] = {
                "liquidatedUser": account.address,
                "markPx": number(mark),
                "method": "market",
            }
        account.fills.append(fill)
        batch.fills.setdefault(account.address, []).append(fill)

    @property
    def trade_id(self) -> int:
        """A number of the last trade that no other trade has; both of its fills carry it."""
        # An odd factor permutes the numbers below a power of two.
        return self._trades * 0x2545F4914F6CDD1D % TRADE_IDS

    @property
    def hash(self) -> str:
        """Stands for the hash of the transaction of the last trade."""
        return "0x" + hashlib.sha256(f"{self._options.seed}:{self._trades}".encode()).hexdigest()


def direction(start: Decimal, signed: Decimal) -> str:
    """What a fill did to a position of `start` coins, in the venue's words."""
    if start * signed >= 0:
        return "Open Long" if signed > 0 else "Open Short"
    if abs(signed) <= abs(start):
        return "Close Long" if start > 0 else "Close Short"
    return "Long > Short" if start > 0 else "Short > Long"
