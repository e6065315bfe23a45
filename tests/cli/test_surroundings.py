"""Hostile and odd surroundings: links, words of the exchange, spellings of a host, old files, children."""

from __future__ import annotations

import errno
import json
import logging
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hypertui.cli import main
from hypertui.cli.logs import ProcessLog
from hypertui.cli.paper import PaperMarket
from hypertui.cli.printing import Printer, event_line
from hypertui.cli.which_venue import venue_of
from hypertui.core.market import Side
from hypertui.exchange.hyperliquid import SigningKey, paper
from hypertui.journal import EngineLock, Journal
from hypertui.journal.lock import held_locks
from hypertui.journal.records import TransferRecord
from hypertui.port.engine import EngineView, EventKind
from hypertui.runtime.event_log import EventLog
from hypertui.settings import PaperSettings, load_settings
from hypertui.venue.model.lock import StateError
from tests.console import states
from tests.ledger.facts import fill, told
from tests.ledger.helpers import ALARM, CLIENT, EACH, ID, STATUS, TRADE
from tests.support.live_engine import wait_until

ESCAPES = "\x1b[31mred\x1b]0;title\x07 \x9b2Jend\u202e"
HARMLESS = "red end"
SECRET = "0x" + "ab" * 32


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder with the journal of a trade at an exchange that writes to terminals."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPERTUI_STATE_DIR", str(tmp_path))
    (tmp_path / "paper").mkdir()
    with Journal.open(f"sqlite:///{tmp_path / 'paper' / 'journal.db'}") as journal:
        journal.begin(TRADE)
        journal.add(*told([fill(Side.BUY, "1", 50_000, at=TRADE.started_at + 1)]))
        journal.add(EACH[1], replace(STATUS, note=ESCAPES), replace(ALARM, text=ESCAPES))
        journal.add(TransferRecord(ID, TRADE.started_at + 2, ESCAPES, 0, ESCAPES, {"usdc": "5"}))
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["ledger", "why", CLIENT],
        ["ledger", "cash"],
        ["ledger", "cash", "--csv"],
        ["ledger", "fills", "--trade", ESCAPES],
        ["ledger", "why", ESCAPES],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_the_words_of_the_exchange_do_nothing_to_a_terminal(
    state: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    main(words)
    shown = capsys.readouterr()
    text = shown.out + shown.err
    assert HARMLESS in text
    assert text.replace("\n", "").isprintable()


def test_events_do_nothing_to_a_terminal_wherever_they_are_printed() -> None:
    event = EventLog(lambda: 0).add(EventKind.ALARM, ESCAPES, {"note": ESCAPES})
    assert (event.text, event.data["note"]) == (HARMLESS, HARMLESS)
    assert event_line(replace(event, text=ESCAPES)).endswith(HARMLESS)


def test_a_paper_markets_process_knows_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPERTUI_SECRET_KEY", SECRET)
    monkeypatch.setenv("hypertui_ledger__url", "postgresql://u:hunter2@h/d")
    market = PaperMarket(PaperSettings(), ["SOL"], tmp_path)
    try:
        shown = Path(f"/proc/{market._process.pid}/environ")
        # The kernel tells that a program was started before it shows its environment.
        wait_until(lambda: b"path=" in shown.read_bytes().lower(), "the environment")
        environment = shown.read_bytes().lower()
    finally:
        market.close()
    assert b"hypertui_" not in environment and b"hunter2" not in environment
    assert stat.S_IMODE((tmp_path / "venue.log").stat().st_mode) == 0o600


def test_no_link_is_followed_by_logs_and_locks(tmp_path: Path) -> None:
    target = tmp_path / "target"
    for name in ("hypertui.log", "venue.log", "lock"):
        folder = tmp_path / f"of {name}"
        folder.mkdir()
        (folder / name).symlink_to(target)
        with pytest.raises(OSError if name == "hypertui.log" else StateError, match="is a symbolic link"):
            ProcessLog(folder) if name == "hypertui.log" else PaperMarket(PaperSettings(), ["SOL"], folder)
    lock = EngineLock(tmp_path, "paper", "0x1", "SOL")
    lock.path.symlink_to(target)
    with pytest.raises(OSError, match="is a symbolic link"), lock:
        pass
    assert held_locks(tmp_path, "paper") == []
    assert not target.exists()


def test_a_log_is_its_owners_alone_also_an_old_one_and_no_device(tmp_path: Path) -> None:
    file = tmp_path / "hypertui.log"
    file.write_text("an older line\n")
    file.chmod(0o644)
    log = ProcessLog(tmp_path)
    logging.getLogger("somebody").warning("a line")
    log.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text().splitlines()) == 2
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(OSError):
        ProcessLog(tmp_path)


@pytest.mark.parametrize(
    "spelling",
    [
        "http://127.0.0.1:3001",
        "http://127.0.0.1:3001/",
        "HTTP://127.0.0.1:3001",
        "http://127.0.0.1:03001",
        "http://127.1:3001",
        "http://127.0.0.2:3001",
        "http://2130706433:3001",
        "http://0x7f000001:3001",
        "http://0:3001",
        "http://0.0.0.0:3001",
        "http://localhost:3001",
        "http://LocalHost:3001/",
        "http://localhost.:3001",
        "http://any.localhost:3001",
        "http://ip6-localhost:3001",
        "http://[::1]:3001",
        "http://[0:0:0:0:0:0:0:1]:3001",
        "http://[::]:3001",
        "http://[::ffff:127.0.0.1]:3001",
    ],
)
def test_every_spelling_of_this_machine_is_one_venue(spelling: str, tmp_path: Path) -> None:
    settings = load_settings(None, {"base_url": spelling, "state_dir": str(tmp_path)})
    assert venue_of(settings) == "paper at localhost:3001"
    assert paper(spelling).is_loopback
    assert paper(spelling).ws_url.startswith("ws://")


def test_other_machines_are_venues_of_their_own() -> None:
    for spelling in ("http://10.0.0.1:3001", "http://[2001:db8::1]:3001", "http://128.0.0.1:3001"):
        assert not paper(spelling).is_loopback


def test_what_is_there_is_overwritten_by_force_alone(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (state / "prices.csv").write_text("price\n100\n101\n")
    walk = ["backtest", "prices.csv", "--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000"]
    for words, flag in ((walk, "--trace"), (["ledger", "report"], "--out")):
        file = state / f"file of {flag}"
        assert main([*words, flag, str(file)]) == 0
        first = file.read_text()
        assert main([*words, flag, str(file)]) == 2
        file.write_text("precious")
        assert main([*words, flag, str(file)]) == 2
        assert file.read_text() == "precious"
        assert main([*words, flag, str(file), "--force"]) == 0
        assert file.read_text()[:20] == first[:20]
        assert main([*words, flag, "/dev/null"]) == 0  # nothing there to lose
        assert main([*words, flag, "/dev/full"]) == 2
        assert "cannot be written: No space left on device" in capsys.readouterr().err.splitlines()[-1]


def test_the_byte_order_mark_of_an_editor_is_no_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("[trade]\r\nunit_size = 7\r\n", encoding="utf-8-sig")
    assert load_settings(None, {}).trades[0].unit_size == 7
    key = tmp_path / "key"
    key.write_text(f"{SECRET}\r\n", encoding="utf-8-sig")
    key.chmod(0o600)
    assert SigningKey.read(key).address == SigningKey.parse(SECRET).address


def test_the_true_source_is_named_whatever_the_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text('Network = "testnet"\n[Trade]\nUnit_Size = 7\n')
    monkeypatch.setenv("hypertui_Trade__leverage", "3")
    assert main(["config", "show", "--json", "--symbol", "SOL"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["network"] == {"value": "testnet", "source": "file config.toml"}
    assert shown["trade.unit_size"] == {"value": "7", "source": "file config.toml"}
    assert shown["trade.leverage"] == {"value": "3", "source": "environment hypertui_Trade__leverage"}
    assert shown["trade.symbol"] == {"value": "SOL", "source": "flag --symbol"}


class _Engine:
    """No engine, but its events."""

    def __init__(self) -> None:
        self.log = EventLog(lambda: 0)
        self.events_after = self.log.after
        self.view = EngineView((states.running(),))


def test_events_wait_for_room_on_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    engine: Any = _Engine()
    gone: list[bool] = []
    written, room = b"", 10
    output, write_as_ever = 1, os.write

    def write(descriptor: int, data: bytes) -> int:
        nonlocal written, room
        if descriptor != output:
            return write_as_ever(descriptor, data)
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = data[:room]
        written, room = written + taken, room - len(taken)
        return len(taken)

    monkeypatch.setattr("hypertui.cli.printing.os.write", write)
    printer = Printer(engine, output, lambda: gone.append(True))
    engine.log.add(EventKind.LOG, "one")
    printer._print()
    engine.log.add(EventKind.LOG, "two")
    printer._print()
    assert len(written) == 10 and not gone
    room = 10_000
    printer._print()
    assert [json.loads(line)["text"] for line in written.splitlines()] == ["one", "two"]
