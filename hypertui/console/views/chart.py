"""What the pictures of all strategies have in common: how much of time they show, the mark's tag, a fill's
story."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, line, pad
from hypertui.console.views.canvas import SIDE_TONE
from hypertui.console.views.price import change_role
from hypertui.core.market import Side
from hypertui.port.views import FillView

_TIMES_EVERY = 18  # cells between two times of the axis
_TIME_CELLS = 9
_TRADED = {Side.BUY: "▲ bought", Side.SELL: "▼ sold"}


def traded(side: Side) -> str:
    """What an order of a side has done, in a word."""
    return _TRADED[side]


def moments(frame: Frame, cells: int) -> tuple[float, float]:
    """The beginning and the end (ms) of what is shown, so that a cell is a whole stretch of time: the picture
    moves by cells, and seldom."""
    each = frame.stretch.length(frame.snapshot, frame.now) / cells
    until = (frame.now // each + 1) * each
    return until - cells * each, until


def times(frame: Frame, since: float, until: float, before: int, cells: int) -> Line:
    """Times, each ending under the cell that it belongs to, the newest at the right edge; so many cells
    `before` the course are blank."""
    text = [" "] * cells
    long = until - since > 2 * fmt.DAY
    for column in range(cells - _TIME_CELLS, -1, -_TIMES_EVERY):
        at = round(since + (until - since) * (column + _TIME_CELLS) / cells)
        word = (frame.day(at) if long else frame.clock(at)).rjust(_TIME_CELLS)
        text[column : column + _TIME_CELLS] = word
    return line(" " * before, Span("".join(text), Tone.DIM))


def tag_width(frame: Frame) -> int:
    """The cells of the mark's tag."""
    return len(fmt.quote(frame.snapshot.mark, frame.snapshot.instrument)) + 3


def tag(frame: Frame, is_mark: bool, width: int) -> Line:
    """The mark at the end of its row; blank on the others."""
    if not is_mark:
        return (Span(" " * width),)
    role = Tone.STALE if frame.mark_stale else Tone.MARK
    return pad((Span(f"◄ {fmt.quote(frame.snapshot.mark, frame.snapshot.instrument)} ", role),), width)


def story(frame: Frame, fill: FillView) -> Line:
    """One fill in a row: what was traded when, what it cost and brought."""
    instrument = frame.snapshot.instrument
    said = f"{traded(fill.side)} {fmt.size(fill.size, instrument)} at {fmt.quote(fill.price, instrument)}"
    parts: list[str | Span] = [Span(said, SIDE_TONE[fill.side]), f"  {frame.clock(fill.at)}"]
    if fill.level is not None:
        parts.append(f"  unit {fmt.unit(fill.level)}")
    if fill.realized_pnl:
        gain = Span(fmt.signed_usd(fill.realized_pnl), change_role(fill.realized_pnl))
        parts += [Span("  realised ", Tone.DIM), gain]
    parts += [Span("  fee ", Tone.DIM), fmt.usd(fill.fee)]
    if fill.slippage:
        parts += [Span("  slippage ", Tone.DIM), fmt.away(fill.slippage, fill.price, instrument)]
    return line(*parts)
