"""The page of a backtest or a sweep: how far it is, its curve, map or price beside it, what it found."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import (
    BLANK,
    Backdrop,
    Column,
    Line,
    Span,
    Tone,
    both_ends,
    fit,
    joined,
    line,
    width_of,
    wrap,
)
from hypertui.console.table_content import Row, TableContent
from hypertui.console.views import course
from hypertui.console.views.key_bar import key_bar
from hypertui.port.work import WorkCurve, WorkFact, WorkMap, WorkRow, WorkState, WorkView

_AXIS = 12  # cells
_SHAPES = ((24, False), (10, False), (10, True), (4, True))  # cells of the bar, and how brief
_GAINS, _LOSSES = "░▒▓█", "⠂⠒⠶⠿"
_TALLEST = 3  # rows of a cell of the map
_NAME = 22  # cells
_NOTE = 76  # cells: what the smallest page has room for
_BADGES = {
    WorkState.LOADING: Tone.HOLD,
    WorkState.RUNNING: Tone.HOLD,
    WorkState.DONE: Tone.OVER,
    WorkState.STOPPED: Tone.WARNING,
    WorkState.FAILED: Tone.CRITICAL,
}


def work_of(frame: Frame) -> WorkView:
    """What is shown."""
    assert frame.work is not None, "the page is of some work"
    return frame.work


def state(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """What is worked on and how far that is; below it the figures."""
    work = work_of(frame)
    left = line(
        Span(f" 5 {work.name} ", Tone.FOCUS),
        " ",
        Span(f" {work.state.value.upper()} ", _BADGES[work.state]),
        " ",
        Span(fmt.clean(work.title), Tone.STRONG),
    )
    rights = [line(*progress(work, cells, brief=brief), " ") for cells, brief in _SHAPES]
    right = next((each for each in rights if width_of(left) + width_of(each) + 1 <= width), None)
    first = (
        [both_ends(left, right, width)] if right else [fit(left, width), fit(line(" ", *rights[0]), width)]
    )
    return [*first, *_facts(work, width, height - len(first))]


def _facts(work: WorkView, width: int, height: int) -> list[Line]:
    """The figures in so many rows; the last one is cut where they have no room."""
    rows: list[list[Line]] = [[]]
    for fact in map(_fact, work.facts):
        if rows[-1] and width_of(joined([*rows[-1], fact])) + 2 > width and len(rows) < height:
            rows.append([])
        rows[-1].append(fact)
    return [fit(line(" ", *joined(row)), width) for row in rows[:height]]


def progress(work: WorkView, cells: int, *, brief: bool = False) -> Line:
    """How far it is, how fast, and how long it will take; `brief` leaves out the counts."""
    if work.state is WorkState.LOADING or not work.total:
        return ()
    if work.state is WorkState.DONE:
        return line(Span(f"{work.total:,} {work.noun}", Tone.DIM))
    share = min(1.0, work.done / work.total)
    full = round(share * cells)
    bar = line(Span("━" * full, Tone.STRONG), Span("─" * (cells - full), Tone.OFF), f" {share:.0%}")
    parts = [bar]
    if not brief:
        parts.append(line(Span(f"{work.done:,} of {work.total:,} {work.noun}", Tone.DIM)))
    if work.rate is not None:
        parts.append(line(Span(f"{work.rate:,.0f}/s", Tone.DIM)))
    if work.left is not None and work.state is WorkState.RUNNING:
        parts.append(line(Span(f"{fmt.plain_age(round(work.left * fmt.SECOND))} left", Tone.DIM)))
    return joined(parts)


def _fact(fact: WorkFact) -> Line:
    return line(Span(f"{fact.label} ", Tone.DIM), Span(fmt.signs(fact.text), _tone(fact.amount)))


def _tone(amount: float | None) -> Tone:
    if not amount:
        return Tone.TEXT
    return Tone.GAIN if amount > 0 else Tone.LOSS


def curve_title(frame: Frame) -> str:
    """What the curve is of."""
    found = work_of(frame).curve
    return "NET PNL" if found is None else found.title


def curve(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The net PnL as it went, so far."""
    return (
        _waits(frame) if (found := work_of(frame).curve) is None else drawn_curve(frame, found, width, height)
    )


def beside_title(frame: Frame) -> str:
    """What is beside the curve."""
    found = work_of(frame).beside
    return "PRICE" if found is None else found.title


def beside(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The map of a sweep, or the price of a backtest."""
    match work_of(frame).beside:
        case WorkMap() as found:
            return drawn_map(found, width, height)
        case WorkCurve() as found:
            return drawn_curve(frame, found, width, height)
        case _:
            return _waits(frame)


def _waits(frame: Frame) -> list[Line]:
    work = work_of(frame)
    if work.state is WorkState.FAILED:
        return [line(Span(row, Tone.WARNING)) for row in wrap(fmt.clean(work.problem), 40)]
    return [line(Span("Reading the prices" if work.state is WorkState.LOADING else "Nothing yet", Tone.DIM))]


def drawn_curve(frame: Frame, found: WorkCurve, width: int, height: int) -> list[Line]:
    """In dots of Braille: the highest and the lowest value at the left, and 0 where it lies between them;
    when it begins and ends below."""
    rows, cells = height - 1, width - _AXIS
    if rows < 1 or cells < 4 or len(found.at) < 2:
        return [line(Span("No room for the curve" if len(found.at) > 1 else "Nothing yet", Tone.DIM))]
    points = zip(found.at, found.low, found.high, found.close, strict=True)
    span = max(found.at[-1] - found.at[0], 1)
    known = [course.Sample(at, span, low, high, close) for at, low, high, close in points]
    extents = course.columns(known, float(found.at[0]), float(found.at[-1]) + 1, 2 * cells)
    low, high = min(found.low), max(found.high)
    if found.signed:
        low, high = min(low, 0.0), max(high, 0.0)
    each = (high - low) / rows or 1.0
    texts = course.drawn(extents, rows, lambda value: (high - value) / each * (1 - 1e-9))
    labels = {0: high, rows - 1: low}
    if found.signed:
        labels[int(high / each * (1 - 1e-9))] = 0.0
    role = _tone(found.close[-1]) if found.signed else Tone.COURSE
    lines = []
    for index, text in enumerate(texts):
        label = _label(labels[index], found) if index in labels else ""
        lines.append(line(Span(f"{label:>{_AXIS - 1}} ", Tone.DIM), Span(text, role)))
    when = frame.day if span >= fmt.DAY else frame.clock
    ends = [when(at) if found.timed else f"{at:,}" for at in (found.at[0], found.at[-1])]
    below = both_ends(line(Span(" " * _AXIS + ends[0], Tone.DIM)), line(Span(ends[1], Tone.DIM)), width)
    return [*lines, below]


def _label(value: float, found: WorkCurve) -> str:
    exact = Decimal(str(round(value, 2)))
    return fmt.signed_usd(exact) if found.signed else fmt.usd(exact)


def drawn_map(found: WorkMap, width: int, height: int) -> list[Line]:
    """A cell for each setting: blocks for a gain, dots for a loss, the fuller the larger; on a ground of its
    own the plateau about the best. Where columns have no cell of their own, the better one of them shows."""
    rows = len(found.rows)
    name = min(_NAME, max(map(len, found.rows), default=0)) + 1
    cells = max(1, min(width - name, len(found.columns)))
    wide = max(1, (width - name) // cells) if cells == len(found.columns) else 1
    tall = max(1, min(_TALLEST, (height - 2) // max(rows, 1)))
    lines: list[Line] = []
    for row in range(rows):
        spans = [_cell(found, row, _taken(found, row, index, cells), wide) for index in range(cells)]
        for repeat in range(tall):
            label = f"{fmt.clean(found.rows[row], name - 1):>{name - 1}} " if not repeat else " " * name
            lines.append(line(Span(label, Tone.DIM), *spans))
    axis = both_ends(
        line(Span(" " * name + (found.columns[0] if found.columns else ""), Tone.DIM)),
        line(Span(found.columns[-1] if found.columns else "", Tone.DIM)),
        min(width, name + cells * wide),
    )
    plateau = Span(" plateau ", ground=Backdrop.HERE)
    key = line(Span("█ gain ", Tone.GAIN), Span("⠿ loss ", Tone.LOSS), "◆ best ", plateau)
    return [fit(each, width) for each in (*lines[: max(height - 2, 1)], axis, key)]


def _taken(found: WorkMap, row: int, index: int, cells: int) -> int:
    """The column that a cell shows: the best one first, then the one with the highest value."""
    count = len(found.columns)
    columns = range(index * count // cells, max((index + 1) * count // cells, index * count // cells + 1))
    if found.best is not None and found.best[0] == row and found.best[1] in columns:
        return found.best[1]
    values = found.values[row]
    return max(columns, key=lambda column: (values[column] is not None, values[column] or 0.0))


def _cell(found: WorkMap, row: int, column: int, wide: int) -> Span:
    value, place = found.values[row][column], (row, column)
    ground = Backdrop.HERE if place in found.plateau else None
    if value is None:
        return Span("·" * wide, Tone.OFF, ground)
    if place == found.best:
        return Span("◆".center(wide), Tone.STRONG, ground)
    glyphs = _LOSSES if value < 0 else _GAINS
    glyph = glyphs[min(len(glyphs) - 1, int(abs(value) / found.scale * len(glyphs)))]
    return Span(glyph * wide, _tone(value), ground)


# What was found


def table(frame: Frame) -> TableContent:
    """The rows that were found, and what should be known of them above."""
    work = work_of(frame)
    found = work.table
    if found is None:
        return TableContent((), (), "Nothing yet")
    columns = [
        Column(title, right=not words, drop=index if index > 2 else 0)
        for index, (title, words) in enumerate(found.columns)
    ]
    return TableContent(columns, [_row(each) for each in found.rows], "Nothing yet", above=_notes(work))


def _notes(work: WorkView) -> list[Line]:
    notes = [row for note in work.notes for row in wrap(fmt.signs(fmt.clean(note)), _NOTE)]
    return [line(Span(row, Tone.WARNING)) for row in notes]


def _row(found: WorkRow) -> Row:
    cells = tuple(
        Span(fmt.signs(fmt.clean(text)), _tone(amount))
        for text, amount in zip(found.cells, found.amounts, strict=True)
    )

    def details(frame: Frame, width: int) -> list[Line]:
        return [line(row) for text in found.details for row in wrap(fmt.signs(fmt.clean(text)), width)]

    return Row(found.key, cells, copied=" ".join(found.cells), details=details if found.details else None)


def basis(frame: Frame) -> tuple[object, ...]:
    """What the table is made from."""
    work = work_of(frame)
    return (work.table, work.notes)


def table_title(frame: Frame) -> str:
    """What the rows are."""
    found = work_of(frame).table
    return "RESULTS" if found is None else found.title


# On small terminals


def phone(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """How far it is, the figures, and as much of the curve as there is room for."""
    work = work_of(frame)
    rows: list[Line] = [
        fit(
            line(Span(f" {work.state.value.upper()} ", _BADGES[work.state]), " ", fmt.clean(work.title)),
            width,
        ),
        fit(progress(work, max(width // 4, 6), brief=True), width),
        *(_fact(fact) for fact in work.facts),
    ]
    if work.problem:
        rows += [line(Span(row, Tone.WARNING)) for row in wrap(fmt.clean(work.problem), width)]
    foot = key_bar(frame, width, 1)
    room = height - len(rows) - len(foot)
    if room > 2 and work.curve is not None:
        rows += drawn_curve(frame, work.curve, width, room)
    blanks = [BLANK] * max(height - len(rows) - len(foot), 0)
    return [*(fit(row, width) for row in rows[: height - len(foot)]), *blanks, *foot]


def too_small(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The state, and what the page needs."""
    work = work_of(frame)
    said = f"{work.state.value} {work.done / work.total:.0%}" if work.total else work.state.value
    texts = (f"{work.name}: {said}", "Window too small for the page (40×12). The work goes on; q leaves")
    return [fit(line(row), width) for text in texts for row in wrap(text, max(width, 8))][:height]
