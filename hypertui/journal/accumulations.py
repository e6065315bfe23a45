"""The journal's accumulations: of each account and day one row, written before anything is sent.

They are of accounts, not of trades, and so have a connection of their own, open for as long as a row takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, inspect, select
from sqlalchemy.exc import IntegrityError

from hypertui.core.accumulation import AccumulationState
from hypertui.journal.archive import open_to_read, open_to_write
from hypertui.journal.schema import ACCUMULATIONS
from hypertui.journal.session import DatabaseSession

_WITHIN = 5.0  # seconds
_ROW = ACCUMULATIONS.c


@dataclass(frozen=True, slots=True)
class AccumulationRecord:
    """What became of an account's share of the profit of a UTC `day` (2026-01-31) by `changed_at`: `net` is
    what the day has made, `amount` what moves (USD), under a `nonce` (None where nothing was to be sent)."""

    network: str
    account: str
    day: str
    state: str
    net: Decimal
    amount: Decimal
    nonce: int | None
    text: str
    changed_at: int

    @property
    def is_final(self) -> bool:
        """Whether nothing comes after it."""
        return AccumulationState(self.state).is_final


class AccumulationJournal:
    """In one database; a context manager. Synchronous, to be used by one thread at a time. Every method may
    raise JournalError."""

    def __init__(self, session: DatabaseSession) -> None:
        self._session = session

    @classmethod
    def open(cls, url: str) -> Self:
        """That of the journal at `url`, which is created if there is none."""
        return cls(open_to_write(url, _WITHIN))

    @classmethod
    def read(cls, url: str) -> Self:
        """The same to be read only; raises NoJournal where there is none."""
        return cls(open_to_read(url))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.disconnect()

    def begin(self, record: AccumulationRecord) -> bool:
        """Write the day's row down, durably; False where there is one already, which then stays."""
        try:
            insert = ACCUMULATIONS.insert().values(**asdict(record))
            self._session.run(lambda connection: _executed(connection, insert), within=_WITHIN)
        except _Taken:
            return False
        return True

    def end(self, record: AccumulationRecord) -> AccumulationRecord:
        """Write down what has become of a day's money; returns what stands then. What has moved stays so,
        whoever gives it up later."""
        state, moved = AccumulationState(record.state), AccumulationState.MOVED
        than = _ROW.state != moved.value if state is moved else _ROW.state == AccumulationState.SENDING.value
        of_it = _of(record.network, record.account, record.day)
        change = ACCUMULATIONS.update().where(*of_it, than).values(**asdict(record))
        self._session.run(lambda connection: connection.execute(change), within=_WITHIN)
        return self.find(record.network, record.account, record.day) or record

    def find(self, network: str, account: str, day: str) -> AccumulationRecord | None:
        """The row of a day."""
        return next(iter(self._found(select(*_ROW).where(*_of(network, account, day)))), None)

    def unfinished(self, network: str, account: str) -> Sequence[AccumulationRecord]:
        """Those whose outcome is not known, oldest first."""
        open_ = _ROW.state == AccumulationState.SENDING.value
        mine = (_ROW.network == network, _ROW.account == account, open_)
        return self._found(select(*_ROW).where(*mine).order_by(_ROW.day))

    def newest(self, network: str, most: int) -> Sequence[AccumulationRecord]:
        """The newest ones of all accounts, newest first."""
        query = select(*_ROW).where(_ROW.network == network)
        return self._found(query.order_by(_ROW.day.desc(), _ROW.account).limit(most))

    def _found(self, query: Any) -> Sequence[AccumulationRecord]:
        def read(connection: Connection) -> list[AccumulationRecord]:
            if not inspect(connection).has_table(ACCUMULATIONS.name):
                return []  # a journal of before there were any, which is only read
            return [AccumulationRecord(*row) for row in connection.execute(query).all()]

        return self._session.run(read)


def _of(network: str, account: str, day: str) -> tuple[ColumnElement[bool], ...]:
    return _ROW.network == network, _ROW.account == account, _ROW.day == day


class _Taken(Exception):
    """There is a row of that day."""


def _executed(connection: Connection, insert: Any) -> None:
    try:
        connection.execute(insert)
    except IntegrityError:
        raise _Taken from None
