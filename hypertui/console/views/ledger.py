"""Accounting: executions, open lots, cycles, and totals."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Column, Line, Span, Tone
from hypertui.console.table_content import Row, TableContent, facts
from hypertui.console.views.price import change_role
from hypertui.core.market import Side
from hypertui.port.views import CycleView, FillView, LotView

_FILLS = (
    Column("time", least=14),
    Column("side", least=6),
    Column("unit", right=True, least=4),
    Column("size", right=True, least=8),
    Column("price", right=True, least=9),
    Column("value", right=True, least=9, drop=3),
    Column("fee", right=True, least=6),
    Column("slip", right=True, least=6, drop=2),
    Column("realised", right=True, least=9),
    Column("order id", right=True, least=9, drop=1),
)

_LOTS = (
    Column("bought", least=14),
    Column("size", right=True, least=8),
    Column("price", right=True, least=9),
    Column("cost", right=True, least=9, drop=2),
    Column("fee", right=True, least=6, drop=1),
)

_CYCLES = (
    Column("cycle", right=True),
    Column("peak", right=True, least=4),
    Column("valley", right=True, least=4),
    Column("began", right=True, least=9, drop=1),
    Column("ended", right=True, least=9),
    Column("growth", right=True, least=8),
)


def fills_basis(frame: Frame) -> tuple[object, ...]:
    """What the executions are made from."""
    return (frame.snapshot.fills, frame.zone)


def fills_title(frame: Frame) -> str:
    """How many are kept."""
    return f"FILLS  {len(frame.snapshot.fills)}, newest first"


def fills(frame: Frame) -> TableContent:
    """Every execution that is kept, newest first."""
    return TableContent(
        _FILLS, [_fill(frame, fill) for fill in frame.snapshot.fills], "nothing was traded yet"
    )


def _fill(frame: Frame, fill: FillView) -> Row:
    instrument = frame.snapshot.instrument
    # What was bought realises nothing; a zero there would read as a result.
    gain = Span(fmt.signed_usd(fill.realized_pnl), change_role(fill.realized_pnl))
    slip = (
        fmt.UNKNOWN
        if fill.slippage is None
        else fmt.away(fill.slippage, fill.price, frame.snapshot.instrument)
    )
    cells = (
        Span(fmt.exact_time(fill.at, frame.zone)[:14], Tone.DIM),
        Span("▲ buy" if fill.side is Side.BUY else "▼ sell"),
        Span("–" if fill.level is None else fmt.unit(fill.level)),
        Span(fmt.size(fill.size, instrument)),
        Span(fmt.quote(fill.price, instrument)),
        Span(fmt.usd(fill.value)),
        Span(fmt.usd(fill.fee)),
        Span(slip),
        gain if fill.side is Side.SELL else Span("–"),
        Span(str(fill.order_id), Tone.DIM),
    )
    copied = " ".join(cell.text for cell in cells)
    return Row(
        f"{fill.at} {fill.order_id} {fill.trade_id}", cells, copied, lambda now, w: _of_fill(now, fill, w)
    )


def _of_fill(frame: Frame, fill: FillView, width: int) -> list[Line]:
    return facts(
        [
            ("time", Span(frame.exact_time(fill.at))),
            ("client id", Span(fmt.clean(fill.client_id or fmt.UNKNOWN, 60))),
            ("order id", Span(str(fill.order_id))),
            ("trade id", Span(str(fill.trade_id))),
            ("value", Span(fmt.usd(fill.value))),
            ("fee", Span(fmt.usd(fill.fee))),
        ],
        width,
    )


def lots_basis(frame: Frame) -> tuple[object, ...]:
    """What the lots are made from."""
    return (frame.snapshot.lots, frame.zone)


def lots(frame: Frame) -> TableContent:
    """The coins still held, as they were bought; the first row is sold first."""
    return TableContent(_LOTS, [_lot(frame, lot) for lot in frame.snapshot.lots], "no coins are held")


def _lot(frame: Frame, lot: LotView) -> Row:
    instrument = frame.snapshot.instrument
    cells = (
        Span(fmt.exact_time(lot.at, frame.zone)[:14], Tone.DIM),
        Span(fmt.size(lot.size, instrument)),
        Span(fmt.quote(lot.price, instrument)),
        Span(fmt.usd(lot.cost)),
        Span(fmt.usd(lot.fee)),
    )
    return Row(f"{lot.at} {lot.order_id} {lot.price}", cells, " ".join(cell.text for cell in cells))


def cycles_basis(frame: Frame) -> tuple[object, ...]:
    """What the cycles are made from."""
    return (frame.snapshot.cycles,)


def cycles(frame: Frame) -> TableContent:
    """The cycles of the trade, the present one first."""
    return TableContent(_CYCLES, [_cycle(cycle) for cycle in frame.snapshot.cycles], "no cycle has begun")


def _cycle(cycle: CycleView) -> Row:
    ended = "open" if cycle.ended_with is None else fmt.usd(cycle.ended_with)
    cells = (
        Span(str(cycle.number)),
        Span(fmt.unit(cycle.peak_unit)),
        Span(fmt.unit(cycle.valley_unit)),
        Span(fmt.usd(cycle.began_with)),
        Span(ended),
        Span(fmt.percent(cycle.growth), change_role(cycle.growth)),
    )
    return Row(str(cycle.number), cells, " ".join(cell.text for cell in cells))


def totals(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """What the trade has made and paid."""
    snapshot = frame.snapshot

    def gain(value: object, text: str) -> Span:
        role = change_role(value)  # type: ignore[arg-type]
        return Span(text, role)

    def marked(span: Span) -> Span:
        return Span(span.text, Tone.STALE) if frame.mark_stale else span

    return facts(
        [
            ("realised", gain(snapshot.realized_pnl, fmt.signed_usd(snapshot.realized_pnl))),
            (
                "unrealised",
                marked(gain(snapshot.unrealized_pnl, fmt.signed_usd(snapshot.unrealized_pnl))),
            ),
            ("net", marked(gain(snapshot.net_pnl, fmt.signed_usd(snapshot.net_pnl)))),
            ("fees", Span(fmt.usd(snapshot.fees))),
            ("funding", gain(snapshot.funding, fmt.signed_usd(snapshot.funding))),
            ("whipsaw cost", Span(fmt.usd(snapshot.whipsaw_cost))),
            ("round trips", Span(str(snapshot.round_trips))),
            ("buy size", Span(fmt.usd(snapshot.fragment))),
            ("since entry", marked(gain(snapshot.growth, fmt.percent(snapshot.growth)))),
        ],
        width,
    )[:height]
