"""The ledger is checked once a day beside the trade: never in its way, and what is found is an alarm."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from hypertui.cli.arguments import parser
from hypertui.cli.audit import audit_of
from hypertui.cli.embedded import embedded
from hypertui.cli.prepare import prepare
from hypertui.core.market import Side
from hypertui.engine.ledger_watch import LedgerWatch, seconds_until_due
from hypertui.engine.live_trade import LiveTrade
from hypertui.journal import Journal, JournalError
from hypertui.port.snapshot import Severity
from hypertui.runtime.audit import Audit, Audited
from tests.ledger.facts import fill, told
from tests.ledger.helpers import TRADE
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue

RIGHT = Audited("5 fills", "")
MIDNIGHT = 1_700_006_400_000
MINUTE = 60_000


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def looked(live: LiveEngine, audit: Audit) -> str:
    async def look(trade: LiveTrade) -> str:
        return await LedgerWatch(trade.context, audit, again=0.001).look()

    return live.do(look)


def alarms(live: LiveEngine) -> dict[str, Any]:
    runner = live.engine.runner
    assert runner is not None
    return {alarm.key: alarm for alarm in runner.context.alarms.view() if alarm.active}


def test_it_is_due_at_twenty_past_midnight() -> None:
    assert seconds_until_due(MIDNIGHT) == 20 * 60
    assert seconds_until_due(MIDNIGHT + 19 * MINUTE) == 60
    assert seconds_until_due(MIDNIGHT + 21 * MINUTE) == 86_400 - 60
    assert seconds_until_due(MIDNIGHT + 20 * MINUTE) == 86_400


def test_an_engine_that_is_given_a_check_has_it_as_a_task(venue: LocalVenue) -> None:
    with LiveEngine(venue, audit=lambda *_: RIGHT) as live:
        live.opened()
        live.wait_for(lambda: any(task.name == "ledger check" for task in live.snapshot.tasks), "its task")
        (task,) = (task for task in live.snapshot.tasks if task.name == "ledger check")
        assert task.next is not None
        assert abs(task.next % 86_400_000 - 20 * MINUTE) < 1_000


def test_what_is_wrong_is_an_alarm_until_a_check_is_right(venue: LocalVenue) -> None:
    asked: list[tuple[str, str, str]] = []

    def wrong(*names: str) -> Audited:
        asked.append((names[0], names[1], names[2]))
        return Audited("5 fills", "fill 3 leaves 2, not 1")

    with LiveEngine(venue) as live:
        live.opened()
        assert looked(live, wrong) == "fill 3 leaves 2, not 1"
        assert asked == [("paper", live.snapshot.account, "SOL")] * 2  # looked at once more before it is told
        told = alarms(live)["ledger"]
        assert (told.severity, told.text) == (
            Severity.CRITICAL,
            "the ledger does not add up: fill 3 leaves 2, not 1",
        )
        said = [event.text for event in live.events("state") if "ledger" in event.text]
        assert said == ["ledger checked: 5 fills; fill 3 leaves 2, not 1"]
        assert looked(live, lambda *_: RIGHT) == ""
        assert "ledger" not in alarms(live)


def test_a_row_that_was_on_its_way_is_no_alarm(venue: LocalVenue) -> None:
    answers = iter([Audited("4 fills", "fill 4 is missing"), RIGHT])
    with LiveEngine(venue) as live:
        live.opened()
        assert looked(live, lambda *_: next(answers)) == ""
        assert "ledger" not in alarms(live)


def test_a_check_that_cannot_be_made_is_a_warning(venue: LocalVenue) -> None:
    def down(*_: str) -> Audited:
        raise JournalError("the journal does not answer")

    with LiveEngine(venue) as live:
        live.opened()
        assert "the journal does not answer" in looked(live, down)
        told = alarms(live)["ledger check"]
        assert told.severity is Severity.WARNING
        assert told.text == "the ledger could not be checked: JournalError: the journal does not answer"
        looked(live, lambda *_: RIGHT)
        assert "ledger check" not in alarms(live)


def test_no_trade_waits_for_it_and_neither_does_the_end(venue: LocalVenue) -> None:
    held = threading.Event()

    def slow(*_: str) -> Audited:
        held.wait(60)
        return RIGHT

    with LiveEngine(venue) as live:
        live.opened()

        async def begin(trade: LiveTrade) -> None:
            trade.context.queue.spawn(_forget(LedgerWatch(trade.context, slow)))

        live.do(begin)
        live.go_to(1)
        live.go_to(-1)
    assert not held.is_set()  # the engine has left while the check still runs
    held.set()


async def _forget(watch: LedgerWatch) -> None:
    await watch.look()


def test_the_journal_is_checked_as_the_command_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    fills = told([fill(Side.BUY, "2", 100, at=1), fill(Side.SELL, "2", 110, at=2)])
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.add(*fills)
    names = ("paper", TRADE.account, "BTC")
    assert audit_of(url)(*names) == Audited("2 fills, 1 allocation, 1 flat point, 0 transfers", "")
    assert audit_of(url)("paper", TRADE.account, "ETH").compared.startswith("0 fills")
    with Journal.open(url) as journal:
        journal.live_trade("paper", TRADE.account, "BTC")
        journal.add(replace(told([fill(Side.SELL, "1", 100, at=3)])[0], start_position=D(5)))
    found = audit_of(url)(*names)
    assert found.wrong.startswith(
        "1970-01-01T00:00:00.003Z fill 3 of order 3 in BTC gap: expected 0, found 5"
    )
    assert found.wrong.endswith("(and 1 more)")


def test_every_engine_of_the_command_is_given_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arguments: argparse.Namespace = parser().parse_args(["run", "--headless", "--state-dir", str(tmp_path)])
    with embedded(prepare(arguments), None) as engine:
        assert engine._machine.audit is not None
