"""What happened, written down once: status rows, fills and trades, for history and for the batch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from hypertui.core.market import ZERO, Side
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.accounts.fees import REFERRAL_DISCOUNT, REFERRAL_VOLUME, FeeSchedule, Turnover
from hypertui.venue.accounts.margin import MarginRules
from hypertui.venue.market.matching import Book
from hypertui.venue.model.events import Batch
from hypertui.venue.model.markets import MICRO, number, usd
from hypertui.venue.model.messages import integer
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.orders import Json, StatusEvent, VenueOrder, basic, side_letter

# Who stands behind the synthetic liquidity in the list of trades, who trades with it as the path moves, and
# who takes over what no market order can close.
PATH_ADDRESS = "0x" + "5" * 40
CROWD_ADDRESS = "0x" + "6" * 40
LIQUIDATOR_ADDRESS = "0x" + "7" * 40
TRADE_IDS = 1 << 50
# A builder's fee is counted in tenths of a basis point.
BUILDER_UNIT = Decimal("0.00001")


class Records:
    """Writes into accounts, books and batches; decides nothing. `turnover` is what all markets traded."""

    def __init__(self, options: VenueOptions, rules: MarginRules, accounts: Mapping[str, Account]) -> None:
        self.turnover = Turnover()
        self.fees = FeeSchedule(options)
        self._seed = options.seed
        self._rules = rules
        self._accounts = accounts
        self._trades = 0
        self._hash: tuple[int, str] = (-1, "")

    def dump(self) -> Json:
        """The counters, for JSON."""
        return {"trades": self._trades, "turnover": self.turnover.dump()}

    def restore(self, state: Json) -> None:
        """Count on from what `dump` made; raises MalformedError."""
        self._trades = integer(state, "trades")
        self.turnover.restore(state, "turnover")

    def status(self, account: Account, order: VenueOrder, batch: Batch) -> None:
        """The order took a new status."""
        event = StatusEvent(order, order.status, order.remaining, order.status_time)
        account.history.append(event)
        batch.history.setdefault(order.owner, []).append(event)
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
        book.candles.trade(batch.time, price, size)
        self.turnover.add(batch.time, size * price, crossed=True)
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
        book: Book,
        batch: Batch,
        *,
        crossed: bool,
        liquidation: str | None = None,
    ) -> None:
        """Book one side of the last trade to its account and write the fill down. `liquidation` is how the
        account was liquidated by it; a backstop costs no fee."""
        signed = order.side.sign * size
        start = account.size(order.symbol)
        value = size * price
        fee = ZERO
        if liquidation != "backstop":
            rate = self.rate(account, batch.time, crossed=crossed)
            fee = (value * rate).quantize(MICRO, rounding=ROUND_HALF_EVEN)
        built = self._builder_fee(order, value)
        leverage = self._rules.isolated_leverage(account, order.symbol)
        pnl = account.trade(order.symbol, signed, price, fee + built, leverage)
        account.turnover.add(batch.time, value, crossed=crossed)
        book.hold(account.address, start, start + signed)
        order.filled += size
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
            "fee": usd(fee + built),
            "tid": self.trade_id,
            "feeToken": "USDC",
            "twapId": None,
        }
        if built:
            fill["builderFee"] = usd(built)
        if order.request.cloid is not None:
            fill["cloid"] = order.request.cloid
        if liquidation is not None:
            fill["liquidation"] = {
                "liquidatedUser": account.address,
                "markPx": number(book.mark),
                "method": liquidation,
            }
        account.fills.append(fill)
        batch.fills.setdefault(account.address, []).append(fill)

    def rate(self, account: Account, time: int, *, crossed: bool) -> Decimal:
        """The account's fee at `time` (ms) as a fraction of a fill's value."""
        return self.fees.rate(account.turnover, time, referral_discount(account), crossed=crossed)

    @property
    def trade_id(self) -> int:
        """A number of the last trade that no other trade has; both of its fills carry it."""
        # An odd factor permutes the numbers below a power of two.
        return self._trades * 0x2545F4914F6CDD1D % TRADE_IDS

    @property
    def hash(self) -> str:
        """Stands for the hash of the transaction of the last trade."""
        if self._hash[0] != self._trades:
            digest = hashlib.sha256(f"{self._seed}:{self._trades}".encode()).hexdigest()
            self._hash = (self._trades, f"0x{digest}")
        return self._hash[1]

    def _builder_fee(self, order: VenueOrder, value: Decimal) -> Decimal:
        if order.request.builder is None:
            return ZERO
        builder, tenths = order.request.builder
        fee = (value * tenths * BUILDER_UNIT).quantize(MICRO, rounding=ROUND_HALF_EVEN)
        paid = self._accounts.get(builder)
        if paid is not None:
            paid.builder_rewards += fee
        return fee


def referral_discount(account: Account) -> Decimal:
    """The part of its fees that a referred account saves, up to a volume."""
    referred = account.referrer is not None and account.volume < REFERRAL_VOLUME
    return REFERRAL_DISCOUNT if referred else ZERO


def direction(start: Decimal, signed: Decimal) -> str:
    """What a fill did to a position of `start` coins, in the venue's words."""
    if start * signed >= 0:
        return "Open Long" if signed > 0 else "Open Short"
    if abs(signed) <= abs(start):
        return "Close Long" if start > 0 else "Close Short"
    return "Long > Short" if start > 0 else "Short > Long"
