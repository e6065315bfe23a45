"""`hypertui signals`: whether signals can be reached, when they would have fired, where they stand, and what
they did."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from decimal import Decimal

from pydantic import ValidationError

from hypertui.cli import streams
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.signal_candles import ToldCandles, of_exchange, of_file
from hypertui.cli.signal_log import signal_log
from hypertui.cli.signal_reports import (
    NOTHING_TRADES,
    SignalReport,
    WatchedSignal,
    backtest_report,
    check_report,
    show_report,
)
from hypertui.cli.values import amount, integer, typed
from hypertui.core.candles import Interval
from hypertui.core.redaction import harmless, printable
from hypertui.exchange.protocol import ExchangeError, Rejected
from hypertui.settings import Settings, load_settings
from hypertui.signal_settings import SignalSettings
from hypertui.signals.names import Family

_OUT_OF_REACH, _BAD_INPUT, _NOT_REACHED = 1, 2, 4
_MOST_DAYS = 3_650
_USUAL_SYMBOL, _USUAL_TIMEFRAME = "BTC", "5m"


def signals(arguments: argparse.Namespace) -> int:
    """Run one of the commands; 1 says that `check` found something out of reach. Raises ValueError with one
    line for bad input."""
    if arguments.signals_command == "log":
        return signal_log(arguments)
    settings = load_settings(arguments.config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES)
    report, days, statuses = _report_of(arguments), _days(arguments), []
    told: dict[tuple[str, Interval], ToldCandles] = {}
    for name, symbol, signal in _asked(arguments, settings):
        where = symbol, signal.interval
        try:
            if where not in told:
                told[where] = _candles(arguments, settings, *where)
        except ExchangeError as error:
            streams.complain(printable(f"{name} {symbol}: {error}"))
            statuses.append(_BAD_INPUT if isinstance(error, Rejected) else _NOT_REACHED)
            continue
        found = report(WatchedSignal.over(name, symbol, signal.timeframe, signal.rules(), told[where], days))
        _print(found, as_json=arguments.json)
        statuses.append(0 if found.is_fine else _OUT_OF_REACH)
    if not arguments.json and min(statuses) <= _OUT_OF_REACH:
        print(NOTHING_TRADES)
    return max(statuses)


def _asked(arguments: argparse.Namespace, settings: Settings) -> Iterator[tuple[str, str, SignalSettings]]:
    """Each signal that is meant, with each market of it. The market of a price file has no name where none
    was given."""
    symbol = getattr(arguments, "symbol", None)
    for name, signal in _tables(arguments, settings):
        if arguments.file is not None:
            yield name, symbol or "", signal
        else:
            yield from ((name, each, signal) for each in ([symbol] if symbol else signal.symbols))


def _tables(arguments: argparse.Namespace, settings: Settings) -> Iterator[tuple[str, SignalSettings]]:
    name, family = arguments.name, arguments.family
    if family is not None:
        if name is not None:
            raise ValueError(f"--family is for a signal without a table, and {typed(name)} names one")
        yield family, _by_itself(arguments)
        return
    if arguments.timeframe is not None:
        raise ValueError("--timeframe goes with --family; a table has its own")
    if not settings.signals:
        raise ValueError("no signal is configured: add a table [signals.NAME], or say --family trend")
    if name is None:
        yield from settings.signals.items()
    elif (found := settings.signals.get(name.lower())) is not None:
        yield name.lower(), found
    else:
        raise ValueError(f"no signal is named {typed(name)}: there are {', '.join(settings.signals)}")


def _by_itself(arguments: argparse.Namespace) -> SignalSettings:
    """The signal of a family with nothing else set."""
    try:
        return SignalSettings(
            symbols=(getattr(arguments, "symbol", None) or _USUAL_SYMBOL,),
            family=Family(arguments.family),
            timeframe=arguments.timeframe or _USUAL_TIMEFRAME,
        )
    except ValidationError as error:
        raise ValueError(f"--family {arguments.family} {error.errors()[0]['msg']}") from None


def _candles(
    arguments: argparse.Namespace, settings: Settings, symbol: str, interval: Interval
) -> ToldCandles:
    if arguments.file is None:
        return of_exchange(settings, symbol, interval)
    return of_file(arguments.file, symbol or None, interval)


def _report_of(arguments: argparse.Namespace) -> Callable[[WatchedSignal], SignalReport]:
    if arguments.signals_command == "backtest":
        costs = 2 * (_fraction("fee rate", arguments.fee_rate) + _fraction("slippage", arguments.slippage))
        return lambda signal: backtest_report(signal, costs)
    return check_report if arguments.signals_command == "check" else show_report


def _days(arguments: argparse.Namespace) -> int:
    """That the rates are of; `backtest` counts all there are."""
    said = getattr(arguments, "days", str(_MOST_DAYS))
    days = integer("--days", said)
    if not 0 < days <= _MOST_DAYS:
        raise ValueError(f"--days {typed(said)} is not from 1 to {_MOST_DAYS}")
    return days


def _print(found: SignalReport, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found.record))
        return
    for line in found.lines:
        print(harmless(line))
    print()


def _fraction(name: str, text: str) -> Decimal:
    fraction = amount(name, text)
    if not 0 <= fraction < 1:
        raise ValueError(f"{name} {typed(text)} is not between 0 and 1")
    return fraction
