"""What the request budget lets through: proposals that are granted become inputs, and actions to be sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from hypertui.core.market import Grouping
from hypertui.core.purpose import Purpose
from hypertui.execution.actions import Action, AskAbout, Cancel, Place
from hypertui.execution.convergence import Proposals, UnderWay
from hypertui.execution.orders import PURPOSES, Closing, OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.trade_inputs import CancelSent, OrderSent, QuestionAsked, StrategyHalted
from hypertui.runtime.request_budget import RequestBudget


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
        if proposed.halted and not self._trade.strategy.halted:
            self._recorder.take(StrategyHalted(now, proposed.halted))
        actions: list[Action] = list(self._placed(proposed.places))
        if proposed.cancels and self._budget.allows(Purpose.CANCEL):
            actions.append(self._cancel(self._nearest_first(proposed.cancels), Purpose.CANCEL, now))
        for order in proposed.asks:
            if self._budget.allows_question(order.purpose):
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

    def close(self, size: Decimal, seen: SeenPrice, why: Closing, now: int) -> Place:
        """Close a position of `size` coins at the market; a negative one is bought back."""
        return Place((self._sent(self._trade.convergence(seen, now).close(size, why)),))

    def _placed(self, proposed: Sequence[OrderSent]) -> Iterator[Place]:
        """An action for each grouping, the ungrouped orders first."""
        allowed = [sent for sent in proposed if self._budget.allows(PURPOSES[sent.role])]
        for grouping in Grouping:
            together = [sent for sent in allowed if sent.grouping is grouping]
            if grouping is Grouping.NORMAL and not any(sent.role is Role.BUY for sent in together):
                continue  # children are placed with their parent or not at all
            if grouping is Grouping.NORMAL:  # as they come: the others' parent is the first of them
                yield Place(tuple(self._sent(sent) for sent in together), grouping)
            elif together:
                yield Place(self._nearest_first([self._sent(sent) for sent in together]), grouping)

    def _proposed(self, under_way: UnderWay, entry_block: str, now: int) -> Proposals:
        return self._trade.decide(self._recorder.seen, now, under_way, entry_block)

    def _nearest_first(self, orders: Iterable[OwnOrder]) -> tuple[OwnOrder, ...]:
        """What protects before what opens, and the nearest to the price first."""
        price = self._recorder.mark
        assert price is not None, "nothing is proposed before the first price"

        def rank(own: OwnOrder) -> tuple[Purpose, Decimal]:
            return own.purpose, abs((own.order.trigger or price) - price)

        return tuple(sorted(orders, key=rank))

    def _sent(self, sent: OrderSent) -> OwnOrder:
        self._recorder.take(sent)
        order = self._trade.tracker.find(sent.order.client_id)
        assert order is not None, "it has just been sent"
        return order

    def _cancel(self, orders: Sequence[OwnOrder], purpose: Purpose, now: int) -> Cancel:
        self._recorder.take(CancelSent(now, tuple(order.client_id for order in orders)))
        return Cancel(tuple(orders), purpose)
