"""How long it takes to make a step durable: one commit of the journal, beside a bare one of sqlite3; and the
steps of eight trades at the same moment, in one commit for all, beside a journal for each of them."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from benchmarks.figures import milliseconds, ratio
from hypertui.core.market import Side
from hypertui.execution.group_commit import GroupCommit
from hypertui.journal import Journal, JournalDown
from hypertui.journal.records import InputRecord, OrderRecord, Record, StatusRecord, StepRecord, TradeRecord

COMMITS = 1_000
ROUNDS = 300
TRADES = 8
TRADE = TradeRecord("00000000000000b1", "paper", "0xb1", "BTC", 1_700_000_000_000, {})


def step() -> dict[str, object]:
    """The five rows of a step that moves one stop, beside five rows of the same data in one bare table; both
    in WAL mode with synchronous = FULL, in files of one folder, in turn."""
    journals: list[int] = []
    bares: list[int] = []
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path(__file__).parent) as folder:
        url = f"sqlite:///{folder}/journal.db"
        with Journal.open(url) as journal, closing(_bare(Path(folder) / "bare.db")) as bare:
            journal.begin(TRADE)
            for number in range(COMMITS):
                rows = _rows(number)
                began = time.perf_counter_ns()
                journal.add(*rows)
                journal.commit()
                journals.append(time.perf_counter_ns() - began)
                words = [(repr(row),) for row in rows]
                began = time.perf_counter_ns()
                with bare:
                    bare.executemany("INSERT INTO rows (words) VALUES (?)", words)
                bares.append(time.perf_counter_ns() - began)
    measured, reference = milliseconds(journals), milliseconds(bares)
    return {
        "commits": COMMITS,
        "p50_ms": measured.p50,
        "p99_ms": measured.p99,
        "sqlite3_p50_ms": reference.p50,
        "sqlite3_p99_ms": reference.p99,
        "ratio": ratio(measured.p50, reference.p50),
    }


def group() -> dict[str, object]:
    """From a step's rows to the moment when the loop hears that they are durable, for each trade: alone, for
    eight at the same moment in one journal, and for these in eight journals on the same file, each with a
    connection and a thread of its own. One round of each in turn, in files of one folder."""
    one: list[int] = []
    shared: list[int] = []
    apart: list[int] = []
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=Path(__file__).parent) as folder,
        ExitStack() as held,
    ):
        names = [[replace(TRADE, id=f"{TRADES * kind + number + 1:016x}", symbol=f"C{kind}{number}")
                  for number in range(TRADES)] for kind in range(3)]  # fmt: skip
        alone, together, *each = (
            held.enter_context(closing(GroupCommit(Journal.open(f"sqlite:///{folder}/{name}.db"))))
            for name in ("alone", "together", *["apart"] * TRADES)
        )
        asyncio.run(
            _rounds(
                ([(alone, names[0][0])], one),
                ([(together, trade) for trade in names[1]], shared),
                (list(zip(each, names[2], strict=True)), apart),
            )
        )
    single, grouped, reference = map(milliseconds, (one, shared, apart))
    return {
        "rounds": ROUNDS,
        "trades": TRADES,
        "one_p50_ms": single.p50,
        "one_p99_ms": single.p99,
        "p50_ms": grouped.p50,
        "p99_ms": grouped.p99,
        "apart_p50_ms": reference.p50,
        "apart_p99_ms": reference.p99,
        "ratio": ratio(grouped.p50, reference.p50),
        "ratio_p99": ratio(grouped.p99, reference.p99),
    }


async def _rounds(*ways: tuple[Sequence[tuple[GroupCommit, TradeRecord]], list[int]]) -> None:
    for trades, _ in ways:
        for group, trade in trades:
            group.do(lambda journal, trade=trade: journal.begin(trade))
    for number in range(ROUNDS):
        for trades, times in ways:
            times += await asyncio.gather(*(_durable(group, trade, number) for group, trade in trades))


async def _durable(group: GroupCommit, trade: TradeRecord, number: int) -> int:
    """A step's way into the database, in ns; tried again where another connection holds it."""
    began = time.perf_counter_ns()
    group.journal.add(*(replace(row, trade_id=trade.id) for row in _rows(number)))
    at_once = True
    while True:
        try:
            await group.commit_beside(trade.id, at_once=at_once)
            return time.perf_counter_ns() - began
        except JournalDown:
            at_once = False


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (nr INTEGER PRIMARY KEY, words TEXT)")
    return connection


def _rows(number: int) -> tuple[Record, ...]:
    """What a step up writes down before it is sent: the price, the step, and the stop that follows it."""
    at = TRADE.started_at + 1_000 * number
    price, size = Decimal(64_000 + 50 * number), Decimal("0.00781")
    trigger, limit = price - 50, price - 6_400
    client_id = f"0x{TRADE.id}0001{number:012x}"
    order = {
        "symbol": "BTC",
        "side": "sell",
        "size": f"{size}",
        "limit": f"{limit}",
        "type": "stop_market",
        "trigger": f"{trigger}",
        "reduce_only": True,
        "tif": "gtc",
        "client_id": client_id,
    }
    why = f"the stop at unit {number - 5:+d} follows the price to unit {number - 1:+d}"
    decision = {
        "reason": "LADDER_STOP",
        "target": f"{trigger}",
        "text": why,
        "replaces": client_id,
        "step": number,
    }
    sent = {
        "order": order,
        "role": "stop",
        "key": {"kind": "stop", "number": 1},
        "level": number - 1,
        "decision": decision,
        "grouping": "na",
    }
    state = {
        "phase": "advance",
        "trailing_stop": [number - 4, number - 3, number - 2, number - 1],
        "trailing_buy": [],
        "position": f"{4 * size}",
        "fragment_usd": "500",
        "realized_pnl": "-1.2345",
    }
    return (
        InputRecord(TRADE.id, 2 * number, at, "mark", {"price": f"{price}"}),
        StepRecord(TRADE.id, number, at, price, "up", number, state),
        InputRecord(TRADE.id, 2 * number + 1, at, "sent", sent),
        OrderRecord(
            TRADE.id,
            client_id,
            "stop",
            "stop/1",
            number - 1,
            Side.SELL,
            size,
            "stop_market",
            "gtc",
            trigger,
            limit,
            reduce_only=True,
            reason="LADDER_STOP",
            source="ladder",
            sent_at=at,
            target=trigger,
            why=why,
            replaces=client_id,
            step=number,
        ),
        StatusRecord(TRADE.id, client_id, at, "sent"),
    )
