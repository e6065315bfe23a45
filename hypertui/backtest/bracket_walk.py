"""A bracket over a price series, as it trades live: told to enter at the first price, and whenever it may be
again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hypertui.backtest.bracket_trace import BracketStep, BracketTracer
from hypertui.backtest.demands import refuse_untimed
from hypertui.backtest.fill_model import FillModel
from hypertui.backtest.funding import HourlyFunding
from hypertui.backtest.guarding import BacktestGuards, GuardEvent
from hypertui.backtest.hourly_candles import HourlyCandles, require_hours
from hypertui.backtest.instant_exchange import Costs, InstantExchange
from hypertui.core.market import ZERO
from hypertui.core.price_series import Series
from hypertui.execution.orders import ClientIds
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import ExitsSet, StateSet
from hypertui.execution.trading_state import Posture
from hypertui.risk.rules import GuardRules
from hypertui.strategy.base import EntryTold, StayEnded
from hypertui.strategy.bracket.entry_rules import EntryOrder
from hypertui.strategy.bracket.plan import BracketPlan
from hypertui.strategy.bracket.strategy import Bracket
from hypertui.strategy.exits.rules import ExitRules, ExitTerms
from hypertui.strategy.plans import PlanError


@dataclass(frozen=True, slots=True)
class BracketAttempt:
    """What is walked: `guards` watch an account that begins with so much `equity` (USD), by default the
    margin of the position. `fills` says how late and at what slippage fills come, in place of that of
    `costs`."""

    plan: BracketPlan
    costs: Costs
    exits: ExitRules
    guards: GuardRules | None = None
    equity: Decimal | None = None
    fills: FillModel | None = None

    def refuse_over(self, series: Series) -> None:
        """Raise PlanError as `walk_bracket` does."""
        plan, exits = self.plan, self.exits
        if plan.entry.order is EntryOrder.LIMIT:
            raise PlanError(
                "a backtest fills stop and market entries: no price file says when a limit would be filled"
            )
        if not series.timed:
            refuse_untimed(self.costs, exits, guarded=self.guards is not None)
            if plan.reenter_after is not None:
                raise PlanError("the price file has no times, without which there is no reenter")
            if self.fills is not None and self.fills.has_latency:
                raise PlanError("latency is a time, and the price file has no times")
        if exits.needs_candles:
            require_hours(series)
        for rule in (*plan.rules(), *plan.rules_at(series.prices[0])):
            if rule.broken:
                raise PlanError(rule.broken)


@dataclass(slots=True)
class BracketRun:
    """A finished walk, money in USD. `max_drawdown` is the deepest fall of the net PnL from an earlier high,
    `slipped` what fills have cost beyond their triggers; `ends` counts the exits by their words, `finished`
    says how it has come to its end. `guards` are told oldest first, over so much `equity`."""

    bracket: Bracket
    series: Series
    fills: int = 0
    ticks: int = 0
    last_price: Decimal = ZERO
    max_drawdown: Decimal = ZERO
    slipped: Decimal = ZERO
    ends: Counter[str] = field(default_factory=Counter)
    finished: str = ""
    equity: Decimal | None = None
    guards: Sequence[GuardEvent] = ()
    other_way: Decimal | None = None  # the net PnL of the same candles walked the other way

    @property
    def net_pnl(self) -> Decimal:
        """What it has made with what is held valued at the last price (USD), after all fees and funding."""
        return self.bracket.book.net_pnl(self.last_price)


def walk_bracket(
    series: Series, attempt: BracketAttempt, on_step: Callable[[BracketStep], None] | None = None
) -> BracketRun:
    """Walk `series`, calling `on_step` after each price that has changed anything for it. Raises PlanError
    where the plan is impossible at the first price, where a limit would have to be filled, and where the file
    lacks the times that its rules need."""
    attempt.refuse_over(series)
    return _BracketWalk(series, attempt, on_step).run()


class _BracketWalk:
    def __init__(
        self, series: Series, attempt: BracketAttempt, on_step: Callable[[BracketStep], None] | None
    ) -> None:
        plan, costs, began = attempt.plan, attempt.costs, series.times[0]
        self._bracket = plan.start(())
        self._trade = Trade(self._bracket, Timing(), ClientIds(0))
        self._tracer = None if on_step is None else BracketTracer(self._trade, self._bracket, on_step)
        kept = None if self._tracer is None else self._tracer.booked
        self._exchange = InstantExchange(plan.instrument.symbol, costs, attempt.fills, kept)
        here = replace(attempt.exits, native=False)  # an engine always runs
        self._trade.apply(ExitsSet(began, ExitTerms(here, plan.position_size, began, costs.fee_rate)))
        self._made = BracketRun(self._bracket, series)
        self._hours = HourlyCandles() if attempt.exits.needs_candles else None
        self._funding = HourlyFunding(costs.funding, began) if costs.funding else None
        self._watch: BacktestGuards | None = None
        if attempt.guards is not None:
            own = plan.position_size / plan.leverage
            self._made.equity = own if attempt.equity is None else attempt.equity
            self._watch = BacktestGuards(attempt.guards, self._made.equity)
            self._watch.begin(self._trade, began)
            self._made.guards = self._watch.events
        self._ended_by = ""

    def run(self) -> BracketRun:
        """Every price of it, up to its end."""
        made, peak, before = self._made, ZERO, self._made.series.prices[0]
        for tick, price in enumerate(made.series.prices):
            at = made.series.times[tick]
            if self._funding is not None:
                self._funding.charge(self._trade, at, before)
            if self._hours is not None and (measured := self._hours.add(at, price)) is not None:
                self._trade.apply(measured)
            self._look(SeenPrice(price, at))
            if self._tracer is not None:
                self._tracer.look(tick, price)
            net = self._bracket.book.net_pnl(price)
            peak = max(peak, net)
            made.max_drawdown = max(made.max_drawdown, peak - net)
            made.ticks, made.last_price = tick + 1, price
            before = price
            if finished := self._finished():
                made.finished = finished
                break
        made.fills, made.slipped = self._exchange.fills, self._exchange.slipped
        return made

    def _look(self, seen: SeenPrice) -> None:
        """Take a price, and do what follows from it: first what ends a stay, then what begins one."""
        trade, exchange, watch = self._trade, self._exchange, self._watch
        if self._is_closing:
            exchange.fill_late(trade, seen)
        else:
            for _ in exchange.take(trade, seen.price, seen.at):
                pass  # it makes no moves
            if (due := trade.exits.due) is not None:
                exchange.close_by_exit(trade, seen, due)
                self._count(due.words)
        acts = watch is not None and watch.look(trade, seen.price, seen.at, exchange.fills)
        acts = self._reopened(seen.at) or acts
        if watch is not None and acts and not self._is_closing:
            self._ended_by = watch.act(trade, exchange, seen)
            if self._ended_by:
                self._count(self._ended_by)
        if not self._is_closing:
            self._tell(seen)

    def _count(self, end: str) -> None:
        self._made.ends[end] += 1
        self._note(end)

    def _note(self, what: str) -> None:
        if self._tracer is not None:
            self._tracer.note(what)

    def _tell(self, seen: SeenPrice) -> None:
        bracket, trade = self._bracket, self._trade
        may = not (trade.guards.withdraws or bracket.entry_refusal(seen.at))
        if may and (bracket.reenters or not bracket.told):
            trade.apply(EntryTold(seen.at, bracket.source, seen.price))
            self._note("told to enter")
            self._exchange.settle(trade, seen)

    def _reopened(self, at: int) -> bool:
        """Whether an exit is seen through, and it goes on flat."""
        bracket = self._bracket
        is_through = self._trade.exits.acted is not None and not bracket.book.position
        if not is_through or self._ended_by or not bracket.reenters:
            return False
        self._trade.apply(StayEnded(at))
        self._trade.apply(StateSet(at, self._trade.state.with_posture(Posture.TRADE)))
        return True

    @property
    def _is_closing(self) -> bool:
        return bool(self._ended_by) or self._trade.exits.acted is not None

    def _finished(self) -> str:
        """How it has come to its end, in words; empty while it has not."""
        if self._bracket.book.position or self._exchange.waits:
            return ""
        if self._ended_by:
            return f"the {self._ended_by}"
        sold_out = "sold out" if self._bracket.selling_out else ""
        return sold_out or self._trade.target.finished
