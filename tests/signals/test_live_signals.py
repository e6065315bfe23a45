"""Signals in a running engine: what they say is what a backtest says of the same candles, whatever process
says it, and what fires opens and closes a trade on the local venue."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest
from sqlalchemy import text

from hypertui.cli import main
from hypertui.cli.journal import journals
from hypertui.core.intents import IntentVerb
from hypertui.journal.database import find
from hypertui.port.commands import Verb
from hypertui.signal_source import source
from hypertui.signals.codec import decode
from hypertui.signals.watch import walk
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules
from hypertui.strategy.exits.rules import ExitRules
from tests.execution.test_bracket import config
from tests.execution.test_second_strategy import held
from tests.intents.alerts import WAITING
from tests.signals.live import (
    MINUTE,
    TOUCH,
    SignalledEngine,
    VenueMarkets,
    past_venue,
    wandering,
    without_times,
)
from tests.support.live_engine import wait_until, wall_clock

BOTH = frozenset((IntentVerb.OPEN, IntentVerb.CLOSE))
TOLD = config(
    ExitRules(hard_stop=D("0.05"), signal_exit=True),
    entry=EntryRules(EntryOrder.MARKET),
    entry_price=None,
    enters_at_start=False,
)
# Quiet for long enough, then down through the lower band, and up through the upper one.
QUIET = [150 + (0.1, -0.1)[number % 2] for number in range(60)]
DIP = [*QUIET, 148.0, 149.9, 150.0, 152.5, 150.1]
DOWN, UP = len(QUIET), len(QUIET) + 3


def test_what_fires_live_is_what_fires_in_a_backtest_whoever_is_killed_on_the_way(tmp_path: Path) -> None:
    venue, live_through = past_venue(wandering(5, 300), holes=(200, 231, 232))
    with venue:
        live_through()
        steps = [150, *range(151, 170), 177, *range(178, 220), 224, *range(229, 245)]
        found = []
        for killed in (frozenset[int](), frozenset(range(153, 240, 3))):
            folder = tmp_path / str(len(killed))
            folder.mkdir()
            with SignalledEngine(venue, folder, markets=VenueMarkets(venue)) as engine:
                told, ends = engine.candles(), engine.ends()
                assert len(told.flat) >= 3, "one without trades is known once there is a later one"
                by_hand = [row for row in walk(TOUCH, told.candles) if row.at <= ends[steps[-1]]]
                engine.clock.after(ends[steps[0]])
                engine.again()
                for step in steps:
                    if ends[step] - MINUTE in told.flat:
                        continue
                    if step in killed:
                        engine.again()
                    engine.reach(ends[step])
                found.append(engine.rows())
        uninterrupted, killed_often = map(without_times, found)
        assert uninterrupted == killed_often
        began = uninterrupted[0].at
        fired = [(row.at, decode(row.state).side) for row in uninterrupted if row.fired]
        assert fired == [(row.at, row.fired) for row in by_hand if row.fired is not None and row.at > began]
        assert len(fired) > 3
        assert {decode(row.state).phase for row in uninterrupted} >= {"FIRED", "COOLDOWN", "NEUTRAL"}
        assert decode(uninterrupted[-1].state) == replace(by_hand[-1].state, at=uninterrupted[-1].at)
        assert not any(row.wants for row in uninterrupted), "it is only watched"


def test_a_signal_opens_a_bracket_and_closes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    venue, live_through = past_venue(DIP)
    with venue:
        live_through()
        with (
            journals(tmp_path, None, wall_clock) as journal,
            SignalledEngine(venue, tmp_path, TOLD, journal, verbs=BOTH) as engine,
        ):
            live = engine.live
            live.opened()
            live.wait_for(
                lambda: (
                    live.snapshot.known_at is not None and not dict(live.snapshot.refusals).get(Verb.OPEN)
                ),
                "the bracket to be ready",
            )
            ends = engine.ends()
            engine.clock.after(ends[DOWN - 1])
            engine.again()
            engine.reach(ends[DOWN - 1])
            assert (engine.shown.state, engine.shown.action, engine.shown.trade) == ("NEUTRAL", "both", "SOL")
            engine.reach(ends[DOWN])
            opened = engine.ends_as(f"SOL buy {ends[DOWN]}", "DONE")
            assert (opened.source, opened.verb) == ("signal:dip", "open")
            assert held(live) > 0
            assert (engine.shown.state, engine.shown.last_intent) == ("FIRED", opened.id)
            venue.set_price("SOL", D(160))  # a signal closes nothing at a loss
            for number in range(DOWN + 1, UP + 1):
                engine.reach(ends[number])
            assert engine.ends_as(f"SOL sell {ends[UP]}", "DONE").verb == "close"
            live.wait_for(lambda: held(live) == 0 and live.held() == 0, "the exit")
            counts = {(each.source, each.state): each.count for each in live.engine.view.intents.counts}
            assert counts == {("signal:dip", "DONE"): 2}
            assert {command.who for command in live.snapshot.commands} == {"signal:dip"}

            capsys.readouterr()
            assert main(["signals", "log", "dip", "--ledger", engine.url, "--json"]) == 0
            log = json.loads(capsys.readouterr().out)
            assert [(row["state"], row["side"], row["fired"], row["wanted"]) for row in log[:2]] == [
                ("NEUTRAL", "", "", ""), ("FIRED", "buy", "yes", "open"),
            ]  # fmt: skip
            assert (log[1]["intent"], log[1]["became"]) == (opened.id, "DONE")
            assert [row["became"] for row in log if row["wanted"] == "close"] == ["DONE"]

            # Whoever has forgotten that it fired is told that it did.
            with find(engine.url).engine.begin() as connection:
                connection.execute(text("DELETE FROM signals"))
            engine.clock.after(ends[DOWN - 1])
            engine.again()
            engine.reach(ends[DOWN - 1])
            engine.reach(ends[DOWN])
            assert engine.ends_as(opened.key, "DUPLICATE").text == f"of {opened.id}"
            assert held(live) == 0


def test_a_ladder_that_begins_by_a_signal_needs_no_webhook(tmp_path: Path) -> None:
    venue, live_through = past_venue(DIP)
    with venue:
        live_through()
        with SignalledEngine(
            venue, tmp_path, WAITING, verbs=frozenset((IntentVerb.OPEN,)), needs_arming=True
        ) as engine:
            live = engine.live
            live.wait_for(lambda: live.snapshot.waits, "the trade to wait for a signal")
            ends = engine.ends()
            engine.clock.after(ends[DOWN - 1])
            engine.again()
            engine.reach(ends[DOWN - 1])
            engine.reach(ends[DOWN])
            assert engine.ends_as(f"SOL buy {ends[DOWN]}", "HELD").reason == "not-armed"
            assert "signal dip SOL: open held" in live.engine.view.intents.alarms[0].text
            assert not live.held()

            # Killed between the row of the firing and its intent.
            engine.leave()
            with find(engine.url).engine.begin() as connection:
                connection.execute(text("DELETE FROM intents"))
            engine.again()
            assert engine.ends_as(f"SOL buy {ends[DOWN]}", "HELD").reason == "not-armed"
            engine.leave()
            with find(engine.url).engine.begin() as connection:
                connection.execute(text("DELETE FROM intents"))
            engine.clock.now = ends[DOWN] + 60_001
            engine.again()
            engine.reach(ends[DOWN + 1])
            assert not engine.intents(), "it is too late for that one"


@pytest.mark.parametrize("late", [61, 3_600])
def test_what_is_seen_too_late_opens_nothing(tmp_path: Path, late: int) -> None:
    venue, live_through = past_venue([*DIP, *QUIET])
    with venue:
        live_through()
        with SignalledEngine(venue, tmp_path, WAITING, verbs=BOTH) as engine:
            engine.live.wait_for(lambda: engine.live.snapshot.waits, "the trade to wait for a signal")
            ends = engine.ends()
            engine.clock.after(ends[DOWN - 1])
            engine.again()
            engine.reach(ends[DOWN - 1])
            engine.leave()
            engine.clock.now = ends[DOWN] + late * 1_000
            engine.again()
            assert engine.ends_as(f"SOL buy {ends[DOWN]}", "REJECTED").reason == "stale"
            assert next(each.at for each in engine.rows() if each.fired) == ends[DOWN]
            assert not engine.live.held()
            wait_until(lambda: any("rejected: it is of " in each.text for each in engine.alarms), "the alarm")


def test_candles_that_stay_away_are_an_alarm_until_they_come(tmp_path: Path) -> None:
    venue, live_through = past_venue([*QUIET, *QUIET])
    with venue:
        live_through()
        markets = VenueMarkets(venue)
        with SignalledEngine(venue, tmp_path, markets=markets) as engine:
            ends = engine.ends()
            engine.clock.after(ends[60])
            engine.again()
            engine.reach(ends[60])
            markets.wrong = "requests are kept for stops"
            engine.clock.after(ends[63])
            wait_until(lambda: any(alarm.active for alarm in engine.alarms), "the alarm")
            (alarm,) = engine.alarms
            assert alarm.text.startswith("signal dip of SOL: no candle of 1m since that until ")
            assert engine.shown.trouble == "requests are kept for stops"
            assert engine.shown.is_late(engine.clock())
            assert engine.shown.candle_at == ends[60]
            markets.wrong = ""
            engine.reach(ends[70])
            wait_until(lambda: not any(alarm.active for alarm in engine.alarms), "its end")
            assert engine.shown.counted == 71


def test_a_journal_that_cannot_be_read_is_one_alarm_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_AGAIN", 0.01)
    venue, live_through = past_venue(DIP)
    with venue:
        live_through()
        with SignalledEngine(venue, tmp_path) as engine:
            file = Path(engine.url.removeprefix("sqlite:///"))
            file.mkdir()
            engine.clock.after(engine.ends()[-1])
            engine.again()
            wait_until(lambda: bool(engine.alarms), "the alarm")
            engine.clock.now += 1_000
            wait_until(lambda: engine.alarms[0].last == engine.clock.now, "the next try")
            assert [(alarm.key, alarm.active, alarm.count) for alarm in engine.alarms] == [
                ("signals", True, 1)
            ]
            file.rmdir()
            wait_until(lambda: not engine.alarms[0].active, "its end")


def test_nothing_comes_of_what_cannot_be_written_down(tmp_path: Path) -> None:
    venue, live_through = past_venue(DIP)
    with venue:
        live_through()
        with SignalledEngine(venue, tmp_path, WAITING, verbs=BOTH, needs_arming=True) as engine:
            engine.live.wait_for(lambda: engine.live.snapshot.waits, "the trade to wait for a signal")
            ends = engine.ends()
            engine.clock.after(ends[DOWN - 1])
            engine.again()
            engine.reach(ends[DOWN - 1])
            with closing(sqlite3.connect(engine.url.removeprefix("sqlite:///"))) as other:
                other.execute("BEGIN IMMEDIATE")  # another process writes, for long
                engine.clock.after(ends[DOWN])
                wait_until(lambda: any("be written" in each.text for each in engine.alarms), "the alarm")
                assert not engine.intents()
                assert not any(row.fired for row in engine.rows())
                other.rollback()
            assert engine.ends_as(f"SOL buy {ends[DOWN]}", "HELD").reason == "not-armed"
            (fired,) = (row for row in engine.rows() if row.fired)
            assert fired.at == ends[DOWN]
