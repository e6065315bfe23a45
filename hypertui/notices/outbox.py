"""The queue of notices: a file of its own, so that what was queued leaves after whatever came in between.

Not in the journal: a notice changes until it has left, and the one that matters most is that the journal
does not answer. An attempt is written down before it is made. So a notice that was queued leaves at least
once, and at most once for each attempt that is written down.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from hypertui.core.files import append_private
from hypertui.notices.conditions import Notice
from hypertui.port.snapshot import Severity

_VERSION = 1
_WAITS = 1.0  # seconds for another process's lock
_KEPT = 2_000  # rows in all
_MOST_WAITING = 500  # of a channel: beyond that the oldest are given up
_PATIENCE = 86_400_000  # ms after which a notice that cannot be delivered is given up
_TABLE = """
CREATE TABLE notices (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    severity TEXT NOT NULL,
    trade TEXT NOT NULL,
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next INTEGER NOT NULL,
    note TEXT NOT NULL
)
"""
_INDEX = "CREATE INDEX pending ON notices (channel, next) WHERE state = 'pending'"
_COLUMNS = "id, at, severity, trade, key, text, channel, state, attempts, next, note"
# What has been tried least first, so that one which no channel takes is in nobody's way; then the worst.
_DUE = f"""
SELECT {_COLUMNS} FROM notices WHERE state = 'pending' AND channel = ? AND next <= ?
ORDER BY attempts, CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, id LIMIT 1
"""
_ADD = """
INSERT INTO notices (at, severity, trade, key, text, channel, state, attempts, next, note)
VALUES (?, ?, ?, ?, ?, ?, 'pending', 0, ?, '')
"""
_GIVE_UP_THE_OLDEST = """
UPDATE notices SET state = 'failed', note = 'too many waited' WHERE id IN (
    SELECT id FROM notices WHERE state = 'pending' AND channel = ? ORDER BY id DESC LIMIT -1 OFFSET ?
)
"""


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class QueuedNotice:
    """A notice on its way to one channel. `attempts` counts those that were begun, `next` is when there is
    another one (ms), `note` why the last one failed."""

    id: int
    notice: Notice
    channel: str
    state: DeliveryState
    attempts: int
    next: int
    note: str


class Outbox:
    """The queue, in a file or in memory. One thread uses it; other processes may use the same file. Every
    method may raise sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """The queue in a private file, made if need be. Raises OSError, and sqlite3.Error for what is no
        queue."""
        os.close(append_private(path))
        return cls._prepared(sqlite3.connect(path, _WAITS, isolation_level=None))

    @classmethod
    def in_memory(cls) -> Self:
        """One that is lost with the process."""
        return cls._prepared(sqlite3.connect(":memory:", isolation_level=None))

    @classmethod
    def _prepared(cls, connection: sqlite3.Connection) -> Self:
        try:
            connection.execute("BEGIN IMMEDIATE")  # another process may be about to make it
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                connection.execute(_TABLE)
                connection.execute(_INDEX)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            elif version != _VERSION:
                raise sqlite3.DatabaseError(f"has version {version}, and not {_VERSION}")
            connection.execute("COMMIT")
        except sqlite3.Error:
            connection.close()
            raise
        return cls(connection)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def add(self, notice: Notice, channels: Sequence[str], *, once: bool = False) -> bool:
        """Queue a notice for each channel, durably; `once` unless one of its key is there. Returns whether
        it was queued."""
        with self._change() as run:
            if once and run.execute("SELECT 1 FROM notices WHERE key = ?", (notice.key,)).fetchone():
                return False
            head = (notice.at, notice.severity.value, notice.trade, notice.key, notice.text)
            for channel in channels:
                run.execute(_ADD, (*head, channel, notice.at))
                run.execute(_GIVE_UP_THE_OLDEST, (channel, _MOST_WAITING))
            run.execute(
                "DELETE FROM notices WHERE state != 'pending' AND id <= (SELECT max(id) FROM notices) - ?",
                (_KEPT,),
            )
        return True

    def begin(self, channel: str, now: int, until: int) -> QueuedNotice | None:
        """The notice that goes to a channel next, if one is due at `now` (ms), with one more attempt written
        down; nobody else attempts it before `until`."""
        with self._change() as run:
            found = run.execute(_DUE, (channel, now)).fetchone()
            if found is None:
                return None
            run.execute(
                "UPDATE notices SET attempts = attempts + 1, next = ? WHERE id = ?", (until, found[0])
            )
            (begun,) = run.execute(f"SELECT {_COLUMNS} FROM notices WHERE id = ?", (found[0],))
        return _row(begun)

    def sent(self, id: int) -> None:
        """It has left."""
        self._connection.execute("UPDATE notices SET state = 'sent', note = '' WHERE id = ?", (id,))

    def not_sent(self, id: int, now: int, again: int, why: str) -> None:
        """An attempt has failed: there is another one at `again` (ms), or none where it is too old."""
        self._connection.execute(
            "UPDATE notices SET state = CASE WHEN at < ? THEN 'failed' ELSE 'pending' END, next = ?, note = ?"
            " WHERE id = ? AND state = 'pending'",
            (now - _PATIENCE, again, why, id),
        )

    def give_up(self, channels: Sequence[str], now: int) -> None:
        """What waits for none of these channels waits for nothing any more."""
        named = ", ".join("?" * len(channels))
        self._connection.execute(
            "UPDATE notices SET state = 'failed', note = 'the channel is gone'"
            f" WHERE state = 'pending' AND at < ? AND channel NOT IN ({named})",
            (now - _PATIENCE, *channels),
        )

    def knows(self, keys: str) -> bool:
        """Whether a notice with such a key was queued; a * stands for anything."""
        return (
            self._connection.execute("SELECT 1 FROM notices WHERE key GLOB ?", (keys,)).fetchone() is not None
        )

    def is_due(self, channel: str, now: int) -> bool:
        """Whether anything is to go to a channel at `now` (ms)."""
        return self._connection.execute(_DUE, (channel, now)).fetchone() is not None

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")  # which another process's reader may hold up for too long
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise


def newest(path: Path, most: int) -> list[QueuedNotice]:
    """The newest rows of the queue in a file, newest first; changes nothing. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", _WAITS, uri=True)) as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM notices ORDER BY id DESC LIMIT ?", (most,))
        return [_row(row) for row in rows]


def counted(path: Path) -> dict[str, int]:
    """How many of the kept rows of the queue in a file are in each state; changes nothing. Raises
    sqlite3.Error."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", _WAITS, uri=True)) as connection:
        return dict(connection.execute("SELECT state, COUNT(*) FROM notices GROUP BY state").fetchall())


def _row(row: tuple[int, int, str, str, str, str, str, str, int, int, str]) -> QueuedNotice:
    id, at, severity, trade, key, text, channel, state, attempts, next, note = row
    said = Notice(at, Severity(severity), trade, key, text)
    return QueuedNotice(id, said, channel, DeliveryState(state), attempts, next, note)
