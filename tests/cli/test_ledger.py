"""`hypertui ledger` and `hypertui status` as processes, beside an engine and after it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hypertui.journal import EngineLock, Journal
from tests.cli.operating import wait_for
from tests.support.local_venue import LocalVenue
from tests.support.prefork import Process, run_to_end

DEADLINE = 60
SOL = ["--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000", "--leverage", "20"]


@dataclass
class Place:
    """A working directory with a state folder of its own."""

    folder: Path
    env: Mapping[str, str]

    @property
    def journal(self) -> Path:
        return self.folder / "state" / "hypertui" / "paper" / "journal.db"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "hypertui", *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_to_end(
            self.command(*arguments),
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            timeout=DEADLINE,
        )

    def says(self, *arguments: str) -> str:
        shown = self.run(*arguments)
        assert (shown.returncode, shown.stderr) == (0, ""), shown.stderr
        return shown.stdout

    def refuses(self, *arguments: str) -> str:
        shown = self.run(*arguments)
        assert (shown.returncode, shown.stdout, shown.stderr.count("\n")) == (2, "", 1), shown
        return shown.stderr


@pytest.fixture
def place(tmp_path: Path) -> Place:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    return Place(tmp_path, clean | {"XDG_STATE_HOME": str(tmp_path / "state")})


@dataclass
class Run:
    """An engine in a process of its own, its four stops working."""

    place: Place
    venue: LocalVenue
    process: subprocess.Popen[str]
    events: list[dict[str, Any]]

    def until(self, status: str, count: int) -> None:
        """Read its events until so many orders have had a status."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if sum(event.get("status") == status for event in self.events) >= count:
                return
        raise AssertionError(f"the engine ended: {self.process.stderr and self.process.stderr.read()}")


@pytest.fixture
def running(place: Place) -> Iterator[Run]:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        command = place.command("run", "--headless", "--on-exit", "leave", "--base-url", venue.base_url, *SOL)
        with Process(
            command,
            env=place.env,
            cwd=place.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            run = Run(place, venue, process, [])
            run.until("live", 4)
            yield run
            process.terminate()
            process.communicate(timeout=DEADLINE)


def test_beside_an_engine(running: Run) -> None:
    place = running.place
    words = place.says("status").splitlines()
    assert words[0].startswith(f"paper, journal {place.journal}, ")
    assert words[1].startswith(f"engine: process {running.process.pid} of ")
    assert any(line.endswith("USD, as journalled") for line in words)
    assert not any("no engine" in line for line in words)

    def stamped() -> dict[str, tuple[int | None, int, bool]]:
        (tasks,) = (engine["tasks"] for engine in json.loads(place.says("status", "--json"))["engines"])
        return {task["name"]: (task["last"], task["next"], task["overdue"]) for task in tasks}

    wait_for(lambda: stamped()["heartbeat"][0] is not None, "the first beat")
    stamps = stamped()
    assert {"heartbeat", "account", "upkeep", "funding", "reconciliation", "API budget"} <= set(stamps)
    last, coming, overdue = stamps["heartbeat"]
    assert last is not None and 0 < last <= coming
    assert not overdue
    (line,) = (line for line in words if line.startswith("  task reconciliation, every 120 s: "))
    assert "; next 20" in line
    assert place.says("ledger", "backup").startswith(str(place.journal.parent / "backups" / "journal-20"))
    stop = next(e for e in running.events if e.get("status") == "live")
    told = place.says("ledger", "why", str(stop["order_id"])).splitlines()
    assert told[0].startswith("ladder stop: sell ")
    assert any("decided: the first stop of" in line for line in told)
    # The price goes to the first stop while others look.
    running.venue.set_price("SOL", "149.4")
    running.until("filled", 2)  # the entry and the stop
    filled = [e for e in running.events if e.get("status") == "filled"][-1]
    told = json.loads(place.says("ledger", "why", filled["client_id"], "--json"))
    assert (told["reason"], told["order"]["unit"]) == ("LADDER_STOP", -1)
    assert told["filled"] == filled["size"]
    assert len(told["allocations"]) == len(told["fills"]) == 1
    assert told["allocations"][0]["opened_price"] == "150.02"


def test_an_engine_that_says_nothing_is_said_to(place: Place) -> None:
    place.journal.parent.mkdir(parents=True)
    with Journal.open(f"sqlite:///{place.journal}"), EngineLock(place.journal.parent, "paper", "0xa1", "SOL"):
        words = place.says("status").splitlines()
        (engine,) = json.loads(place.says("status", "--json"))["engines"]
    assert "  tasks: not known, no engine answers" in words
    assert (engine["symbol"], engine["silent"], engine["tasks"]) == ("SOL", "no engine answers", [])


def test_after_the_engine(running: Run) -> None:
    place = running.place
    running.venue.set_price("SOL", "149.4")
    running.until("live", 5)  # the stops, and the buy after the first sale
    assert "UNATTENDED" not in place.says("status")
    running.process.terminate()
    running.process.communicate(timeout=DEADLINE)
    status = json.loads(place.says("status", "--json", "--events", "3"))
    assert status["engines"] == []
    assert status["bytes"] == place.journal.stat().st_size
    (trade,) = status["trades"]
    assert (trade["symbol"], trade["unit"], trade["mode"]) == ("SOL", -1, "running")
    # The price and the fill travel apart, and a step has the phase of the fills that were known by then.
    assert trade["phase_before_last_fills"] in ("advance", "retracement")
    assert trade["fills"] == 2
    assert Decimal(trade["position"]) > 0
    assert len(trade["events"]) == 3
    words = place.says("status")
    assert "engine: none runs on this machine" in words
    assert "  task " not in words
    assert "what is live at the exchange stays live by itself" in words
    assert "  UNATTENDED: 1 buy is live with no engine: a buy that fills gets no stop" in words.splitlines()
    assert trade["live_buys"] == 1
    assert "nothing to keep" not in words
    assert "0 inputs, statuses, prices and account states of 0 trades" in place.says(
        "ledger", "prune", "--before", "2999-01-01"
    )
    copy = place.folder / "copy.db"
    assert ", checked: 1 trades, " in place.says("ledger", "backup", str(copy))
    assert "is there already" in place.refuses("ledger", "backup", str(copy))


def test_pruned_trades_keep_their_orders(running: Run) -> None:
    place = running.place
    running.process.terminate()
    running.process.communicate(timeout=DEADLINE)
    order = next(e for e in running.events if e.get("status") == "live")["client_id"]
    with sqlite3.connect(place.journal) as journal:
        journal.execute("UPDATE trades SET ended_at = 1, ended_how = 'flattened'")
    journal.close()
    assert " would go; " in place.says("ledger", "prune", "--before", "2000-01-01", "--dry-run")
    assert " are gone; " in place.says("ledger", "prune", "--before", "2000-01-01")
    assert "what became of it is no longer in the journal" in place.says("ledger", "why", order)
    assert "trade: none is open" in place.says("status")


def test_bad_input_is_refused_in_one_line(place: Place) -> None:
    assert "there is no journal at" in place.refuses("status")
    assert "there is no journal at" in place.refuses("ledger", "why", "1")
    assert "there is no journal at" in place.refuses("ledger", "prune", "--before", "2020-01-01")
    assert "--before soon is not a date (YYYY-MM-DD)" in place.refuses("ledger", "prune", "--before", "soon")
    assert "--events -1 is not between 0 and 1000" in place.refuses("status", "--events", "-1")
    assert not (place.folder / "state").exists()
