"""`hypertui backtest`: a price file through the ladder."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.outcome import Engine, Outcome
from hypertui.backtest.report import RunTime, in_words, summary
from hypertui.backtest.simulation import replay
from hypertui.backtest.trying import Attempt, parts_of
from hypertui.cli.arguments import EXIT_FLAGS, FLAG_NAMES, setting_flags
from hypertui.cli.backtest_evidence import SeriesParts, cut, evidence_of
from hypertui.cli.engine_flag import chosen_engine, load_fast
from hypertui.cli.market_values import costs_of, instrument_of
from hypertui.cli.output import new_file
from hypertui.cli.values import amount, integer, typed
from hypertui.core.files import named_path
from hypertui.core.market import ZERO, Instrument
from hypertui.core.price_series import PriceKind
from hypertui.guard_settings import GuardSettings
from hypertui.risk.rules import GuardRules
from hypertui.series.prices import load_prices
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


def backtest(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    costs = costs_of(arguments)
    asked = _asked(arguments, costs) if arguments.only is None else _configured(arguments)
    if asked.terms.needs_atr:
        assert asked.terms.sizing is not None, "a unit in ATR is a rule of it"
        raise _no_past(asked.terms.sizing.unit_rule)
    asked.terms.check(asked.instrument, asked.leverage)
    guards, equity = _guards(arguments, asked.limits)
    engine = chosen_engine(arguments)
    if engine is not Engine.EXACT:
        return _in_columns(arguments, asked, costs, engine)
    began = time.perf_counter()
    series = load_prices(arguments.prices, asked.instrument.symbol, _kind(arguments))
    loaded = time.perf_counter()
    parts = cut(series, arguments)
    series = parts.walked
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

        run = replay(
            series, plan, costs, None if trace is None else write, exits, guards, equity, parts_of(series)
        )
        timing = RunTime(loaded - began, time.perf_counter() - began_run)
    attempt = Attempt(plan, costs, exits, guards, equity)
    return _tell(arguments, asked, parts, attempt, run, timing)


def _in_columns(arguments: argparse.Namespace, asked: _Walked, costs: Costs, engine: Engine) -> int:
    """The same over a series in columns, where the compiled ladder may walk."""
    from hypertui.backtest.engines import walk_by
    from hypertui.series.loading import load_ticks

    load_fast()
    began = time.perf_counter()
    parts = cut(load_ticks(arguments.prices, asked.instrument.symbol, _kind(arguments)), arguments)
    loaded = time.perf_counter()
    ticks = parts.walked
    first = ticks.price(0)
    plan = asked.plan(first, costs.fee_rate)
    for wrong in _contradictions(plan, asked.exits, first, costs.fee_rate):
        raise ValueError(wrong)
    began_run = time.perf_counter()
    outcome = walk_by(engine, ticks, plan, costs, asked.exits, blocks=parts_of(ticks))
    timing = RunTime(loaded - began, time.perf_counter() - began_run)
    return _tell(arguments, asked, parts, Attempt(plan, costs, asked.exits), outcome, timing)


def _kind(arguments: argparse.Namespace) -> PriceKind | None:
    return None if arguments.price is None else PriceKind(arguments.price)


def _tell(
    arguments: argparse.Namespace,
    asked: _Walked,
    parts: SeriesParts[Any],
    attempt: Attempt,
    made: Outcome,
    timing: RunTime,
) -> int:
    later = None if parts.opens_at is None else asked.plan(parts.opens_at, attempt.costs.fee_rate)
    evidence = evidence_of(parts, attempt, made, later, asked.state_dir)
    if arguments.json:
        print(json.dumps({**summary(made, timing), **evidence.summary}))
    else:
        print(in_words(made, attempt.costs, timing) + evidence.words)
    return 0


@dataclass(frozen=True, slots=True)
class _Walked:
    """The trade that is to be walked."""

    instrument: Instrument
    leverage: int
    terms: LadderTerms
    exits: ExitRules
    limits: GuardSettings
    state_dir: Path | None = None

    def plan(self, first: Decimal, fee_rate: Decimal) -> LadderPlan:
        """Its plan from the first price (USD) on, which is that of its entry."""
        return self.terms.settled(self.instrument, first, fee_rate).plan(self.instrument, self.leverage)


def _asked(arguments: argparse.Namespace, costs: Costs) -> _Walked:
    """What the flags alone describe. Its sizing counts on the slippage of both ways."""
    for flag in EXIT_FLAGS:
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
    instrument = instrument_of(arguments.symbol, arguments)
    state_dir = None if arguments.state_dir is None else named_path(arguments.state_dir)
    return _Walked(instrument, leverage, terms, ExitRules(), GuardSettings(), state_dir)


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
    terms = replace(trade.terms(), trust_slots=0)  # here every sale is proven at once
    instrument = instrument_of(trade.symbol, arguments)
    return _Walked(instrument, trade.leverage, terms, trade.exits(), settings.guards, settings.state_dir)


def _contradictions(plan: LadderPlan, exits: ExitRules, first: Decimal, fee_rate: Decimal) -> Iterator[str]:
    """What of the exits cannot be meant. No exchange liquidates here."""
    yield from contradictions(exits, plan.unit_size / first, fee_rate)
    yield from contradictions_at(exits, first, plan.instrument, fee_rate, None)


def _reinvest(text: str) -> Reinvest:
    try:
        return Reinvest(text)
    except ValueError:
        raise ValueError(f"reinvest {typed(text)} is not one of {', '.join(Reinvest)}") from None
