"""What a start leaves in the journal that came to nothing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.cli.journal import journals
from hypertui.core.market import plain
from hypertui.execution.trade_inputs import StateSet
from hypertui.execution.trading_state import TradingState
from hypertui.journal import Journal, JournalError
from hypertui.journal.schema import TABLES, TRADES
from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Network, Severity
from tests.support.ladders import ladder_config

ACCOUNT = "0x" + "ab" * 20
CONFIG = ladder_config(Network.PAPER, "SOL", Decimal("0.5"), Decimal(2000), 20)
ALARM = Event(1, 5, EventKind.ALARM, Severity.CRITICAL, "no", {"alarm": "key", "active": True})


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'journal.db'}"


def rows(folder: Path) -> dict[str, int]:
    with Journal.open(url(folder)) as journal:
        counts = {
            table.name: journal._session.run(
                lambda connection, table=table: len(connection.execute(table.select()).all())
            )
            for table in (TRADES, *TABLES.values())
        }
    return {name: count for name, count in counts.items() if count}


def test_a_refused_start_leaves_nothing(tmp_path: Path) -> None:
    with journals(tmp_path, None, lambda: 7, {"unit": plain(Decimal(1))}) as open_journal:
        _, written = open_journal(ACCOUNT, CONFIG)
        written.event(ALARM)
        written.commit()
        assert rows(tmp_path).keys() >= {"trades", "alarms", "settings"}
        written.event(ALARM)  # queued, and never written
    assert rows(tmp_path) == {}


def test_what_was_sent_stays(tmp_path: Path) -> None:
    with journals(tmp_path, None, lambda: 7) as open_journal:
        trade, written = open_journal(ACCOUNT, CONFIG)
        written.record(StateSet(7, TradingState()))
        written.commit()
    with Journal.open(url(tmp_path)) as journal:
        assert [row.id for row in journal.trades()] == [f"{trade:016x}"]
        assert journal.live_trade("paper", ACCOUNT, "SOL") is not None
        with pytest.raises(JournalError, match="has begun"):
            journal.forget(f"{trade:016x}")
