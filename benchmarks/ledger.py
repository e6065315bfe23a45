"""How long a million fills take to become a ledger, beside a plain loop over the same rows.

Both read the journal's file from its first fill on. The plain loop adds up cash and coins as floats and keeps
nothing; the ledger keeps lots, allocations and average cost in exact decimals and compares each fill with
what the venue said. Times are the processor's. Memory is what Python has allocated at most while the ledger
is worked out, for a tenth of some fills and for all of them: it must not grow with their number.
"""

import sqlite3
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from random import Random

from benchmarks.figures import ratio
from hypertui.core.market import ZERO, Side
from hypertui.journal import Journal
from hypertui.journal.history import AccountMarket, History
from hypertui.journal.records import FillRecord, TradeRecord
from hypertui.journal.schema import TABLES, encode
from hypertui.ledger.check import check
from hypertui.ledger.derivation import MarketBook, derive
from hypertui.ledger.scope import Scope

FILLS = 1_000_000
MEASURED_FOR_MEMORY = 100_000
TRADE = TradeRecord("00000000000000b2", "paper", "0xb2", "BTC", 1_700_000_000_000, {})
_BATCH = 50_000


def recompute() -> dict[str, object]:
    """A ladder's fills: four lots of changing sizes, sold and bought back, flat now and then."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path(__file__).parent) as folder:
        path = Path(folder) / "journal.db"
        url = f"sqlite:///{path}"
        _fill(url, path, FILLS)
        began = time.process_time()
        cash, coins = _plain(path)
        bare = time.process_time() - began
        with History.open(url) as history:
            scope = Scope(history, "paper")
            ((_, trades),) = scope.markets().items()
            book = MarketBook()
            began = time.process_time()
            count = sum(1 for _ in derive(history.market_fills(trades), book))
            measured = time.process_time() - began
            began = time.process_time()
            verdict = check(scope)
            checked = time.process_time() - began
        worth = float(book.realized_pnl + book.unrealized_pnl(Decimal(64_000)) - book.open_fees)
        agrees = abs(worth - (cash + coins * 64_000)) < 0.01 and not verdict.wrong
    return {
        "fills": count,
        "recompute_s": round(measured, 2),
        "fills_per_s": round(count / measured),
        "check_s": round(checked, 2),
        "plain_loop_s": round(bare, 2),
        "ratio": ratio(measured, bare),
        "agrees": agrees,
        "peak_kb": [_peak(MEASURED_FOR_MEMORY // 10), _peak(MEASURED_FOR_MEMORY)],
    }


def _peak(fills: int) -> int:
    """Kilobytes allocated at most while so many fills are worked out."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path(__file__).parent) as folder:
        path = Path(folder) / "journal.db"
        _fill(f"sqlite:///{path}", path, fills)
        with History.open(f"sqlite:///{path}") as history:
            trades = Scope(history, "paper").markets()[AccountMarket.of(TRADE)]
            tracemalloc.start()
            for _ in derive(history.market_fills(trades)):
                pass
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    return round(peak / 1000)


def _plain(path: Path) -> tuple[float, float]:
    cash = coins = 0.0
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT side, size, price, fee FROM fills WHERE trade_id = ?"
            " ORDER BY time, order_id, trade_number",
            (TRADE.id,),
        )
        for side, size, price, fee in rows:
            signed = float(size) if side == "buy" else -float(size)
            cash -= signed * float(price) + float(fee)
            coins += signed
    return cash, coins


def _fill(url: str, path: Path, count: int) -> None:
    with Journal.open(url) as journal:
        journal.begin(TRADE)
    columns = [column.name for column in TABLES[FillRecord].columns]
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" for _ in columns)
    with closing(sqlite3.connect(path)) as connection:
        batch = []
        for number, fill in enumerate(_fills(count), 1):
            row = {**encode(fill), "nr": number}
            batch.append(tuple(row[name] for name in columns))
            if len(batch) == _BATCH or number == count:
                connection.executemany(f"INSERT INTO fills ({names}) VALUES ({marks})", batch)
                connection.commit()
                batch = []


def _fills(count: int) -> Iterator[FillRecord]:
    """Up to four lots, as the venue would tell of them: with start positions and closed PnL."""
    random, position, cost, price = Random(1), ZERO, ZERO, Decimal(64_000)
    held = 0
    for number in range(count):
        price += random.randint(-60, 60)
        if held == 0 or (held < 4 and random.random() < 0.5):
            side, size = Side.BUY, Decimal(random.randint(100, 900)).scaleb(-5)
            pnl, held = ZERO, held + 1
            after, cost = position + size, cost + size * price
        else:
            side, size = Side.SELL, position if held == 1 else (position / held).quantize(Decimal("0.00001"))
            released = cost if held == 1 else (cost * size / position).quantize(Decimal("0.000001"))
            pnl, held = size * price - released, held - 1
            after, cost = position - size, cost - released
        fee = (size * price * Decimal("0.00045")).quantize(Decimal("0.000001"))
        role, reason = ("buy", "LADDER_BUY") if side is Side.BUY else ("stop", "LADDER_STOP")
        yield FillRecord(
            TRADE.id,
            TRADE.started_at + 400 * number,
            number,
            number,
            None,
            "BTC",
            role,
            0,
            side,
            size,
            price,
            fee,
            pnl.quantize(Decimal("0.000001")),
            position,
            reason,
            "ladder",
            "feed",
            None,
            None,
        )
        position = after
