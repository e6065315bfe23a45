"""A live trade's exits: the rules it was given, and the one that ends it."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from hypertui.core.market import ZERO, Source, SourceKind
from hypertui.core.phrases import at_price
from hypertui.execution.opening import Opening
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_inputs import ExitBegan, ExitSignalled, ExitsSet
from hypertui.execution.wishes import Wish, Wishes
from hypertui.port.commands import Verb
from hypertui.strategy.exits.rules import ExitRule, ExitTerms


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

    @property
    def ends_by(self) -> str:
        """The rule that ends the trade, in words; empty while none does."""
        acted = self._trade.recorder.trade.exits.acted
        return "" if acted is None or self._trade.finished else acted.words

    def begin(self) -> None:
        """Go by the rules that are set now, whatever they were before."""
        trade, rules = self._trade, self._trade.context.config.exits
        known = trade.recorder.trade.exits.terms
        if not rules.wanted and known is None:
            return
        stake = sum((fill.value for fill in trade.opening.fills), ZERO) or self._planned
        terms = ExitTerms(rules, stake, trade.opening.began_at)
        if terms != known:
            trade.recorder.take(ExitsSet(trade.context.clock(), terms))

    def signal(self, by: str) -> None:
        """Somebody asks to close."""
        self._trade.recorder.take(ExitSignalled(self._trade.context.clock(), by))

    def said(self) -> str:
        """What becomes of a signal to close now, in words."""
        recorder = self._trade.recorder
        price, now = recorder.mark, self._trade.context.clock()
        verdicts = () if price is None else recorder.trade.verdicts(price, now)
        for verdict in verdicts:
            if verdict.rule is ExitRule.SIGNAL_EXIT:
                at = "" if verdict.price is None else f" at {at_price(verdict.price)} or above"
                return f"{verdict.text}: {'the trade ends' if verdict.due else f'the trade ends{at}'}"
        return "noted, before the first price"

    def refusal(self) -> str:
        """Why a signal to close would come to nothing, in words; empty where it would not."""
        terms = self._trade.recorder.trade.exits.terms
        allowed = terms is not None and terms.rules.signal_exit
        return "" if allowed else f"{ExitRule.SIGNAL_EXIT.value} is off for this trade"

    def work(self, now: int) -> None:
        """Have the rule that is due end the trade; one that has begun does so whatever comes between."""
        trade = self._trade
        exits, seen = trade.recorder.trade.exits, trade.recorder.seen
        if trade.context.config.protect_only or trade.finished:
            return
        if exits.due is not None and exits.acted is None and seen is not None:
            verdicts = trade.recorder.trade.verdicts(seen.price, now)
            trade.recorder.take(ExitBegan(now, exits.due, seen.price, verdicts))
        wish = trade.wishes.current
        if exits.acted is not None and (wish is None or wish.verb is not Verb.FLATTEN):
            by = Source(SourceKind.EXIT, exits.acted.value)
            trade.wishes.want(Wish(Verb.FLATTEN, exits.acted.words, by, passing=True, closes=True))
