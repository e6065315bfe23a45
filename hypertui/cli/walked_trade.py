"""The trade that a backtest walks: of the flags alone, or a configured one."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from hypertui.backtest.instant_exchange import Costs
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.fill_flags import is_late
from hypertui.cli.market_values import instrument_of
from hypertui.cli.trade_arguments import ENTRY_FLAGS, EXIT_FLAGS
from hypertui.cli.values import amount, integer, typed
from hypertui.core.files import named_path
from hypertui.core.market import ZERO, Instrument
from hypertui.guard_settings import GuardSettings
from hypertui.risk.rules import GuardRules
from hypertui.setting_types import fraction_of, says_atr
from hypertui.settings import load_settings
from hypertui.strategy.exits.contradictions import contradictions, contradictions_at
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.sizing import Sizing
from hypertui.strategy.ladder.terms import LadderTerms
from hypertui.strategy.ladder.trade_plan import LadderPlan

_ALWAYS = ("symbol", "unit_size", "position_size")


@dataclass(frozen=True, slots=True)
class WalkedTrade:
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

    def checked_plan(self, first: Decimal, fee_rate: Decimal) -> LadderPlan:
        """The same. Raises ValueError where one of its exits cannot be meant; no exchange liquidates here."""
        plan, exits = self.plan(first, fee_rate), self.exits
        for wrong in contradictions(exits, plan.unit_size / first, fee_rate):
            raise ValueError(wrong)
        for wrong in contradictions_at(exits, first, plan.instrument, fee_rate, None):
            raise ValueError(wrong)
        return plan


def walked_trade(arguments: argparse.Namespace, costs: Costs) -> WalkedTrade:
    """The trade that the command line asks for. Raises ValueError, in one line, for one that cannot be."""
    asked = _asked(arguments, costs) if arguments.only is None else _configured(arguments)
    if asked.terms.needs_atr:
        assert asked.terms.sizing is not None, "a unit in ATR is a rule of it"
        raise _no_past(asked.terms.sizing.unit_rule)
    asked.terms.check(asked.instrument, asked.leverage)
    return asked


def _asked(arguments: argparse.Namespace, costs: Costs) -> WalkedTrade:
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
        trust_slots=1 if is_late(arguments) else 0,
        sizing=sized,
    )
    leverage = integer("leverage", "1" if arguments.leverage is None else arguments.leverage)
    instrument = instrument_of(arguments.symbol, arguments)
    state_dir = None if arguments.state_dir is None else named_path(arguments.state_dir)
    return WalkedTrade(instrument, leverage, terms, ExitRules(), GuardSettings(), state_dir)


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


def guards_of(
    arguments: argparse.Namespace, limits: GuardSettings, *, cycles_hold: bool = False
) -> tuple[GuardRules | None, Decimal | None]:
    """The limits that watch it, and the money of its account, where it is to be watched; `cycles_hold` as the
    limits take it."""
    if not arguments.guards:
        if arguments.equity is not None:
            raise ValueError("--equity goes with --guards")
        return None, None
    rules = limits.rules(own_market=False, cycles_hold=cycles_hold)
    if wrong := rules.contradiction():
        raise ValueError(wrong)
    return rules, None if arguments.equity is None else _above_zero("equity", arguments.equity)


def _configured(arguments: argparse.Namespace) -> WalkedTrade:
    """The configured trade that --only names, as the flags change it, and the limits on the risk."""
    settings = load_settings(arguments.config, setting_flags(arguments), FLAG_NAMES, arguments.only)
    if len(settings.trades) > 1:
        raise ValueError(f"backtest walks one trade, and --only names {len(settings.trades)}")
    (trade,) = settings.trades
    terms = trade.ladder()
    if not is_late(arguments):  # here every sale is proven at once
        terms = replace(terms, trust_slots=0)
    instrument = instrument_of(trade.symbol, arguments)
    return WalkedTrade(instrument, trade.leverage, terms, trade.exits(), settings.guards, settings.state_dir)


def _reinvest(text: str) -> Reinvest:
    try:
        return Reinvest(text)
    except ValueError:
        raise ValueError(f"reinvest {typed(text)} is not one of {', '.join(Reinvest)}") from None
