"""The prices that matter to a bracket, each in a row of its own: what stands there, how far, of how much."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Cells, Column, Line, Span, TextTable, Tone, line
from hypertui.console.views.canvas import SIDE_TONE
from hypertui.console.views.ladder.orders import STATE_ROLE
from hypertui.core.market import Side
from hypertui.port.views import BracketView, PriceLine, SlotState

LIQUIDATION = "liquidation"
_COLUMNS = (
    Column("", least=16),
    Column("", right=True, least=7),
    Column("", right=True, least=8, drop=1),
    Column("", right=True, least=3, drop=3),
    Column("", least=4, drop=2),
)
_ARROW = {None: "·", Side.BUY: "▲", Side.SELL: "▼"}


def all_lines(frame: Frame, bracket: BracketView) -> list[PriceLine]:
    """The highest price first, the liquidation price among them."""
    found, at = list(bracket.lines), frame.snapshot.liquidation_price
    if at is not None and frame.snapshot.position:
        found.append(PriceLine(LIQUIDATION, at))
    return sorted(found, key=lambda each: -each.price)


def tone(one: PriceLine) -> Tone:
    """The colour of a line: that of its order."""
    if one.name == LIQUIDATION:
        return Tone.WARNING
    return Tone.DIM if one.side is None else SIDE_TONE[one.side]


def cells(frame: Frame, one: PriceLine, arrow: str = "") -> Cells:
    """A line as the cells of a row, with its order's side or another `arrow`."""
    snapshot = frame.snapshot
    away = "" if not snapshot.mark else fmt.percent((one.price - snapshot.mark) / snapshot.mark)
    size = fmt.size(one.size, snapshot.instrument) if one.size else "all" if one.side else ""
    word, role = one.state, STATE_ROLE.get(SlotState(one.state), Tone.TEXT) if one.state else Tone.DIM
    if one.state and frame.out_of_sight is not None:
        word, role = f"{word}?", Tone.STALE
    return (
        Span(f"{arrow or _ARROW[one.side]} {one.name}", tone(one)),
        Span(fmt.price(one.price, snapshot.instrument), tone(one)),
        Span(away, Tone.STALE if frame.mark_stale else Tone.TEXT),
        Span(size, tone(one)),
        Span(word, role),
    )


def rows(frame: Frame, bracket: BracketView, width: int) -> list[Line]:
    """A row for each, where there is no picture."""
    found = all_lines(frame, bracket)
    if not found:
        return [line(Span("no order is live", Tone.DIM))]
    table = [cells(frame, one) for one in found]
    return TextTable(_COLUMNS, table, width).lines(0, len(table))


def beside(frame: Frame, placed: Sequence[tuple[int, PriceLine]], width: int, height: int) -> list[Line]:
    """The same as `height` rows beside a picture, each line in the row of its price, or as near to it as the
    others let it; `placed` are lines with their rows, the highest first. What lies out of sight stands at the
    edge."""
    at = [row for row, _ in placed]
    out = {index: "↑" if row < 0 else "↓" for index, row in enumerate(at) if not 0 <= row < height}
    free = 0
    for index, row in enumerate(at):
        at[index] = max(row, free)
        free = at[index] + 1
    for index in reversed(range(len(at))):
        at[index] = max(min(at[index], free - 1, height - 1), 0)
        free = at[index]
    table: list[Cells] = [tuple(Span("") for _ in _COLUMNS)] * height
    for index, row in enumerate(at):
        table[row] = cells(frame, placed[index][1], out.get(index, ""))
    return TextTable(_COLUMNS, table, width).lines(0, height)
