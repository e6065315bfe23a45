"""A live trade's exits: the rules it was given, and the one that ends it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from hypertui.core.market import ZERO
from hypertui.core.phrases import at_price
from hypertui.execution.opening import Opening
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_inputs import ExitBegan, ExitSignalled, ExitsSet
from hypertui.execution.wishes import Wish, Wishes
from hypertui.port.commands import Verb
from hypertui.strategy.exits.rules import ExitRule, ExitRules, ExitTerms
from hypertui.strategy.exits.watch import ExitWatch


class EndedTrade(Protocol):
    """What a trade's exits need of it. `finished` says how it has ended, once it has."""

    context: TradeContext
    recorder: TradeRecorder
    opening: Opening
    wishes: Wishes
    finished: str


class TradeExits:
    """Of one trade, whose position was planned to be worth `planned` USD."""

    def __init__(self, trade: EndedTrade, planned: Decimal) -> None:
        self._trade = trade
        self._planned = planned
        self._leaving = False

    def begin(self) -> None:
        """Go by the rules that are set now, whatever they were before."""
        trade, rules, known = self._trade, self._trade.context.config.exits, self._watch.terms
        if trade.context.config.protect_only or not (rules.wanted or known):
            return
        terms = self._begun_with(rules) if known is None else replace(known, rules=rules)
        if terms != known:
            trade.recorder.take(ExitsSet(trade.context.clock(), terms))

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
        verdicts = recorder.trade.verdicts(recorder.mark, now)
        said = next(each for each in verdicts if each.rule is ExitRule.SIGNAL_EXIT)
        if said.due:
            return f"{said.text}: the trade ends"
        if said.price is None:
            return f"{said.text}: nothing is held, the trade goes on until there is no loss"
        return f"{said.text}: the trade ends at {at_price(said.price)} or above"

    def refusal(self) -> str:
        """Why a signal to close would come to nothing, in words; empty where it would not."""
        terms = self._watch.terms
        allowed = terms is not None and terms.rules.signal_exit
        return "" if allowed else f"{ExitRule.SIGNAL_EXIT.value} is off for this trade"

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
            if watch.due is None or seen is None or self._leaving:
                return
            verdicts = trade.recorder.trade.verdicts(seen.price, now)
            trade.recorder.take(ExitBegan(now, watch.due, seen.price, verdicts))
        acted = watch.acted
        assert acted is not None, "it has just begun, or had before"
        trade.wishes.want(
            Wish(Verb.FLATTEN, acted.words, acted.source, acted.reason, passing=True, closes=True)
        )

    @property
    def _watch(self) -> ExitWatch:
        return self._trade.recorder.trade.exits

    @property
    def _is_over(self) -> bool:
        return bool(self._trade.finished) or self._trade.context.over
