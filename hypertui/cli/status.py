"""`hypertui status`: the state of open trades by journal and lock, with or without an engine.

A running engine is found by its lock, and its trade in the journal. It is asked for what only it knows: when
each of its tasks last ran, and when it runs next."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.places import journal_url, state_folder
from hypertui.cli.values import integer
from hypertui.core import phrases
from hypertui.core.redaction import harmless
from hypertui.journal import JournalError
from hypertui.journal.history import History
from hypertui.journal.lock import Held, held_locks
from hypertui.ledger.overview import Overview, live_trades, record
from hypertui.port.snapshot import Snapshot
from hypertui.port.views import TaskView
from hypertui.server import addresses
from hypertui.server.client import ControlClient, NoEngine, OtherEngine, Silent
from hypertui.settings import load_settings


def status(arguments: argparse.Namespace) -> int:
    """Print it. Raises ValueError with one line where the journal cannot be read."""
    count = integer("--events", arguments.events)
    if not 0 <= count <= 1000:
        raise ValueError(f"--events {count} is not between 0 and 1000")
    settings = load_settings(arguments.config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES)
    folder, network = state_folder(settings), settings.network.value
    locks = held_locks(folder, network)
    answers = _Answers.of(folder) if locks else _Answers()
    running = [Running(held, *answers.tasks(held)) for held in locks]
    try:
        with History.open(journal_url(settings.ledger.url, folder)) as journal:
            place, size = journal.place, journal.size()
            trades = live_trades(journal, network, count)
    except JournalError as error:
        raise ValueError(str(error)) from None
    if arguments.json:
        print(
            json.dumps(
                {
                    "network": network,
                    "journal": place,
                    "bytes": size,
                    "engines": [
                        {
                            "account": engine.held.account,
                            "symbol": engine.held.symbol,
                            "holder": engine.held.holder,
                            "silent": engine.silent,
                            "tasks": [asdict(task) for task in engine.tasks],
                        }
                        for engine in running
                    ],
                    "trades": [record(trade) for trade in trades],
                }
            )
        )
    else:
        print(f"{network}, journal {place}, {size / 1e6:.1f} MB")
        for line in _words(running, trades):
            print(harmless(line))  # the journal holds the exchange's words, and may be somebody else's
    return 0


@dataclass(frozen=True, slots=True)
class Running:
    """An engine that holds a lock: its tasks, or why they are unknown."""

    held: Held
    tasks: Sequence[TaskView]
    silent: str


@dataclass(slots=True)
class _Answers:
    """What the engines say that answer, each asked once, however many locks it holds; `silent` says why one
    does not answer."""

    trades: list[Snapshot] = field(default_factory=list)
    silent: str = "no engine answers"

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Ask those that keep their state in `folder`."""
        answers = cls()
        for path in addresses.found(folder):
            try:
                with ControlClient(path) as engine:
                    answers.trades += engine.status()[0].trades
            except (OtherEngine, Silent) as error:
                answers.silent = str(error)
            except NoEngine:
                continue  # a dead one's socket
        return answers

    def tasks(self, held: Held) -> tuple[Sequence[TaskView], str]:
        """The tasks of the trade that a lock is for, or why they are unknown."""
        for trade in self.trades:
            if (trade.account.lower(), trade.instrument.symbol) == (held.account, held.symbol):
                return trade.tasks, ""
        return (), self.silent


def _words(running: Sequence[Running], trades: Sequence[Overview]) -> Iterator[str]:
    for engine in running:
        held = engine.held
        yield f"engine: {held.holder}, trades {held.symbol} of {held.account}"
        for task in engine.tasks:
            yield f"  task {_task(task)}"
        if engine.silent:
            yield f"  tasks: not known, {engine.silent}"
    engines = [engine.held for engine in running]
    if not engines:
        yield "engine: none runs on this machine"
    if not trades:
        yield "trade: none is open"
    for trade in trades:
        yield from _trade(trade, engines)


def _trade(overview: Overview, engines: Sequence[Held]) -> Iterator[str]:
    trade, step = overview.trade, overview.step
    yield f"trade {trade.id} of {trade.symbol} by {trade.account}, since {_time(trade.started_at)}"
    if not any((held.account, held.symbol) == (trade.account, trade.symbol) for held in engines):
        yield "  no engine on this machine trades it: what is live at the exchange stays live by itself"
        if overview.buys:
            yield f"  UNATTENDED: {phrases.unattended(overview.buys)}"
    if step is not None:
        where = f"unit {step.level:+d} after {step.seq} steps, in {step.phase} before the last one's fills"
    else:
        strategy = str(trade.settings.get("strategy", "ladder"))
        where = "unit 0, no step yet" if strategy == "ladder" else strategy
    yield (
        f"  {where}; {overview.position:f} held by {phrases.counted(overview.fills, 'fill')},"
        f" realised {overview.realized_pnl:+.2f} USD, as journalled"
    )
    then = "; resume sells out further" if _pauses_a_sell_out(overview) else ""
    yield f"  {overview.mode}{f': {overview.reason}' if overview.reason else ''}{then}"
    if overview.wish:
        yield f"  not done yet, and gone on with: {overview.wish}"
    for alarm in overview.alarms:
        yield f"  alarm ({alarm.severity}) since {_time(alarm.at)}: {alarm.text}"
    for at, kind, text in overview.events:
        yield f"  {_time(at)}  {kind:<8}{text}"


def _pauses_a_sell_out(overview: Overview) -> bool:
    return overview.resumes == "selling-out" != overview.mode


def _task(task: TaskView) -> str:
    last = "never ran" if task.last is None else f"last ran {_time(task.last)}, {task.result}"
    coming = "OVERDUE since" if task.overdue else "next"
    then = "next when there is cause" if task.next is None else f"{coming} {_time(task.next)}"
    return f"{task.name}, every {task.every / 1000:g} s: {last}; {then}"


def _time(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%S}"
