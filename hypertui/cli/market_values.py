"""The market of a backtest and what trading costs there, from the command line."""

from __future__ import annotations

import argparse
from decimal import Decimal

from hypertui.backtest.instant_exchange import Costs
from hypertui.cli.fill_flags import slippage_of
from hypertui.cli.values import amount, integer, typed
from hypertui.core.market import KNOWN_INSTRUMENTS, Instrument

_MOST_DECIMALS = 5
_ANY_LEVERAGE = 50


def instrument_of(symbol: str, arguments: argparse.Namespace) -> Instrument:
    """The market of a symbol; `--sz-decimals` says of an unlisted one how small its sizes are. Raises
    ValueError."""
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


def costs_of(arguments: argparse.Namespace) -> Costs:
    """What a fill costs by `--fee-rate` and `--slippage` (0 where that is measured), and an hour by
    `--funding`. Raises ValueError."""
    funding = amount("funding", arguments.funding)
    if not -1 < funding < 1:
        raise ValueError(f"funding {typed(arguments.funding)} is not between -1 and 1")
    return Costs(_fraction("fee rate", arguments.fee_rate), slippage_of(arguments.slippage), funding)


def _fraction(name: str, text: str) -> Decimal:
    fraction = amount(name, text)
    if not 0 <= fraction < 1:
        raise ValueError(f"{name} {typed(text)} is not between 0 and 1")
    return fraction
