"""A trade, pure: `apply` takes an input and is the only thing that changes it, `decide` asks what to do next.

No clock, no I/O, no randomness: the state is a function of the inputs, wholly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from hypertui.core.kept import GIVEN
from hypertui.core.market import SourceKind
from hypertui.exchange.protocol import OrderReport, OrderState
from hypertui.execution import trade_inputs as inputs
from hypertui.execution.convergence import Convergence, Proposals, UnderWay
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import LIVE, ClientIds, Decision, OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.timing import Timing
from hypertui.execution.trade_inputs import Input
from hypertui.execution.trade_news import (
    EntryAsked,
    EntryOpen,
    ExitActed,
    ExitsChanged,
    GuardReset,
    GuardsChanged,
    StopTrailed,
    StrategyMoved,
    TradeNews,
)
from hypertui.execution.trading_state import Posture, TradingState
from hypertui.risk.guards import GuardAction, GuardVerdict
from hypertui.risk.memory import GuardMemory
from hypertui.risk.watch import GuardWatch
from hypertui.strategy.base import (
    CoinsCorrected,
    CoinsSwept,
    EntriesStand,
    EntryTold,
    HaltTold,
    SellOutTold,
    StayEnded,
    Strategy,
    StrategyEvent,
    Target,
)
from hypertui.strategy.exits.rules import ExitRule
from hypertui.strategy.exits.trailing import Trailing
from hypertui.strategy.exits.watch import ExitVerdict, ExitWatch

_NOTHING = UnderWay()
_FIRED = (OrderState.TRIGGERED, OrderState.FILLED)


class Unsound(Exception):
    """An input that the deciding state could not take: what it says from then on is not to be relied on. The
    text is one line."""

    def __init__(self, kind: str, at: int, error: Exception) -> None:
        moment = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        super().__init__(f"the input {kind!r} of {moment} cannot be taken: {type(error).__name__}: {error}")


@dataclass
class Trade:
    """One trade since its opening. `ids` gives the ids of its orders, `wish` is what an operator has ordered
    that is not done yet."""

    strategy: Strategy
    timing: Timing = field(metadata=GIVEN)
    ids: ClientIds
    tracker: OrderTracker = field(init=False)
    state: TradingState = field(default_factory=TradingState)
    wish: inputs.WishSet | None = None
    exits: ExitWatch = field(default_factory=ExitWatch)
    guards: GuardWatch = field(default_factory=GuardWatch)
    # Of this state; nothing but an input changes it, and it is asked for many times between two of them.
    _target: Target | None = field(default=None, init=False, compare=False, metadata=GIVEN)

    def __post_init__(self) -> None:
        self.tracker = OrderTracker(self.strategy, self.timing, self.exits)
        self.exits.follow(self.strategy.stay)

    # What is so

    def matters(self, price: Decimal, changed: bool, now: int) -> bool:
        """Whether a price changes anything but what the newest price is; `changed` tells whether it differs
        from the one before."""
        return self.tracker.matters(price, changed) or self.watches(price, now)

    def watches(self, price: Decimal, now: int) -> bool:
        """Whether a price changes what the exits say."""
        return self.exits.matters(price, now, self.strategy.book, self.strategy.instrument)

    def verdicts(self, price: Decimal, now: int) -> tuple[ExitVerdict, ...]:
        """What each of the exits says at a price."""
        return self.exits.verdicts(price, now, self.strategy.book, self.strategy.instrument)

    @property
    def ends_by(self) -> str:
        """The exit or the guard that ends the trade, in words; empty while none does."""
        if self.exits.acted is not None:
            return self.exits.acted.words
        closing = (each for each in self.guards.tripped if each.action is GuardAction.FLATTEN)
        return next((f"{each.guard.words} guard" for each in closing), "")

    # What is to be done

    @property
    def target(self) -> Target:
        """What is wanted to work now."""
        if self._target is None:
            self._target = self.tracker.target()
        return self._target

    def decide(
        self, seen: SeenPrice | None, now: int, under_way: UnderWay = _NOTHING, entry_block: str = ""
    ) -> Proposals:
        """What to do next at `now` (ms), and what to ask about; nothing changes by asking. `seen` is the
        newest price, None before the first; `entry_block` says why no new risk is taken."""
        asks = tuple(self.tracker.unanswered(now))
        if seen is None or self.state.posture is Posture.HANDS_OFF:
            return Proposals(asks=asks)
        found = self.convergence(seen, now, entry_block).propose(self.target, under_way)
        return Proposals(found.sweeps, found.places, found.cancels, asks, found.halted)

    def convergence(self, seen: SeenPrice, now: int, entry_block: str = "") -> Convergence:
        """The orders of this moment against the target's."""
        return Convergence(self.tracker, self.ids, self.state.posture, seen, now, entry_block)

    # What happens

    def apply(self, given: Input) -> Sequence[TradeNews]:
        """Take an input; returns what it has changed. Raises ValueError, or whatever a defect raises, for one
        that cannot be taken: the state is not to be relied on from then on."""
        tracker, at = self.tracker, given.at
        self._target = None
        match given:
            case inputs.PriceMoved(_, price, changed):
                tracker.on_price(price, changed, at)
                self._watch(price, at)
            case inputs.FillReceived(_, fill, made_at, via):
                tracker.on_fill(fill, made_at, at, via)
                if (order := tracker.find(fill.client_id)) is not None:
                    self._watch_fill(at, order.role, order.decision)
            case inputs.FillAdopted(_, fill, role, decision, via):
                tracker.adopt(fill, role, decision, via)
                self._watch_fill(at, role, decision)
            case inputs.OrderAnswered(_, client_id, answer):
                tracker.on_placed(order := self._named(client_id), answer, at)
                if tracker.said_passed(order.key):
                    self._watch_native(order.role, order.decision)
            case inputs.OrdersNotPlaced(_, client_ids, reason):
                tracker.on_not_placed(self._all_named(client_ids), reason, at)
            case inputs.CancelAnswered(_, client_id, outcome):
                tracker.on_cancel_answer(self._named(client_id), outcome, at)
            case inputs.CancelsNotSent(_, client_ids):
                tracker.on_not_cancelled(self._all_named(client_ids))
            case inputs.OrderReported(_, report, from_feed):
                tracker.on_report(report, at, from_feed)
                self._watch_exit(report)
            case inputs.QuestionAsked(_, client_id):
                tracker.asked(self._named(client_id), at)
            case inputs.QuestionAnswered(_, client_id, report, asked_at, mark):
                tracker.on_answer(self._named(client_id), report, asked_at, mark, at)
                self._watch_exit(report)
            case inputs.QuestionFailed(_, client_id):
                tracker.on_unanswered(self._named(client_id), at)
            case inputs.OrderAltered(_, client_id):
                tracker.on_altered(self._named(client_id))
            case inputs.FillsCompared(_, until):
                tracker.on_compared(until)
            case inputs.OrderSent():
                self.ids.used(given.order.client_id)
                tracker.sent(given)
            case inputs.CancelSent(_, client_ids):
                tracker.cancel_sent(self._all_named(client_ids), at)
            case _:
                self._apply_to_trade(given)
        self.strategy.statistics.note(at)
        for each in tracker.news:
            if isinstance(each, StrategyMoved):
                self.guards.on_move(each.record.move.level, each.record.move.upwards, at)
        news, tracker.news = tracker.news, []
        return news

    def _apply_to_trade(self, given: Input) -> None:
        match given:
            case inputs.FundingBooked(_, payment):
                self.tracker.fund(payment)
                if (seen := self.tracker.price) is not None:
                    self.guards.on_funding(payment.amount, self.strategy.book.position * seen.price)
            case inputs.CoinsGivenUp(_, key):
                self._tell(CoinsSwept(key))
            case inputs.DustCorrected(_, difference):
                self.strategy.book.corrected += difference
                self._tell(CoinsCorrected(difference, given.at))
            case inputs.StrategyHalted(_, reason):
                self._tell(HaltTold(reason))
            case inputs.SellOutBegan():
                self._tell(SellOutTold())
            case inputs.StateSet(_, state):
                self.state = state
                self._tell(EntriesStand(state.posture is not Posture.TRADE))
            case inputs.WishSet():
                self.wish = given if given.verb else None
            case inputs.ExitsSet(_, terms):
                self.exits.set(terms)
                self.tracker.news.append(ExitsChanged(terms.rules.in_words()))
            case inputs.PriceWatched(_, price):
                self._watch(price, given.at)
            case inputs.VolatilityMeasured(_, atr, until):
                before = self.exits.trailing
                self.exits.on_volatility(atr, until, given.at, self.strategy.instrument)
                self._tell_of_trailing(before)
            case inputs.ExitSignalled(_, by):
                self.exits.signal = by
            case inputs.ExitBegan(_, rule, price, verdicts):
                self.exits.begin(rule)
                said = next((each.text for each in verdicts if each.rule is rule), "")
                self.tracker.news.append(ExitActed(rule, price, said, verdicts, self.strategy.reenters))
            case EntryTold(_, source, seen, price, most):
                self._tell(given)
                self.tracker.news.append(EntryAsked(source, seen, price, most))
            case StayEnded():
                self._tell(given)
                self.exits.rest()
                self.tracker.news.append(EntryOpen())
            case inputs.GuardsSet(_, rules):
                self.guards.set(rules)
                self.tracker.withdrawn = self.guards.withdraws
                self.tracker.news.append(GuardsChanged(rules.in_words()))
            case inputs.GuardsJudged(_, verdicts, memory):
                self._judged(verdicts, memory)
            case inputs.GuardRearmed(_, guard, by, reason, verdicts, memory):
                self._judged(verdicts, memory)
                self.tracker.news.append(GuardReset(guard, by, reason))
            case inputs.PatienceSet(_, patience):
                self.tracker.patience = patience
            case inputs.ProcessStarted(_, start):
                self.ids.begin(start)
                self.tracker.forget_questions()
                self.exits.forget_prices()
            case inputs.TradeRebuilt(_, trade):
                self.ids.trade = int(trade, 16)
            case inputs.InputFailed():
                pass  # the input before it could not be taken once; it has been now
            case _:
                raise ValueError("it belongs before the trade's opening")

    def _watch(self, price: Decimal, at: int) -> None:
        before = self.exits.trailing
        self.exits.on_price(price, at, self.strategy.book, self.strategy.instrument)
        self._tell_of_trailing(before)

    def _tell_of_trailing(self, before: Trailing) -> None:
        now = self.exits.trailing
        if now.stop != before.stop:
            self.tracker.news.append(
                StopTrailed(before.stop if before.is_armed else None, now.stop, now.peak)
            )

    def _watch_exit(self, report: OrderReport | None) -> None:
        """What has fired at the exchange ends the trade, before any of it is filled, and also where it finds
        nobody who buys: a stop that was live and is rejected has fired."""
        order = None if report is None else self.tracker.find(report.client_id)
        if report is None or order is None:
            return
        was_live = order.role is Role.STOP and any(word == LIVE for _, word in order.statuses)
        if report.state in _FIRED or (report.state is OrderState.REJECTED and was_live):
            self._watch_native(order.role, order.decision)

    def _watch_native(self, role: Role, decision: Decision) -> None:
        by_rule = role is Role.STOP and decision.source.kind is SourceKind.EXIT
        if (role is Role.EXIT or by_rule) and (rule := ExitRule.by(decision.reason)) is not None:
            self.exits.on_native(rule)

    def _watch_fill(self, at: int, role: Role, decision: Decision) -> None:
        """What has been made is another sum now; the price is the one that was."""
        self._watch_native(role, decision)
        self.exits.follow(self.strategy.stay)
        if (seen := self.tracker.price) is not None:
            self.exits.on_fill(seen.price, at, self.strategy.book, self.strategy.instrument)
            self.guards.on_fill(seen.price, self.strategy.book, self.strategy.cycles)

    def _judged(self, verdicts: tuple[GuardVerdict, ...], memory: GuardMemory) -> None:
        self.guards.judged(verdicts, memory)
        self.tracker.withdrawn = self.guards.withdraws

    def _tell(self, event: StrategyEvent) -> None:
        self.strategy.apply(event, self.tracker.of_strategy)
        self.exits.follow(self.strategy.stay)

    def _named(self, client_id: str) -> OwnOrder:
        order = self.tracker.find(client_id)
        if order is None:
            raise ValueError(f"it speaks of order {client_id} before that was sent")
        return order

    def _all_named(self, client_ids: Iterable[str]) -> list[OwnOrder]:
        return [self._named(client_id) for client_id in client_ids]
