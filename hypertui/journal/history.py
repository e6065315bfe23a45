"""The journal as the ledger reads it: read-only, fills in their order, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Self

from sqlalchemy import Connection, and_, select, tuple_

from hypertui.journal.archive import open_to_read
from hypertui.journal.fill_order import Key, key_of, merged
from hypertui.journal.reader import JournalReader, columns_of
from hypertui.journal.records import FillRecord, OrderRecord, TradeRecord
from hypertui.journal.schema import TABLES

_PAGE = 2000  # rows that are read in one go

_FILLS = TABLES[FillRecord]
_ORDERS = TABLES[OrderRecord]
_KEY = (_FILLS.c.time, _FILLS.c.order_id, _FILLS.c.trade_number)


@dataclass(frozen=True, slots=True, order=True)
class AccountMarket:
    """One account in one market: the fills of all its trades make one ledger."""

    network: str
    account: str
    symbol: str

    @classmethod
    def of(cls, trade: TradeRecord) -> AccountMarket:
        return cls(trade.network, trade.account, trade.symbol)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedFill(FillRecord):
    """A fill with the terms of its order; None where the journal has no order of it, and for an order at the
    market the trigger."""

    order_size: Decimal | None
    key: str | None
    trigger: Decimal | None


class History(JournalReader):
    """A journal opened read-only, safe while an engine writes it. Every method may raise JournalError."""

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the journal at `url`; creates, changes and claims nothing. Raises NoJournal where there is
        none, OtherVersion for one of another version, and another JournalError."""
        return cls(open_to_read(url))

    def close(self) -> None:
        """Close the connection."""
        self._session.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def market_fills(self, trades: Sequence[TradeRecord]) -> Iterator[OrderedFill]:
        """The fills of trades of one market in the order in which they count; a fill that two trades booked
        comes twice."""
        streams = []
        for trade in trades:
            first = self._first(trade.id)
            if first is not None:
                streams.append((first, partial(self.fills_in_order, trade.id)))
        return merged(streams)

    def fills_in_order(self, trade_id: str) -> Iterator[OrderedFill]:
        """A trade's fills by time, order id and trade id."""
        same = and_(_ORDERS.c.trade_id == _FILLS.c.trade_id, _ORDERS.c.client_id == _FILLS.c.client_id)
        orders = (_ORDERS.c.size, _ORDERS.c.key, _ORDERS.c.trigger)
        query = columns_of(FillRecord, _FILLS).add_columns(*orders).join(_ORDERS, same, isouter=True)
        query = query.where(_FILLS.c.trade_id == trade_id).order_by(*_KEY).limit(_PAGE)
        after: Key | None = None
        while True:
            bounded = query if after is None else query.where(tuple_(*_KEY) > tuple_(*after))
            page = self._session.run(partial(_rows, bounded))
            for row in page:
                size, key, trigger = row[-3:]
                fill = OrderedFill(*row[:-3], order_size=size, key=key, trigger=trigger)
                after = key_of(fill)
                yield fill
            if len(page) < _PAGE:
                return

    def _first(self, trade_id: str) -> Key | None:
        query = select(*_KEY).where(_FILLS.c.trade_id == trade_id).order_by(*_KEY).limit(1)
        rows = self._session.run(partial(_rows, query))
        return None if not rows else (rows[0][0], rows[0][1], rows[0][2])


def _rows(query: Any, connection: Connection) -> list[Any]:
    return list(connection.execute(query).all())
