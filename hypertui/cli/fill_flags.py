"""`--latency` and `--slippage`: how the fills of a backtest are, fixed or as a journal measures them."""

from __future__ import annotations

import argparse
import re
from decimal import Decimal

from hypertui.backtest.fill_model import FillModel, FillSample
from hypertui.backtest.instant_exchange import Costs
from hypertui.cli.values import amount, typed
from hypertui.core.market import ZERO

MEASURED = "journal"
_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s)")
_LONGEST = 3_600_000  # ms


def refuse_unused(arguments: argparse.Namespace) -> None:
    """Raise ValueError for flags that say which journal, or how it is drawn from, where none is asked."""
    if is_measured(arguments):
        return
    if arguments.journal is not None:
        raise ValueError("--journal goes with --latency journal or --slippage journal, or without PRICES")
    for flag in ("trade", "seed"):
        if getattr(arguments, flag) is not None:
            raise ValueError(f"--{flag} goes with --latency journal or --slippage journal")


def is_measured(arguments: argparse.Namespace) -> bool:
    """Whether a journal has to say anything."""
    return MEASURED in (arguments.latency, arguments.slippage)


def is_late(arguments: argparse.Namespace) -> bool:
    """Whether fills may come later than their touch. Raises ValueError."""
    return latency_of(arguments.latency) != 0


def fixed_model(arguments: argparse.Namespace, costs: Costs) -> FillModel | None:
    """That of a latency in the flags; None where fills are instant."""
    latency = latency_of(arguments.latency)
    return FillModel((FillSample(latency, costs.slippage),)) if latency else None


def latency_of(text: str | None) -> int | None:
    """In ms; None where it is measured. Raises ValueError."""
    if text is None:
        return 0
    if text == MEASURED:
        return None
    said = _TIME.fullmatch(text)
    if said is None:
        raise ValueError(f"latency {typed(text)} is neither a time, such as 250ms or 1.5s, nor journal")
    latency = Decimal(said[1]) * (1_000 if said[2] == "s" else 1)
    if latency > _LONGEST:
        raise ValueError(f"latency {typed(text)} is above an hour")
    return int(latency.to_integral_value())


def slippage_of(text: str) -> Decimal:
    """The fixed slippage, as a fraction; 0 where it is measured. Raises ValueError."""
    if text == MEASURED:
        return ZERO
    fraction = amount("slippage", text)
    if not 0 <= fraction < 1:
        raise ValueError(f"slippage {typed(text)} is not between 0 and 1, nor journal")
    return fraction
