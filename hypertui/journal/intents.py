"""The journal's intents: one row each, written when it is received, and again with each state it comes to.

They are of sources, not of trades, and are there before any trade is: so they have a connection of their own,
and the commits of trades wait for none of them longer than for one row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Self

from sqlalchemy import Connection, func, inspect, select, text

from hypertui.core.intents import IntentReason, IntentState
from hypertui.journal.archive import open_to_read, open_to_write
from hypertui.journal.records import IntentRecord
from hypertui.journal.schema import INTENTS
from hypertui.journal.session import DatabaseSession

KNOWN_FOR = 7 * 86_400_000  # ms for which the same intent is known again
KEPT_FOR = 30 * 86_400_000  # ms for which one is kept that came to nothing
_BATCH = 500  # rows that go in one transaction: a commit of a trade waits no longer than for that
_WRITE_WITHIN = 1.0  # seconds
_AT_START = 15.0
_AT_ONCE = 500  # keys that one query names
_OPEN = tuple(state.value for state in IntentState if not state.is_final)
_ROWS = select(*INTENTS.c)
_NO_REPEATS = INTENTS.c.state != IntentState.DUPLICATE.value


@dataclass(frozen=True, slots=True)
class IntentCount:
    """How many intents of a source have come to this state, for this reason."""

    source: str
    state: str
    reason: str
    count: int


class IntentJournal:
    """Of one network, in one database. Synchronous, to be used by one thread at a time. Every method may
    raise JournalError; what was to be written was not then, or will be found when it is written again."""

    def __init__(self, session: DatabaseSession, network: str, *, has_any: bool = True) -> None:
        self._session = session
        self._network = network
        self._has_any = has_any

    @classmethod
    def open(cls, url: str, network: str) -> Self:
        """The intents in the journal at `url`, which is created if there is none."""
        return cls(open_to_write(url, _AT_START), network)

    @classmethod
    def read(cls, url: str, network: str) -> Self:
        """The same to be read only, empty in a journal of before there were any; raises NoJournal where there
        is none."""
        session = open_to_read(url)
        has_any = session.run(lambda connection: inspect(connection).has_table(INTENTS.name))
        return cls(session, network, has_any=has_any)

    def close(self) -> None:
        """Close the connection."""
        self._session.disconnect()

    def receive(self, record: IntentRecord) -> IntentRecord:
        """Write an intent down, durably; returns it, or the first one where the same was received within
        `KNOWN_FOR`: then it is written as a duplicate of that."""
        return self._session.run(
            partial(self._receive, record), within=_WRITE_WITHIN, begin="BEGIN IMMEDIATE"
        )

    def _receive(self, record: IntentRecord, connection: Connection) -> IntentRecord:
        if connection.dialect.name == "postgresql":  # on SQLite whoever writes is alone already
            connection.execute(text("LOCK TABLE intents IN SHARE ROW EXCLUSIVE MODE"))
        same = _ROWS.where(
            INTENTS.c.network == self._network,
            INTENTS.c.source == record.source,
            INTENTS.c.key == record.key,
            INTENTS.c.received_at > record.received_at - KNOWN_FOR,
            INTENTS.c.id != record.id,
            _NO_REPEATS,
        )
        row = connection.execute(same.order_by(INTENTS.c.received_at).limit(1)).one_or_none()
        if row is None:
            _insert(connection, record)
            return record
        first = IntentRecord(*row)
        reason = IntentReason.DUPLICATE.value
        repeated = replace(record, state=IntentState.DUPLICATE.value, reason=reason, text=f"of {first.id}")
        _insert(connection, repeated)
        return first

    def change(self, record: IntentRecord) -> None:
        """Write down what has become of an intent."""
        change = INTENTS.update().where(INTENTS.c.id == record.id).values(**asdict(record))
        self._session.run(lambda connection: connection.execute(change), within=_WRITE_WITHIN)

    def give_up(self, record: IntentRecord) -> None:
        """The same of one that may not be there, where it is and nothing has come of it since it was
        received."""
        change = INTENTS.update().where(
            INTENTS.c.id == record.id, INTENTS.c.state == IntentState.RECEIVED.value
        )
        change = change.values(**asdict(record))
        self._session.run(lambda connection: connection.execute(change), within=_WRITE_WITHIN)

    def prune(self, now: int) -> bool:
        """Delete some of those that came to nothing more than `KEPT_FOR` before `now` (ms); returns whether
        more of them are left. What has led to a command stays: the orders that followed are told by it."""
        old = select(INTENTS.c.id).where(
            INTENTS.c.network == self._network,
            INTENTS.c.received_at < now - KEPT_FOR,
            INTENTS.c.command_id == "",
            INTENTS.c.state.not_in(_OPEN),
        )
        gone = INTENTS.delete().where(INTENTS.c.id.in_(old.limit(_BATCH)))
        count: int = self._session.run(
            lambda connection: connection.execute(gone).rowcount, within=_WRITE_WITHIN
        )
        return count == _BATCH

    def unfinished(self) -> Sequence[IntentRecord]:
        """Those that have not come to an end, oldest first."""
        return self._found(_ROWS.where(INTENTS.c.state.in_(_OPEN)), oldest_first=True)

    def newest(self, most: int, source: str = "") -> Sequence[IntentRecord]:
        """The newest ones, newest first; of one source where it is named."""
        query = _ROWS
        if source:
            query = query.where(INTENTS.c.source == source)
        return self._found(query, most)

    def of_keys(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], IntentRecord]:
        """The first intent of each source and key that there is one of."""
        sources, names = {source for source, _ in keys}, list({key for _, key in keys})
        found: dict[tuple[str, str], IntentRecord] = {}
        for first in range(0, len(names), _AT_ONCE):
            some = INTENTS.c.key.in_(names[first : first + _AT_ONCE])
            query = _ROWS.where(INTENTS.c.source.in_(sources), some, _NO_REPEATS)
            for row in self._found(query, oldest_first=True):
                found.setdefault((row.source, row.key), row)
        return found

    def of_trade(self, trade: str, before: int) -> Sequence[IntentRecord]:
        """Those that were accepted for a trade of this name before a time (ms), newest first."""
        query = _ROWS.where(
            INTENTS.c.trade == trade, INTENTS.c.received_at <= before, INTENTS.c.command_id != ""
        )
        return self._found(query, 100)

    def counts(self) -> Sequence[IntentCount]:
        """How many there are of each source, state and reason."""
        if not self._has_any:
            return []
        columns = (INTENTS.c.source, INTENTS.c.state, INTENTS.c.reason)
        query = select(*columns, func.count()).where(INTENTS.c.network == self._network).group_by(*columns)
        rows = self._session.run(lambda connection: connection.execute(query.order_by(*columns)).all())
        return [IntentCount(*row) for row in rows]

    def _found(self, query: Any, most: int = 10_000, *, oldest_first: bool = False) -> Sequence[IntentRecord]:
        if not self._has_any:
            return []
        at = INTENTS.c.received_at
        query = query.where(INTENTS.c.network == self._network)
        query = query.order_by(at if oldest_first else at.desc(), INTENTS.c.id).limit(most)
        rows = self._session.run(lambda connection: connection.execute(query).all())
        return [IntentRecord(*row) for row in rows]


def _insert(connection: Connection, record: IntentRecord) -> None:
    """Insert a row unless it is there: a commit whose outcome is unknown may have written it."""
    there = select(INTENTS.c.id).where(INTENTS.c.id == record.id)
    if connection.execute(there).first() is None:
        connection.execute(INTENTS.insert().values(**asdict(record)))
