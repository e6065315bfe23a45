"""The daily report: the ledger's figures of one day, from a journal that is only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.core.market import Side
from hypertui.journal import Journal
from hypertui.journal.accumulations import AccumulationJournal, AccumulationRecord
from hypertui.journal.records import FillRecord, FundingRecord, TradeRecord
from hypertui.notices.daily import daily_report
from hypertui.notices.hours import DAY
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Invariant, Severity
from tests.notices.parts import NOON, alarm, snapshot

ID = "00c0ffee00c0ffee"
MIDNIGHT = NOON + DAY // 2  # the end of the day that is told
TRADE = TradeRecord(ID, "paper", "0x" + "a1" * 20, "BTC", NOON - 2 * DAY, {"unit": "100"})
VIEW = EngineView((snapshot(),))


def fill(number: int, at: int, side: Side, price: int, reason: str, source: str, position: str) -> FillRecord:
    return FillRecord(
        ID, at, number, number, f"0x{ID}{number:016x}", "BTC", "stop", -1, side, D("0.1"), D(price), D("3"),
        D(0), D("0"), reason, source, "feed", D("0"), D(position),
    )  # fmt: skip


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with closing(Journal.open(url)) as journal:
        journal.begin(TRADE)
        for record in (
            fill(1, MIDNIGHT - DAY - 1, Side.BUY, 60_000, "ENTRY", "ladder", "0"),
            fill(2, MIDNIGHT - DAY, Side.SELL, 61_000, "LADDER_STOP", "ladder", "0.1"),
            fill(3, NOON, Side.BUY, 62_000, "LADDER_BUY", "ladder", "0"),
            FundingRecord(ID, NOON + 1, D("-1.25")),
            fill(4, MIDNIGHT - 1, Side.SELL, 61_500, "MANUAL", "operator", "0.1"),
            fill(5, MIDNIGHT, Side.BUY, 61_500, "LADDER_BUY", "ladder", "0"),
        ):
            journal.add(record)
        journal.commit()
    yield url


def test_what_was_put_aside_of_the_day_is_a_line(url: str) -> None:
    row = AccumulationRecord(
        "paper", TRADE.account, "2024-10-04", "MOVED", D("36.75"), D("7.35"), 1, "20 % of 36.75 USD", 2
    )
    with AccumulationJournal.open(url) as kept:
        assert kept.begin(row)
        assert kept.begin(replace(row, day="2024-10-03", amount=D(99)))
    lines = daily_report(url, "paper", MIDNIGHT, VIEW).splitlines()
    assert [line for line in lines if line.startswith("accumulate")] == [
        "accumulate moved: 7.35 USD to the spot wallet, 20 % of 36.75 USD"
    ]


def test_the_figures_are_those_of_the_day(url: str) -> None:
    # 0.1 coins: sold 1,000 higher (+100 less fees of 3 and 3), then 500 lower (-50 less 3 and 3).
    assert daily_report(url, "paper", MIDNIGHT, VIEW).splitlines() == [
        "2024-10-04 (UTC) on paper",
        "net +36.75 USD: realised +38.00 after fees, funding -1.25",
        "fees 9.00 USD",
        "3 fills, 18,450.00 USD",
        "by source: ladder +94.00 in 2, operator -56.00 in 1",
        "by reason: ladder stop +94.00 in 1, manual -56.00 in 1, ladder buy 0.00 in 1",
        "now BTC running, no alarm",
    ]


def test_a_day_and_a_network_without_fills(url: str) -> None:
    assert daily_report(url, "paper", MIDNIGHT - 2 * DAY, VIEW).splitlines()[1] == "no fills"
    assert daily_report(url, "mainnet", MIDNIGHT, VIEW).splitlines()[1] == "no fills"


def test_a_journal_that_is_not_there_or_cannot_be_read_is_said(tmp_path: Path) -> None:
    nowhere = tmp_path / "none.db"
    assert "nothing has been traded yet" in daily_report(f"sqlite:///{nowhere}", "paper", MIDNIGHT, VIEW)
    assert not nowhere.exists()
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 1_000)
    assert "the journal cannot be read: " in daily_report(f"sqlite:///{broken}", "paper", MIDNIGHT, VIEW)


def test_how_each_trade_is(tmp_path: Path) -> None:
    lamp = Invariant(False, True, 0, 0, D(0), D("0.3"), unprotected="0.1 BTC, 6,000 USD")
    over = replace(alarm("over"), active=False)
    bad = snapshot(
        alarm(), over, alarm("x", Severity.CRITICAL), position=D("0.3"), invariant=lamp, name="hedge"
    )
    text = daily_report(f"sqlite:///{tmp_path / 'none.db'}", "paper", MIDNIGHT, EngineView((snapshot(), bad)))
    assert text.splitlines()[2:] == [
        "now BTC running, no alarm",
        "now hedge running, 0.30000 held, unprotected: 0.1 BTC, 6,000 USD, 2 alarms, 1 critical",
    ]
