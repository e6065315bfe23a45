"""The one connection to the journal's database: opened on demand, and again after it broke."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hypertui.journal.database import Database
from hypertui.journal.errors import JournalDown, JournalError
from hypertui.journal.lock import EngineLock, Locked
from hypertui.journal.sqlite import BEGIN

PATIENCE = 5.0  # seconds that one piece of work may take, a new connection's own timeout aside
_GOODBYE = 1.0

T = TypeVar("T")


class DatabaseSession:
    """A connection with the engine's claims. To be used by one thread at a time."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection: Connection | None = None
        self._claims: list[tuple[str, str, str]] = []
        self._file: tuple[int, int] | None = None  # the one that was first connected to
        self._file_lost = False
        self._taken: set[tuple[str, str, str]] = set()  # the claims that somebody else has by now
        self._locks: dict[tuple[str, str, str], EngineLock] = {}

    def claim(self, network: str, account: str, symbol: str) -> None:
        """Hold this claim until `release` or `close`: on PostgreSQL on every connection from now on, where
        `hold` says whether somebody else has taken it while the connection was down; on SQLite by a lock in
        a folder beside the file. Raises Locked, naming the holder, and JournalError."""
        claim = (network, account.lower(), symbol)
        if claim in self._claims:
            return
        if self.database.is_postgresql:
            self.run(lambda connection: self._take(connection, claim))
        else:
            self._lock(claim)
        self._claims.append(claim)

    def hold(self, connection: Connection, network: str, account: str, symbol: str) -> None:
        """Make sure of a claim, in any `run`. Raises Locked where somebody else has it; where it is free
        again, it is held from now on."""
        claim = (network, account.lower(), symbol)
        if claim in self._taken:
            self._take(connection, claim)
            self._taken.discard(claim)

    def release(self, network: str, account: str, symbol: str) -> None:
        """Let go of a claim, if it is held."""
        claim = (network, account.lower(), symbol)
        if claim not in self._claims:
            return
        self._claims.remove(claim)
        if self.database.is_postgresql:
            self._taken.discard(claim)
            with contextlib.suppress(JournalError):  # a connection that is gone has released it
                self.run(lambda connection: self._release(connection, claim), connect=False)
        else:
            self._locks.pop(claim).__exit__(None, None, None)

    def run(
        self,
        work: Callable[[Connection], T],
        within: float = PATIENCE,
        connect: bool = True,
        begin: str = "BEGIN",
    ) -> T:
        """Do `work` in a transaction of its own, `within` seconds, on the connection there is or, with
        `connect`, on a new one. Raises JournalError; after a JournalDown the connection is gone, else it
        stays, with the claims that it holds. A file that was removed or replaced is no JournalDown: this
        session will never write again."""
        self.database.deadline.set(within)
        try:
            self._look_at_file()
            connection = self._connected(connect)
            connection.execution_options(**{BEGIN: begin})
            with connection.begin():
                return work(connection)
        except SQLAlchemyError as error:
            trouble = self.database.trouble(error)
            if isinstance(trouble, JournalDown):
                self.disconnect()
            raise trouble from None
        except JournalDown:
            self.disconnect()
            raise

    def close(self) -> None:
        """Release all claims and close the connection."""
        if self._claims and self.database.is_postgresql:
            # A server lets go of a closed connection's claims only when it comes to it, and whoever is next
            # would be told that we still trade.
            with contextlib.suppress(JournalError):
                self.run(self._release_all, within=_GOODBYE, connect=False)
        self.disconnect()
        self._claims.clear()
        while self._locks:
            self._locks.popitem()[1].__exit__(None, None, None)

    def disconnect(self) -> None:
        """Close the connection; on PostgreSQL that releases the claims until the next one is open."""
        connection, self.connection = self.connection, None
        if connection is not None:
            _discard(connection)

    def _look_at_file(self) -> None:
        """SQLite goes on writing into a file that has lost its name, and all of it is lost. Whatever is there
        in its place later lacks rows, even where the number of the old inode is given to it."""
        try:
            found = self.database.identity()
        except (FileNotFoundError, NotADirectoryError):
            found = None
        except OSError as error:
            raise self.database.down(error.strerror or type(error).__name__) from None
        self._file_lost |= self._file is not None and found != self._file
        if self._file_lost:
            raise JournalError(f"the journal {self.database.place} was removed or replaced while in use")
        self._file = found

    def _connected(self, connect: bool) -> Connection:
        if self.connection is None:
            if not connect:
                raise self.database.down("it is not connected")
            connection = self.database.engine.connect().execution_options(preserve_rowcount=True)
            self._taken.clear()
            try:
                for claim in self._claims if self.database.is_postgresql else ():
                    try:
                        with connection.begin():
                            self._take(connection, claim)
                    except Locked:
                        self._taken.add(claim)  # the trades of the others go on
            except BaseException:
                _discard(connection)
                raise
            self.connection = connection
        return self.connection

    def _lock(self, claim: tuple[str, str, str]) -> None:
        # By the file's own name: whatever links lead to it, they lead to the same lock.
        folder = Path(f"{Path(self.database.place).resolve()}-locks")
        lock = EngineLock(folder, *claim)
        try:
            lock.__enter__()
        except OSError as error:
            raise JournalError(f"{folder} cannot be used: {error.strerror}") from None
        self._locks[claim] = lock

    def _take(self, connection: Connection, claim: tuple[str, str, str]) -> None:
        from hypertui.journal import postgresql  # the driver is an extra

        postgresql.take(connection, claim, self.database.session, self.database.down)

    def _release(self, connection: Connection, claim: tuple[str, str, str]) -> None:
        from hypertui.journal import postgresql  # the driver is an extra

        postgresql.release(connection, claim)

    def _release_all(self, connection: Connection) -> None:
        from hypertui.journal import postgresql  # the driver is an extra

        postgresql.release_all(connection)


def _discard(connection: Connection) -> None:
    # It may be broken already.
    with contextlib.suppress(SQLAlchemyError):
        connection.invalidate()
    with contextlib.suppress(SQLAlchemyError):
        connection.close()
