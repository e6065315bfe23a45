"""A bracket's trade by hand, where the exchange refuses what it is sent."""

from __future__ import annotations

from decimal import Decimal as D

from hypertui.core.market import OPERATOR, Fill, IngestVia, Instrument, Side
from hypertui.exchange.protocol import Refusal, Refused, Resting
from hypertui.execution.orders import ClientIds
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import ExitsSet, FillReceived, OrderAnswered, OrderSent, PriceMoved
from hypertui.strategy.base import EntryTold
from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.native import OWN_STOP
from hypertui.strategy.exits.rules import ExitRule, ExitRules, ExitTerms

SOL = Instrument("SOL", 2, 20)
RULES = ExitRules(hard_stop=D("0.05"))
PASSED = Refused(Refusal.PASSED, "Invalid TP/SL price.")
LATER = 60_000


class ByHand:
    """One that has bought 10 coins at 100, by a limit."""

    def __init__(self) -> None:
        terms = BracketTerms(D(1_000), settled_at=D(100), reenter_after=1)
        self.trade = Trade(terms.plan(SOL, 5).start(()), Timing(), ClientIds(1))
        self.now = 1_000
        self.trade.apply(ExitsSet(self.now, ExitTerms(RULES, D(1_000), self.now)))
        self.trade.apply(EntryTold(self.now, OPERATOR, D(100)))
        (entry,) = self.sends()
        self.trade.apply(OrderAnswered(self.now, entry.order.client_id, Resting(1)))
        bought = Fill("SOL", Side.BUY, D(10), D(100), D("0.45"), self.now, 1, 1, entry.order.client_id)
        self.trade.apply(FillReceived(self.now, bought, self.now, IngestVia.FEED))

    def sends(self, price: int = 100) -> list[OrderSent]:
        places = self.trade.decide(SeenPrice(D(price), self.now), self.now).places
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


def test_with_each_price_it_is_tried_again() -> None:
    hand = ByHand()
    for price in (D("99.5"), D("99.4"), D("99.3")):
        hand.refused()
        hand.trade.apply(PriceMoved(hand.now, price, changed=True))
    assert hand.trade.exits.due is None
    hand.trade.apply(PriceMoved(hand.now, D(95), changed=True))
    assert hand.trade.exits.due is ExitRule.HARD_STOP, "by what the engine has seen itself"
