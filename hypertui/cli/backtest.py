"""`hypertui backtest`: a price file through the ladder."""

from __future__ import annotations

import argparse
import json
import time
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from typing import TextIO

from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.report import RunTime, in_words, summary
from hypertui.backtest.simulation import replay
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.output import new_file
from hypertui.cli.values import amount, integer, typed
from hypertui.core.market import KNOWN_INSTRUMENTS, Instrument
from hypertui.core.price_series import load_series
from hypertui.guard_settings import GuardSettings
from hypertui.risk.rules import GuardRules
from hypertui.settings import load_settings
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.trace import trace_row
from hypertui.strategy.ladder.trade_plan import LadderPlan

_ALWAYS = ("symbol", "unit_size", "position_size")
_MOST_DECIMALS = 5
_ANY_LEVERAGE = 50


def backtest(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    if arguments.only is None:
        plan, exits, limits = _plan(arguments), ExitRules(), GuardSettings()
    else:
        plan, exits, limits = _configured(arguments)
    plan.check()
    guards, equity = _guards(arguments, limits)
    costs = Costs(_fraction("fee rate", arguments.fee_rate), _fraction("slippage", arguments.slippage))
    began = time.perf_counter()
    series = load_series(arguments.prices, plan.instrument.symbol)
    loaded = time.perf_counter()
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


def _plan(arguments: argparse.Namespace) -> LadderPlan:
    """The plan that the flags alone describe."""
    for rule in ExitRule:
        if getattr(arguments, rule.value, None) is not None:
            raise ValueError(f"--{rule.value.replace('_', '-')} goes with --only, a configured trade")
    if getattr(arguments, "daily_loss", None) is not None:
        raise ValueError("--daily-loss goes with --only, a configured trade")
    missing = [f"--{name.replace('_', '-')}" for name in _ALWAYS if getattr(arguments, name) is None]
    if missing:
        raise ValueError(
            f"the following arguments are required: {', '.join(missing)}; or --only, a configured trade"
        )
    return LadderPlan(
        instrument=_instrument(arguments.symbol, arguments),
        unit_size=amount("unit size", arguments.unit_size),
        position_size=amount("position size", arguments.position_size),
        leverage=integer("leverage", "1" if arguments.leverage is None else arguments.leverage),
        reinvest=_reinvest("recovery" if arguments.reinvest is None else arguments.reinvest),
        trust_slots=0,
    )


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


def _configured(arguments: argparse.Namespace) -> tuple[LadderPlan, ExitRules, GuardSettings]:
    """The plan and the exits of the configured trade that --only names, as the flags change it, and the
    limits on the risk."""
    settings = load_settings(arguments.config, setting_flags(arguments), FLAG_NAMES, arguments.only)
    if len(settings.trades) > 1:
        raise ValueError(f"backtest walks one trade, and --only names {len(settings.trades)}")
    (trade,) = settings.trades
    terms = replace(trade.terms(), trust_slots=0)  # here every sale is proven at once
    exits = trade.exits()
    if wrong := exits.contradiction():
        raise ValueError(wrong)
    return terms.plan(_instrument(trade.symbol, arguments), trade.leverage), exits, settings.guards


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
