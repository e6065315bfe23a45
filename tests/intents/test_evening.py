"""End to end on the local venue: alerts by HTTP become intents, commands, and a trade."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.cli.journal import journals
from hypertui.intents import desk
from hypertui.journal import JournalDown
from hypertui.journal.intents import IntentJournal
from hypertui.journal.records import IntentRecord
from hypertui.port.commands import Command, Verb
from hypertui.port.snapshot import Mode
from tests.execution.test_second_strategy import has_position, liquidity
from tests.intents.alerts import AlertedEngine, alerted
from tests.support.live_engine import wall_clock
from tests.support.local_venue import LocalVenue


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue() as venue:
        yield venue


def test_an_alert_opens_the_trade_and_the_same_again_does_nothing(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path) as engine:
        assert not engine.live.held()
        status, said = engine.alert("buy", id="a1", symbol="BINANCE:SOLUSDT.P", market_position="long")
        assert (status, said["state"]) == (202, "RECEIVED")
        done = engine.ends_as(said["id"], "DONE")
        held = engine.live.held()
        assert held > 0
        assert len(engine.live.opened().working()) == 4
        (command,) = (each for each in engine.live.snapshot.commands if each.id == done.command_id)
        assert command.who == "webhook:tv-sol"
        again, repeated = engine.alert("buy", id="a1", symbol="SOL")
        assert (again, repeated) == (200, {"id": said["id"], "state": "DONE"})
        status, other = engine.alert("buy", id="a2")
        row = engine.ends_as(other["id"], "REJECTED")
        assert row.reason == "already-open"
        assert engine.live.held() == held
        assert [row.state for row in engine.rows()] == ["DONE", "DUPLICATE", "REJECTED"]


def test_the_trade_is_paused_resumed_sold_out_and_waits_for_the_next_signal(
    venue: LocalVenue, tmp_path: Path
) -> None:
    with alerted(venue, tmp_path) as engine:
        engine.ends_as(engine.alert("open")[1]["id"], "DONE")
        engine.live.opened()
        engine.ends_as(engine.alert("pause")[1]["id"], "DONE")
        assert (engine.live.mode(), engine.live.snapshot.reason) == (Mode.PAUSED, "by webhook:tv-sol")
        engine.ends_as(engine.alert("resume")[1]["id"], "DONE")
        assert engine.live.mode() is Mode.RUNNING
        closed = engine.ends_as(engine.alert("sell-out")[1]["id"], "DONE")
        assert closed.command_id
        engine.ends_as(engine.alert("close", market_position="flat")[1]["id"], "DONE")
        price = engine.live.unit_price(1)
        venue.set_price("SOL", price + 5)
        engine.wait_until_it_waits()
        assert engine.live.held() == Decimal(0)
        engine.ends_as(engine.alert("open", id="second")[1]["id"], "DONE")
        assert engine.live.held() > 0


def test_somebody_elses_pause_is_not_lifted(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path) as engine:
        engine.ends_as(engine.alert("open")[1]["id"], "DONE")
        engine.live.opened()
        assert engine.live.command(Verb.PAUSE).accepted
        engine.live.wait_for(lambda: engine.live.mode() is Mode.PAUSED, "the pause")
        row = engine.ends_as(engine.alert("resume")[1]["id"], "HELD")
        assert (row.reason, engine.live.mode()) == ("paused", Mode.PAUSED)


def test_an_alert_that_was_missed_holds_the_next_one_and_sounds_an_alarm(
    venue: LocalVenue, tmp_path: Path
) -> None:
    with alerted(venue, tmp_path) as engine:
        row = engine.ends_as(engine.alert("buy", prev_market_position="long")[1]["id"], "HELD")
        assert row.reason == "desync"
        engine.live.wait_for(lambda: bool(engine.live.engine.view.intents.alarms), "the alarm")
        (alarm,) = engine.live.engine.view.intents.alarms
        assert alarm.active
        assert "an alert was missed" in alarm.text
        assert not engine.live.held()
        _send(engine, Command("ack-1", Verb.ACKNOWLEDGE, "ann@tty"))
        engine.live.wait_for(lambda: bool(engine.live.snapshot.commands), "the command")
        assert engine.live.snapshot.commands[0].text == "webhook tv-sol"
        (alarm,) = engine.live.engine.view.intents.alarms_of("SOL")
        assert alarm.acknowledged is not None and alarm.acknowledged.who == "ann@tty"
        engine.ends_as(engine.alert("buy", prev_market_position="short")[1]["id"], "HELD")
        engine.live.wait_for(lambda: _known(engine, 2), "the next one, which nobody knows of yet")
        engine.ends_as(engine.alert("buy", prev_market_position="flat")[1]["id"], "DONE")
        engine.live.wait_for(lambda: not engine.live.engine.view.intents.alarms[0].active, "its end")


def _known(engine: AlertedEngine, count: int) -> bool:
    (alarm,) = engine.live.engine.view.intents.alarms
    return alarm.count == count and alarm.active and alarm.acknowledged is None


def test_an_entry_that_finds_no_seller_waits_again(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path) as engine:
        venue.fail("market-empty")
        venue.call(venue.server.step)  # the books are empty from the next tick on
        venue.fail("http-500", applied=True, only="order", count=1)
        row = engine.ends_as(engine.alert("open")[1]["id"], "FAILED")
        assert row.reason == "unfilled"
        engine.wait_until_it_waits()
        assert "found no seller" in engine.live.snapshot.reason
        venue.call(lambda: venue.server.faults.off("market-empty"))
        venue.call(venue.server.step)
        engine.ends_as(engine.alert("open", id="again")[1]["id"], "DONE")


def test_an_entry_that_buys_too_little_is_sold_and_waits_again(venue: LocalVenue, tmp_path: Path) -> None:
    liquidity(venue, Decimal(10))
    venue.call(venue.server.step)
    with alerted(venue, tmp_path) as engine:
        venue.fail("http-slow", seconds=1.0, only="order", count=1)
        id = engine.alert("open")[1]["id"]
        engine.live.wait_for(lambda: has_position(engine.live), "the entry")
        venue.fail("http-500", only="order", count=1)  # so that it takes a while until it is sold
        row = engine.ends_as(id, "FAILED")
        assert row.reason == "unfilled"
        assert "filled for 0.06 only, too little for 4 stops. Result -0.04 USD" in row.text
        engine.wait_until_it_waits()
        assert not engine.live.held()
        liquidity(venue, Decimal(1_000_000))
        venue.set_price("SOL", "150.1")
        engine.ends_as(engine.alert("open", id="again")[1]["id"], "DONE")
        assert len(engine.live.opened().working()) == 4


def test_nothing_is_replayed_after_a_restart(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path) as engine:
        left = engine.ends_as(engine.alert("pause", id="left")[1]["id"], "REJECTED")
        assert left.reason == "nothing-open"
    journal = IntentJournal.open(engine.url, "paper")
    theirs = "webhook:of-another-engine"
    found = (("SENT", "intent-0", theirs), ("RECEIVED", "", left.source), ("SENT", "intent-2", left.source))
    for number, (state, command, source) in enumerate(found):
        later = wall_clock() + number
        again = replace(left, id=f"{number:032x}", source=source, key=state, state=state, command_id=command)
        journal.receive(replace(again, received_at=later, changed_at=later))
    journal.close()
    with alerted(venue, tmp_path) as engine:
        assert engine.ends_as(f"{1:032x}", "EXPIRED").reason == "expired"
        assert engine.ends_as(f"{2:032x}", "FAILED").reason == "unknown"
        assert engine.ends_as(f"{0:032x}", "SENT").source == theirs
        (alarm,) = engine.live.engine.view.intents.alarms_of("SOL")
        assert "its outcome was seen" in alarm.text, "whoever was not there when it happened is told"
        assert not engine.live.held()


def test_what_nobody_knew_to_be_written_is_done_once_when_it_is_sent_again(
    venue: LocalVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, silent = IntentJournal.receive, [True, True]

    def unanswered(self: IntentJournal, record: IntentRecord) -> IntentRecord:
        first = receive(self, record)
        if silent:
            silent.pop()
            raise JournalDown("the database has not answered")
        return first

    with alerted(venue, tmp_path) as engine:
        monkeypatch.setattr(IntentJournal, "receive", unanswered)
        assert [engine.alert("buy", id="a1")[0] for _ in range(2)] == [503, 503]
        status, said = engine.alert("buy", id="a1")
        assert status == 202
        engine.ends_as(said["id"], "DONE")
        assert engine.alert("buy", id="a1") == (200, {"id": said["id"], "state": "DONE"})
        assert sorted(row.state for row in engine.rows()) == ["DONE", *["DUPLICATE"] * 3]


def test_a_state_that_could_not_be_written_is_written_later(
    venue: LocalVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, fails = IntentJournal.change, [True]

    def failing(self: IntentJournal, record: IntentRecord) -> None:
        if record.state == "DONE" and fails:
            fails.pop()
            raise JournalDown("the database is out of reach")
        change(self, record)

    monkeypatch.setattr(IntentJournal, "change", failing)
    with alerted(venue, tmp_path) as engine:
        engine.ends_as(engine.alert("buy", id="a1")[1]["id"], "DONE")
        assert not fails


def test_what_was_left_is_settled_as_soon_as_the_journal_can_be_read(
    venue: LocalVenue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "_SETTLED_AGAIN", 10)
    with alerted(venue, tmp_path) as engine:
        left = engine.ends_as(engine.alert("pause", id="left")[1]["id"], "REJECTED")
    journal = IntentJournal.open(engine.url, "paper")
    journal.receive(replace(left, id="0", key="0", state="RECEIVED", received_at=wall_clock()))
    journal.close()
    (again := tmp_path / "again").mkdir()
    with alerted(venue, again, url="sqlite:////dev/null/journal.db") as engine:
        engine.live.wait_for(lambda: engine.alert("open", id="1")[0] == 503, "the journal to be down")
        engine.url = f"sqlite:///{tmp_path / 'journal.db'}"
        assert engine.ends_as("0", "EXPIRED").reason == "expired"
        engine.ends_as(engine.alert("open", id="2")[1]["id"], "DONE")


def test_a_source_that_is_not_armed_is_held(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path, needs_arming=True) as engine:
        row = engine.ends_as(engine.alert("open", id="1")[1]["id"], "HELD")
        assert row.reason == "not-armed"
        _send(engine, Command("arm-1", Verb.ARM, "test@tty", guard="tv-sol"))
        engine.ends_as(engine.alert("open", id="2")[1]["id"], "DONE")
        _send(engine, Command("disarm-1", Verb.DISARM, "test@tty", guard="tv-sol"))
        assert engine.ends_as(engine.alert("close", id="3")[1]["id"], "HELD").reason == "not-armed"
        words = [event.text for event in engine.live.events("command")]
        assert any("tv-sol is armed for 12 h" in text for text in words)


def test_what_may_not_act_on_mainnet_cannot_be_armed(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path, needs_arming=True, is_live=False) as engine:
        arm = Command("arm-1", Verb.ARM, "test@tty", guard="tv-sol")
        said = asyncio.run(engine.live.engine.command(arm))
        assert (said.accepted, said.text) == (False, "tv-sol may not act on mainnet: live = true lets it")
        assert not any(each.is_armed(wall_clock()) for each in engine.live.engine.view.intents.sources)


def _send(engine: AlertedEngine, command: Command) -> None:
    assert asyncio.run(engine.live.engine.command(command)).accepted


def test_a_trade_that_is_open_goes_on_after_a_restart_without_a_signal(
    venue: LocalVenue, tmp_path: Path
) -> None:
    with journals(tmp_path, None, wall_clock) as journal:
        with alerted(venue, tmp_path, journal=journal) as first:
            first.ends_as(first.alert("open")[1]["id"], "DONE")
            first.live.opened()
            held, key = first.live.held(), first.live.key
        again = AlertedEngine(venue, tmp_path, journal=journal)
        again.live.key = key
        with again:
            again.live.opened()
            assert not again.live.snapshot.waits
            assert again.live.held() == held
