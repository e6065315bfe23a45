"""A live trade's guards: the facts that they are judged by, what they hold up, and what they end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import Protocol

from hypertui.core.market import MIN_ORDER_VALUE, ZERO, Reason, Side
from hypertui.core.purpose import Purpose
from hypertui.engine.account_sync import AccountSync
from hypertui.execution.account_context import first_reserve
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_inputs import GuardRearmed, GuardsJudged, GuardsSet
from hypertui.execution.trading_state import Posture
from hypertui.execution.wishes import Wish, Wishes
from hypertui.port.commands import StopReason, Verb
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Mode, Severity
from hypertui.port.verdict import GUARD_ALARM
from hypertui.risk.exposure import entries_need, may_leave
from hypertui.risk.facts import ExposureFacts, Facts, MarginFacts
from hypertui.risk.guards import Guard, GuardAction, GuardState, GuardVerdict
from hypertui.risk.judging import due_rearms, judge, rearmed
from hypertui.risk.market import PriceWatch
from hypertui.risk.memory import NOTHING_REMEMBERED, Rearm
from hypertui.risk.rules import GuardRules
from hypertui.risk.watch import GuardWatch
from hypertui.runtime.accumulating import Reserve
from hypertui.strategy.base import WantedOrder
from hypertui.strategy.exits.rules import TAKER_FEE

_EVERY = 5_000  # ms between two judgements that nothing else has asked for
_ASK_AGAIN = 1_000  # ms between two questions about transfers
_GOES_ON = "--rearm is for a new trade, and this one goes on: use hypertui ctl rearm"
_SHOUTS = (Guard.DAILY_LOSS, Guard.DRAWDOWN, Guard.LOSING_CYCLES, Guard.LIQUIDATION)


class GuardedTrade(Protocol):
    """What a trade's guards need of it. `finished` says how it has ended, once it has."""

    context: TradeContext
    recorder: TradeRecorder
    tracker: OrderTracker
    wishes: Wishes
    account_sync: AccountSync
    finished: StopReason | None


class TradeGuards:
    """Of one trade. `verdicts` are the newest, of which only changes are written down."""

    def __init__(self, trade: GuardedTrade) -> None:
        self._trade = trade
        self._context = trade.context
        self._equity = trade.context.account.equity
        self._price = PriceWatch()
        self._known: tuple[object, ...] = ()  # what they were judged by last
        self._judged_at: int | None = None
        self._asking = False  # for transfers
        self._asked_at: int | None = None
        self._leaving = False
        self.verdicts: tuple[GuardVerdict, ...] = ()

    def begin(self, *, is_new: bool) -> None:
        """Go by the limits that are set now, whatever they were before; what has tripped stays so, but for
        what a new trade's start resets. What a start was told counts once, for the first trade that begins:
        one that is started again later has to be told anew."""
        context, rules, watch = self._context, self._context.config.guards, self._watch
        rearms, context.account.rearms = context.account.rearms, ()
        if context.config.protect_only or not (rules.wanted or watch.rules):
            return
        if rules != watch.rules:
            self._trade.recorder.take(GuardsSet(context.clock(), rules))
        before = context.journal.history().guards
        if watch.memory == NOTHING_REMEMBERED != before:  # of the account's trades before this one
            self._trade.recorder.take(GuardsJudged(context.clock(), (), before))
        self._equity.bring_back(watch.memory)
        self._price.jump, self._price.jumped_at = watch.memory.jump, watch.memory.jumped_at
        self.verdicts = watch.verdicts
        if not rearms:
            return
        now = context.clock()
        due = due_rearms(rearms, self._facts(now), watch.memory, rules, now) if is_new else ()
        for rearm in due:
            self.rearm(rearm.guard, rearm.by, rearm.reason)
        if not is_new:
            context.log.add(EventKind.STATE, f"guards: {_GOES_ON}", {"guards": _GOES_ON})

    def leave(self) -> None:
        """The engine leaves: nothing is begun any more."""
        self._leaving = True

    def on_quote(self) -> None:
        """Take the newest price of the market."""
        quote, rules = self._context.market.quote, self._rules
        if quote is not None and rules is not None:
            now = self._context.clock()
            self._price.on_quote(quote.mark, quote.mid, quote.last, now, rules.price_jump)

    # What they hold up, and what they end

    def entry_block(self) -> str:
        """Why no new risk is taken now, in words; empty where it may be. What is not known counts as
        trouble."""
        context, compared = self._context, self._trade.account_sync.reconciled
        return (
            context.market.holds_risk()
            or context.durability.problem
            or context.budget.refuses(Purpose.OPEN)
            or context.clock_sync.unsure
            or ("" if compared else "orders are being compared with the exchange")
            or next((each.holds for each in self.verdicts if each.holds), "")
        )

    def refusal_of_entry(self, worth: Decimal) -> str:
        """Why an entry of so much (USD) would be held as soon as it is wanted, in words; empty where it would
        not."""
        now, rules = self._context.clock(), self._rules
        facts = self._facts(now)
        if rules is None or facts.exposure is None:
            return ""
        exposure = replace(facts.exposure, buys=facts.exposure.buys + worth)
        found = judge(replace(facts, exposure=exposure), self._watch.memory, rules, now, self.verdicts)
        return next((each.holds for each in found.verdicts if each.holds), "")

    def work(self, now: int) -> None:
        """Judge where that is due: now and then, when a fact has changed, and before anything that adds risk.
        Then do what a limit that is reached asks for; nothing is held up that makes the position smaller."""
        if self._rules is None or self._is_over:
            return
        known = self._facts_known()
        waited = self._judged_at is None or not 0 <= now - self._judged_at < _EVERY
        if waited or known != self._known or self._adds_risk():
            self._judged_at, self._known = now, known
            self._judge(now)
        self._act()

    def _judge(self, now: int) -> None:
        watch, rules = self._watch, self._rules
        assert rules is not None, "there are limits"
        facts = self._facts(now)
        self._context.account.reserves[self._context.config.symbol] = self._reserve(facts, rules)
        found = judge(facts, watch.memory, rules, now, self.verdicts)
        self.verdicts = found.verdicts
        if watch.differs(found.verdicts, found.memory):
            self._trade.recorder.take(GuardsJudged(now, found.verdicts, found.memory))
        for verdict in found.verdicts:
            self._tell(verdict)
        rested = self._asked_at is None or now - self._asked_at >= _ASK_AGAIN
        if found.asks_transfers and rested and not self._asking and self._context.budget.allows_question():
            self._asking = True
            self._context.queue.spawn(self._ask_transfers())

    def _reserve(self, facts: Facts, rules: GuardRules) -> Reserve | None:
        """What has to stay of the account's margin; None while that is not known. One that holds nothing and
        wants nothing yet, as a bracket does until it is told to enter, may ask for its first entry."""
        coins, mark = self._context.market.knowledge.position, self._trade.recorder.mark
        needed = entries_need(facts, rules)
        if needed is None or coins is None or mark is None:
            return None
        if coins * mark >= MIN_ORDER_VALUE:
            room = may_leave(facts, rules, coins)
            return None if room is None else Reserve(needed, room)
        return Reserve(needed) if needed else first_reserve(self._context.config)

    async def _ask_transfers(self) -> None:
        """One question at a time: more would wait in line with it, and leave all at once."""
        try:
            await self._trade.account_sync.ask_transfers()
        finally:
            self._asking, self._asked_at = False, self._context.clock()

    def _act(self) -> None:
        wishes, strategy = self._trade.wishes, self._trade.recorder.trade.strategy
        acting = max(self._watch.tripped, key=lambda each: each.action.rank, default=None)
        if acting is None or self._leaving:
            return
        why = f"{acting.guard.words} guard"
        standing = None if wishes.current is None else wishes.current.verb
        match acting.action:
            case GuardAction.FLATTEN if standing is not Verb.FLATTEN:
                wishes.want(
                    Wish(Verb.FLATTEN, why, acting.guard.source, Reason.GUARD, passing=True, closes=True)
                )
            case GuardAction.SELL_OUT if not strategy.selling_out and self._context.mode is not Mode.HALTED:
                wishes.want(Wish(Verb.SELL_OUT, why, acting.guard.source, Reason.GUARD))

    def _tell(self, verdict: GuardVerdict) -> None:
        alarms, guard = self._context.alarms, verdict.guard
        key, words = f"{GUARD_ALARM}{guard.value}", f"guard {guard.words}"
        if verdict.is_tripped:
            severity = Severity.CRITICAL if guard in _SHOUTS else Severity.WARNING
            does = _DOES[verdict.action] if guard.is_latched else "no new buys"
            stops = "" if verdict.action is GuardAction.FLATTEN else "; stops go on"
            said = verdict.holds if guard.is_latched else f"{words} tripped: {verdict.text}"
            text = f"{said}: {does}{stops}. Resets {guard.resets}"
            alarms.sound(key, severity, text)
        elif verdict.state is GuardState.WARN:
            alarms.sound(key, Severity.WARNING, f"{words}: {verdict.text}")
        else:
            alarms.clear(key)

    # By hand

    def refusal(self, guard: str = "", reason: str | None = None) -> str:
        """Why a guard cannot be reset, in words; of any where none is named. Empty where it can be."""
        tripped = [each.guard for each in self._watch.tripped if each.guard.is_latched]
        if not tripped:
            return "no guard is tripped that is reset by hand"
        if reason is None:
            return ""
        if guard not in tripped:
            return f"guard {guard or '?'} is not tripped; tripped is {', '.join(tripped)}"
        if not reason.strip():
            return "a re-arm needs its reason"
        if Guard(guard).is_of_account and self._equity.newest is None:
            return "the equity is not known yet, from which it would count anew"
        return ""

    def rearm(self, name: str, by: str, reason: str) -> str:
        """Reset a guard that has tripped; returns from what it counts anew, in words."""
        guard, now, watch, rules = Guard(name), self._context.clock(), self._watch, self._rules
        assert rules is not None, "it has tripped"
        newest = self._equity.newest
        at = newest.at if guard.is_of_account and newest is not None else now
        rearm = Rearm(guard, at, by, reason.strip())
        if guard.is_of_account:
            self._equity.rearm(rearm)
        found = judge(self._facts(now), rearmed(watch.memory, rearm, watch.cycles), rules, now)
        self.verdicts = found.verdicts
        given = GuardRearmed(now, guard, by, rearm.reason, found.verdicts, found.memory)
        self._trade.recorder.take(given)
        for verdict in found.verdicts:
            self._tell(verdict)
        said = watch.verdict(guard)
        return "" if said is None else f"{guard.words}: {said.text}"

    # What is known

    def _facts(self, now: int) -> Facts:
        return Facts(
            self._equity, self._margin(), self._exposure(), self._watch.course(now), self._price.facts(now)
        )

    def _facts_known(self) -> tuple[object, ...]:
        equity, price = self._equity, self._price
        booked = self._trade.tracker.fills_booked
        return equity.newest, equity.flows_until, equity.rearms, booked, price.jumped_at, price.jump

    def _margin(self) -> MarginFacts | None:
        account = self._context.market.knowledge.account
        if account is None:
            return None
        free = account.cross.free + account.position_margin
        liquidation = account.liquidation_price
        if liquidation is not None:  # a figure with more digits than the market has prices
            liquidation = self._trade.recorder.trade.strategy.instrument.round_price(
                liquidation, ROUND_CEILING
            )
        return MarginFacts(account.margin_used, free, liquidation)

    def _exposure(self) -> ExposureFacts | None:
        trade, tracker, config = self._trade.recorder.trade, self._trade.tracker, self._context.config
        mark = self._trade.recorder.mark
        if mark is None:
            return None
        # While the ladder moves, a buy and the one that takes its place are both here, and so are coins that
        # a stop is selling and the buy opposite: each is one, not two.
        worth = {own.client_id: own.remaining * own.order.stands_at for own in tracker.buys()}
        entries = [want for want in trade.target.orders if want.purpose is Purpose.OPEN]
        buys = max(sum(worth.values(), ZERO), sum((want.size * want.stands_at for want in entries), ZERO))
        due = sum((worth[own.client_id] for own in tracker.buys() if own.due), ZERO)
        # A buy that is due is among what the exchange holds, or not yet; in the books it is not.
        books = self._unsold(trade.strategy.book.held), buys
        exchange = self._unsold(self._context.market.knowledge.position or ZERO), max(buys - due, ZERO)
        held, buys = max(books, exchange, key=lambda each: each[0] * mark + each[1])
        stops = [order.order.stands_at for order in tracker.alive if order.protects]
        last, unit = min(stops, default=None), config.strategy.stop_distance
        return ExposureFacts(held * mark, buys, config.leverage, TAKER_FEE, last, unit)

    def _unsold(self, held: Decimal) -> Decimal:
        """What is left of these coins without those whose sale is due, or over and not booked yet."""
        alive = self._trade.tracker.alive
        due = [own for own in alive if own.order.side is Side.SELL and (own.due or own.ended is not None)]
        sold = held if any(own.whole for own in due) else sum((own.remaining for own in due), ZERO)
        return max(held - sold, ZERO)

    def _adds_risk(self) -> bool:
        """Whether an entry is wanted that is not live: it would be placed next."""
        return self._trade.recorder.trade.state.posture is Posture.TRADE and any(True for _ in self._wanted())

    def _wanted(self) -> Iterator[WantedOrder]:
        """Entries of which no order is live."""
        live = {order.key for order in self._trade.tracker.buys()}
        for want in self._trade.recorder.trade.target.orders:
            if want.purpose is Purpose.OPEN and want.key not in live:
                yield want

    @property
    def _watch(self) -> GuardWatch:
        return self._trade.recorder.trade.guards

    @property
    def _rules(self) -> GuardRules | None:
        return self._watch.rules

    @property
    def _is_over(self) -> bool:
        context = self._context
        return bool(self._trade.finished) or context.over or context.config.protect_only


_DOES = {
    GuardAction.HOLD: "no new buys",
    GuardAction.SELL_OUT: "the trade sells out",
    GuardAction.FLATTEN: "everything is sold",
}
