"""A bracket's trade by hand: orders that the exchange refuses, and fills that overtake a cancel."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from hypertui.core.market import OPERATOR, ZERO, Fill, IngestVia, Instrument, OrderType, Side
from hypertui.exchange.protocol import CancelOutcome, OrderReport, OrderState, Refusal, Refused, Resting
from hypertui.execution.orders import ClientIds
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import (
    CancelAnswered,
    CancelSent,
    ExitsSet,
    FillReceived,
    OrderAnswered,
    OrderReported,
    OrderSent,
    PriceMoved,
)
from hypertui.strategy.base import EntryTold
from hypertui.strategy.bracket.entry_rules import EntryRules, Unfilled
from hypertui.strategy.bracket.strategy import ENTRY, Bracket
from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.native import OWN_STOP
from hypertui.strategy.exits.rules import ExitRule, ExitRules, ExitTerms

SOL = Instrument("SOL", 2, 20)
RULES = ExitRules(hard_stop=D("0.05"))
PASSED = Refused(Refusal.PASSED, "Invalid TP/SL price.")
LATER = 60_000


class ByHand:
    """One that has bought some of its 10 coins at 100, by a limit."""

    def __init__(self, bought: int = 10, reprices: int = 5, unfilled: Unfilled = Unfilled.GIVE_UP) -> None:
        entry_rules = EntryRules(reprices=reprices, unfilled=unfilled)
        terms = BracketTerms(D(1_000), entry=entry_rules, settled_at=D(100), reenter_after=1)
        self.trade = Trade(terms.plan(SOL, 5).start(()), Timing(), ClientIds(1))
        self.now = 1_000
        self.trade.apply(ExitsSet(self.now, ExitTerms(RULES, D(1_000), self.now)))
        self.trade.apply(EntryTold(self.now, OPERATOR, D(100)))
        (self.entry,) = self.sends()
        self.trade.apply(OrderAnswered(self.now, self.entry.order.client_id, Resting(1)))
        self.fills = 0
        self.bought(bought)

    @property
    def bracket(self) -> Bracket:
        assert isinstance(self.trade.strategy, Bracket)
        return self.trade.strategy

    def bought(self, size: int) -> None:
        self.fills += 1
        fill = Fill(
            "SOL", Side.BUY, D(size), D(100), ZERO, self.now, self.fills, 1, self.entry.order.client_id
        )
        self.trade.apply(FillReceived(self.now, fill, self.now, IngestVia.FEED))

    def rests(self, sent: OrderSent) -> None:
        self.trade.apply(OrderAnswered(self.now, sent.order.client_id, Resting(int(sent.at))))

    def runs_away(self, to: int) -> None:
        """The price leaves the entry behind, whose cancel is sent, and nothing else."""
        (stop,) = self.sends()
        self.rests(stop)
        self.price = D(to)
        self.trade.apply(PriceMoved(self.now, self.price, changed=True))
        found = self.trade.decide(SeenPrice(self.price, self.now), self.now)
        assert [own.client_id for own in found.cancels] == [self.entry.order.client_id] and not found.places
        self.trade.apply(CancelSent(self.now, (self.entry.order.client_id,)))
        assert self.sends() == [], "never two of them"

    def ends(self, state: OrderState, left: int) -> None:
        """The exchange says how its entry has ended."""
        client_id = self.entry.order.client_id
        done = state is OrderState.CANCELLED
        outcome = CancelOutcome.CANCELLED if done else CancelOutcome.NOT_WORKING
        self.trade.apply(CancelAnswered(self.now, client_id, outcome))
        report = OrderReport("SOL", 1, client_id, Side.BUY, state, state.value, D(10), D(left), self.now)
        self.trade.apply(OrderReported(self.now, report, from_feed=True))

    price = D(100)

    def sends(self) -> list[OrderSent]:
        places = self.trade.decide(SeenPrice(self.price, self.now), self.now).places
        for sent in places:
            self.trade.apply(sent)
        return [*places]

    def refused(self) -> None:
        (stop,) = self.sends()
        assert stop.key == OWN_STOP and not stop.order.size
        self.trade.apply(OrderAnswered(self.now, stop.order.client_id, PASSED))
        assert self.sends() == [], "not at once"
        self.now += LATER


def test_a_stop_that_is_refused_as_passed_again_with_no_price_since_is_one_that_has_fired() -> None:
    """Its coins cannot wait for a price that does not come."""
    hand = ByHand()
    hand.refused()
    assert hand.trade.exits.due is None
    hand.refused()
    assert hand.trade.exits.due is ExitRule.HARD_STOP


def test_what_fills_while_its_cancel_is_under_way_is_not_bought_again() -> None:
    hand = ByHand(bought=3)
    hand.runs_away(101)
    hand.bought(5)
    hand.ends(OrderState.CANCELLED, 2)
    (again,) = hand.sends()
    assert (again.key, again.order.size, again.order.limit) == (ENTRY, D(2), D(101))
    whole = ByHand(bought=3)
    whole.runs_away(101)
    whole.bought(7)
    whole.ends(OrderState.FILLED, 0)
    assert whole.sends() == [] and whole.bracket.entry is None
    assert whole.bracket.book.position == 10 and whole.trade.tracker.settled


@pytest.mark.parametrize("unfilled", Unfilled)
def test_what_fills_after_it_is_given_up_is_held_and_covered(unfilled: Unfilled) -> None:
    hand = ByHand(bought=3, reprices=0, unfilled=unfilled)
    hand.runs_away(101)
    hand.bought(5)
    hand.ends(OrderState.CANCELLED, 2)
    sent = [(each.key, each.order.type, each.order.size) for each in hand.sends()]
    assert sent == ([] if unfilled is Unfilled.GIVE_UP else [(ENTRY, OrderType.IOC, D(2))])
    assert hand.bracket.stay.cost == 800 and hand.trade.tracker.stopped == hand.bracket.protectable == 8


def test_with_each_price_it_is_tried_again() -> None:
    hand = ByHand()
    for price in (D("99.5"), D("99.4"), D("99.3")):
        hand.refused()
        hand.trade.apply(PriceMoved(hand.now, price, changed=True))
    assert hand.trade.exits.due is None
    hand.trade.apply(PriceMoved(hand.now, D(95), changed=True))
    assert hand.trade.exits.due is ExitRule.HARD_STOP, "by what the engine has seen itself"
