"""The journal: everything that a trade decided and heard, queued at no cost and made durable in one commit.

A row is given its number when it is queued. Should the connection break in the middle of a commit, so that
nobody can say whether it took place, the same rows with the same numbers are written again, and those that
are there already stay as they are.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    column,
    func,
    select,
    table,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from hypertui.ledger.database import BEGIN, Database, JournalDown, JournalError, find
from hypertui.ledger.lock import Locked, refusal
from hypertui.ledger.records import (
    AlarmRecord,
    CommandRecord,
    FillRecord,
    FundingRecord,
    InputRecord,
    OrderRecord,
    ReconciliationRecord,
    Record,
    StatusRecord,
    StepRecord,
    TradeRecord,
)
from hypertui.ledger.schema import KEYS, TABLES, TRADES, Values, encode
from hypertui.ledger.upgrade import TooNew, upgrade

_PAGE = 1000  # rows that are read in one go
_TRADE_ID = re.compile("[0-9a-f]{16}")

R = TypeVar("R", bound=Record)
T = TypeVar("T")


class Journal:
    """The journal of all trades in one database. Synchronous, to be used by one thread at a time.

    Every method but `add` and `pending` may raise JournalDown when the database is out of reach; calling it
    again is always safe and connects anew. A JournalError that is no JournalDown will not pass by itself.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._claims: list[tuple[str, str, str]] = []
        self._queue: dict[type[Record], list[Values]] = {}
        self._next: dict[str, int] = {}  # the number of a live trade's next row
        self._pending = 0
        insert = postgresql.insert if database.is_postgresql else sqlite.insert
        # As text: the rows are in the driver's own types already, and orders wait for each commit.
        dialect = database.engine.dialect
        self._inserts: dict[type[Record], str] = {
            kind: str(insert(_bare(rows)).on_conflict_do_nothing().compile(dialect=dialect))
            for kind, rows in TABLES.items()
        }
        self._insert_trade = insert(_bare(TRADES)).on_conflict_do_nothing()

    @classmethod
    def open(cls, url: str) -> Journal:
        """The journal at `url`, made or brought up to date if need be. Raises JournalError in one line."""
        database = find(url)
        journal = cls(database)
        try:
            journal._run(upgrade, begin="BEGIN IMMEDIATE")
        except TooNew as error:
            journal._disconnect()
            raise JournalError(
                f"the journal {database.place} was written by a newer hypertui (its version is {error}):"
                " install that one, or name another journal"
            ) from None
        return journal

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # One engine

    def claim(self, network: str, account: str, symbol: str) -> None:
        """Trade this account and symbol alone, among all who keep their journal in the same PostgreSQL, until
        the journal is closed. Raises Locked, naming the holder; so does any later call, if somebody else has
        taken the place while the connection was down. On SQLite there is nothing to do: the lock file sees
        everybody who can reach the database."""
        claim = (network, account.lower(), symbol)
        if not self._database.is_postgresql or claim in self._claims:
            return
        self._run(lambda connection: self._take(connection, claim))
        self._claims.append(claim)

    def _take(self, connection: Connection, claim: tuple[str, str, str]) -> None:
        digest = hashlib.sha256("\0".join(("hypertui", *claim)).encode()).digest()
        key = int.from_bytes(digest[:8], signed=True)
        if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar():
            return
        holders = connection.execute(
            text(
                "SELECT pid, application_name, usename, client_addr, backend_start"
                " FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE locktype = 'advisory' AND granted AND objsubid = 1"
                " AND classid = CAST(:high AS oid) AND objid = CAST(:low AS oid)"
                " AND datname = current_database()"
            ),
            {"high": key >> 32 & 0xFFFFFFFF, "low": key & 0xFFFFFFFF},
        ).all()
        network, account, symbol = claim
        holder = "one that has just left"
        for pid, name, user, address, since in holders:
            if name == self._database.session:
                # The server has not noticed that the connection broke; it has to let go of the old one.
                connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
                raise JournalDown(f"the journal {self._database.place} still held its broken connection")
            origin = "" if address is None else f" from {address}"
            holder = f"{name or f'backend {pid}'} (database user {user}{origin})"
            holder += "" if since is None else f", since {since:%Y-%m-%d %H:%M:%S %Z}"
        raise Locked(refusal(account, symbol, network, holder))

    # Trades

    def live_trade(self, network: str, account: str, symbol: str) -> TradeRecord | None:
        """The trade of this account and symbol that has not ended."""
        where = (
            (TRADES.c.network == network)
            & (TRADES.c.account == account.lower())
            & (TRADES.c.symbol == symbol)
            & TRADES.c.ended_at.is_(None)
        )

        def look(connection: Connection) -> TradeRecord | None:
            trade = _one_trade(connection, where)
            if trade is not None and trade.id not in self._next:
                self._next[trade.id] = _next_number(connection, trade.id)
            return trade

        return self._run(look)

    def trade(self, trade_id: str) -> TradeRecord | None:
        """A trade by its id, ended or not."""
        return self._run(lambda connection: _one_trade(connection, TRADES.c.id == trade_id))

    def trades(self) -> list[TradeRecord]:
        """All trades, the oldest first."""
        query = _columns(TradeRecord, TRADES).order_by(TRADES.c.started_at, TRADES.c.id)
        return self._run(lambda connection: [TradeRecord(*row) for row in connection.execute(query)])

    def begin(self, trade: TradeRecord) -> None:
        """Write down a new trade, at once. Raises JournalError while another one of its account and symbol is
        live. Doing it twice does it once."""
        if not _TRADE_ID.fullmatch(trade.id):
            raise ValueError(f"not a trade's id: {trade.id!r}")
        if trade.ended_at is not None:
            raise ValueError(f"trade {trade.id} has ended before it begins")
        self.commit()
        row = encode(trade)

        def write(connection: Connection) -> None:
            if connection.execute(self._insert_trade, [row]).rowcount != 1:
                there = _one_trade(connection, TRADES.c.id == trade.id)
                if there is None:
                    raise JournalError(f"another trade of {trade.symbol} on {trade.network} is live already")
                if encode(there) != row:
                    raise JournalError(f"trade {trade.id} is in the journal already, and not the same")
            self._next[trade.id] = _next_number(connection, trade.id)

        self._run(write)

    def end(self, trade_id: str, at: int, how: str) -> None:
        """Write down that a trade has ended, after all that is queued, at once. Doing it twice does it once;
        afterwards nothing can be added to the trade."""
        self.commit()
        query = TRADES.update().where(TRADES.c.id == trade_id, TRADES.c.ended_at.is_(None))

        def write(connection: Connection) -> None:
            if connection.execute(query.values(ended_at=at, ended_how=how)).rowcount != 1:
                there = _one_trade(connection, TRADES.c.id == trade_id)
                if there is None:
                    raise JournalError(f"trade {trade_id} is not in the journal")
                if (there.ended_at, there.ended_how) != (at, how):
                    raise JournalError(f"trade {trade_id} has ended before: {there.ended_how}")

        self._run(write)
        self._next.pop(trade_id, None)

    # Writing

    @property
    def pending(self) -> int:
        """How many records wait for a commit."""
        return self._pending

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
        for kind, row in rows:
            self._queue.setdefault(kind, []).append(row)
        self._next.update(numbers)
        self._pending += len(rows)

    def commit(self, meanwhile: Callable[[], None] | None = None) -> None:
        """Make all that is queued durable, in one transaction; whatever this raises, it stays queued.

        `meanwhile` is called when nothing is left but to wait for the disk, to start something that goes on
        beside that in another thread. It must raise nothing.

        Raises JournalDown when the database could not be asked or did not answer: another commit writes
        everything once. Raises JournalError when a row contradicts one that is there: somebody else writes
        this trade, or the same thing was written down in two ways.
        """
        if self._pending:
            self._run(partial(self._write, meanwhile))
            self._queue.clear()
            self._pending = 0

    def _write(self, meanwhile: Callable[[], None] | None, connection: Connection) -> None:
        for kind, rows in self._queue.items():
            if connection.exec_driver_sql(self._inserts[kind], rows).rowcount != len(rows):
                for row in rows:
                    self._compare(connection, kind, row)
        if meanwhile is not None:
            meanwhile()

    def _compare(self, connection: Connection, kind: type, row: Values) -> None:
        names = ("trade_id", *(KEYS[kind] or ("nr",)))
        rows = TABLES[kind]
        where = and_(*(rows.c[name] == row[name] for name in names))
        there = connection.execute(_columns(kind, rows).where(where)).one_or_none()
        wanted = {name: value for name, value in row.items() if name != "nr"}
        if there is None or encode(kind(*there)) != wanted:
            key = ", ".join(f"{name} {row[name]}" for name in names[1:])
            raise JournalError(
                f"trade {row['trade_id']} has other {rows.name} in the journal than are to be written"
                f" ({key}): does another engine write it?"
            )

    # Reading: what is committed, in the order in which it was added, never much at once

    def inputs(self, trade_id: str) -> Iterator[InputRecord]:
        """What changed the trade's state, to be played back."""
        return self._read(InputRecord, trade_id)

    def orders(self, trade_id: str) -> Iterator[OrderRecord]:
        """Orders as they were decided."""
        return self._read(OrderRecord, trade_id)

    def statuses(self, trade_id: str) -> Iterator[StatusRecord]:
        """What became of the orders."""
        return self._read(StatusRecord, trade_id)

    def fills(self, trade_id: str) -> Iterator[FillRecord]:
        """Fills as they were booked."""
        return self._read(FillRecord, trade_id)

    def steps(self, trade_id: str) -> Iterator[StepRecord]:
        """Steps of the ladder."""
        return self._read(StepRecord, trade_id)

    def funding(self, trade_id: str) -> Iterator[FundingRecord]:
        """Funding payments."""
        return self._read(FundingRecord, trade_id)

    def commands(self, trade_id: str) -> Iterator[CommandRecord]:
        """Commands with every state that they came to."""
        return self._read(CommandRecord, trade_id)

    def alarms(self, trade_id: str) -> Iterator[AlarmRecord]:
        """Alarms, raised and cleared."""
        return self._read(AlarmRecord, trade_id)

    def reconciliations(self, trade_id: str) -> Iterator[ReconciliationRecord]:
        """Comparisons with the venue."""
        return self._read(ReconciliationRecord, trade_id)

    def _read(self, kind: type[R], trade_id: str) -> Iterator[R]:
        rows = TABLES[kind]
        query = _columns(kind, rows).add_columns(rows.c.nr).where(rows.c.trade_id == trade_id)
        query = query.order_by(rows.c.nr).limit(_PAGE)
        make: Callable[..., R] = kind
        after = 0
        while True:
            page = self._run(partial(_all, query.where(rows.c.nr > after)))
            for row in page:
                yield make(*row[:-1])
                after = row[-1]
            if len(page) < _PAGE:
                return

    def size(self) -> int:
        """The bytes that the journal takes up."""
        return self._run(self._database.size)

    def close(self) -> None:
        """Commit what is queued, and let go of the database and all claims, even when that fails."""
        try:
            self.commit()
        finally:
            self._disconnect()

    # The connection

    def _run(self, work: Callable[[Connection], T], begin: str = "BEGIN") -> T:
        """Do `work` in a transaction of its own, on the connection there is or on a new one."""
        try:
            connection = self._connect()
            connection.execution_options(**{BEGIN: begin})
            with connection.begin():
                return work(connection)
        except SQLAlchemyError as error:
            self._disconnect()
            raise self._database.trouble(error) from None
        except JournalDown:
            self._disconnect()
            raise

    def _connect(self) -> Connection:
        if self._connection is None:
            connection = self._database.engine.connect().execution_options(preserve_rowcount=True)
            try:
                for claim in self._claims:
                    with connection.begin():
                        self._take(connection, claim)
            except BaseException:
                _discard(connection)
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            _discard(connection)


def _discard(connection: Connection) -> None:
    # It may be broken already, and then there is nothing left to be said to it.
    with contextlib.suppress(SQLAlchemyError):
        connection.invalidate()
    with contextlib.suppress(SQLAlchemyError):
        connection.close()


def _bare(rows: Table) -> Any:
    """A table whose columns take what `encode` gives as it is."""
    columns: list[Any] = []
    for each in rows.columns:
        columns.append(column(each.name, each.type.impl))  # type: ignore[attr-defined]
    return table(rows.name, *columns)


def _columns(kind: type, rows: Table) -> Select[Any]:
    return select(*(rows.c[field.name] for field in dataclasses.fields(kind)))


def _all(query: Select[Any], connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(query).all()


def _one_trade(connection: Connection, where: ColumnElement[bool]) -> TradeRecord | None:
    row = connection.execute(_columns(TradeRecord, TRADES).where(where)).one_or_none()
    return None if row is None else TradeRecord(*row)


def _next_number(connection: Connection, trade_id: str) -> int:
    """The number of a trade's next row, from 1."""
    newest = (
        connection.execute(select(func.max(rows.c.nr)).where(rows.c.trade_id == trade_id)).scalar()
        for rows in TABLES.values()
    )
    return 1 + max(number or 0 for number in newest)
