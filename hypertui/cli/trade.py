"""`hypertui` and `hypertui run`: the engine in the console, or without a screen."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from hypertui.cli import streams
from hypertui.cli.defects import running
from hypertui.cli.last_seen import past
from hypertui.cli.metrics import metrics_door, served_metrics
from hypertui.cli.outgoing import notices_kept
from hypertui.cli.paper import FRESH_HINT, PaperMarket
from hypertui.cli.prepare import prepare, refuse_journal_of_another_version, symbols_of
from hypertui.cli.printing import Printer
from hypertui.cli.service import ServiceReport, watchdog
from hypertui.cli.shown import show
from hypertui.cli.signal_plans import announce_signals, signal_plans, signals_to_come
from hypertui.cli.sources import served_sources, sources_to_come
from hypertui.cli.values import seconds
from hypertui.cli.webhook_door import announce_webhooks, webhook_door
from hypertui.console.keymap import remap
from hypertui.console.launch import operator
from hypertui.console.terminal.last_position import last_position
from hypertui.core.clock import CLOCK
from hypertui.core.redaction import printable
from hypertui.core.shutdown import wind_down_on_signals
from hypertui.engine.engine_to_come import EngineToCome
from hypertui.execution.refusal import StartRefused
from hypertui.port.commands import OnExit, Stop, StopReason
from hypertui.port.snapshot import Mode, Network

if TYPE_CHECKING:
    from hypertui.engine.engine import EmbeddedEngine

_POLL = 0.05
_REFUSED = 2
_LAST_WORDS = 2_000  # characters


def console(arguments: argparse.Namespace) -> int:
    """Trade in the console. Raises ValueError with one line for bad input."""
    if getattr(arguments, "run_for", None) is not None:
        raise ValueError("--for goes with run --headless")
    if not streams.are_watched():
        raise ValueError("the console needs a terminal; without one use: hypertui run --headless")
    if not streams.can_move_its_cursor():
        streams.complain(
            f"a terminal of the kind '{os.environ.get('TERM', '')}' shows no console: plain lines follow; "
            "use hypertui ctl to control it"
        )
        return headless(arguments)
    trade = prepare(arguments, asks=True)
    settings, symbols = trade.settings, symbols_of(trade.configs)
    plans = signal_plans(settings)
    remap(settings.console.keys)
    stop = Stop(settings.engine.on_exit)
    before = past(settings.ledger.url, trade.state_dir, settings.network, symbols)
    streams.complain(f"{settings.network.upper()}: {before.in_words(symbols)}")
    first = settings.network is Network.PAPER and not before.has_trades
    with (
        metrics_door(settings.metrics.address) as door,
        webhook_door(settings) as hooks,
        trade.market() as market,
        running(),
        ExitStack() as opened,
    ):

        def load() -> EmbeddedEngine:
            # In the engine's thread: what trades is loaded while the console is on the screen already.
            from hypertui.cli.embedded import embedded

            try:
                refuse_journal_of_another_version(settings, trade.state_dir)
                engine = opened.enter_context(embedded(trade, market))
                opened.enter_context(served_sources(engine, hooks, plans, settings, trade.state_dir))
                return engine
            except ValueError as error:
                raise StartRefused(str(error)) from None
            finally:
                _collect_garbage()

        announce_webhooks(hooks, settings, trade.state_dir)
        announce_signals(plans)
        engine = EngineToCome(
            trade.configs,
            load,
            CLOCK,
            before.seen,
            sources_to_come(hooks, plans, settings),
            signals_to_come(plans),
        )
        opened.enter_context(served_metrics(engine, door, partial(notices_kept, trade.state_dir)))
        reason = show(engine, stop, settings.console, trade.state_dir, guided=first)
    return _say(reason, market)


def headless(arguments: argparse.Namespace) -> int:
    """Trade without a screen, printing events. Raises ValueError with one line for bad input."""
    given = getattr(arguments, "run_for", None)
    trade = prepare(arguments, None if given is None else seconds("--for", given))
    plans = signal_plans(trade.settings)
    from hypertui.cli.embedded import embedded

    stop = Stop(trade.settings.engine.on_exit)
    stop.by = operator()
    begun: list[EmbeddedEngine] = []

    def held() -> str:
        if not begun:
            return "no engine was running"
        return "; ".join(map(last_position, begun[0].view.trades))

    # Signals from first to last: one that comes while journal and market are closed must not break that off.
    with (
        metrics_door(trade.settings.metrics.address) as door,
        webhook_door(trade.settings) as hooks,
        wind_down_on_signals(stop.request, held),
        trade.market() as market,
        running(),
        embedded(trade, market) as engine,
        served_metrics(engine, door, partial(notices_kept, trade.state_dir)),
        served_sources(engine, hooks, plans, trade.settings, trade.state_dir),
    ):
        announce_webhooks(hooks, trade.settings, trade.state_dir)
        announce_signals(plans)
        begun.append(engine)
        _collect_garbage()
        reason = asyncio.run(_run_and_print(engine, stop))
    return _say(reason, market)


def _collect_garbage() -> None:
    """From here on; what is loaded is none."""
    gc.freeze()
    gc.enable()


async def _run_and_print(engine: EmbeddedEngine, stop: Stop) -> StopReason:
    words, utf8 = sys.stdout.isatty(), streams.speaks_utf8()
    report, loop = ServiceReport(watchdog(os.environ, os.getpid())), asyncio.get_running_loop()
    with Printer(engine, sys.stdout.fileno(), gone=stop.request, in_words=words, utf8=utf8):
        running = asyncio.create_task(engine.run(stop))
        while not running.done():
            await asyncio.wait([running], timeout=_POLL)
            report.look(engine.view, loop.time(), leaving=stop.requested or running.done())
            for trade in engine.view.trades if not stop.requested else ():
                if trade.mode is Mode.HALTED:
                    engine.leave(trade.name, OnExit.LEAVE)
        return running.result()


def _say(reason: StopReason, market: PaperMarket | None) -> int:
    if reason.text:
        refused = reason.status == _REFUSED and market is not None and market.kept
        hint = f" ({FRESH_HINT})" if refused and "--fresh" not in reason.text else ""
        # A terminal that is gone takes no last words; the log has them.
        streams.complain(f"{printable(reason.text, _LAST_WORDS)}{hint}")
    return reason.status
