"""Which engine, and which of its trades, the flags of a command mean."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from hypertui.cli.places import state_home
from hypertui.cli.values import typed
from hypertui.core.files import named_path
from hypertui.port.snapshot import Network
from hypertui.server.client import ControlClient, NoEngine, engines
from hypertui.server.protocol import TradeNamed
from hypertui.settings import load_settings

ALL = "all"


def the_engine(arguments: argparse.Namespace, trade: str | None = None) -> ControlClient:
    """The engine that is meant, one that has the `trade` where that is given. Raises ValueError where there
    are several, NoEngine where there is none."""
    base = _base(arguments)
    wanted = arguments.network
    networks = list(Network) if wanted is None else [Network(wanted)]
    with ExitStack() as opened:
        found = [
            opened.enter_context(engine)
            for network in networks
            for engine in engines(base / network.value, arguments.symbol, arguments.account)
        ]
        if trade is not None and trade != ALL and len(found) > 1:
            # Where there is only one engine, what it has is told instead.
            found = [engine for engine in found if _named(engine.trades(), trade)]
    if len(found) == 1:
        return ControlClient(found[0].path)
    if not found:
        raise NoEngine(f"no engine of this description runs here (looked in {base})")
    raise ValueError(f"{len(found)} engines run here, say which: {'; '.join(map(_flags, found))}")


def the_trades(arguments: argparse.Namespace, engine: ControlClient, trade: str | None) -> list[TradeNamed]:
    """The trades of this engine that the flags mean, all of them without a name. Raises ValueError where it
    has none of the name."""
    fitting = engine.trades(arguments.symbol, arguments.account)
    if trade is None or trade == ALL:
        return fitting
    named = _named(fitting, trade)
    if not named:
        raise ValueError(f"--trade {typed(trade)} is not one of the engine's trades: {in_words(fitting)}")
    return named


def in_words(trades: Sequence[TradeNamed]) -> str:
    """Trades by name, market and account, in one line."""
    return ", ".join(f"{trade.name} ({trade.symbol} of {trade.account})" for trade in trades)


def _named(trades: Sequence[TradeNamed], name: str) -> list[TradeNamed]:
    exact = [trade for trade in trades if trade.name == name]
    return exact or [trade for trade in trades if trade.name.lower() == name.lower()]


def _flags(engine: ControlClient) -> str:
    first, *more = engine.hello.trades
    flags = f"--network {engine.hello.network} --symbol {first.symbol} --account {first.account}"
    return f"{flags} ({len(more)} more trades)" if more else flags


def _base(arguments: argparse.Namespace) -> Path:
    if arguments.state_dir is not None:
        # Settings that cannot be read must not keep anybody from the engine.
        try:
            return named_path(arguments.state_dir)
        except ValueError as error:
            raise ValueError(f"--state-dir {typed(arguments.state_dir)} {error}") from None
    return state_home(load_settings(arguments.config, {}).state_dir)
