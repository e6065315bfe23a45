"""Writing the journal: records are queued without I/O and made durable in one commit.

A row gets its number when it is queued. If the connection breaks during a commit, so that its outcome is
unknown, the same rows are written again under the same numbers, and those that exist stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Table, and_, column, delete, func, select, table
from sqlalchemy.dialects import postgresql, sqlite

from hypertui.journal.archive import check_version
from hypertui.journal.database import find
from hypertui.journal.errors import JournalDown, JournalError, NoJournal, OtherVersion
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
    """The journal of all trades in one database. Synchronous, to be used by one thread at a time; only `add`
    and `pending` may be used beside a `commit` or an `end` in another thread.

    Every other method may raise JournalDown when the database is out of reach; calling it again is always
    safe and connects anew. A JournalError that is no JournalDown will not pass by itself.
    """

    def __init__(self, session: DatabaseSession) -> None:
        super().__init__(session)
        self._queue: list[tuple[type[Record], Values]] = []
        self._next: dict[str, int] = {}  # the number of a live trade's next row
        dialect = session.database.engine.dialect
        self._inserts = _inserts(dialect.name, dialect.paramstyle)
        insert = postgresql.insert if session.database.is_postgresql else sqlite.insert
        self._insert_trade = insert(_bare(TRADES)).on_conflict_do_nothing()

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
        return cls(session)

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
        the journal is closed. Raises Locked, naming the holder; on PostgreSQL so does any later call, if
        somebody else has taken the place while the connection was down."""
        self._session.claim(network, account, symbol)

    # Trades

    def live_trade(self, network: str, account: str, symbol: str) -> TradeRecord | None:
        """The trade of this account and symbol that has not ended, to be written on."""
        trade = super().live_trade(network, account, symbol)
        if trade is not None and trade.id not in self._next:
            self._next[trade.id] = self._session.run(partial(_next_number, trade.id))
        return trade

    def begin(self, trade: TradeRecord) -> None:
        """Insert a new trade, at once. Idempotent. Raises JournalError while another trade of its account and
        symbol is open."""
        if not _TRADE_ID.fullmatch(trade.id):
            raise ValueError(f"not a trade's id: {trade.id!r}")
        if trade.ended_at is not None:
            raise ValueError(f"trade {trade.id} has ended before it begins")
        self.commit()
        row = encode(trade)

        def write(connection: Connection) -> None:
            if connection.execute(self._insert_trade, [row]).rowcount != 1:
                there = one_trade(connection, TRADES.c.id == trade.id)
                if there is None:
                    raise JournalError(f"another trade of {trade.symbol} on {trade.network} is live already")
                if encode(there) != row:
                    raise JournalError(f"trade {trade.id} is in the journal already, and not the same")
            self._next[trade.id] = _next_number(trade.id, connection)

        self._session.run(write)

    def end(self, trade_id: str, at: int, how: str, at_once: bool = False) -> None:
        """Commit what is queued, then mark the trade as ended. Idempotent; afterwards nothing can be added to
        the trade. `at_once` as for `commit`."""
        self.commit(at_once)
        query = TRADES.update().where(TRADES.c.id == trade_id, TRADES.c.ended_at.is_(None))

        def write(connection: Connection) -> None:
            if connection.execute(query.values(ended_at=at, ended_how=how)).rowcount != 1:
                there = one_trade(connection, TRADES.c.id == trade_id)
                if there is None:
                    raise JournalError(f"trade {trade_id} is not in the journal")
                if (there.ended_at, there.ended_how) != (at, how):
                    raise JournalError(f"trade {trade_id} has ended before: {there.ended_how}")

        self._session.run(write, within=_patience(at_once), connect=not at_once)
        self._next.pop(trade_id, None)

    def forget(self, trade_id: str) -> None:
        """Delete a trade that never began, with what is queued of it. Raises JournalError for one that has an
        input."""
        self._queue = [row for row in self._queue if row[1]["trade_id"] != trade_id]
        inputs = TABLES[InputRecord]

        def write(connection: Connection) -> None:
            begun = connection.execute(select(inputs.c.nr).where(inputs.c.trade_id == trade_id).limit(1))
            if begun.first() is not None:
                raise JournalError(f"trade {trade_id} has begun: it is not taken out of the journal")
            for rows in TABLES.values():
                if rows is not TRADES:
                    connection.execute(delete(rows).where(rows.c.trade_id == trade_id))
            connection.execute(delete(TRADES).where(TRADES.c.id == trade_id))

        self._session.run(write)
        self._next.pop(trade_id, None)

    # Writing

    @property
    def pending(self) -> int:
        """The number of records that wait for a commit."""
        return len(self._queue)

    def add(self, *records: Record) -> None:
        """Queue records of live trades, which `begin` or `live_trade` has named. No I/O. All or none: raises
        ValueError for a value that would not come back as it is, and for a trade that is not live."""
        numbers = dict[str, int]()
        rows: list[tuple[type[Record], Values]] = []
        for record in records:
            row = encode(record)
            trade_id = record.trade_id
            number = numbers.get(trade_id) or self._next.get(trade_id)
            if number is None:
                raise ValueError(f"trade {trade_id} is not live in this journal")
            row["nr"] = number
            numbers[trade_id] = number + 1
            rows.append((type(record), row))
        self._queue += rows
        self._next.update(numbers)

    def commit(self, at_once: bool = False) -> None:
        """Make all that is queued by now durable, in its order and in one transaction, or in several where
        very much has piled up; what could not be written stays queued. With `at_once` a database that does
        not answer keeps it for a fraction of a second, and no new connection is made.

        Raises JournalDown when the database could not be asked or did not answer: another commit writes
        everything once. Raises JournalError when a row contradicts one that is there: somebody else writes
        this trade, or the same thing was written down in two ways.
        """
        left = len(self._queue)  # what is added meanwhile is the next commit's: nobody waits for it here
        while batch := self._queue[: min(left, _BATCH)]:
            work = partial(self._write, batch)
            self._session.run(work, within=_patience(at_once), connect=not at_once)
            del self._queue[: len(batch)]
            left -= len(batch)

    def give_up(self) -> int:
        """Drop what is queued; returns the number of records."""
        lost = len(self._queue)
        self._queue.clear()
        return lost

    def close(self) -> None:
        """Commit what is queued, and close the database and release all claims even when that fails."""
        try:
            self.commit()
        finally:
            self._session.close()

    def _write(
        self,
        batch: Sequence[tuple[type[Record], Values]],
        connection: Connection,
    ) -> None:
        kinds: dict[type[Record], list[Values]] = {}
        for kind, row in batch:
            kinds.setdefault(kind, []).append(row)
        for kind, rows in kinds.items():
            if connection.exec_driver_sql(self._inserts[kind], rows).rowcount != len(rows):
                for row in rows:
                    _compare(connection, kind, row)
        for row in kinds.get(StateRecord, ()):
            _forget_states_before(connection, row)


def _forget_states_before(connection: Connection, row: Values) -> None:
    states = TABLES[StateRecord]
    is_older = (states.c.trade_id == row["trade_id"]) & (states.c.nr < row["nr"])
    connection.execute(delete(states).where(is_older))


@cache
def _inserts(dialect: str, paramstyle: str) -> Mapping[type[Record], str]:
    """The statements that write rows of each kind. As text: the rows are in the driver's own types already,
    and orders wait for each commit."""
    is_postgresql = dialect == "postgresql"
    insert = postgresql.insert if is_postgresql else sqlite.insert
    compiler = (postgresql if is_postgresql else sqlite).dialect(paramstyle=paramstyle)
    return {
        kind: str(insert(_bare(rows)).on_conflict_do_nothing().compile(dialect=compiler))
        for kind, rows in TABLES.items()
    }


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
