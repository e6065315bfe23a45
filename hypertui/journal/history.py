"""The journal as the ledger reads it: read-only, fills in their order, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Self

from sqlalchemy import Connection, Double, and_, cast, func, select, tuple_

from hypertui.journal.archive import open_to_read
from hypertui.journal.fill_order import Key, key_of, merged
from hypertui.journal.reader import JournalReader, columns_of
from hypertui.journal.records import FillRecord, MarkRecord, OrderRecord, StepRecord, TradeRecord
from hypertui.journal.schema import TABLES

_PAGE = 2000  # rows that are read in one go

_FILLS = TABLES[FillRecord]
_ORDERS = TABLES[OrderRecord]
_KEY = (_FILLS.c.time, _FILLS.c.order_id, _FILLS.c.trade_number)
# Where prices are written down, with the column that has them.
_PRICES = {MarkRecord: TABLES[MarkRecord].c.mark, StepRecord: TABLES[StepRecord].c.price}


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


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """The lowest and the highest price (USD) from `at` (ms) on for a while."""

    at: int
    low: Decimal
    high: Decimal


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

    def prices(
        self, trade_id: str, kind: type[MarkRecord] | type[StepRecord], during: range, most: int
    ) -> list[PriceSpan]:
        """A trade's prices by the rows of one kind within `during` (ms), oldest first, as at most `most`
        spans of equal length. The database looks at all rows, so that no peak is missed."""
        rows, column = TABLES[kind].c, _PRICES[kind]
        within = and_(rows.trade_id == trade_id, rows.at >= during.start, rows.at < during.stop)
        ends = self._session.run(partial(_rows, select(func.min(rows.at), func.max(rows.at)).where(within)))
        first, last = ends[0]
        if first is None:
            return []
        length = (last - first) // most + 1
        price = cast(column, Double)  # text in the database; no price has more digits than a float holds
        query = select(func.min(rows.at), func.min(price), func.max(price)).where(within)
        found = self._session.run(partial(_rows, query.group_by((rows.at - first) // length)))
        return sorted(
            (PriceSpan(at, Decimal(str(low)), Decimal(str(high))) for at, low, high in found),
            key=lambda span: span.at,
        )

    def level_prices(self, trade_id: str) -> dict[int, Decimal]:
        """The prices (USD) of a strategy's levels, by the triggers of the orders that stood at them."""
        where = (_ORDERS.c.trade_id == trade_id, _ORDERS.c.level.is_not(None), _ORDERS.c.trigger.is_not(None))
        query = select(_ORDERS.c.level, _ORDERS.c.trigger).where(*where).distinct()
        return dict(sorted(tuple(row) for row in self._session.run(partial(_rows, query))))

    def _first(self, trade_id: str) -> Key | None:
        query = select(*_KEY).where(_FILLS.c.trade_id == trade_id).order_by(*_KEY).limit(1)
        rows = self._session.run(partial(_rows, query))
        return None if not rows else (rows[0][0], rows[0][1], rows[0][2])


def _rows(query: Any, connection: Connection) -> list[Any]:
    return list(connection.execute(query).all())
