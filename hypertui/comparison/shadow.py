"""A trade beside a recorded one: its opening, prices and operator, but own decisions and another exchange."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypertui.backtest.fill_model import FillModel, FillSample
from hypertui.backtest.instant_exchange import Costs, InstantExchange
from hypertui.comparison.order_fills import OrderFill
from hypertui.comparison.recorded import RecordedTrade
from hypertui.comparison.session import RecordedSession
from hypertui.core.market import ZERO, IngestVia
from hypertui.execution.opening import Opening
from hypertui.execution.orders import ClientIds, Closing, OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import (
    CancelSent,
    ExitBegan,
    ExitSignalled,
    ExitsSet,
    FillAdopted,
    FillReceived,
    FundingBooked,
    GuardRearmed,
    GuardsJudged,
    GuardsSet,
    Input,
    OrderSent,
    PriceWatched,
    SellOutBegan,
    StateSet,
    VolatilityMeasured,
)
from hypertui.execution.trade_news import FillBooked, OrderChanged, TradeNews
from hypertui.execution.trading_state import Posture
from hypertui.strategy.base import MoveRecord

# What comes from outside or was decided by people: neither trade makes it.
_GIVEN = (
    ExitSignalled, FundingBooked, GuardRearmed, GuardsJudged, GuardsSet, SellOutBegan, StateSet,
    VolatilityMeasured,
)  # fmt: skip
_NEVER = FillModel((FillSample(2**62, ZERO),))  # what fires waits for the fill that is on record
_GONE = ("rejected", "not placed")


class Shadow:
    """Goes beside a recorded trade, input by input. `booked` are the fills of the record that its books have
    taken; `ended` says what has ended it, in words."""

    def __init__(self, session: RecordedSession, opening: Opening, exchange: InstantExchange) -> None:
        self.exchange = exchange
        self.trade = Trade(opening.strategy(session.plan), session.timing, ClientIds(0))
        self.moves: list[MoveRecord] = []
        self.booked = list(opening.fills)
        self.ended = ""
        price = opening.price
        self._seen = None if price is None else SeenPrice(price, opening.at)
        self._settle()

    def see(self, seen: SeenPrice) -> None:
        """Take a price."""
        self._seen = seen
        if self.ended or self.trade.strategy.halted:
            self.exchange.fill_late(self.trade, seen)
            return
        self.moves += self.exchange.take(self.trade, seen.price, seen.at)
        self._act_on_exits(seen)

    def _act_on_exits(self, seen: SeenPrice) -> None:
        """End the trade where one of its rules says so."""

    def pass_by(self, seen: SeenPrice) -> None:
        """A price that the recorded trade was not given: it only fills what is late."""
        if self.exchange.fill_late(self.trade, seen):
            self._settle()

    def take(self, given: Input, recorded: RecordedTrade) -> None:
        """Take of a recorded input what neither trade decides. `recorded` has taken it already."""
        match given:
            case ExitsSet(at, terms):  # here an engine always runs
                self._apply(ExitsSet(at, replace(terms, rules=replace(terms.rules, native=False))))
            case CancelSent(at, client_ids) if recorded.trade.state.posture is not Posture.TRADE:
                found = (recorded.trade.tracker.find(client_id) for client_id in client_ids)
                self._cancel((order for order in found if order is not None), at)
            case PriceWatched(at, price):
                self.see(SeenPrice(price, at))
            case FillAdopted(_, _, role) if role is Role.ADOPTED:
                self._book(given)
                self._settle()
            case _ if isinstance(given, _GIVEN):
                self._apply(given)

    def _apply(self, given: Input) -> None:
        self.trade.apply(given)
        self._settle()

    def _book(self, given: FillReceived | FillAdopted) -> None:
        news = self.trade.apply(given)
        self.booked += [each.fill for each in news if isinstance(each, FillBooked)]

    def _settle(self) -> None:
        if self._seen is not None and not self.ended:
            self.exchange.settle(self.trade, self._seen)

    def _cancel(self, theirs: Iterable[OwnOrder], at: int) -> None:
        own = [order for each in theirs if (order := self.like(each)) is not None and not order.due]
        if own:
            self.exchange.cancel(self.trade, own, at)

    def like(self, other: OwnOrder) -> OwnOrder | None:
        """The order of this trade that stands where one of the other's does."""
        side = [each for each in self.trade.tracker.alive if each.order.side is other.order.side]
        places = (
            [each for each in side if (each.key, each.level) == (other.key, other.level)],
            [each for each in side if each.level == other.level and each.role is other.role],
            [each for each in side if each.key == other.key],
        )
        return next((found[0] for found in places if found), None)


class SimulatedShadow(Shadow):
    """Its orders are filled as a backtest fills them."""

    def __init__(
        self, session: RecordedSession, opening: Opening, costs: Costs, model: FillModel | None
    ) -> None:
        self._booked: list[FillBooked] = []
        symbol = session.instrument.symbol
        super().__init__(session, opening, InstantExchange(symbol, costs, model, self._booked))

    @property
    def fills(self) -> list[OrderFill]:
        """What each order has filled, oldest first."""
        return [self._fill_of(booked) for booked in self._booked]

    def take(self, given: Input, recorded: RecordedTrade) -> None:
        """As of any shadow; what is closed there at the market is closed here."""
        super().take(given, recorded)
        if isinstance(given, OrderSent) and given.role is Role.CLOSE and not self.ended:
            self._close(given)

    def _act_on_exits(self, seen: SeenPrice) -> None:
        if (rule := self.trade.exits.due) is not None and self.trade.state.posture is Posture.TRADE:
            self.exchange.close_by_exit(self.trade, seen, rule)
            self.ended = rule.words

    def _close(self, sent: OrderSent) -> None:
        assert self._seen is not None, "something is held"
        decision = sent.decision
        why = Closing(decision.text, decision.source, decision.reason)
        self.exchange.close(self.trade, SeenPrice(self._seen.price, sent.at), why)
        self.ended = decision.reason.value.lower().replace("_", " ")

    def _fill_of(self, booked: FillBooked) -> OrderFill:
        fill = booked.fill
        own = self.trade.tracker.find(fill.client_id)
        touched = None if own is None else own.touched_at
        made = OrderFill(
            booked.role,
            fill.side,
            booked.level,
            booked.decision.reason.value,
            booked.decision.target,
            fill.time,
            fill.time if touched is None else min(touched, fill.time),
        )
        made.add(fill.size, fill.price, fill.fee)
        return made


class RecordedShadow(Shadow):
    """Its orders are filled when and as those of the record were. `strangers` are fills (in words) that none
    of its orders would have made."""

    def __init__(self, session: RecordedSession, opening: Opening) -> None:
        super().__init__(session, opening, InstantExchange(session.instrument.symbol, Costs(), _NEVER))
        self.strangers: list[str] = []

    def follow(self, given: Input, news: Sequence[TradeNews], recorded: RecordedTrade) -> None:
        """Take what the exchange did with the orders of the record."""
        for each in news:
            if isinstance(each, OrderChanged) and each.status in _GONE:
                self._cancel([each.order], given.at)
        if isinstance(given, ExitBegan):  # the rule that acted there has acted
            self._apply(given)
        is_new = any(isinstance(each, FillBooked) for each in news)
        if is_new and isinstance(given, FillReceived | FillAdopted) and not _is_foreign(given):
            self._fill(given, recorded)
            self._settle()

    def _fill(self, given: FillReceived | FillAdopted, recorded: RecordedTrade) -> None:
        theirs = recorded.trade.tracker.find(given.fill.client_id)
        own = None if theirs is None else self.like(theirs)
        if theirs is None or own is None or isinstance(given, FillAdopted):
            self._adopt(given, theirs)
            return
        fill = replace(given.fill, client_id=own.client_id)
        # The touch that it tells of was seen already.
        self._book(FillReceived(given.at, fill, given.made_at, IngestVia.ANSWER))
        if theirs.dead and not own.dead:  # it had another size
            self.exchange.cancel(self.trade, [own], given.at)

    def _adopt(self, given: FillReceived | FillAdopted, theirs: OwnOrder | None) -> None:
        fill = given.fill
        if isinstance(given, FillAdopted):
            role, decision = given.role, given.decision
        else:
            assert theirs is not None, "whoever books a fill knows its order"
            role, decision = theirs.role, theirs.decision
        if role not in (Role.CLOSE, Role.EXIT):  # those are not the strategy's
            self.strangers.append(f"{fill.side.value} {fill.size} at {fill.price} ({role.value})")
        self._book(FillAdopted(given.at, fill, role, decision, given.via))


def _is_foreign(given: FillReceived | FillAdopted) -> bool:
    """Whether nobody's order here made it, and both trades have it already."""
    return isinstance(given, FillAdopted) and given.role is Role.ADOPTED
