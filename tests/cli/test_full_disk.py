"""A disk that is full under the whole engine, journal and log: it protects, takes no risk, says so, and goes
on when there is room again. What is full here is the process's own limit for every file, set from outside."""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.live_engine import wait_until
from tests.support.local_venue import LocalVenue
from tests.support.prefork import Process

DEADLINE = 60
SOL = ["--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000", "--leverage", "20"]

if not hasattr(resource, "prlimit"):
    pytest.skip("another process's limits cannot be set here", allow_module_level=True)


class Events:
    """What a run prints, read as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.all: list[dict[str, Any]] = []
        self._output = process.stdout
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        assert self._output is not None
        for line in self._output:
            self.all.append(json.loads(line))

    def count(self, matches: Callable[[dict[str, Any]], bool]) -> int:
        return sum(matches(event) for event in list(self.all))

    def alarm(self, key: str) -> bool:
        """Whether an alarm stands."""
        said = [event["active"] for event in list(self.all) if event.get("alarm") == key]
        return bool(said) and said[-1]


def test_the_engine_outlives_a_full_disk(tmp_path: Path) -> None:
    env = {
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": ":".join(sys.path),
    }
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        command = [sys.executable, "-m", "hypertui", "run", "--headless", "--on-exit", "leave"]
        command += ["--base-url", venue.base_url, *SOL]
        with Process(
            command, env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            events = Events(process)
            _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)

            def room(size: int) -> None:
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, hard))

            def filled(count: int) -> Callable[[], bool]:
                return lambda: events.count(lambda event: event.get("status") == "filled") == count

            def placed(side: str) -> int:
                return events.count(lambda event: event.get("status") == "live" and event.get("side") == side)

            wait_until(lambda: placed("sell") == 4, "four stops", DEADLINE)
            venue.set_price("SOL", "149.4")
            wait_until(lambda: filled(2)() and placed("buy") == 1, "a stop and a buy in its place", DEADLINE)

            room(4096)
            venue.set_price("SOL", "148.9")
            wait_until(filled(3), "the second stop", DEADLINE)
            wait_until(lambda: events.alarm("journal"), "the journal's alarm", DEADLINE)
            venue.set_price("SOL", "150.2")  # the buy that works fires, and its coins need a stop
            wait_until(filled(4), "the buy", DEADLINE)
            wait_until(lambda: placed("sell") >= 5, "a stop for its coins", DEADLINE)
            wait_until(lambda: events.alarm("log"), "the log's alarm", DEADLINE)
            assert placed("buy") == 1, "no new risk"
            said = next(event for event in events.all if event.get("alarm") == "journal")
            assert said["severity"] == "critical"
            assert "no new risk is taken, what is held stays protected: " in said["text"]
            assert process.poll() is None

            room(hard)
            wait_until(lambda: not events.alarm("journal"), "the end of the journal's alarm", DEADLINE)
            wait_until(lambda: placed("buy") > 1, "risk again", DEADLINE)
            wait_until(lambda: not events.alarm("log"), "the end of the log's alarm", DEADLINE)
            process.terminate()
            errors = process.communicate(timeout=DEADLINE)[1]
            events.thread.join(DEADLINE)
        assert process.returncode == 0, errors
        (account,) = venue.core.accounts.values()
        fills = {fill["tid"] for fill in account.fills}
    folder = tmp_path / "state" / "hypertui" / "paper"
    with sqlite3.connect(folder / "journal.db") as journal:
        written = {number for (number,) in journal.execute("SELECT trade_number FROM fills")}
        assert journal.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    journal.close()
    assert written == fills
    lines = [json.loads(line) for line in (folder / "hypertui.log").read_text().splitlines()]
    assert any(line.get("lost") for line in lines)
