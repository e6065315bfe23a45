"""The journal's first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "trades",
        _text("id"),
        _text("network"),
        _text("account"),
        _text("symbol"),
        _whole("started_at"),
        _text("settings"),
        _whole("ended_at", nullable=True),
        _text("ended_how"),
        sa.PrimaryKeyConstraint("id", name="pk_trades"),
    )
    op.create_index(
        "ux_trades_live",
        "trades",
        ["network", "account", "symbol"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    _rows("inputs", _whole("seq"), _whole("at"), _text("kind"), _text("data"), key=["seq"])
    _rows(
        "orders",
        _text("client_id"),
        _text("role"),
        _whole("slot"),
        _whole("unit"),
        _text("side"),
        _text("size"),
        _text("trigger", nullable=True),
        _text("limit"),
        _flag("reduce_only"),
        _text("reason"),
        _whole("sent_at"),
        key=["client_id"],
    )
    _rows(
        "statuses",
        _text("client_id"),
        _whole("at"),
        _text("status"),
        _whole("order_id", nullable=True),
        _text("note"),
    )
    _rows(
        "fills",
        _whole("time"),
        _whole("order_id"),
        _whole("trade_number"),
        _text("client_id", nullable=True),
        _text("symbol"),
        _text("role"),
        _whole("unit"),
        _text("side"),
        _text("size"),
        _text("price"),
        _text("fee"),
        _text("closed_pnl"),
        key=["time", "order_id", "trade_number"],
    )
    _rows(
        "steps",
        _whole("seq"),
        _whole("at"),
        _text("price"),
        _text("direction"),
        _whole("unit"),
        _text("phase"),
        _text("position"),
        _text("fragment"),
        _text("realized_pnl"),
        key=["seq"],
    )
    _rows("funding", _whole("time"), _text("amount"), key=["time"])
    _rows(
        "commands",
        _whole("at"),
        _text("id"),
        _text("verb"),
        _text("who"),
        _text("state"),
        _whole("took"),
        _text("text"),
    )
    _rows("alarms", _whole("at"), _text("key"), _text("severity"), _text("text"), _flag("active"))
    _rows("reconciliations", _whole("at"), _text("findings"), _text("done"))


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _whole(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _rows(
    table: str, *columns: sa.Column[str] | sa.Column[int] | sa.Column[bool], key: list[str] | None = None
) -> None:
    constraints: list[sa.Constraint] = [
        sa.PrimaryKeyConstraint("trade_id", "nr", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name=f"fk_{table}_trade_id"),
    ]
    if key is not None:
        unique = ["trade_id", *key]
        constraints.append(sa.UniqueConstraint(*unique, name=f"uq_{table}_{'_'.join(unique)}"))
    op.create_table(table, _text("trade_id"), _whole("nr"), *columns, *constraints, sqlite_with_rowid=False)
