"""What a start leaves in the journal that came to nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.cli.journal import journals
from hypertui.core.market import plain
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade_inputs import StateSet
from hypertui.execution.trade_journal import TradeJournal
from hypertui.execution.trading_state import TradingState
from hypertui.journal import EngineLock, Journal, JournalError
from hypertui.journal.schema import TABLES, TRADES
from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Network, Severity
from tests.support.ladders import ladder_config

ACCOUNT = "0x" + "ab" * 20
CONFIG = ladder_config(Network.PAPER, "SOL", Decimal("0.5"), Decimal(2000), 20)
ALARM = Event(1, 5, EventKind.ALARM, Severity.CRITICAL, "no", {"alarm": "key", "active": True})


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'journal.db'}"


def durable(written: TradeJournal) -> None:
    """Wait for a commit of what is queued."""

    async def wait() -> None:
        await written.commit_beside(at_once=True)

    asyncio.run(wait())


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
    settings = {"unit": plain(Decimal(1))}
    with journals(tmp_path, None, lambda: 7, settings) as open_journal:
        with open_journal(CONFIG, ACCOUNT) as (_, written):
            written.event(ALARM)
            durable(written)
            assert rows(tmp_path).keys() >= {"trades", "alarms", "settings"}
            written.event(ALARM)  # queued, and never written
        assert rows(tmp_path) == {}


def test_what_was_sent_stays(tmp_path: Path) -> None:
    with journals(tmp_path, None, lambda: 7) as open_journal, open_journal(CONFIG, ACCOUNT) as opened:
        trade, written = opened
        written.record(StateSet(7, TradingState()))
        durable(written)
    with Journal.open(url(tmp_path)) as journal:
        assert [row.id for row in journal.trades()] == [f"{trade:016x}"]
        assert journal.live_trade("paper", ACCOUNT, "SOL") is not None
        with pytest.raises(JournalError, match="has begun"):
            journal.forget(f"{trade:016x}")


def test_trades_share_a_journal_and_one_that_is_refused_is_refused_alone(tmp_path: Path) -> None:
    eth = replace(CONFIG, symbol="ETH")
    with journals(tmp_path, None, lambda: 7) as open_journal, open_journal(CONFIG, ACCOUNT) as opened:
        trade, written = opened
        with (
            EngineLock(tmp_path, "paper", ACCOUNT, "ETH"),
            pytest.raises(StartRefused, match="another engine"),
            open_journal(eth, ACCOUNT),
        ):
            pass
        with Journal.open(url(tmp_path)) as other:
            other.claim("paper", ACCOUNT, "ETH")
            refused = pytest.raises(StartRefused, match=r"ETH of .* is traded by another engine")
            with refused, open_journal(eth, ACCOUNT):
                pass
            with EngineLock(tmp_path, "paper", ACCOUNT, "ETH"):
                pass  # a start that was refused holds no lock
        with open_journal(eth, ACCOUNT) as (other_trade, beside):
            assert trade != other_trade
            for each in (written, beside):
                each.record(StateSet(7, TradingState()))
            durable(beside)
            assert (written.pending, beside.pending) == (0, 0), "one commit for both"
        with EngineLock(tmp_path, "paper", ACCOUNT, "ETH"):
            pass  # nor does one that has ended, while the others go on
        with open_journal(eth, ACCOUNT) as (again, _):
            assert again == other_trade
    with journals(tmp_path, None, lambda: 7) as open_journal:
        refused = pytest.raises(StartRefused, match="with leverage 20 is open")
        with refused, open_journal(replace(CONFIG, leverage=10), ACCOUNT):
            pass
        with Journal.open(url(tmp_path)) as other:
            other.claim("paper", ACCOUNT, "SOL")  # nor a claim
        with open_journal(CONFIG, ACCOUNT) as found, open_journal(eth, ACCOUNT) as found_too:
            assert (found[0], found_too[0]) == (trade, other_trade)


def test_those_that_have_sent_nothing_are_forgotten_the_others_stay(tmp_path: Path) -> None:
    with (
        journals(tmp_path, None, lambda: 7, {"unit": "1"}) as open_journal,
        open_journal(CONFIG, ACCOUNT) as (_, idle),
        open_journal(replace(CONFIG, symbol="ETH"), ACCOUNT) as (begun, written),
    ):
        idle.event(ALARM)
        written.record(StateSet(7, TradingState()))
        durable(written)
    assert rows(tmp_path) == {"trades": 1, "inputs": 1, "settings": 1}
    with Journal.open(url(tmp_path)) as journal:
        assert [row.id for row in journal.trades()] == [f"{begun:016x}"]
