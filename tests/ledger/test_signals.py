"""The signals in a journal: a row for each change, and the newest of each to go on from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D

import pytest
from sqlalchemy import text

from hypertui.cli import main
from hypertui.core.clock import wall_ms
from hypertui.journal import Journal
from hypertui.journal.database import find
from hypertui.journal.intents import IntentJournal
from hypertui.journal.records import IntentRecord
from hypertui.journal.signals import SignalJournal, SignalRecord

STATE = {"version": 1, "at": 100, "phase": "FIRED", "since": 100, "side": "buy", "until": None}
FIRED = SignalRecord(
    "paper", "dip", "BTC", 100, STATE, True, "", D("0.71"), None, "rsi,bollinger", D("64005.5"), "open",
    "BTC buy 100", 100, 150,
)  # fmt: skip


@pytest.fixture
def journal(url: str) -> Iterator[SignalJournal]:
    journal = SignalJournal.open(url, "paper")
    yield journal
    journal.close()


def test_the_newest_of_each_market_is_what_it_goes_on_from(journal: SignalJournal) -> None:
    later = replace(FIRED, at=200, fired=False, wants="", key="", taken=200, why="cooldown")
    other = replace(FIRED, symbol="ETH", at=50, taken=50)
    for record in (FIRED, other, later, FIRED):  # a commit of which nobody knows is made again
        journal.write(record)
    journal.taken(replace(later, taken=900))
    assert journal.standing() == {("dip", "BTC"): replace(later, taken=900), ("dip", "ETH"): other}
    assert list(journal.newest(2)) == [replace(later, taken=900), FIRED]
    assert not journal.newest(9, "another")


def test_a_journal_of_before_there_were_signals_takes_them_and_can_be_read(url: str) -> None:
    Journal.open(url).close()
    with find(url).engine.begin() as connection:
        connection.execute(text("DROP TABLE signals"))
    old = SignalJournal.read(url, "paper")
    assert not old.newest(9)
    old.close()
    journal = SignalJournal.open(url, "paper")
    journal.write(FIRED)
    assert list(journal.newest(9)) == [FIRED]
    journal.close()


@pytest.mark.parametrize(
    ("days", "became"),
    [
        (1, "nothing: it did not come to an intent"),
        (31, "not known any more: what came to nothing is kept for 30 days"),
    ],
)
def test_the_log_does_not_say_what_became_of_an_intent_that_is_gone(
    journal: SignalJournal, url: str, capsys: pytest.CaptureFixture[str], days: int, became: str
) -> None:
    journal.write(replace(FIRED, at=wall_ms() - days * 86_400_000))
    assert main(["signals", "log", "--ledger", url, "--json"]) == 0
    assert [row["became"] for row in json.loads(capsys.readouterr().out)] == [became]


def test_the_intents_of_a_signal_are_found_by_their_keys(url: str) -> None:
    journal = IntentJournal.open(url, "paper")
    first = IntentRecord("1" * 32, "paper", "signal:dip", "BTC buy 100", "open", "BTC", 100, 101, 131, "DONE")
    again = replace(first, id="2" * 32, received_at=102)
    for record in (first, again, replace(first, id="3" * 32, source="webhook:dip")):
        journal.receive(record)
    assert journal.of_keys([("signal:dip", "BTC buy 100"), ("signal:dip", "none")]) == {
        ("signal:dip", "BTC buy 100"): first
    }
    journal.close()
