"""Retention: deletes the inputs, statuses, prices and account states of trades that ended long enough ago.

These are most of the rows, and only an engine or a replay needs them. Fills, steps, orders, funding and all
else that a report is derived from, or that somebody may have to prove, is kept, so no figure changes; so is
every row of an open trade."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, delete, func, select

from hypertui.journal.archive import check_version
from hypertui.journal.database import find
from hypertui.journal.records import AccountRecord, InputRecord, MarkRecord, StateRecord, StatusRecord
from hypertui.journal.schema import TABLES, TRADES
from hypertui.journal.session import DatabaseSession

_KINDS = (InputRecord, StateRecord, StatusRecord, MarkRecord, AccountRecord)
_BATCH = 500  # rows in one transaction: a live engine's commit waits no longer than for that
_AT_ONCE = 5_000  # rows that retention removes in one go: a part of a second
_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Pruned:
    """The number of trades that had ended, and of their rows that were deleted, or would be."""

    trades: int
    rows: int


class Retention:
    """Prunes a journal in use, in small batches, and again a day after the last one. `clock` returns ms.
    One for all trades of an engine: what one of them has begun, the others leave to it."""

    def __init__(self, url: str, keep_days: int, clock: Callable[[], int]) -> None:
        self._url = url
        self._keep = keep_days * _DAY
        self._clock = clock
        self._next = 0
        self._turn = threading.Lock()

    def work(self) -> int:
        """Delete some of the rows that are due, unless another thread is at it; returns their number. Raises
        JournalError."""
        now = self._clock()
        if now < self._next or not self._turn.acquire(blocking=False):
            return 0
        try:
            rows = prune(self._url, now - self._keep, most=_AT_ONCE).rows
            if rows < _AT_ONCE:
                self._next = now + _DAY
            return rows
        finally:
            self._turn.release()


def prune(url: str, before: int, dry_run: bool = False, most: int | None = None) -> Pruned:
    """Delete those rows of trades that ended before `before` (ms) in the journal at `url`, at most about
    `most` rows; with `dry_run` only count them. Safe while an engine trades. Raises JournalError;
    rows deleted before that stay deleted, and another call deletes the rest."""
    check_version(url)
    session = DatabaseSession(find(url, make=False))
    try:
        trades = session.run(partial(_ended, before))
        if dry_run:
            return Pruned(len(trades), sum(session.run(partial(_count, trade)) for trade in trades))
        rows = 0
        for trade in trades:
            for kind in _KINDS:
                # Each pass removes a batch, so that the passes end with the rows.
                work = partial(_remove_some, kind, trade)
                while (most is None or rows < most) and (gone := session.run(work)):
                    rows += gone
        return Pruned(len(trades), rows)
    finally:
        session.disconnect()


def _ended(before: int, connection: Connection) -> Sequence[str]:
    query = select(TRADES.c.id).where(TRADES.c.ended_at < before).order_by(TRADES.c.ended_at, TRADES.c.id)
    return connection.execute(query).scalars().all()


def _count(trade: str, connection: Connection) -> int:
    tables = [TABLES[kind] for kind in _KINDS]
    return sum(
        connection.execute(
            select(func.count()).select_from(rows).where(rows.c.trade_id == trade)
        ).scalar_one()
        for rows in tables
    )


def _remove_some(kind: type, trade: str, connection: Connection) -> int:
    rows = TABLES[kind]
    numbers = connection.execute(
        select(rows.c.nr).where(rows.c.trade_id == trade).order_by(rows.c.nr).limit(_BATCH)
    ).scalars()
    newest = max(numbers, default=None)
    if newest is None:
        return 0
    return connection.execute(delete(rows).where(rows.c.trade_id == trade, rows.c.nr <= newest)).rowcount
