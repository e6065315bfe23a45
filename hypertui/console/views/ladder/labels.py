"""What stands beside the picture: on each row the order at that price, or what was traded there."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Cells, Column, Line, Span, TextTable, Tone
from hypertui.console.views.bar import bar
from hypertui.console.views.canvas import SIDE_TONE
from hypertui.console.views.chart import traded
from hypertui.console.views.ladder.orders import STATE_ROLE, kind
from hypertui.console.views.ladder.scale import Scale
from hypertui.console.views.price import change_role
from hypertui.port.snapshot import Snapshot
from hypertui.port.views import MapRow, SlotView

_BAR = 3  # cells
_COLUMNS = (
    Column("", least=6),
    Column("", right=True, least=7),
    Column("", least=_BAR, drop=3),
    Column("", least=8),
    Column("", right=True, least=8, drop=1),
    Column("", right=True, least=4, drop=2),
)
_NOTHING: Cells = tuple(Span("") for _ in _COLUMNS)


def table(frame: Frame, scale: Scale, width: int) -> list[Line]:
    """A line of `width` cells for each row of the scale."""
    snapshot = frame.snapshot
    rows: list[Cells] = [_NOTHING] * scale.height
    for row in range(scale.height):
        unit = scale.unit_at(row) if scale.units_each == 1 else None
        known = None if unit is None else unit_row(snapshot, unit)
        if known is not None and not known.live and (cells := _traded(frame, known)) is not None:
            rows[row] = cells
    if (at := scale.row_at(scale.entry)) is not None and rows[at] is _NOTHING:
        rows[at] = _named("entry")
    liquidation = snapshot.liquidation_price
    if liquidation is not None and (at := scale.row_at(float(liquidation))) is not None:
        rows[at] = _named("liquidation", Tone.WARNING)
    largest = max((slot.size for slot in snapshot.slots), default=Decimal(1))
    for row, slots in _by_row(snapshot.slots, scale).items():
        rows[row] = _order(frame, slots, largest)
    return TextTable(_COLUMNS, rows, width).lines(0, len(rows))


def unit_row(snapshot: Snapshot, unit: int) -> MapRow | None:
    """The row of a unit in the position map, which leaves none out; None beyond its ends."""
    index = snapshot.position_map[0].unit - unit if snapshot.position_map else -1
    return snapshot.position_map[index] if 0 <= index < len(snapshot.position_map) else None


def _by_row(slots: Sequence[SlotView], scale: Scale) -> dict[int, list[SlotView]]:
    found: dict[int, list[SlotView]] = {}
    for slot in slots:
        row = scale.row_at(float(slot.trigger))
        if row is not None:
            found.setdefault(row, []).append(slot)
    return found


def _named(name: str, role: Tone = Tone.DIM) -> Cells:
    return (Span(""), Span(""), Span(""), Span(name, role), Span(""), Span(""))


def _order(frame: Frame, slots: Sequence[SlotView], largest: Decimal) -> Cells:
    """The first order at a price, and how many more there are."""
    slot, instrument = slots[0], frame.snapshot.instrument
    role = SIDE_TONE[slot.side]
    state = STATE_ROLE[slot.state] if frame.out_of_sight is None else Tone.STALE
    word = slot.state.value if len(slots) == 1 else f"+{len(slots) - 1} more"
    return (
        Span(kind(slot.side), role),
        Span(fmt.size(slot.size, instrument), role),
        Span(bar(slot.size / largest, _BAR), role),
        Span(word, state),
        Span(fmt.percent(slot.distance), Tone.STALE if frame.mark_stale else Tone.TEXT),
        Span(fmt.age(max(frame.now - slot.since, 0)), Tone.DIM),
    )


def _traded(frame: Frame, row: MapRow) -> Cells | None:
    """What the newest order of a unit has traded; None where that is nothing."""
    if row.side is None or row.status != "filled":
        return None
    gain, made = Span(""), row.history[0].realized_pnl if row.history else row.realized_pnl
    if made:
        gain = Span(fmt.signed_usd(made), change_role(made))
    size = Span(fmt.size(row.size, frame.snapshot.instrument), Tone.DIM)
    return (Span(traded(row.side), Tone.DIM), size, Span(""), gain, Span(""), Span(""))
