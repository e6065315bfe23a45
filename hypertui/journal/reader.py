"""Reading the journal: committed records in the order in which they were added, page by page."""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, Text, cast, null, or_, select

from hypertui.journal.errors import JournalError
from hypertui.journal.records import (
    AccountRecord,
    AlarmRecord,
    CommandRecord,
    FillRecord,
    FundingRecord,
    InputRecord,
    IntentRecord,
    MarkRecord,
    OrderRecord,
    ReconciliationRecord,
    Record,
    RulesRecord,
    SettingsRecord,
    StateRecord,
    StatusRecord,
    StepRecord,
    TradeRecord,
    TransferRecord,
)
from hypertui.journal.schema import INTENTS, TABLES, TRADES
from hypertui.journal.session import DatabaseSession

_PAGE = 1000  # rows that are read in one go

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class OrderName:
    """An order by both of its ids, as far as they are known."""

    trade_id: str
    client_id: str | None
    order_id: int | None


class JournalReader:
    """Queries on a journal. Every method may raise JournalError."""

    def __init__(self, session: DatabaseSession) -> None:
        self._session = session

    @property
    def place(self) -> str:
        """The journal's place for messages, without a password."""
        return self._session.database.place

    def trade(self, trade_id: str) -> TradeRecord | None:
        """A trade by its id, ended or not."""
        return self._session.run(lambda connection: one_trade(connection, TRADES.c.id == trade_id))

    def live_trade(self, network: str, account: str, symbol: str) -> TradeRecord | None:
        """The open trade of this account and symbol."""
        where = (
            (TRADES.c.network == network)
            & (TRADES.c.account == account.lower())
            & (TRADES.c.symbol == symbol)
            & TRADES.c.ended_at.is_(None)
        )
        return self._session.run(lambda connection: one_trade(connection, where))

    def trades(self) -> list[TradeRecord]:
        """All trades, the oldest first."""
        query = columns_of(TradeRecord, TRADES).order_by(TRADES.c.started_at, TRADES.c.id)
        return self._session.run(lambda connection: [TradeRecord(*row) for row in connection.execute(query)])

    def inputs(self, trade_id: str, after: int = 0) -> Iterator[InputRecord]:
        """The trade's inputs, to be replayed. Raises JournalError where one is missing: what follows a gap
        would be replayed onto a state that never existed."""
        newer = TABLES[InputRecord].c.seq > after if after else None
        for number, record in enumerate(self._read(InputRecord, trade_id, newer), after + 1):
            if record.seq != number:
                raise JournalError(
                    f"the journal {self.place} cannot be played back: trade {trade_id} has input {record.seq}"
                    f" where input {number} should be"
                )
            yield record

    def last_input(self, trade_id: str, kind: str) -> InputRecord | None:
        """The newest input of this kind."""
        rows = TABLES[InputRecord]
        query = columns_of(InputRecord, rows).where(rows.c.trade_id == trade_id, rows.c.kind == kind)
        query = query.order_by(rows.c.nr.desc()).limit(1)
        row = self._session.run(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else InputRecord(*row)

    def state(self, trade_id: str) -> StateRecord | None:
        """The newest state of a trade that was kept."""
        found = self.newest(trade_id, [StateRecord], 1)
        return found[0] if found and isinstance(found[0], StateRecord) else None

    def orders(self, trade_id: str) -> Iterator[OrderRecord]:
        """Orders as they were decided."""
        return self._read(OrderRecord, trade_id)

    def statuses(self, trade_id: str) -> Iterator[StatusRecord]:
        """The statuses of the orders."""
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

    def transfers(self, trade_id: str) -> Iterator[TransferRecord]:
        """Deposits, withdrawals and other transfers of the trade's account."""
        return self._read(TransferRecord, trade_id)

    def settings(self, trade_id: str) -> Iterator[SettingsRecord]:
        """The settings that were in force, one row for each start."""
        return self._read(SettingsRecord, trade_id)

    def commands(self, trade_id: str) -> Iterator[CommandRecord]:
        """Commands with every state that they came to."""
        return self._read(CommandRecord, trade_id)

    def alarms(self, trade_id: str) -> Iterator[AlarmRecord]:
        """Alarms, raised and cleared."""
        return self._read(AlarmRecord, trade_id)

    def reconciliations(self, trade_id: str) -> Iterator[ReconciliationRecord]:
        """Comparisons with the venue."""
        return self._read(ReconciliationRecord, trade_id)

    def marks(self, trade_id: str) -> Iterator[MarkRecord]:
        """Prices that were seen."""
        return self._read(MarkRecord, trade_id)

    def accounts(self, trade_id: str) -> Iterator[AccountRecord]:
        """The account's states as they were read."""
        return self._read(AccountRecord, trade_id)

    def rules(self, trade_id: str) -> Iterator[RulesRecord]:
        """What each start went by."""
        return self._read(RulesRecord, trade_id)

    def newest(self, trade_id: str, kinds: Sequence[type[Record]], most: int) -> list[Record]:
        """The last `most` records of these kinds, oldest first."""
        return self._session.run(partial(_newest, trade_id, kinds, most))

    def order_names(self, part: str, most: int) -> list[OrderName]:
        """At most `most` orders whose client id or order id begins or ends with `part` (lower case); fills
        without an order of ours are found by their order id."""
        return self._session.run(partial(_order_names, part, most))

    def intent(self, intent_id: str) -> IntentRecord | None:
        """An intent by its id."""
        query = columns_of(IntentRecord, INTENTS).where(INTENTS.c.id == intent_id)
        row = self._session.run(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else IntentRecord(*row)

    def size(self) -> int:
        """The journal's size in bytes."""
        return self._session.run(self._session.database.size)

    def room(self) -> tuple[int | None, int | None]:
        """The size of the journal's file and the free space on its disk, in bytes, without asking the
        database; None for both on a server."""
        return self._session.database.room()

    def told(
        self, trade_id: str, kinds: Sequence[type[Record]], after: int = 0
    ) -> Iterator[tuple[int, Record]]:
        """The records of these kinds that are numbered beyond `after`, with their numbers, in the order of
        writing."""
        streams = [
            self._numbered(kind, trade_id, TABLES[kind].c.nr > after if after else None) for kind in kinds
        ]
        return heapq.merge(*streams, key=lambda each: each[0])

    def _read(self, kind: type[R], trade_id: str, where: ColumnElement[bool] | None = None) -> Iterator[R]:
        return (record for _, record in self._numbered(kind, trade_id, where))

    def _numbered(
        self, kind: type[R], trade_id: str, where: ColumnElement[bool] | None
    ) -> Iterator[tuple[int, R]]:
        rows = TABLES[kind]
        query = columns_of(kind, rows).add_columns(rows.c.nr).where(rows.c.trade_id == trade_id)
        if where is not None:
            query = query.where(where)
        query = query.order_by(rows.c.nr).limit(_PAGE)
        make: Callable[..., R] = kind
        after = 0
        while True:
            page = self._session.run(partial(_all, query.where(rows.c.nr > after)))
            for row in page:
                after = row[-1]
                yield after, make(*row[:-1])
            if len(page) < _PAGE:
                return


def columns_of(kind: type, rows: Table) -> Select[Any]:
    """The columns that make a record, in the order of its fields."""
    return select(*(rows.c[field.name] for field in dataclasses.fields(kind)))


def one_trade(connection: Connection, where: ColumnElement[bool]) -> TradeRecord | None:
    """The one trade that `where` selects."""
    row = connection.execute(columns_of(TradeRecord, TRADES).where(where)).one_or_none()
    return None if row is None else TradeRecord(*row)


def _all(query: Select[Any], connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(query).all()


def _newest(trade_id: str, kinds: Sequence[type[Record]], most: int, connection: Connection) -> list[Record]:
    found: list[tuple[int, Record]] = []
    for kind in kinds:
        rows = TABLES[kind]
        query = columns_of(kind, rows).add_columns(rows.c.nr).where(rows.c.trade_id == trade_id)
        make: Callable[..., Record] = kind
        for row in connection.execute(query.order_by(rows.c.nr.desc()).limit(most)):
            found.append((row[-1], make(*row[:-1])))
    found.sort(key=lambda each: each[0])
    return [record for _, record in found[-most:]] if most else []


def _order_names(part: str, most: int, connection: Connection) -> list[OrderName]:
    names: dict[tuple[str, str | int], OrderName] = {}
    for kind in (StatusRecord, FillRecord, OrderRecord):
        rows = TABLES[kind].c
        ids = [cast(column, Text) for column in rows if column.name in ("client_id", "order_id")]
        like = or_(*(column.like(pattern) for column in ids for pattern in (f"{part}%", f"%{part}")))
        order_id = rows.order_id if "order_id" in rows else null()
        query = select(rows.trade_id, rows.client_id, order_id).where(like).distinct().limit(most * 4)
        for trade, client_id, number in connection.execute(query):
            key = (trade, client_id or number)
            if key not in names or names[key].order_id is None:
                names[key] = OrderName(trade, client_id, number)
    return list(names.values())[:most]
