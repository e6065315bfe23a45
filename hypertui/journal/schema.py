"""The journal's tables, one for each record."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    MetaData,
    Table,
    TypeDecorator,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.engine.default import DefaultDialect

from hypertui.journal.columns import Amount, Document, Flag, SideWord, Whole, Words
from hypertui.journal.records import (
    AccountRecord,
    AlarmRecord,
    CommandRecord,
    FillRecord,
    FundingRecord,
    InputRecord,
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

VERSION = "0.1.0"  # the newest revision of Alembic's: what these tables, and the inputs in them, look like

_ANY_DIALECT = DefaultDialect()  # the checks are the same for all

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _given(name: str, type_: TypeDecorator[Any]) -> Column[Any]:
    return Column(name, type_, nullable=False)


def _maybe(name: str, type_: TypeDecorator[Any]) -> Column[Any]:
    return Column(name, type_, nullable=True)


TRADES = Table(
    "trades",
    METADATA,
    Column("id", Words, primary_key=True),
    _given("network", Words()),
    _given("account", Words()),
    _given("symbol", Words()),
    _given("started_at", Whole()),
    _given("settings", Document()),
    _maybe("ended_at", Whole()),
    _given("ended_how", Words()),
)
_LIVE = text("ended_at IS NULL")
_LIVE_TRADES = Index(
    "ux_trades_live",
    TRADES.c.network,
    TRADES.c.account,
    TRADES.c.symbol,
    unique=True,
    sqlite_where=_LIVE,
)


@event.listens_for(METADATA, "before_create")
def _complete_for_postgresql(_: MetaData, connection: Connection, **__: object) -> None:
    """Limit the index there too. To name an option of PostgreSQL's loads that dialect with all its drivers,
    which every start on a file would wait for."""
    if connection.dialect.name == "postgresql":
        _LIVE_TRADES.dialect_kwargs["postgresql_where"] = _LIVE


INTENTS = Table(
    "intents",
    METADATA,
    Column("id", Words, primary_key=True),
    _given("network", Words()),
    _given("source", Words()),
    _given("key", Words()),
    _given("verb", Words()),
    _given("trade", Words()),
    _given("event_at", Whole()),
    _given("received_at", Whole()),
    _given("expires_at", Whole()),
    _given("state", Words()),
    _given("reason", Words()),
    _given("text", Words()),
    _given("changed_at", Whole()),
    _given("command_id", Words()),
)
Index("ix_intents_source_key", INTENTS.c.source, INTENTS.c.key)
Index("ix_intents_received_at", INTENTS.c.received_at)

ACCUMULATIONS = Table(
    "accumulations",
    METADATA,
    Column("network", Words, primary_key=True),
    Column("account", Words, primary_key=True),
    Column("day", Words, primary_key=True),
    _given("state", Words()),
    _given("net", Amount()),
    _given("amount", Amount()),
    _maybe("nonce", Whole()),
    _given("text", Words()),
    _given("changed_at", Whole()),
)

SIGNALS = Table(
    "signals",
    METADATA,
    Column("network", Words, primary_key=True),
    Column("signal", Words, primary_key=True),
    Column("symbol", Words, primary_key=True),
    Column("at", Whole, primary_key=True, autoincrement=False),
    _given("state", Document()),
    _given("fired", Flag()),
    _given("why", Words()),
    _maybe("buy", Amount()),
    _maybe("sell", Amount()),
    _given("is_on", Words()),
    _given("close", Amount()),
    _given("wants", Words()),
    _given("key", Words()),
    _given("taken", Whole()),
    _given("written_at", Whole()),
)


def _rows_of_a_trade(name: str, *columns: Column[Any], key: tuple[str, ...] = ()) -> Table:
    """A table whose rows are numbered by `nr` within their trade, in the order of writing; the numbers run
    through all tables, so that they also say what came first across them."""
    return Table(
        name,
        METADATA,
        Column("trade_id", Words, ForeignKey("trades.id"), primary_key=True),
        Column("nr", Whole, primary_key=True, autoincrement=False),
        *columns,
        *([UniqueConstraint("trade_id", *key)] if key else []),
        sqlite_with_rowid=False,  # kept in the order of its key, and a page less to write for each row
    )


# The natural key of a table beside the row number; tables without one allow equal rows.
KEYS: dict[type, tuple[str, ...]] = {
    InputRecord: ("seq",),
    StateRecord: (),
    OrderRecord: ("client_id",),
    StatusRecord: (),
    FillRecord: ("time", "order_id", "trade_number"),
    StepRecord: ("seq",),
    FundingRecord: ("time",),
    TransferRecord: ("time", "hash", "number"),
    SettingsRecord: (),
    CommandRecord: (),
    AlarmRecord: (),
    ReconciliationRecord: (),
    MarkRecord: (),
    AccountRecord: (),
    RulesRecord: (),
}

TABLES: dict[type, Table] = {
    InputRecord: _rows_of_a_trade(
        "inputs",
        _given("seq", Whole()),
        _given("at", Whole()),
        _given("kind", Words()),
        _given("data", Document()),
        key=KEYS[InputRecord],
    ),
    StateRecord: _rows_of_a_trade(
        "states",
        _given("seq", Whole()),
        _given("at", Whole()),
        _given("version", Whole()),
        _given("state", Words()),
    ),
    OrderRecord: _rows_of_a_trade(
        "orders",
        _given("client_id", Words()),
        _given("role", Words()),
        _given("key", Words()),
        _maybe("level", Whole()),
        _given("side", SideWord()),
        _given("size", Amount()),
        _given("type", Words()),
        _given("tif", Words()),
        _maybe("trigger", Amount()),
        _given("limit", Amount()),
        _given("reduce_only", Flag()),
        _given("reason", Words()),
        _given("source", Words()),
        _given("sent_at", Whole()),
        _maybe("target", Amount()),
        _given("why", Words()),
        _maybe("replaces", Words()),
        _maybe("step", Whole()),
        key=KEYS[OrderRecord],
    ),
    StatusRecord: _rows_of_a_trade(
        "statuses",
        _given("client_id", Words()),
        _given("at", Whole()),
        _given("status", Words()),
        _maybe("order_id", Whole()),
        _given("note", Words()),
    ),
    FillRecord: _rows_of_a_trade(
        "fills",
        _given("time", Whole()),
        _given("order_id", Whole()),
        _given("trade_number", Whole()),
        _maybe("client_id", Words()),
        _given("symbol", Words()),
        _given("role", Words()),
        _maybe("level", Whole()),
        _given("side", SideWord()),
        _given("size", Amount()),
        _given("price", Amount()),
        _given("fee", Amount()),
        _given("closed_pnl", Amount()),
        _maybe("start_position", Amount()),
        _given("reason", Words()),
        _given("source", Words()),
        _given("via", Words()),
        _maybe("slippage", Amount()),
        _maybe("slippage_bps", Amount()),
        key=KEYS[FillRecord],
    ),
    StepRecord: _rows_of_a_trade(
        "steps",
        _given("seq", Whole()),
        _given("at", Whole()),
        _given("price", Amount()),
        _given("direction", Words()),
        _given("level", Whole()),
        _given("state", Document()),
        key=KEYS[StepRecord],
    ),
    FundingRecord: _rows_of_a_trade(
        "funding",
        _given("time", Whole()),
        _given("amount", Amount()),
        key=KEYS[FundingRecord],
    ),
    TransferRecord: _rows_of_a_trade(
        "transfers",
        _given("time", Whole()),
        _given("hash", Words()),
        _given("number", Whole()),
        _given("kind", Words()),
        _given("delta", Document()),
        key=KEYS[TransferRecord],
    ),
    SettingsRecord: _rows_of_a_trade(
        "settings",
        _given("at", Whole()),
        _given("sha256", Words()),
        _given("settings", Document()),
    ),
    CommandRecord: _rows_of_a_trade(
        "commands",
        _given("at", Whole()),
        _given("id", Words()),
        _given("verb", Words()),
        _given("who", Words()),
        _given("source", Words()),
        _given("state", Words()),
        _given("took", Whole()),
        _given("text", Words()),
    ),
    AlarmRecord: _rows_of_a_trade(
        "alarms",
        _given("at", Whole()),
        _given("key", Words()),
        _given("severity", Words()),
        _given("text", Words()),
        _given("active", Flag()),
    ),
    ReconciliationRecord: _rows_of_a_trade(
        "reconciliations",
        _given("at", Whole()),
        _given("findings", Document()),
        _given("done", Words()),
    ),
    MarkRecord: _rows_of_a_trade(
        "marks",
        _given("at", Whole()),
        _given("mark", Amount()),
        _maybe("mid", Amount()),
    ),
    AccountRecord: _rows_of_a_trade(
        "accounts",
        _given("at", Whole()),
        _given("asked_at", Whole()),
        _given("time", Whole()),
        _given("equity", Amount()),
        _given("margin_used", Amount()),
        _maybe("liquidation_price", Amount()),
        _given("position", Amount()),
    ),
    RulesRecord: _rows_of_a_trade(
        "rules",
        _given("at", Whole()),
        _given("sz_decimals", Whole()),
        _given("max_leverage", Whole()),
        _given("min_order_value", Amount()),
        _given("only_isolated", Flag()),
        _given("confirm_after", Whole()),
        _given("expires_after", Whole()),
    ),
}

Values = dict[str, Any]


def _encoder(kind: type[Record] | type[TradeRecord], table: Table) -> Callable[[Any], Values]:
    columns = []
    for field in dataclasses.fields(kind):
        column = table.c[field.name]
        assert isinstance(column.type, TypeDecorator)
        columns.append((field.name, column.type.process_bind_param, bool(column.nullable)))

    def encode(record: Any) -> Values:
        row: Values = {}
        for name, check, nullable in columns:
            value = getattr(record, name)
            try:
                if value is None and not nullable:
                    raise ValueError("it is missing")
                row[name] = check(value, _ANY_DIALECT)
            except ValueError as error:
                raise ValueError(f"{table.name}.{name}: {error}") from None
        return row

    return encode


_ENCODERS: dict[type, Callable[[Any], Values]] = {
    TradeRecord: _encoder(TradeRecord, TRADES),
    **{kind: _encoder(kind, table) for kind, table in TABLES.items()},
}


def encode(record: Record | TradeRecord) -> Values:
    """The record as it is written, by column, in the database's own types. ValueError for a value that would
    not come back as it is; the record may be changed afterwards without changing the row."""
    return _ENCODERS[type(record)](record)
