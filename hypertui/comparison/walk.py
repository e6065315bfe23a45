"""One pass over a session: the trade as it was, and two that decide anew, by its fills and simulated ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.backtest.fill_model import FillModel
from hypertui.backtest.instant_exchange import Costs
from hypertui.comparison.pairs import FillPair, paired
from hypertui.comparison.recorded import RecordedTrade
from hypertui.comparison.session import RecordedMark, RecordedSession, SessionRefused
from hypertui.comparison.shadow import RecordedShadow, SimulatedShadow
from hypertui.core.market import ZERO, Fill
from hypertui.core.trade_book import TradeBook
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.timing import Timing
from hypertui.execution.trade_inputs import PriceMoved
from hypertui.journal.fill_order import Key, key_of
from hypertui.journal.history import AccountMarket
from hypertui.ledger.derivation import derive
from hypertui.strategy.base import MoveRecord


@dataclass(frozen=True, slots=True)
class WalkedStep:
    """A step as it is told in the journal."""

    price: Decimal
    upwards: bool
    level: int


@dataclass(frozen=True, slots=True)
class Steps:
    """How many of `walked` steps are those of the journal, from the first on until one differs."""

    recorded: Sequence[WalkedStep]
    walked: Sequence[WalkedStep]

    @property
    def same(self) -> int:
        """Until the first that differs."""
        both = zip(self.recorded, self.walked, strict=False)
        return next((n for n, (one, other) in enumerate(both) if one != other), self._shorter)

    @property
    def all_same(self) -> bool:
        """Whether none differs and none is missing."""
        return self.same == len(self.recorded) == len(self.walked)

    @property
    def _shorter(self) -> int:
        return min(len(self.recorded), len(self.walked))


@dataclass(frozen=True, slots=True)
class WalkMoney:
    """What a trade came to, in USD; `position` in coins. `net` has the coins held at the last price and every
    fee."""

    realized: Decimal
    fees: Decimal
    position: Decimal
    net: Decimal

    @classmethod
    def of(cls, book: TradeBook, last: Decimal) -> WalkMoney:
        """By the books of a trade, at the price `last`."""
        return cls(book.realized_pnl, book.fees, book.position, book.net_pnl(last))

    @classmethod
    def of_fills(
        cls, fills: Iterable[Fill], order: Sequence[Key], funding: Decimal, last: Decimal
    ) -> WalkMoney:
        """By fills in the ledger's order: a trade books them as it hears of them, and what each sale realises
        hangs on that."""
        places = {key: place for place, key in enumerate(order)}
        book = TradeBook(funding=funding)
        for fill in sorted(fills, key=lambda each: places.get(each.key, len(places))):
            book.book(fill)
        return cls.of(book, last)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A session and its two walks. `ledger` is what the ledger derives of it; `strangers` are fills that the
    walk by recorded fills would not have made."""

    session: RecordedSession
    prices: int
    last: Decimal
    first_at: int
    last_at: int
    ledger: WalkMoney
    as_recorded: WalkMoney
    simulated: WalkMoney
    steps: Steps
    simulated_steps: Steps
    strangers: Sequence[str]
    pairs: Sequence[FillPair]
    ended: str

    @property
    def difference(self) -> Decimal:
        """What the session made more than the simulated walk (USD), negative where less."""
        return self.as_recorded.net - self.simulated.net


def compare(session: RecordedSession, costs: Costs, model: FillModel | None = None) -> Comparison:
    """Walk a session. Raises SessionRefused, PlanError and JournalError."""
    recorded = RecordedTrade(session)
    anew: RecordedShadow | None = None
    simulated: SimulatedShadow | None = None
    prices, first_at, last_at = 0, 0, 0
    for told in session.told():
        if isinstance(told, Timing):
            continue
        last_at = told.at
        if isinstance(told, RecordedMark):
            if anew is None or simulated is None:
                continue
            recorded.see(told)
            simulated.pass_by(SeenPrice(told.price, told.at))
            continue
        before = recorded.price
        news = recorded.take(told)
        if recorded.opened is None:
            continue
        if anew is None or simulated is None:
            first_at = told.at
            anew = RecordedShadow(session, recorded.opened)
            simulated = SimulatedShadow(session, recorded.opened, costs, model)
            continue
        if recorded.price is not None and (recorded.price is not before or isinstance(told, PriceMoved)):
            prices += 1
            anew.see(recorded.price)
            simulated.see(recorded.price)
        anew.take(told, recorded)
        anew.follow(told, news, recorded)
        simulated.take(told, recorded)
    if anew is None or simulated is None or recorded.opened is None:
        raise SessionRefused(f"trade {session.record.id} was never opened: there is nothing to walk")
    last = recorded.opened.price or ZERO if recorded.price is None else recorded.price.price
    steps = [
        WalkedStep(row.price, row.direction == "up", row.level)
        for row in session.history.steps(session.record.id)
    ]
    ledger, order = _by_the_ledger(session, last)
    return Comparison(
        session,
        prices,
        last,
        first_at,
        last_at,
        ledger,
        WalkMoney.of_fills(anew.booked, order, anew.trade.strategy.book.funding, last),
        WalkMoney.of(simulated.trade.strategy.book, last),
        Steps(steps, _steps(anew.moves)),
        Steps(steps, _steps(simulated.moves)),
        anew.strangers,
        paired(recorded.fills, simulated.fills, last),
        simulated.ended,
    )


def _steps(moves: Iterable[MoveRecord]) -> list[WalkedStep]:
    return [WalkedStep(each.move.price, each.move.upwards, each.move.level) for each in moves]


def _by_the_ledger(session: RecordedSession, last: Decimal) -> tuple[WalkMoney, list[Key]]:
    """By the fills of its market, of which the trade's own count, and its funding; and the order of its
    fills."""
    history, record = session.history, session.record
    market = AccountMarket.of(record)
    trades = [trade for trade in history.trades() if AccountMarket.of(trade) == market]
    realized = fees = position = cash = ZERO
    order: list[Key] = []
    for booked in derive(history.market_fills(trades)):
        realized += sum((row.pnl for row in booked.allocations if row.closed.trade_id == record.id), ZERO)
        if (fill := booked.fill).trade_id == record.id:
            order.append(key_of(fill))
            fees += fill.fee
            position += fill.side.sign * fill.size
            cash -= fill.side.sign * fill.size * fill.price + fill.fee
    funding = sum((payment.amount for payment in history.funding(record.id)), ZERO)
    return WalkMoney(realized + funding, fees, position, cash + position * last + funding), order
