"""The trade as it was: its journalled inputs through the same `Trade`, and when each order was touched."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from decimal import Decimal

from hypertui.comparison.order_fills import OrderFill
from hypertui.comparison.session import RecordedMark, RecordedSession, SessionRefused
from hypertui.execution.opening import Opening, opening_order
from hypertui.execution.orders import ClientIds, OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import (
    EntrySent,
    FillAdopted,
    FillReceived,
    Input,
    PriceMoved,
    TradeOpened,
)
from hypertui.execution.trade_news import FillBooked, StrategyMoved, TradeNews
from hypertui.strategy.base import MoveRecord

_PRICES_KEPT = 1_000


class RecordedTrade:
    """Of one session. Prices are those of the trade's source, in USD."""

    def __init__(self, session: RecordedSession) -> None:
        self._session = session
        self.opened: Opening | None = None
        self.moves: list[MoveRecord] = []
        self.fills: list[OrderFill] = []
        self.price: SeenPrice | None = None
        self._trade: Trade | None = None
        self._entry: OwnOrder | None = None
        self._prices: deque[SeenPrice] = deque(maxlen=_PRICES_KEPT)
        self._touched: dict[str, SeenPrice] = {}
        self._of_order: dict[str, OrderFill] = {}

    @property
    def trade(self) -> Trade:
        """Once it is opened."""
        assert self._trade is not None, "it is opened"
        return self._trade

    def see(self, mark: RecordedMark) -> None:
        """A price that changed nothing."""
        self._note_price(SeenPrice(mark.price, mark.at))

    def take(self, given: Input) -> Sequence[TradeNews]:
        """An input; returns what it has changed. Raises SessionRefused for one that cannot be taken."""
        try:
            if self._trade is None:
                self._before(given)
                return ()
            before = self._trade.tracker.price
            news = self._trade.apply(given)
        except Exception as error:
            text = f"trade {self._session.record.id}: an input of {given.at} cannot be taken: {error}"
            raise SessionRefused(text) from error
        now = self._trade.tracker.price
        if now is not None and (now is not before or isinstance(given, PriceMoved)):
            self._note_price(now)
        self._note_touches(given)
        for each in news:
            if isinstance(each, StrategyMoved):
                self.moves.append(each.record)
            elif (
                isinstance(each, FillBooked) and each.role is not Role.ADOPTED
            ):  # else nobody's order made it
                self._note_fill(each, given)
        return news

    def _before(self, given: Input) -> None:
        if isinstance(given, EntrySent):
            self._entry = opening_order(given, self._session.plan)
            return
        if not isinstance(given, TradeOpened):
            raise ValueError("the trade is not open yet")
        adopted = any(not fill.order_id for fill in given.fills)
        self.opened = Opening(given.at, given.fills, entry=self._entry, adopted=adopted)
        strategy = self.opened.strategy(self._session.plan)
        self._trade = Trade(strategy, self._session.timing, ClientIds(int(self._session.record.id, 16)))

    def _note_price(self, seen: SeenPrice) -> None:
        self.price = seen
        self._prices.append(seen)

    def _note_touches(self, given: Input) -> None:
        """A fill that comes before the price is seen at its trigger is no touch."""
        told = given.fill.client_id if isinstance(given, FillReceived) else None
        for order in self.trade.tracker.alive:
            client_id = order.client_id
            if order.due and client_id not in self._touched and client_id != told and self.price is not None:
                self._touched[client_id] = SeenPrice(self.price.price, given.at)

    def _note_fill(self, booked: FillBooked, given: Input) -> None:
        fill = booked.fill
        made_at = given.made_at if isinstance(given, FillReceived) else given.at
        own = None if isinstance(given, FillAdopted) else self.trade.tracker.find(fill.client_id)
        known = None if fill.client_id is None else self._of_order.get(fill.client_id)
        if known is None:
            known = self._begin(booked, own, made_at)
            self.fills.append(known)
            if fill.client_id is not None:
                self._of_order[fill.client_id] = known
        known.add(fill.size, fill.price, fill.fee)

    def _begin(self, booked: FillBooked, own: OwnOrder | None, made_at: int) -> OrderFill:
        fill, decision = booked.fill, booked.decision
        touched = None if own is None else self._touched.get(own.client_id)
        trigger = None if own is None else own.order.trigger
        return OrderFill(
            booked.role,
            fill.side,
            booked.level,
            decision.reason.value,
            decision.target if trigger is None else trigger,
            made_at,
            None if touched is None else touched.at,
            None if touched is None else touched.price,
            self._market(made_at if touched is None else max(made_at, touched.at)),
        )

    def _market(self, at: int) -> Decimal | None:
        """The newest price at a time."""
        return next((seen.price for seen in reversed(self._prices) if seen.at <= at), None)
