"""How long it takes to make a step durable: one commit of the journal, beside a bare one of sqlite3."""

import sqlite3
import tempfile
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from benchmarks.figures import milliseconds, ratio
from hypertui.core.market import Side
from hypertui.journal import Journal
from hypertui.journal.records import InputRecord, OrderRecord, Record, StatusRecord, StepRecord, TradeRecord

COMMITS = 1_000
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
    sent = {"order": order, "role": "stop", "slot": 1, "unit": number - 1, "decision": decision}
    position, fragment, pnl = 4 * size, Decimal(500), Decimal("-1.2345")
    return (
        InputRecord(TRADE.id, 2 * number, at, "mark", {"price": f"{price}"}),
        StepRecord(TRADE.id, number, at, price, "up", number, "long", position, fragment, pnl),
        InputRecord(TRADE.id, 2 * number + 1, at, "sent", sent),
        OrderRecord(
            TRADE.id,
            client_id,
            "stop",
            1,
            number - 1,
            Side.SELL,
            size,
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
