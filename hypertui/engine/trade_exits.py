"""A live trade's exits: the rules it was given, and the one that ends it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from hypertui.core.market import ZERO
from hypertui.core.phrases import at_price
from hypertui.core.volatility import average_true_range
from hypertui.engine.candle_sync import CandleSync
from hypertui.engine.liquidation_guard import judge
from hypertui.exchange.protocol import ExchangeError
from hypertui.execution.arrivals import CandlesRead, FeeRead, QuestionInVain
from hypertui.execution.opening import Opening
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_inputs import (
    ExitBegan,
    ExitSignalled,
    ExitsSet,
    PriceWatched,
    VolatilityMeasured,
)
from hypertui.execution.wishes import Wish, Wishes
from hypertui.port.commands import StopReason, Verb
from hypertui.strategy.exits.rules import ExitRule, ExitRules, ExitTerms
from hypertui.strategy.exits.watch import ExitVerdict, ExitWatch

# Seconds between two questions about the fee, which changes with what was traded in two weeks.
_FEE_EVERY, _FIRST_FEE = 3_600.0, 30.0


class EndedTrade(Protocol):
    """What a trade's exits need of it. `finished` says how it has ended, once it has."""

    context: TradeContext
    recorder: TradeRecorder
    opening: Opening
    wishes: Wishes
    finished: StopReason | None


class TradeExits:
    """Of one trade, whose position was planned to be worth `planned` USD."""

    def __init__(self, trade: EndedTrade, planned: Decimal) -> None:
        self._trade = trade
        self._planned = planned
        self._leaving = False
        self._candles = CandleSync(trade.context)

    def begin(self) -> None:
        """Go by the rules that are set now, whatever they were before."""
        trade, rules, known = self._trade, self._trade.context.config.exits, self._watch.terms
        if trade.context.config.protect_only or not (rules.wanted or known):
            return
        terms = self._begun_with(rules) if known is None else replace(known, rules=rules)
        if terms != known:
            trade.recorder.take(ExitsSet(trade.context.clock(), terms))
        trade.context.every("fee", _FEE_EVERY, self._ask_fee, _FIRST_FEE)
        if rules.needs_candles:
            self._candles.begin()

    def take(self, read: CandlesRead | FeeRead) -> None:
        """What was asked for the exits has come: candles tell how far the stop trails, the fee what a sale
        costs."""
        if isinstance(read, FeeRead):
            self._pay(read.fee)
        else:
            self._measure(read)

    async def _ask_fee(self) -> str:
        """Ask what a sale costs the account; returns what came in between, in words."""
        context = self._trade.context
        if not context.budget.allows_question():
            return "left out: requests are kept for stops"
        try:
            standing = await context.exchange.standing()
        except ExchangeError as error:
            context.queue.post(QuestionInVain("the fee could not be read", error))
            return str(error)
        context.queue.post(FeeRead(standing.taker_fee))
        return ""

    def _pay(self, fee: Decimal) -> None:
        terms = self._watch.terms
        if terms is not None and terms.fee != fee and not self._is_over and self._watch.acted is None:
            self._trade.recorder.take(ExitsSet(self._trade.context.clock(), replace(terms, fee=fee)))

    def _measure(self, read: CandlesRead) -> None:
        candles = self._candles
        if not candles.take(read) or self._trade.context.over:
            return
        atr, until = average_true_range(candles.known.candles), candles.known.until
        known_until = self._watch.trailing.until
        if atr is not None and until is not None and (known_until is None or until > known_until):
            self._trade.recorder.take(VolatilityMeasured(self._trade.context.clock(), atr, until))

    def _begun_with(self, rules: ExitRules) -> ExitTerms:
        opening = self._trade.opening
        coins = sum((fill.size for fill in opening.fills), ZERO) + opening.short
        stake = self._planned if opening.price is None else coins * opening.price
        return ExitTerms(rules, stake, opening.began_at)

    def signal(self, by: str) -> str:
        """Somebody asks to close; returns what becomes of that, in words."""
        recorder, now = self._trade.recorder, self._trade.context.clock()
        recorder.take(ExitSignalled(now, by))
        if recorder.mark is None:
            return "noted, before the first price"
        ends = "the position is closed" if recorder.trade.strategy.reenters else "the trade ends"
        verdicts = recorder.trade.verdicts(recorder.mark, now)
        said = next(each for each in verdicts if each.rule is ExitRule.SIGNAL_EXIT)
        if said.due:
            return f"{said.text}: {ends}"
        if self._watch.trailing.is_armed:
            return f"noted; while a stop trails no signal acts, and by that {ends}"
        if said.price is None:
            return f"{said.text}: nothing is held, the trade goes on until there is no loss"
        return f"{said.text}: {ends} at {at_price(said.price)} or above"

    def refusal(self) -> str:
        """Why a signal to close would come to nothing, in words; empty where it would not."""
        terms = self._watch.terms
        allowed = terms is not None and terms.rules.signal_exit
        return "" if allowed else f"{ExitRule.SIGNAL_EXIT.value} is off for this trade"

    def before_liquidation(self, now: int) -> ExitVerdict | None:
        """What the exit before a liquidation says; None where it is not wanted, and where nothing is known to
        be liquidated."""
        recorder, context = self._trade.recorder, self._trade.context
        if not context.config.exits.liquidation_guard or recorder.mark is None:
            return None
        return judge(context.market.knowledge, recorder.trade.tracker, recorder.mark, now)

    def leave(self) -> None:
        """The engine leaves: no rule begins any more, and one that has begun is seen through."""
        self._leaving = True

    def work(self, now: int) -> None:
        """Have the rule that is due end the trade; one that has begun does so whatever comes between."""
        trade, watch, seen = self._trade, self._watch, self._trade.recorder.seen
        if trade.context.config.protect_only or self._is_over:
            return
        wish = trade.wishes.current
        closing = wish is not None and wish.verb is Verb.FLATTEN
        if closing:
            return  # everything is being sold already, by whoever said so first
        if watch.acted is None:
            self._look_again(now)
            endangered = self.before_liquidation(now)
            due = endangered.rule if endangered is not None and endangered.due else watch.due
            if due is None or seen is None or self._leaving:
                return
            guard = () if endangered is None else (endangered,)
            verdicts = (*guard, *trade.recorder.trade.verdicts(seen.price, now))
            trade.recorder.take(ExitBegan(now, due, seen.price, verdicts))
        acted = watch.acted
        assert acted is not None, "it has just begun, or had before"
        trade.wishes.want(
            Wish(Verb.FLATTEN, acted.words, acted.source, acted.reason, passing=True, closes=True)
        )

    def _look_again(self, now: int) -> None:
        """A fill was judged by the newest price that had mattered by then; another may have come since."""
        trade, seen = self._trade.recorder.trade, self._trade.recorder.seen
        if seen is not None and self._watch.due is not None and trade.watches(seen.price, now):
            self._trade.recorder.take(PriceWatched(now, seen.price))

    @property
    def _watch(self) -> ExitWatch:
        return self._trade.recorder.trade.exits

    @property
    def _is_over(self) -> bool:
        return bool(self._trade.finished) or self._trade.context.over
