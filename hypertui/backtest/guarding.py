"""The guards of a backtest: the same ones that watch a live trade, as far as its own course tells what they
count. Nobody re-arms here: what is reset by hand stays tripped to the end."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.backtest.instant_exchange import InstantExchange
from hypertui.core.market import ZERO, Reason
from hypertui.execution.orders import Closing
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import GuardsJudged, GuardsSet, SellOutBegan
from hypertui.risk.equity import FLOWS_LAG, EquityReading, EquityWatch
from hypertui.risk.facts import Facts
from hypertui.risk.guards import GuardAction, GuardState, GuardVerdict
from hypertui.risk.judging import judge
from hypertui.risk.memory import DAY
from hypertui.risk.rules import GuardRules


@dataclass(frozen=True, slots=True)
class GuardEvent:
    """A guard has begun to warn, or has tripped, at `at` (ms)."""

    at: int
    verdict: GuardVerdict


class BacktestGuards:
    """Over one trade, in an account that began with so much `equity` (USD) and does nothing else. `events`
    are told oldest first."""

    def __init__(self, rules: GuardRules, equity: Decimal) -> None:
        self._rules = rules.of_the_result()
        self._begun_with = equity
        self._equity = EquityWatch()
        self._states: dict[str, GuardState] = {}
        self._verdicts: tuple[GuardVerdict, ...] = ()
        self.events: list[GuardEvent] = []
        # Between two fills the result is a straight line in the price, and nothing can trip by a result that
        # is between the lowest and the highest since the last judgement.
        self._fills = -1
        self._position = self._base = self._lowest = self._highest = ZERO
        self._day = -1

    def begin(self, trade: Trade, at: int) -> None:
        """Set the limits."""
        trade.apply(GuardsSet(at, self._rules))

    def look(self, trade: Trade, price: Decimal, at: int, fills: int) -> bool:
        """Judge at a price (USD), after so many fills; returns whether what the trade wants may differ."""
        book, day = trade.strategy.book, at // DAY
        changed = fills != self._fills or day != self._day
        if fills != self._fills:
            self._fills, self._position, self._base = fills, book.position, book.net_pnl(ZERO)
        result = self._base + self._position * price
        if changed or result > self._highest:
            self._lowest = self._highest = result
        elif result < self._lowest:
            self._lowest = result
        else:
            return False
        self._day = day
        self._equity.read(EquityReading(at, self._begun_with + result, at))
        self._equity.transfers(at + FLOWS_LAG, ())  # there are none, and nobody doubts it
        facts = Facts(self._equity, course=trade.guards.course(at))
        found = judge(facts, trade.guards.memory, self._rules, at, self._verdicts)
        self._verdicts = found.verdicts
        for verdict in found.verdicts:
            self._note(verdict, at)
        if not trade.guards.differs(found.verdicts, found.memory):
            return False
        trade.apply(GuardsJudged(at, found.verdicts, found.memory))
        return True

    def act(self, trade: Trade, exchange: InstantExchange, seen: SeenPrice) -> str:
        """Do what the guards want now; returns the one that has ended the trade, in words, empty where none
        has."""
        tripped = [each for each in trade.guards.tripped if each.action.rank > GuardAction.HOLD.rank]
        acting = max(tripped, key=lambda each: each.action.rank, default=None)
        if acting is not None and acting.action is GuardAction.FLATTEN:
            said = f"{acting.guard.words} guard"
            exchange.close(trade, seen, Closing(said, acting.guard.source, Reason.GUARD))
            return said
        if acting is not None and not trade.strategy.selling_out:
            trade.apply(SellOutBegan(seen.at))
        exchange.settle(trade, seen)
        return ""

    def _note(self, verdict: GuardVerdict, at: int) -> None:
        before = self._states.get(verdict.guard)
        self._states[verdict.guard] = verdict.state
        if verdict.state is not before and verdict.state in (GuardState.WARN, GuardState.TRIPPED):
            self.events.append(GuardEvent(at, verdict))
