"""The venue's position before each fill, the account's transfers, and the settings in force."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column that older fills leave empty, and two tables."""
    op.add_column("fills", sa.Column("start_position", sa.Text(), nullable=True))
    _rows(
        "transfers",
        _whole("time"),
        _text("hash"),
        _whole("number"),
        _text("kind"),
        _text("delta"),
        key=["time", "hash", "number"],
    )
    _rows("settings", _whole("at"), _text("sha256"), _text("settings"))


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _rows(table: str, *columns: sa.Column[str] | sa.Column[int], key: list[str] | None = None) -> None:
    constraints: list[sa.Constraint] = [
        sa.PrimaryKeyConstraint("trade_id", "nr", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name=f"fk_{table}_trade_id"),
    ]
    if key is not None:
        unique = ["trade_id", *key]
        constraints.append(sa.UniqueConstraint(*unique, name=f"uq_{table}_{'_'.join(unique)}"))
    op.create_table(table, _text("trade_id"), _whole("nr"), *columns, *constraints, sqlite_with_rowid=False)
