"""The journal's signals: a row for each change of one in a market, from which the next process goes on.

A row holds until the next one. It also says up to which candle it is known to hold, so that a restart takes
up no candle twice and leaves none out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial
from typing import Self

from sqlalchemy import Connection, func, inspect, select

from hypertui.journal.archive import open_to_read, open_to_write
from hypertui.journal.schema import SIGNALS
from hypertui.journal.session import DatabaseSession

_WRITE_WITHIN = 1.0  # seconds
_AT_START = 15.0


@dataclass(frozen=True, slots=True)
class SignalRecord:
    """A signal of one market as the candle left it that ended `at` a time (ms), and every one since that
    ended by `taken`. Its `state` is a document of the signals' own. `fired` says whether it did so with that
    candle, `why` what kept it from it, by a closed list; of the indicators these `is_on`, between commas, for
    the side that counts. The scores are fractions, None where they were not known, `close` is in USD. `wants`
    is what an intent was to want because it fired, `key` that of the intent; empty where none was due."""

    network: str
    signal: str
    symbol: str
    at: int
    state: Mapping[str, object]
    fired: bool
    why: str
    buy: Decimal | None
    sell: Decimal | None
    is_on: str
    close: Decimal
    wants: str
    key: str
    taken: int
    written_at: int

    @property
    def source(self) -> str:
        """As its intents name it."""
        return f"signal:{self.signal}"


class SignalJournal:
    """Of one network, in one database. Synchronous, to be used by one thread at a time. Every method may
    raise JournalError; what was to be written may be written again then."""

    def __init__(self, session: DatabaseSession, network: str) -> None:
        self._session = session
        self._network = network

    @classmethod
    def open(cls, url: str, network: str) -> Self:
        """The signals in the journal at `url`, which is created if there is none."""
        return cls(open_to_write(url, _AT_START), network)

    @classmethod
    def read(cls, url: str, network: str) -> Self:
        """The same to be read only; raises NoJournal where there is none."""
        return cls(open_to_read(url), network)

    def close(self) -> None:
        """Close the connection."""
        self._session.disconnect()

    def write(self, record: SignalRecord) -> None:
        """Write a change down, durably; the same one again changes nothing."""
        self._session.run(partial(_write, record), within=_WRITE_WITHIN, begin="BEGIN IMMEDIATE")

    def taken(self, record: SignalRecord) -> None:
        """Write down that nothing has changed since, up to the candle that the record has `taken`."""
        row = SIGNALS.c
        same = (row.network == record.network) & (row.signal == record.signal)
        same &= (row.symbol == record.symbol) & (row.at == record.at)
        change = SIGNALS.update().where(same).values(taken=record.taken)
        self._session.run(lambda connection: connection.execute(change), within=_WRITE_WITHIN)

    def standing(self) -> Mapping[tuple[str, str], SignalRecord]:
        """The newest row of each signal and market, by their names."""
        row, newest = SIGNALS.c, func.max(SIGNALS.c.at)
        last = (
            select(row.signal, row.symbol, newest.label("at"))
            .where(row.network == self._network)
            .group_by(row.signal, row.symbol)
            .subquery()
        )
        same = (row.signal == last.c.signal) & (row.symbol == last.c.symbol) & (row.at == last.c.at)
        query = select(*row).join(last, same).where(row.network == self._network)
        found = self._session.run(lambda connection: connection.execute(query).all())
        return {(each.signal, each.symbol): SignalRecord(*each) for each in found}

    def newest(self, most: int, signal: str = "") -> Sequence[SignalRecord]:
        """The newest rows, newest first; of one signal where it is named. None of a journal of before there
        were any."""
        query = select(*SIGNALS.c).where(SIGNALS.c.network == self._network)
        if signal:
            query = query.where(SIGNALS.c.signal == signal)
        row = SIGNALS.c
        query = query.order_by(row.at.desc(), row.signal, row.symbol).limit(most)

        def find_rows(connection: Connection) -> Sequence[SignalRecord]:
            if not inspect(connection).has_table(SIGNALS.name):
                return ()
            return [SignalRecord(*found) for found in connection.execute(query)]

        return self._session.run(find_rows)


def _write(record: SignalRecord, connection: Connection) -> None:
    """A commit whose outcome is unknown may have written it."""
    row = SIGNALS.c
    same = (row.network == record.network) & (row.signal == record.signal)
    same &= (row.symbol == record.symbol) & (row.at == record.at)
    if connection.execute(select(row.at).where(same)).first() is None:
        connection.execute(SIGNALS.insert().values(**asdict(record)))
