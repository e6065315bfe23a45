"""Why each order was made and what it was meant to fill at; why each fill came about, and its slippage."""

from decimal import Decimal

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    """Add the columns. An older order was meant to fill at its trigger, an older fill came about for the
    reason of its order: that much is known of them, and no more."""
    for column in (
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False, server_default=""),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.Column("step", sa.BigInteger(), nullable=True),
    ):
        op.add_column("orders", column)
    for column in (
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("slippage", sa.Text(), nullable=True),
        sa.Column("slippage_bps", sa.Text(), nullable=True),
    ):
        op.add_column("fills", column)
    op.execute('UPDATE orders SET target = "trigger"')
    op.execute("UPDATE fills SET reason = 'ENTRY' WHERE role = 'entry'")
    op.execute("UPDATE fills SET reason = 'MANUAL' WHERE role = 'adopted'")
    _fills_of_orders(op.get_bind())


def _fills_of_orders(connection: sa.Connection) -> None:
    rows = connection.execute(
        sa.text(
            "SELECT f.trade_id, f.nr, f.side, f.price, o.reason, o.target FROM fills f"
            " JOIN orders o ON o.trade_id = f.trade_id AND o.client_id = f.client_id"
        )
    ).all()
    change = sa.text(
        "UPDATE fills SET reason = :reason, slippage = :slippage, slippage_bps = :bps"
        " WHERE trade_id = :trade_id AND nr = :nr"
    )
    values = [
        {"trade_id": trade, "nr": nr, "reason": reason, **_slippage(side, price, target)}
        for trade, nr, side, price, reason, target in rows
    ]
    for start in range(0, len(values), _BATCH):
        connection.execute(change, values[start : start + _BATCH])


def _slippage(side: str, price: str, target: str | None) -> dict[str, str | None]:
    if target is None:
        return {"slippage": None, "bps": None}
    meant, sign = Decimal(target), 1 if side == "buy" else -1
    worse = (Decimal(price) - meant) * sign
    bps = (worse * 10_000 / meant).quantize(Decimal("0.0001"))
    return {"slippage": _plain(worse), "bps": _plain(bps)}


def _plain(amount: Decimal) -> str:
    text = format(amount, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
