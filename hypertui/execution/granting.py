"""Who may send an order: proposals that the request budget grants become inputs and actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from hypertui.core.market import Source
from hypertui.execution.actions import Action, AskAbout, Cancel, Place, purpose_of
from hypertui.execution.convergence import Proposals, UnderWay
from hypertui.execution.orders import OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.trade_inputs import CancelSent, LadderHalted, OrderSent, QuestionAsked
from hypertui.runtime.request_budget import Purpose, RequestBudget


class Granting:
    """Of one trade. Where not everything may be sent, stops go before cancels, and cancels before buys."""

    def __init__(self, recorder: TradeRecorder, budget: RequestBudget) -> None:
        self._recorder = recorder
        self._trade = recorder.trade
        self._budget = budget

    def decided(self, under_way: UnderWay, entry_block: str, now: int) -> list[Action]:
        """What the trade wants done at `now` (ms), with what is `under_way` already; `entry_block` says why
        no new risk is taken, empty when it may be."""
        proposed = self._proposed(under_way, entry_block, now)
        while proposed.sweeps:
            for sweep in proposed.sweeps:
                self._recorder.take(sweep)
            proposed = self._proposed(under_way, entry_block, now)
        if proposed.halted and self._trade.ladder.halted is None:
            self._recorder.take(LadderHalted(now, proposed.halted))
        actions: list[Action] = []
        places = [sent for sent in proposed.places if self._budget.allows(purpose_of(sent.order))]
        if places:
            actions.append(Place(self._nearest_first([self._sent(sent) for sent in places])))
        if proposed.cancels and self._budget.allows(Purpose.CANCEL):
            actions.append(self._cancel(self._nearest_first(proposed.cancels), Purpose.CANCEL, now))
        for order in proposed.asks:
            if self._budget.allows_question(purpose_of(order.order)):
                self._recorder.take(QuestionAsked(now, order.client_id))
                actions.append(AskAbout(order))
        return actions

    def cancel(self, orders: Iterable[OwnOrder], now: int) -> Cancel | None:
        """Cancel these orders whatever the target says, those excepted that are due or dying already. What an
        operator asks for goes before all else."""
        cancels = [order for order in orders if not order.dead and not order.due and not order.cancelling]
        if not cancels or not self._budget.allows(Purpose.PROTECT):
            return None
        return self._cancel(cancels, Purpose.PROTECT, now)

    def close(self, size: Decimal, seen: SeenPrice, why: str, source: Source, now: int) -> Place:
        """Close a position of `size` coins at the market, whichever slots hold them; a negative one is bought
        back. `why` says in words what for, `source` who wants it."""
        return Place((self._sent(self._trade.convergence(seen, now).close(size, why, source)),))

    def _proposed(self, under_way: UnderWay, entry_block: str, now: int) -> Proposals:
        return self._trade.decide(self._recorder.seen, now, under_way, entry_block)

    def _nearest_first(self, orders: Iterable[OwnOrder]) -> tuple[OwnOrder, ...]:
        """What protects before what buys, and the nearest to the price first."""
        price = self._recorder.mark
        assert price is not None, "nothing is proposed before the first price"

        def rank(own: OwnOrder) -> tuple[bool, Decimal]:
            return own.role is Role.BUY, abs((own.order.trigger or price) - price)

        return tuple(sorted(orders, key=rank))

    def _sent(self, sent: OrderSent) -> OwnOrder:
        self._recorder.take(sent)
        order = self._trade.tracker.find(sent.order.client_id)
        assert order is not None, "it has just been sent"
        return order

    def _cancel(self, orders: Sequence[OwnOrder], purpose: Purpose, now: int) -> Cancel:
        self._recorder.take(CancelSent(now, tuple(order.client_id for order in orders)))
        return Cancel(tuple(orders), purpose)
