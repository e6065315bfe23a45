"""The way into a trade: each input is journalled, applied, and its news told."""

from __future__ import annotations

from decimal import Decimal

from hypertui.execution.input_codec import encode
from hypertui.execution.order_tracker import MOST_MOVES
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.trade import Trade, Unsound
from hypertui.execution.trade_events import TradeEvents
from hypertui.execution.trade_inputs import Input, InputFailed, PriceMoved, PriceWatched
from hypertui.execution.trade_journal import TradeJournal
from hypertui.execution.trade_news import StrategyMoved
from hypertui.strategy.aside import Aside


class TradeRecorder:
    """Owns the inputs of one trade, and knows the prices that were none. `telling` keeps what goes wrong
    where people are told: nothing is decided by that."""

    def __init__(self, trade: Trade, journal: TradeJournal, events: TradeEvents) -> None:
        self.trade = trade
        self.telling = Aside()
        self._journal = journal
        self._events = events
        self._newest: SeenPrice | None = None

    @property
    def seen(self) -> SeenPrice | None:
        """The newest price: the last that came, or that of a trigger which has fired since."""
        heard, newest = self.trade.tracker.price, self._newest
        if heard is None or newest is None:
            return newest or heard
        return heard if self.trade.tracker.price_is_heard and heard.at >= newest.at else newest

    @property
    def mark(self) -> Decimal | None:
        """The same without its time (USD)."""
        return None if self.seen is None else self.seen.price

    def take(self, given: Input) -> bool:
        """Journal an input and apply it. Returns whether it has moved the strategy. Raises Unsound where it
        cannot be taken; that is journalled too."""
        self._journal.record(given)
        try:
            news = self.trade.apply(given)
        except Exception as error:
            kind = encode(given).kind
            self._journal.record(InputFailed(given.at, kind, f"{type(error).__name__}: {error}"))
            raise Unsound(kind, given.at, error) from error
        for each in news:
            with self.telling:
                self._events.tell(each)
        self.telling.note(given.at)
        return any(isinstance(each, StrategyMoved) for each in news)

    def take_price(self, price: Decimal, now: int) -> None:
        """Take a price (USD); one that changes nothing else is only the newest."""
        changed = price != self.mark
        self.note_price(price, now)
        for _ in range(MOST_MOVES):
            if not self.trade.matters(price, changed, now) or not self.take(PriceMoved(now, price, changed)):
                return
            changed = False

    def watch_price(self, price: Decimal, now: int) -> None:
        """Know a price without giving it to the strategy; the exits are told of it."""
        self.note_price(price, now)
        if self.trade.watches(price, now):
            self.take(PriceWatched(now, price))

    def note_price(self, price: Decimal, now: int) -> None:
        """Know a price without giving it to the trade."""
        self._newest = SeenPrice(price, now)
