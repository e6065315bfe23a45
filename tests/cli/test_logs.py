"""The log: whole JSON lines, no secret in any of them, and a full disk is nobody's end."""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.cli.logs import LogFile, ProcessLog
from hypertui.core.redaction import without_secrets
from hypertui.exchange.hyperliquid import SigningKey
from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Severity
from hypertui.runtime.event_log import EventLog
from tests.support.live_engine import LiveEngine, wait_until
from tests.support.local_venue import LocalVenue
from tests.support.prefork import run_to_end

SECRET = "0x" + "5a" * 31 + "34"
DEADLINE = 60


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ProcessLog]:
    log = ProcessLog(tmp_path)
    yield log
    log.close()


def lines(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "hypertui.log").read_text(encoding="utf-8")
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def event(text: str = "▲ 0 → +1 at 101", severity: Severity = Severity.INFO, **data: object) -> Event:
    return Event(1, 1_700_000_000_123, EventKind.STEP, severity, text, data)


def test_events_and_libraries_share_one_form(log: ProcessLog, tmp_path: Path) -> None:
    log.event(event(unit=1, price="101"))
    logging.getLogger("some.library").warning("%s of %d", "one", 2)
    logging.getLogger("some.library").info("chatter")
    try:
        raise OSError("broken")
    except OSError:
        logging.getLogger("hypertui").exception("a defect")
    log.close()
    first, second, third = lines(tmp_path)
    assert first == {
        "event": "step",
        "time": "2023-11-14T22:13:20.123Z",
        "severity": "info",
        "text": "▲ 0 → +1 at 101",
        "unit": 1,
        "price": "101",
    }
    assert list(first)[:4] == ["event", "time", "severity", "text"]
    assert (second["event"], second["severity"], second["text"]) == ("log", "warning", "one of 2")
    assert second["logger"] == "some.library"
    assert (third["severity"], third["text"]) == ("critical", "a defect")
    assert third["exception"].endswith("OSError: broken")


def test_every_kind_of_event_is_in_the_one_vocabulary() -> None:
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue) as live:
        live.opened().go_to(-1)
        kinds = {event.kind for event in live.engine.events_after(0)}
    assert {EventKind.STATE, EventKind.ORDER, EventKind.FILL, EventKind.STEP} <= kinds
    assert all(isinstance(kind, EventKind) for kind in kinds)


def test_the_file_is_turned_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hypertui.cli.logs._BYTES", 2_000)
    log = ProcessLog(tmp_path)
    for number in range(100):
        log.event(event(text="x" * 100, number=number))
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["hypertui.log", "hypertui.log.1", "hypertui.log.2", "hypertui.log.3"]
    assert all((tmp_path / name).stat().st_size <= 2_000 for name in files)
    assert lines(tmp_path)[-1]["number"] == 99


def test_data_may_have_any_name(log: ProcessLog, tmp_path: Path) -> None:
    data = dict.fromkeys(
        ("level", "exc_info", "stack_info", "self", "record", "name", "method_name", "_record"), "x"
    )
    log.event(event(**data))
    log.event(
        Event(2, 1, EventKind.COMMAND, Severity.INFO, "pause by ann: confirmed", {"text": "", "event": 5})
    )
    log.close()
    first, second = lines(tmp_path)
    assert {name: first[name] for name in data} == data
    assert second["text"] == "pause by ann: confirmed"


# Secrets


@given(
    st.text(max_size=40), st.text("0123456789abcdefABCDEF", min_size=64, max_size=64), st.text(max_size=40)
)
def test_no_private_key_comes_through(before: str, key: str, after: str) -> None:
    for written in (f"0x{key}", key, repr(f"{key}"), json.dumps({"key": key}), str(int(key, 16) | 1 << 255)):
        cleaned = without_secrets(f"{before}{written}{after}")
        assert key not in cleaned
        assert str(int(key, 16) | 1 << 255) not in cleaned


@pytest.mark.parametrize(
    "harmless",
    ["0x" + "a1" * 16, "0x" + "a1" * 20, "http://127.0.0.1:3001/info", "12345.678", "a = b", "1" * 40],
)
def test_what_is_no_secret_stays(harmless: str) -> None:
    assert without_secrets(f"said {harmless} so") == f"said {harmless} so"


def test_passwords_are_taken_out_of_addresses() -> None:
    said = "postgresql://ann:p@ss:w/ord@db:5432/x and postgresql://db/x?user=a&password=hunter2&x=1"
    cleaned = without_secrets(said)
    for secret in ("ss:w", "p@ss", "hunter2"):
        assert secret not in cleaned
    assert "postgresql://ann:***@" in cleaned
    assert "password=***&x=1" in cleaned


def test_an_exception_that_holds_the_key_leaves_none_of_it(log: ProcessLog, tmp_path: Path) -> None:
    key = SigningKey.parse(SECRET)
    try:
        try:
            raise ValueError(f"bad key {SECRET}")
        except ValueError as error:
            raise RuntimeError({"secret": SECRET, "key": key}) from error
    except RuntimeError:
        logging.getLogger("hypertui").exception("signing with %s failed", SECRET)
    log.event(event(text=f"refused: {SECRET[2:]}", note=SECRET))
    log.close()
    text = (tmp_path / "hypertui.log").read_text()
    assert "bad key ***" in text
    assert SECRET[2:].lower() not in text.lower()


def test_an_event_holds_no_secret_for_anybody() -> None:
    events = EventLog(lambda: 1)
    made = events.add(EventKind.ALARM, f"the venue said {SECRET}", {"note": SECRET, "count": 1})
    assert (made.text, dict(made.data)) == ("the venue said ***", {"note": "***", "count": 1})


@pytest.mark.parametrize("way", ["environment", "file"])
def test_no_key_is_in_anything_that_a_run_writes(tmp_path: Path, way: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    env["XDG_STATE_HOME"] = str(tmp_path / "state")
    env["HYPERTUI_LEDGER__URL"] = f"sqlite:///{tmp_path / 'journal.db'}"
    if way == "environment":
        env["HYPERTUI_SECRET_KEY"] = SECRET
    else:
        file = tmp_path / "my-key"
        file.write_text(SECRET)
        file.chmod(0o600)
        env["HYPERTUI_ACCOUNT__KEY_FILE"] = str(file)
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        arguments = [
            "--base-url",
            venue.base_url,
            "--symbol",
            "SOL",
            "--unit-size",
            "0.5",
            "--position-size",
            "2000",
        ]
        command = [sys.executable, "-m", "hypertui", "run", "--headless", "--for", "2", *arguments]
        done = run_to_end(command, env=env, cwd=tmp_path, capture_output=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stderr
    written = [done.stdout.encode(), done.stderr.encode()]
    written += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "my-key"]
    assert any(b'"event": "fill"' in content for content in written)
    assert any(b"SQLite" in content for content in written)
    for content in written:
        assert SECRET[2:].encode() not in content.lower()
    kinds = {line["event"] for line in lines(tmp_path / "state" / "hypertui" / "paper")}
    assert {"state", "order", "fill"} <= kinds


# A full disk


class FullDisk:
    """Takes `left` more bytes, and then no more until `free` is called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 10**9
        self._write = os.write
        monkeypatch.setattr("hypertui.cli.logs.os.write", self.write)

    def write(self, file: int, content: bytes) -> int:
        taken = content[: max(self.left, 0)]
        self.left -= len(taken)
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._write(file, taken)


def test_a_full_disk_loses_whole_lines_and_counts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    log = ProcessLog(tmp_path)
    log.event(event(text="before"))
    wait_until(lambda: len(lines(tmp_path)) == 1, "the first line")
    disk.left = 30  # not enough for a line
    for number in range(3):
        log.event(event(text="lost", number=number))
    wait_until(lambda: log.trouble().startswith("3 lines of the log"), "the losses")
    assert log.trouble().endswith("are lost: No space left on device")
    assert len(lines(tmp_path)) == 1, "no half of one"
    disk.left = 10**9
    log.event(event(text="after"))
    wait_until(lambda: not log.trouble(), "the disk to have room")
    log.close()
    before, after, loss = lines(tmp_path)
    assert (before["text"], after["text"]) == ("before", "after")
    assert (loss["event"], loss["severity"], loss["lost"]) == ("log", "warning", 3)


def test_nothing_is_printed_where_the_log_cannot_be_written(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = LogFile(tmp_path / "log")
    monkeypatch.setattr("hypertui.cli.logs.os.write", full)
    for number in range(3):
        file.emit(logging.LogRecord("x", logging.WARNING, "", 0, "text %d", (number,), None))
    monkeypatch.undo()
    assert file.trouble == f"3 lines of the log {tmp_path / 'log'} are lost: No space left on device"
    file.close()
    assert capfd.readouterr() == ("", "")


def test_a_disk_that_hangs_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hypertui.cli.logs._LAST_WORDS", 0.1)
    monkeypatch.setattr("hypertui.cli.logs._WAITING", 5)
    hangs, write = threading.Event(), os.write

    def wait(file: int, content: bytes) -> int:
        hangs.wait(DEADLINE)
        return write(file, content)

    monkeypatch.setattr("hypertui.cli.logs.os.write", wait)
    log = ProcessLog(tmp_path)
    for number in range(20):
        log.event(event(number=number))
    assert "more than 5 wait for its disk" in log.trouble()
    log.close()  # which comes back
    hangs.set()
    monkeypatch.setattr("hypertui.cli.logs._LAST_WORDS", DEADLINE)
    log.close()


def test_an_engine_trades_on_with_no_room_for_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypertui.engine.trade_runner._UPKEEP_EVERY", 0.05)
    disk = FullDisk(monkeypatch)
    log = ProcessLog(tmp_path)
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue, log_trouble=log.trouble) as live:
        live.engine.listen(log.event)
        live.opened()
        disk.left = 0
        for unit in (1, 0, -1, -2, 0):
            live.go_to(unit)

        def alarmed() -> bool:
            return any(alarm.key == "log" and alarm.active for alarm in live.snapshot.alarms)

        live.wait_for(alarmed, "the alarm")
        assert len(live.working()) == 4
        assert not live.snapshot.holds, "a log is no reason to hold risk"
        disk.left = 10**9
        live.go_to(1)
        live.wait_for(lambda: not alarmed(), "the end of the alarm")
    log.close()
    assert any(line.get("lost") for line in lines(tmp_path))
