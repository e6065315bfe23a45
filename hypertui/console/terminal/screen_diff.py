"""Screen diff: writes only the cells that the terminal does not show already, in as few bytes as possible.

Textual writes a repaint from the left edge of each widget, repeats both colours for every segment, and
repaints the whole screen several times while it starts. ScreenDiff compares every repaint with what the
terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.segment import Segment

# Unchanged cells between two changed ones are cheaper to write again than to jump over.
_BRIDGE = 4

_KNOWN = 1_000  # texts whose cells are kept

_RATE_PERIOD = 10_000  # ms over which the rate of written bytes is measured


class CellStyle(NamedTuple):
    """A cell's style in SGR parameters; an empty `fg` on a blank means that any will do."""

    attributes: str
    fg: str
    bg: str


class Cell(NamedTuple):
    """One cell of the terminal; the second one of a wide character holds an empty text."""

    text: str
    style: CellStyle


_RESET = CellStyle("", "39", "49")
_UNSEEN = CellStyle("", "", "49")


class ScreenDiff:
    """The cells that the terminal shows, as far as this process wrote them, and the repaints they need.
    Without `colour` none is sent, and what stands out does so by its weight or reversed."""

    def __init__(self, *, colour: bool = True) -> None:
        self._colour = colour
        self._rows: list[list[Cell | None]] = []
        self._width = 0
        self._styles: dict[tuple[Style | None, ColorSystem], CellStyle] = {}
        self._drawn: dict[tuple[str, Style | None, ColorSystem], list[Cell]] = {}
        self._written = 0
        self._period_at: int | None = None
        self._rate: int | None = None

    def rate(self, now: int) -> int | None:
        """The bytes per second written in the last full period; `now` is in ms. None before the first period
        is over."""
        if self._period_at is None:
            self._period_at, self._written = now, 0
        elif now - self._period_at >= _RATE_PERIOD:
            self._rate = self._written * 1000 // (now - self._period_at)
            self._period_at, self._written = now, 0
        return self._rate

    def forget(self) -> None:
        """Forget what the terminal shows, because another program may have written to it: the next repaint is
        written in full."""
        self._rows = [[None] * self._width for _ in self._rows]

    def update(self, renderable: RenderableType | None) -> RenderableType | None:
        """The same repaint, reduced to its differences; anything else is returned unchanged."""
        if isinstance(renderable, LayoutUpdate):
            region = renderable.region
            if (region.x, region.y) == (0, 0):
                if (region.width, region.height) != (self._width, len(self._rows)):
                    self._width = region.width
                    self._rows = [[None] * region.width for _ in range(region.height)]
                strips = [list(line) for line in renderable.strips]
                return DiffUpdate(self, [(y, 0, line) for y, line in enumerate(strips)])
        elif isinstance(renderable, ChopsUpdate):
            return DiffUpdate(self, list(_stretches(renderable)))
        return renderable

    def write(self, stretches: Iterable[tuple[int, int, Sequence[Strip]]], system: ColorSystem) -> str:
        """The escape sequences that change the terminal from what it shows to these stretches of rows, each
        (y, x, strips)."""
        pen = _Pen()
        for y, x, strips in stretches:
            if y >= len(self._rows):
                continue
            row = self._rows[y]
            fresh = self._cells([segment for strip in strips for segment in strip], system)[: len(row) - x]
            for start, end in _runs(row[x : x + len(fresh)], fresh):
                pen.move(x + start, y)
                for cell in fresh[start:end]:
                    pen.put(cell)
            row[x : x + len(fresh)] = fresh
        text = pen.done()
        self._written += len(text.encode())
        return text

    def _cells(self, segments: Iterable[Segment], system: ColorSystem) -> list[Cell]:
        cells: list[Cell] = []
        for text, style, control in segments:
            if control:
                continue
            key = (text, style, system)
            if (known := self._drawn.get(key)) is not None:
                cells += known
                continue
            begun = len(cells)
            _put(cells, text, self._cell_style(style, system))
            if text and (text.isascii() or cell_len(text[0])):  # it changes nothing that stands before it
                if len(self._drawn) > _KNOWN:
                    self._drawn.clear()
                self._drawn[key] = cells[begun:]
        return cells

    def _cell_style(self, style: Style | None, system: ColorSystem) -> CellStyle:
        known = self._styles.get((style, system))
        if known is None:
            drawn = _RESET if style is None else _sgr(style, system)
            known = self._styles[style, system] = drawn if self._colour else drawn._replace(fg="39", bg="49")
            if len(self._styles) > 2_000:
                self._styles.clear()
        return known


def _put(cells: list[Cell], text: str, drawn: CellStyle) -> None:
    """Add a text's cells; what has no width of its own goes to the cell before it."""
    blank = Cell(" ", drawn if drawn.attributes else CellStyle("", "", drawn.bg))
    if text.isascii():
        cells += [blank if char == " " else Cell(char, drawn) for char in text]
        return
    for char in text:
        width = cell_len(char)
        if width == 0 and cells:
            cells[-1] = Cell(cells[-1].text + char, cells[-1].style)
            continue
        cells.append(blank if char == " " else Cell(char, drawn))
        cells += [Cell("", drawn)] * (width - 1)


class DiffUpdate(CompositorUpdate):
    """A repaint whose differences are worked out when it is written."""

    def __init__(self, screen_diff: ScreenDiff, stretches: list[tuple[int, int, Sequence[Strip]]]) -> None:
        self._screen_diff = screen_diff
        self._stretches = stretches

    def render_segments(self, console: Console) -> str:
        """The sequences to write."""
        return self._screen_diff.write(self._stretches, console._color_system or ColorSystem.TRUECOLOR)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for _, _, strips in self._stretches:
            for strip in strips:
                yield from strip


def _stretches(update: ChopsUpdate) -> Iterator[tuple[int, int, Sequence[Strip]]]:
    """The changed stretches, cropped to the changed cells."""
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x < last and end > first:
                left = max(first, x)
                yield (y, left, [strip.crop(left - x, min(end, last) - x)])


def _runs(shown: Sequence[Cell | None], fresh: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    """The ranges of cells that differ, with near ones joined; never half of a wide character."""
    start = end = -1
    for index, cell in enumerate(fresh):
        if shown[index] == cell:
            continue
        if start < 0:
            start = index
        elif index - end > _BRIDGE:
            yield _whole(fresh, start, end)
            start = index
        end = index + 1
    if start >= 0:
        yield _whole(fresh, start, end)


def _whole(fresh: Sequence[Cell], start: int, end: int) -> tuple[int, int]:
    while start > 0 and fresh[start].text == "":
        start -= 1
    while end < len(fresh) and fresh[end].text == "":
        end += 1
    return start, end


class _Pen:
    """Writes cells, with the SGR parameters that change from one to the next only."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._style = _RESET

    def move(self, x: int, y: int) -> None:
        self._parts.append(f"\x1b[{y + 1};{x + 1}H")

    def put(self, cell: Cell) -> None:
        want, have = cell.style, self._style
        if want != have:
            codes = []
            if want.attributes != have.attributes:
                codes.append(f"0;{want.attributes}" if want.attributes else "0")
                have = CellStyle(want.attributes, "39", "49")
            fg = want.fg or have.fg
            if fg != have.fg:
                codes.append(fg)
            if want.bg != have.bg:
                codes.append(want.bg)
            if codes:
                self._parts.append(f"\x1b[{';'.join(codes)}m")
            self._style = CellStyle(want.attributes, fg, want.bg)
        self._parts.append(cell.text)

    def done(self) -> str:
        if self._style != _RESET:
            self._parts.append("\x1b[0m")
        return "".join(self._parts)


_ATTRIBUTES = (
    ("bold", "1"),
    ("dim", "2"),
    ("italic", "3"),
    ("underline", "4"),
    ("reverse", "7"),
    ("strike", "9"),
)


def _sgr(style: Style, system: ColorSystem) -> CellStyle:
    attributes = ";".join(code for name, code in _ATTRIBUTES if getattr(style, name))
    fg, bg = style.color, style.bgcolor
    return CellStyle(
        attributes,
        "39" if fg is None else ";".join(fg.downgrade(system).get_ansi_codes()),
        "49" if bg is None else ";".join(bg.downgrade(system).get_ansi_codes(foreground=False)),
    )
