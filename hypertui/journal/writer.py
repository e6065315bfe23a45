"""Writing the journal: records are queued without I/O and made durable in one commit for all trades.

A row gets its number when it is queued. If the connection breaks during a commit, so that its outcome is
unknown, the same rows are written again under the same numbers, and those that exist stay as they are.

A commit has three parts, so that it can be made in another thread: `queued` copies what waits, `write` makes
it durable, `settle` takes it out of the queues.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cache, partial
from types import ModuleType, TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Table, and_, column, delete, func, select, table
from sqlalchemy.dialects import sqlite

from hypertui.journal.archive import check_version
from hypertui.journal.batch import Batch, Mark, QueuedRows, Refusals, Row, number_of, share
from hypertui.journal.database import find
from hypertui.journal.errors import JournalDown, JournalError, NoJournal, OtherVersion
from hypertui.journal.lock import Locked
from hypertui.journal.reader import JournalReader, columns_of, one_trade
from hypertui.journal.records import InputRecord, Record, StateRecord, TradeRecord
from hypertui.journal.schema import KEYS, TABLES, TRADES, Values, encode
from hypertui.journal.session import PATIENCE, DatabaseSession
from hypertui.journal.tables import create

_AT_ONCE = 0.4  # seconds that others wait for a commit on a database that does not answer
_AT_START = 15.0
_BATCH = 1000  # rows in one transaction; far more than one event ever leads to
_TRADE_ID = re.compile("[0-9a-f]{16}")


class Journal(JournalReader):
    """The journal of all trades in one database. Synchronous, to be used by one thread at a time. Only what
    does no I/O may be used beside it, by one other thread, whose the queues are then: `add`, `end`, `pending`
    and `pending_of`, `queued`, `mark`, `is_durable`, `settle` and `give_up`.

    Every other method may raise JournalDown when the database is out of reach; calling it again is always
    safe and connects anew. A JournalError that is no JournalDown will not pass by itself, nor will a Locked
    for whoever keeps the place.
    """

    def __init__(self, session: DatabaseSession, url: str) -> None:
        super().__init__(session)
        self.url = url
        self._queues: dict[str, list[Row]] = {}  # by trade
        self._ends: dict[str, tuple[int, str]] = {}  # by trade: after all that is queued of it
        self._next: dict[str, int] = {}  # the number of a live trade's next row
        self._places: dict[str, tuple[str, str, str]] = {}  # a trade's network, account and symbol
        dialect = session.database.engine.dialect
        self._inserts = _inserts(dialect.name, dialect.paramstyle)
        self._insert_trade = _dialect(dialect.name).insert(_bare(TRADES)).on_conflict_do_nothing()

    @classmethod
    def open(cls, url: str) -> Journal:
        """The journal at `url`, created if there is none. Raises OtherVersion for one of another version,
        which stays as it is to the byte, and another JournalError, in one line."""
        if not find(url, make=False).is_postgresql:  # on a server all of it is one transaction
            with suppress(NoJournal, JournalDown):
                check_version(url)
        session = DatabaseSession(find(url))
        try:
            work = partial(create, place=session.database.place)
            session.run(work, within=_AT_START, begin="BEGIN IMMEDIATE")
        except OtherVersion:
            session.disconnect()
            raise
        return cls(session, url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def claim(self, network: str, account: str, symbol: str) -> None:
        """Trade this account and symbol alone, among all who keep their journal in the same database, until
        the journal is closed or the claim released. Raises Locked, naming the holder; on PostgreSQL whoever
        writes that trade is refused with one too, if somebody else has taken the place while the connection
        was down."""
        self._session.claim(network, account, symbol)

    def release(self, network: str, account: str, symbol: str) -> None:
        """Let somebody else have the claim."""
        self._session.release(network, account, symbol)

    # Trades

    def live_trade(self, network: str, account: str, symbol: str) -> TradeRecord | None:
        """The trade of this account and symbol that has not ended, to be written on."""
        trade = super().live_trade(network, account, symbol)
        if trade is not None and trade.id not in self._next:
            self._places[trade.id] = (trade.network, trade.account, trade.symbol)
            self._next[trade.id] = self._session.run(partial(_next_number, trade.id))
        return trade

    def begin(self, trade: TradeRecord) -> None:
        """Insert a new trade, at once. Idempotent. Raises JournalError while another trade of its account and
        symbol is open."""
        if not _TRADE_ID.fullmatch(trade.id):
            raise ValueError(f"not a trade's id: {trade.id!r}")
        if trade.ended_at is not None:
            raise ValueError(f"trade {trade.id} has ended before it begins")
        row = encode(trade)
        self._places[trade.id] = (trade.network, trade.account, trade.symbol)

        def write(connection: Connection) -> None:
            self._hold(trade.id, connection)
            if connection.execute(self._insert_trade, [row]).rowcount != 1:
                there = one_trade(connection, TRADES.c.id == trade.id)
                if there is None:
                    raise JournalError(f"another trade of {trade.symbol} on {trade.network} is live already")
                if encode(there) != row:
                    raise JournalError(f"trade {trade.id} is in the journal already, and not the same")
            self._next[trade.id] = _next_number(trade.id, connection)

        self._session.run(write)

    def keep_terms(self, trade: TradeRecord) -> None:
        """Give a trade that has no input yet its settings, at once. Idempotent. Raises JournalError for one
        that has."""

        def write(connection: Connection) -> None:
            self._hold(trade.id, connection)
            _refuse_begun(connection, trade.id, "its settings stay as they are")
            trades, row = _bare(TRADES), encode(trade)
            kept = trades.update().where(trades.c.id == trade.id).values(settings=row["settings"])
            connection.execute(kept)

        self._session.run(write)

    def end(self, trade_id: str, at: int, how: str) -> None:
        """Queue the trade's end, which comes after all that is queued of it. Afterwards nothing can be added
        to the trade. No I/O."""
        self._ends[trade_id] = (at, how)
        self._next.pop(trade_id, None)

    def forget(self, trade_id: str) -> None:
        """Delete a trade that never began, with what is queued of it. Raises JournalError for one that has an
        input."""
        self.give_up(trade_id)

        def write(connection: Connection) -> None:
            self._hold(trade_id, connection)
            _refuse_begun(connection, trade_id, "it is not taken out of the journal")
            for rows in TABLES.values():
                if rows is not TRADES:
                    connection.execute(delete(rows).where(rows.c.trade_id == trade_id))
            connection.execute(delete(TRADES).where(TRADES.c.id == trade_id))

        self._session.run(write)
        self._next.pop(trade_id, None)

    # The queues

    @property
    def pending(self) -> int:
        """The number of records, and of trades' ends, that wait for a commit."""
        return sum(map(len, self._queues.values())) + len(self._ends)

    def pending_of(self, trade_id: str) -> int:
        """The number of those that are of this trade."""
        return len(self._queues.get(trade_id, ())) + (trade_id in self._ends)

    def add(self, *records: Record) -> None:
        """Queue records of live trades, which `begin` or `live_trade` has named. No I/O. All or none: raises
        ValueError for a value that would not come back as it is, and for a trade that is not live."""
        numbers = dict[str, int]()
        rows: list[tuple[str, Row]] = []
        for record in records:
            row = encode(record)
            trade_id = record.trade_id
            number = numbers.get(trade_id) or self._next.get(trade_id)
            if number is None:
                raise ValueError(f"trade {trade_id} is not live in this journal")
            row["nr"] = number
            numbers[trade_id] = number + 1
            rows.append((trade_id, (type(record), row)))
        for trade_id, numbered in rows:
            self._queues.setdefault(trade_id, []).append(numbered)
        self._next.update(numbers)

    def mark(self, trade_id: str) -> Mark:
        """Up to where this trade has queued anything that waits."""
        queue = self._queues.get(trade_id)
        return Mark(number_of(queue[-1]) if queue else 0, trade_id in self._ends)

    def is_durable(self, trade_id: str, mark: Mark) -> bool:
        """Whether nothing up to this mark waits any more."""
        queue = self._queues.get(trade_id)
        if queue and number_of(queue[0]) <= mark.number:
            return False
        return not (mark.ends and trade_id in self._ends)

    def queued(self, without: Collection[str] = ()) -> Batch:
        """What the next commit is to take, copied: all that waits of all trades but those `without`, or a
        part of it where very much has piled up."""
        waiting = {*self._queues, *self._ends}.difference(without)
        queues = {
            trade_id: self._queues.get(trade_id, []) for trade_id in waiting if self.pending_of(trade_id)
        }
        batch: dict[str, QueuedRows] = {}
        for trade_id, most in share({name: len(queue) for name, queue in queues.items()}, _BATCH).items():
            end = self._ends.get(trade_id) if most == len(queues[trade_id]) else None
            batch[trade_id] = QueuedRows(tuple(queues[trade_id][:most]), end)
        return batch

    def settle(self, batch: Batch, refused: Refusals) -> None:
        """Take what was written out of the queues; what was refused, and what was queued since, stays."""
        for trade_id, taken in batch.items():
            if trade_id in refused:
                continue
            queue, last = self._queues.get(trade_id, []), taken.mark.number
            del queue[: sum(number_of(row) <= last for row in queue[: len(taken.rows)])]
            if taken.end is not None and self._ends.get(trade_id) == taken.end:
                del self._ends[trade_id]

    def give_up(self, trade_id: str) -> int:
        """Drop what is queued of a trade; returns the number of records, its end among them."""
        lost = self.pending_of(trade_id)
        self._queues.pop(trade_id, None)
        self._ends.pop(trade_id, None)
        return lost

    # Writing

    def commit(self, at_once: bool = False) -> None:
        """Make all that is queued by now durable, in its order and in one transaction, or in several where
        very much has piled up; what could not be written stays queued. With `at_once` a database that does
        not answer keeps it for a fraction of a second, and no new connection is made.

        Raises JournalDown when the database could not be asked or did not answer: another commit writes
        everything once. Raises JournalError when a row contradicts one that is there: somebody else writes
        this trade, or the same thing was written down in two ways. Then, and when a trade's claim is lost,
        which raises Locked, the rows of all other trades are durable.
        """
        # What is added meanwhile is the next commit's: nobody waits for it here.
        marks = {trade_id: self.mark(trade_id) for trade_id in {*self._queues, *self._ends}}
        refused: dict[str, JournalError | Locked] = {}
        while not all(name in refused or self.is_durable(name, mark) for name, mark in marks.items()):
            batch = self.queued(without=refused)
            refusals = self.write(batch, at_once)
            self.settle(batch, refusals)
            refused |= refusals
        for error in refused.values():
            raise error

    def write(self, batch: Batch, at_once: bool = False) -> Refusals:
        """Make a batch durable, in one transaction, but for the trades that the database refuses: returns
        these, with the reason. Raises JournalDown as `commit` does, and what it has written is the same when
        it is written again."""
        work = partial(self._write, batch)
        try:
            return self._session.run(work, within=_patience(at_once), connect=not at_once)
        except JournalDown:
            raise
        except JournalError as error:
            if len(batch) == 1:
                return dict.fromkeys(batch, error)
        refused: dict[str, JournalError | Locked] = {}
        for trade_id, rows in batch.items():  # each by itself shows whose fault it is, and keeps the rest
            refused |= self.write({trade_id: rows}, at_once)
        return refused

    def close(self) -> None:
        """Commit what is queued by anybody, and close the database and release all claims even when that
        fails."""
        try:
            self.commit()
        finally:
            self._session.close()

    def _write(self, batch: Batch, connection: Connection) -> Refusals:
        kinds: dict[type[Record], list[Values]] = {}
        refused: dict[str, JournalError | Locked] = {}
        for trade_id, taken in batch.items():
            try:
                self._hold(trade_id, connection)
            except Locked as error:
                refused[trade_id] = error
                continue
            for kind, row in taken.rows:
                kinds.setdefault(kind, []).append(row)
        for kind, rows in kinds.items():
            if connection.exec_driver_sql(self._inserts[kind], rows).rowcount != len(rows):
                for row in rows:
                    _compare(connection, kind, row)
        for row in kinds.get(StateRecord, ()):
            _forget_states_before(connection, row)
        for trade_id, taken in batch.items():
            if taken.end is not None and trade_id not in refused:
                _end(connection, trade_id, *taken.end)
        return refused

    def _hold(self, trade_id: str, connection: Connection) -> None:
        """Raise Locked where the place of a trade was claimed, and is somebody else's by now."""
        if trade_id in self._places:
            self._session.hold(connection, *self._places[trade_id])


def _refuse_begun(connection: Connection, trade_id: str, why: str) -> None:
    inputs = TABLES[InputRecord]
    if connection.execute(select(inputs.c.nr).where(inputs.c.trade_id == trade_id).limit(1)).first():
        raise JournalError(f"trade {trade_id} has begun: {why}")


def _end(connection: Connection, trade_id: str, at: int, how: str) -> None:
    query = TRADES.update().where(TRADES.c.id == trade_id, TRADES.c.ended_at.is_(None))
    if connection.execute(query.values(ended_at=at, ended_how=how)).rowcount != 1:
        there = one_trade(connection, TRADES.c.id == trade_id)
        if there is None:
            raise JournalError(f"trade {trade_id} is not in the journal")
        if (there.ended_at, there.ended_how) != (at, how):
            raise JournalError(f"trade {trade_id} has ended before: {there.ended_how}")


def _forget_states_before(connection: Connection, row: Values) -> None:
    states = TABLES[StateRecord]
    is_older = (states.c.trade_id == row["trade_id"]) & (states.c.nr < row["nr"])
    connection.execute(delete(states).where(is_older))


@cache
def _inserts(dialect: str, paramstyle: str) -> Mapping[type[Record], str]:
    """The statements that write rows of each kind. As text: the rows are in the driver's own types already,
    and orders wait for each commit."""
    spoken = _dialect(dialect)
    compiler = spoken.dialect(paramstyle=paramstyle)
    return {
        kind: str(spoken.insert(_bare(rows)).on_conflict_do_nothing().compile(dialect=compiler))
        for kind, rows in TABLES.items()
    }


def _dialect(name: str) -> ModuleType:
    if name == "sqlite":
        return sqlite
    from sqlalchemy.dialects import postgresql  # with all its drivers: a start on a file does without

    return postgresql


def _patience(at_once: bool) -> float:
    return _AT_ONCE if at_once else PATIENCE


def _compare(connection: Connection, kind: type[Record], row: Values) -> None:
    names = ("trade_id", *(KEYS[kind] or ("nr",)))
    rows = TABLES[kind]
    where = and_(*(rows.c[name] == row[name] for name in names))
    there = connection.execute(columns_of(kind, rows).where(where)).one_or_none()
    wanted = {name: value for name, value in row.items() if name != "nr"}
    if there is None or encode(kind(*there)) != wanted:
        key = ", ".join(f"{name} {row[name]}" for name in names[1:])
        raise JournalError(
            f"trade {row['trade_id']} has other {rows.name} in the journal than are to be written"
            f" ({key}): does another engine write it?"
        )


def _bare(rows: Table) -> Any:
    """A table whose columns take what `encode` gives as it is."""
    columns: list[Any] = []
    for each in rows.columns:
        columns.append(column(each.name, each.type.impl))  # type: ignore[attr-defined]
    return table(rows.name, *columns)


def _next_number(trade_id: str, connection: Connection) -> int:
    """The number of a trade's next row, from 1."""
    newest = (
        connection.execute(select(func.max(rows.c.nr)).where(rows.c.trade_id == trade_id)).scalar()
        for rows in TABLES.values()
    )
    return 1 + max(number or 0 for number in newest)
