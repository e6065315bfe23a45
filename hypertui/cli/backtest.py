"""`hypertui backtest`: a price file through the ladder."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TextIO

from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.report import RunTime, in_words, summary
from hypertui.backtest.simulation import replay
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.backtest_bracket import chosen_bracket
from hypertui.cli.backtest_bracket import walk as walk_bracket
from hypertui.cli.output import new_file
from hypertui.cli.trade_arguments import ENTRY_FLAGS, EXIT_FLAGS
from hypertui.cli.values import amount, integer, typed
from hypertui.core.market import KNOWN_INSTRUMENTS, ZERO, Instrument
from hypertui.core.price_series import load_series
from hypertui.guard_settings import GuardSettings
from hypertui.risk.rules import GuardRules
from hypertui.setting_types import fraction_of, says_atr
from hypertui.settings import load_settings
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.exits.contradictions import contradictions, contradictions_at
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.sizing import Sizing
from hypertui.strategy.ladder.terms import LadderTerms
from hypertui.strategy.ladder.trace import trace_row
from hypertui.strategy.ladder.trade_plan import LadderPlan

_ALWAYS = ("symbol", "unit_size", "position_size")
_MOST_DECIMALS = 5
_ANY_LEVERAGE = 50


def backtest(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    costs = Costs(_fraction("fee rate", arguments.fee_rate), _fraction("slippage", arguments.slippage))
    if (bracket := chosen_bracket(arguments)) is not None:
        return walk_bracket(arguments, bracket, _instrument(bracket.symbol, arguments), costs)
    asked = _asked(arguments, costs) if arguments.only is None else _configured(arguments)
    if asked.terms.needs_atr:
        assert asked.terms.sizing is not None, "a unit in ATR is a rule of it"
        raise _no_past(asked.terms.sizing.unit_rule)
    asked.terms.check(asked.instrument, asked.leverage)
    guards, equity = _guards(arguments, asked.limits)
    began = time.perf_counter()
    series = load_series(arguments.prices, asked.instrument.symbol)
    loaded = time.perf_counter()
    first = series.prices[0]
    plan, exits = asked.plan(first, costs.fee_rate), asked.exits
    for wrong in _contradictions(plan, exits, first, costs.fee_rate):
        raise ValueError(wrong)
    with ExitStack() as stack:
        trace: TextIO | None = None
        if arguments.trace is not None:
            plan.check_at(series.prices[0])  # before a file is written
            file = arguments.trace
            if file.exists() and file.samefile(arguments.prices):
                raise ValueError(f"trace file {file} is the price file")
            trace = stack.enter_context(new_file(file, f"trace file {file}", force=arguments.force))
        began_run = time.perf_counter()

        def write(tick: int, record: MoveRecord) -> None:
            if trace is not None:
                trace.write(json.dumps(trace_row(record, tick)) + "\n")

        run = replay(series, plan, costs, None if trace is None else write, exits, guards, equity)
        timing = RunTime(loaded - began, time.perf_counter() - began_run)
    print(json.dumps(summary(run, timing)) if arguments.json else in_words(run, costs, timing))
    return 0


@dataclass(frozen=True, slots=True)
class _Walked:
    """The trade that is to be walked."""

    instrument: Instrument
    leverage: int
    terms: LadderTerms
    exits: ExitRules
    limits: GuardSettings

    def plan(self, first: Decimal, fee_rate: Decimal) -> LadderPlan:
        """Its plan from the first price (USD) on, which is that of its entry."""
        return self.terms.settled(self.instrument, first, fee_rate).plan(self.instrument, self.leverage)


def _asked(arguments: argparse.Namespace, costs: Costs) -> _Walked:
    """What the flags alone describe. Its sizing counts on the slippage of both ways."""
    for flag in ("strategy", *ENTRY_FLAGS, *EXIT_FLAGS):
        if getattr(arguments, flag, None) is not None:
            raise ValueError(f"--{flag.replace('_', '-')} goes with --only, a configured trade")
    if getattr(arguments, "daily_loss", None) is not None:
        raise ValueError("--daily-loss goes with --only, a configured trade")
    risk = None if arguments.risk is None else _above_zero("risk", arguments.risk)
    if risk is not None and arguments.position_size is not None:
        raise ValueError("--risk and --position-size: give one of them, the other follows")
    needed = _ALWAYS if risk is None else _ALWAYS[:-1]
    missing = [f"--{name.replace('_', '-')}" for name in needed if getattr(arguments, name) is None]
    if missing:
        raise ValueError(
            f"the following arguments are required: {', '.join(missing)}; or --only, a configured trade"
        )
    if says_atr(arguments.unit_size):
        raise _no_past(arguments.unit_size)
    share = _share_of_the_price(arguments.unit_size)
    sized = None if share is None and risk is None else Sizing(share, risk, 2 * costs.slippage)
    terms = LadderTerms(
        unit_size=amount("unit size", arguments.unit_size) if share is None else ZERO,
        position_size=amount("position size", arguments.position_size) if risk is None else ZERO,
        reinvest=_reinvest("recovery" if arguments.reinvest is None else arguments.reinvest),
        trust_slots=0,
        sizing=sized,
    )
    leverage = integer("leverage", "1" if arguments.leverage is None else arguments.leverage)
    return _Walked(_instrument(arguments.symbol, arguments), leverage, terms, ExitRules(), GuardSettings())


def _share_of_the_price(unit_size: str) -> Decimal | None:
    """The fraction that a percentage says; None for what is none."""
    if not unit_size.endswith("%"):
        return None
    try:
        return fraction_of(unit_size)
    except ValueError:
        said = f"unit size {typed(unit_size)} is no percentage above 0% and below 100%"
        raise ValueError(f"{said}, such as 0.4%") from None


def _no_past(unit_size: str) -> ValueError:
    said = f"unit size {typed(unit_size)} needs the hours before the entry, and a file begins with that"
    return ValueError(f"{said}: set it in USD or as a percentage, such as 0.4%")


def _above_zero(name: str, text: str) -> Decimal:
    value = amount(name, text)
    if value <= 0:
        raise ValueError(f"{name} {typed(text)} is not above 0")
    return value


def _guards(arguments: argparse.Namespace, limits: GuardSettings) -> tuple[GuardRules | None, Decimal | None]:
    """The limits that watch it, and the money of its account, where it is to be watched."""
    if not arguments.guards:
        if arguments.equity is not None:
            raise ValueError("--equity goes with --guards")
        return None, None
    rules = limits.rules(own_market=False)
    if wrong := rules.contradiction():
        raise ValueError(wrong)
    return rules, None if arguments.equity is None else amount("equity", arguments.equity)


def _configured(arguments: argparse.Namespace) -> _Walked:
    """The configured trade that --only names, as the flags change it, and the limits on the risk."""
    settings = load_settings(arguments.config, setting_flags(arguments), FLAG_NAMES, arguments.only)
    if len(settings.trades) > 1:
        raise ValueError(f"backtest walks one trade, and --only names {len(settings.trades)}")
    (trade,) = settings.trades
    terms = replace(trade.ladder(), trust_slots=0)  # here every sale is proven at once
    return _Walked(
        _instrument(trade.symbol, arguments), trade.leverage, terms, trade.exits(), settings.guards
    )


def _contradictions(plan: LadderPlan, exits: ExitRules, first: Decimal, fee_rate: Decimal) -> Iterator[str]:
    """What of the exits cannot be meant. No exchange liquidates here."""
    yield from contradictions(exits, plan.unit_size / first, fee_rate)
    yield from contradictions_at(exits, first, plan.instrument, fee_rate, None)


def _instrument(symbol: str, arguments: argparse.Namespace) -> Instrument:
    known = KNOWN_INSTRUMENTS.get(symbol)
    if arguments.sz_decimals is None:
        if known is None:
            listed = ", ".join(sorted(KNOWN_INSTRUMENTS))
            raise ValueError(
                f"symbol {typed(symbol)} is not one of {listed}; say how many decimals its sizes "
                "have with --sz-decimals"
            )
        return known
    decimals = integer("sz-decimals", arguments.sz_decimals)
    if not 0 <= decimals <= _MOST_DECIMALS:
        raise ValueError(f"sz-decimals {decimals} is not between 0 and {_MOST_DECIMALS}")
    return Instrument(symbol, decimals, _ANY_LEVERAGE if known is None else known.max_leverage)


def _reinvest(text: str) -> Reinvest:
    try:
        return Reinvest(text)
    except ValueError:
        raise ValueError(f"reinvest {typed(text)} is not one of {', '.join(Reinvest)}") from None


def _fraction(name: str, text: str) -> Decimal:
    fraction = amount(name, text)
    if not 0 <= fraction < 1:
        raise ValueError(f"{name} {typed(text)} is not between 0 and 1")
    return fraction
