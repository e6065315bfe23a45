"""The intents in a journal: one row each, and the same one known again for seven days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from hypertui.journal import Journal
from hypertui.journal.database import find
from hypertui.journal.intents import KNOWN_FOR, IntentJournal
from hypertui.journal.records import IntentRecord

NEW = IntentRecord("1" * 32, "paper", "webhook:tv", "key", "open", "BTC", 1, 1_000, 31_000, "RECEIVED")


@pytest.fixture
def journal(url: str) -> Iterator[IntentJournal]:
    journal = IntentJournal.open(url, "paper")
    yield journal
    journal.close()


def test_the_same_intent_is_known_for_seven_days(journal: IntentJournal) -> None:
    assert journal.receive(NEW) == NEW
    soon = replace(NEW, id="2" * 32, received_at=NEW.received_at + KNOWN_FOR - 1)
    assert journal.receive(soon) == NEW
    late = replace(NEW, id="3" * 32, received_at=NEW.received_at + KNOWN_FOR + 1)
    assert journal.receive(late) == late
    others = replace(NEW, id="4" * 32, source="webhook:other")
    assert journal.receive(others) == others
    assert {row.id[0]: row.state for row in journal.newest(9)}["2"] == "DUPLICATE"


def test_what_was_written_twice_is_there_once(journal: IntentJournal) -> None:
    assert journal.receive(NEW) == NEW
    assert journal.receive(NEW) == NEW
    done = replace(NEW, state="DONE", text="it is", changed_at=2_000)
    journal.change(done)
    assert list(journal.newest(9)) == [done]
    assert not journal.unfinished()
    assert [(count.state, count.count) for count in journal.counts()] == [("DONE", 1)]


def test_a_journal_of_before_there_were_intents_takes_them(url: str) -> None:
    Journal.open(url).close()
    with find(url).engine.begin() as connection:
        connection.execute(text("DROP TABLE intents"))
    read = IntentJournal.read(url, "paper")
    assert not (read.newest(9) or read.counts() or read.of_keys([("webhook:tv", "a")]))
    read.close()
    journal = IntentJournal.open(url, "paper")
    assert journal.receive(NEW) == NEW
    journal.close()
