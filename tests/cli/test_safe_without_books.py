"""`hypertui safe` and `doctor` over a journal that nobody can use: the exchange's own word is enough."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.journal import Locked
from hypertui.journal.deadline import Deadline
from hypertui.journal.lock import EngineLock
from tests.cli.operating import ADDRESS, SOL, held, working
from tests.cli.test_safe import killed, lose_a_stop
from tests.support.local_venue import LocalVenue


def change(query: str) -> Callable[[Path], None]:
    def damage(journal: Path) -> None:
        with closing(sqlite3.connect(journal)) as connection, connection:
            assert connection.execute(query).rowcount

    return damage


def overwrite(journal: Path) -> None:
    journal.write_bytes(b"no database\n" * 400)
    journal.with_name("journal.db-wal").unlink(missing_ok=True)  # which would give it back


DAMAGES: dict[str, Callable[[Path], None]] = {
    "poison": change("""UPDATE inputs SET data = '{}' WHERE kind = 'fill'"""),
    "unreadable": change("UPDATE inputs SET data = 'no JSON' WHERE kind = 'opened'"),
    "a later version": change("UPDATE alembic_version SET version_num = '9999'"),
    "terms": change("UPDATE trades SET settings = '{}'"),
    "garbage": overwrite,
    "missing": Path.unlink,
}


@contextmanager
def locked(journal: Path) -> Iterator[None]:
    with closing(sqlite3.connect(journal, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield


def test_safe_works_whatever_the_journal_holds(
    home: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with LocalVenue({"SOL": Decimal(150)}, rate_limits="off") as venue:
        try_all(home, tmp_path, venue, monkeypatch, capfd)


def try_all(
    home: dict[str, str],
    tmp_path: Path,
    venue: LocalVenue,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    killed(home, tmp_path, venue)
    for name in ("XDG_STATE_HOME", "HYPERTUI_SECRET_KEY"):
        monkeypatch.setenv(name, home[name])
    at = ["--base-url", venue.base_url, "--symbol", "SOL"]
    state = Path(home["XDG_STATE_HOME"]) / "hypertui" / "paper"
    kept = {path.name: path.read_bytes() for path in state.glob("journal.db*") if path.is_file()}

    def restore() -> None:
        for path in state.glob("journal.db*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for name, content in kept.items():
            (state / name).write_bytes(content)

    patiently = Deadline.set

    def is_safe(what: str, *more: str) -> str:
        lose_a_stop(venue)
        status = main(["safe", *at, "--stop-distance", "1.5", *more])
        said, failed = capfd.readouterr()
        assert status == 0, (what, said, failed)
        orders = venue.call(lambda: list(working(venue)))
        assert all(order.side == "sell" and order.request.reduce_only for order in orders), what
        assert sum(order.remaining for order in orders) == held(venue, "SOL") > 0, (what, said)
        return said

    for what, damage in DAMAGES.items():
        restore()
        damage(state / "journal.db")
        said = is_safe(what)
        if what == "poison":
            assert "cannot be relied on: the input 'fill' of" in said
            assert main(["doctor", *SOL, *at[:2], "--json"]) == 2
            (red,) = (
                each for each in json.loads(capfd.readouterr().out)["findings"] if each["level"] == "red"
            )
            assert "cannot be played back: the input 'fill' of" in red["text"]
        elif what != "missing":
            assert "goes on without the journal: " in said, (what, said)

    restore()
    with locked(state / "journal.db"), monkeypatch.context() as hasty:
        # Each try to open it waits for the lock as long as it may.
        hasty.setattr(Deadline, "set", lambda self, seconds: patiently(self, min(seconds, 0.5)))
        assert "goes on without the journal: " in is_safe("locked")

    # A disk on which nothing can be written.
    (tmp_path / "disk").write_text("")
    said = is_safe("read-only", "--state-dir", str(tmp_path / "disk" / "state"))
    assert "goes on without a log: " in said and "goes on without a lock: " in said


def test_a_lock_that_cannot_be_taken_is_seen_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hypertui.cli import alone
    from hypertui.port.snapshot import Network

    def is_alone() -> str:
        with alone.alone_if_possible(tmp_path, Network.PAPER, None, ADDRESS, "SOL", lambda: 0) as trouble:
            return trouble

    def read_only(*_: object, **__: object) -> int:
        raise OSError(30, os.strerror(30))

    assert is_alone() == ""
    with EngineLock(tmp_path, "paper", ADDRESS, "SOL"):
        monkeypatch.setattr(EngineLock, "_locked", read_only)
        with pytest.raises(Locked, match=f"process {os.getpid()}"):
            is_alone()
    assert "cannot be used: Read-only file system" in is_alone()
