"""Retention: what only an engine needs of a trade that has ended can be let go of.

Inputs, statuses and steps are by far the most rows. Fills, orders, funding and all that people or taxes ask
for stay for ever; so does every row of a trade that goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, delete, func, select

from hypertui.ledger.archive import check, existing
from hypertui.ledger.records import InputRecord, StatusRecord, StepRecord
from hypertui.ledger.schema import TABLES, TRADES
from hypertui.ledger.session import Session

_KINDS = (InputRecord, StatusRecord, StepRecord)
_BATCH = 500  # rows in one transaction: a live engine's commit waits no longer than for that


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many trades had ended by then, and how many rows of theirs went, or would go."""

    trades: int
    rows: int


def prune(url: str, before: int, dry_run: bool = False) -> Pruned:
    """Remove the inputs, statuses and steps of trades that ended before `before` (ms), in the journal at
    `url`; with `dry_run` only count them. Safe while an engine trades. Raises JournalError; what was removed
    by then stays so, and another call does the rest."""
    session = Session(existing(url))
    try:
        check(session)
        trades = session.run(partial(_ended, before))
        rows = sum(session.run(partial(_count, trade)) for trade in trades)
        if not dry_run:
            for trade in trades:
                _remove(session, trade)
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


def _remove(session: Session, trade: str) -> None:
    for kind in _KINDS:
        while session.run(partial(_remove_some, kind, trade)):
            pass  # each pass removes a batch, so that the passes end with the rows


def _remove_some(kind: type, trade: str, connection: Connection) -> int:
    rows = TABLES[kind]
    numbers = connection.execute(
        select(rows.c.nr).where(rows.c.trade_id == trade).order_by(rows.c.nr).limit(_BATCH)
    ).scalars()
    newest = max(numbers, default=None)
    if newest is None:
        return 0
    return connection.execute(delete(rows).where(rows.c.trade_id == trade, rows.c.nr <= newest)).rowcount
