"""`hypertui health`: how the engine that runs fares, in one line of JSON and an exit status, for whoever asks
again and again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from hypertui.cli import streams
from hypertui.cli.values import seconds
from hypertui.cli.which_engine import the_engine, the_trades
from hypertui.core.clock import steady_ms
from hypertui.core.market import plain
from hypertui.core.redaction import printable
from hypertui.port.snapshot import Snapshot
from hypertui.port.verdict import Fitness, TradeVerdict, now_of, verdict
from hypertui.server.client import NoEngine


def health(arguments: argparse.Namespace) -> int:
    """Print it; returns the exit status, of several trades the worst: 0 ok, 1 degraded, 2 bad, or no engine.
    Raises ValueError with one line for bad input."""
    max_age = round(seconds("--max-age", arguments.max_age) * 1000)
    try:
        with the_engine(arguments, arguments.trade) as engine:
            hello = engine.hello
            names = [trade.name for trade in the_trades(arguments, engine, arguments.trade)]
            view, _ = engine.status()
    except NoEngine as error:
        return _say(Fitness.BAD, {"why": [printable(str(error))]})
    steady = steady_ms()
    found = [
        (trade, now, verdict(trade, now, max_age, view.intents.alarms_of(trade.name)))
        for trade in view.trades
        if trade.name in names
        for now in (now_of(trade, steady),)
    ]
    worst = max((judged.fitness for _, _, judged in found), default=Fitness.BAD)
    said = {
        "why": _reasons([(trade, judged) for trade, _, judged in found]),
        "network": hello.network,
        "pid": hello.pid,
        "version": hello.program,
        "trades": [_record(*each) for each in found],
    }
    return _say(worst, said)


def _say(fitness: Fitness, said: dict[str, object]) -> int:
    streams.say(json.dumps({"status": fitness.name.lower(), **said}))
    return int(fitness)


def _reasons(found: Sequence[tuple[Snapshot, TradeVerdict]]) -> list[str]:
    """Of all trades, the worst first."""
    ordered = sorted(found, key=lambda each: -each[1].fitness)
    return [printable(f"{trade.name}: {why}") for trade, judged in ordered for why in judged.why]


def _record(trade: Snapshot, now: int, judged: TradeVerdict) -> dict[str, object]:
    lamp, figures = trade.invariant, trade.figures
    protected = None if lamp is None else lamp.protected
    uptime = None if figures is None else figures.uptime(now)
    return {
        "name": trade.name,
        "symbol": trade.instrument.symbol,
        "status": judged.fitness.name.lower(),
        "mode": trade.mode.value,
        "age_s": round((now - trade.at) / 1000, 1),
        "position": plain(trade.position),
        "protected": None if protected is None else plain(protected),
        "feed_uptime": None if uptime is None else round(uptime, 4),
    }
