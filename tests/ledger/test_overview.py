"""What a live trade is shown to be without its engine."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

from hypertui.cli import status
from hypertui.core.market import Side
from hypertui.execution.input_codec import to_json
from hypertui.execution.trading_state import Posture, TradingState
from hypertui.journal import Journal
from hypertui.journal.history import History
from hypertui.journal.records import InputRecord, OrderRecord, StatusRecord
from hypertui.ledger.overview import live_trades
from hypertui.port.snapshot import Mode
from tests.ledger.helpers import ID, TRADE


def test_what_is_wanted_what_resume_leads_to_and_the_buys_that_nobody_watches(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    said: list[tuple[str, dict[str, object]]] = [
        ("selling out", {}),
        ("state", {"state": to_json(TradingState(Mode.PAUSED, "flatten by root", Posture.PROTECT))}),
        ("wish", {"verb": "flatten", "reason": "flatten by root"}),
    ]
    bought = OrderRecord(
        ID,
        "0x1",
        "buy",
        "entry/0",
        1,
        Side.BUY,
        D(1),
        "stop_market",
        "gtc",
        D(101),
        D(111),
        False,
        "LADDER_BUY",
        "ladder",
        1,
        D(101),
        "unit +1 is armed",
        None,
        0,
    )
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        for seq, (kind, data) in enumerate(said, 1):
            journal.add(InputRecord(ID, seq, seq, kind, data))  # type: ignore[arg-type]
        for number, end in enumerate(("live", "filled", "cancelled", "not placed"), 1):
            journal.add(replace(bought, client_id=f"0x{number}"))
            journal.add(StatusRecord(ID, f"0x{number}", number, "sent"))
            journal.add(StatusRecord(ID, f"0x{number}", number + 10, end))
        journal.commit()
    with History.open(url) as history:
        (found,) = live_trades(history, "paper", 0)
    assert (found.buys, found.wish, found.resumes) == (1, "flatten by root", "selling-out")
    words = list(status._trade(found, []))
    assert "  paused: flatten by root; resume sells out further" in words
    assert "  not done yet, and gone on with: flatten by root" in words
    assert "  UNATTENDED: 1 buy is live with no engine: a buy that fills gets no stop" in words


def test_an_order_is_told_by_where_it_stands(tmp_path: Path) -> None:
    """A limit has no trigger, and is not at the market."""
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    order = OrderRecord(
        ID,
        "0x1",
        "buy",
        "entry/0",
        None,
        Side.BUY,
        D(1),
        "limit",
        "alo",
        None,
        D(99),
        False,
        "ENTRY",
        "bracket",
        1,
        None,
        "told to enter",
        None,
        None,
    )
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        for number, kind in enumerate(("limit", "ioc"), 1):
            journal.add(replace(order, client_id=f"0x{number}", type=kind))
            journal.add(StatusRecord(ID, f"0x{number}", number, "sent"))
        journal.commit()
    with History.open(url) as history:
        (found,) = live_trades(history, "paper", 2)
    assert [text for _, _, text in found.events] == [
        "entry, buy 1 at 99: sent",
        "entry, buy 1 at market: sent",
    ]
