"""The one widget of the main screen: lines of text, of which only the cells that changed are repainted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from hypertui.console.format import to_ascii
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Role, Span, fit

if TYPE_CHECKING:
    from hypertui.console.app import HyperTui

View = Callable[[Frame, int, int], Sequence[Line]]
Title = Callable[[Frame], str]


class Panel(Widget):
    """Shows what its view makes of the newest frame.

    The view is a pure function of frame, width and height, so a panel holds no state of the trade. Its border
    bears the title; repainting a title repaints the panel, so titles must not tick.
    """

    app: HyperTui

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"role--{role}" for role in Role}

    def __init__(self, view: View, *, id: str, title: Title | None = None, ascii: bool = False) -> None:
        super().__init__(id=id, markup=False)
        self._view = view
        self._title = title
        self._ascii = ascii
        self._lines: list[Line] = []

    def present(self, frame: Frame) -> None:
        """Take over the newest frame and repaint what differs."""
        width, height = self.content_size
        if not width or not height:
            return
        lines = [self._plain(fit(spans, width)) for spans in self._view(frame, width, height)[:height]]
        old, self._lines = self._lines, lines
        for y in range(max(len(old), len(lines))):
            before = old[y] if y < len(old) else ()
            after = lines[y] if y < len(lines) else ()
            if before != after:
                first, last = _changed(before, after)
                self.refresh(Region(first, y, last - first, 1))
        if self._title is not None:
            title = self._title(frame)
            title = to_ascii(title) if self._ascii else title
            if title != self.border_title:
                self.border_title = title

    @property
    def stands(self) -> bool:
        """Whether it can have the focus, and be zoomed."""
        return self.has_class("boxed") or self.has_class("station")

    @property
    def station(self) -> str:
        """Its name, for the operator."""
        return (self.id or "").removeprefix("c-")

    @property
    def text(self) -> str:
        """What the panel shows, for screens that are read aloud, copied or tested."""
        return "\n".join("".join(span.text for span in spans) for spans in self._lines)

    def on_resize(self) -> None:
        self._lines = []
        self.present(self.app.frame)
        # A row that is blank at the new size too counts as unchanged, but an older row may still show there.
        self.refresh()

    def on_show(self) -> None:
        self.present(self.app.frame)

    def render_line(self, y: int) -> Strip:
        width = self.content_size.width
        base = self.rich_style
        spans = self._lines[y] if y < len(self._lines) else ()
        segments: list[Segment] = []
        for text, role in _joined(spans):
            style = base
            if role is not Role.TEXT:
                style += self.get_component_rich_style(f"role--{role}", partial=True)
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(width, base)

    def _plain(self, spans: Line) -> Line:
        return tuple(Span(to_ascii(text), role) for text, role in spans) if self._ascii else spans


# Roles that show nothing on a blank, so that blanks beside them need no style of their own.
_UNSEEN_ON_BLANKS = frozenset(
    {Role.TEXT, Role.DIM, Role.STRONG, Role.GAIN, Role.LOSS, Role.WARNING, Role.HEAD, Role.KEY}
)


def _joined(spans: Line) -> list[Span]:
    """The same cells in as few spans as possible: every change of style costs bytes on the wire."""
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last is None:
            joined.append(span)
        elif last.role is span.role or (
            last.role in _UNSEEN_ON_BLANKS and span == (" " * len(span.text), Role.TEXT)
        ):
            joined[-1] = Span(last.text + span.text, last.role)
        elif last.role is Role.TEXT and span.role in _UNSEEN_ON_BLANKS and last.text.isspace():
            joined[-1] = Span(last.text + span.text, span.role)
        else:
            joined.append(span)
    return joined


def _changed(before: Line, after: Line) -> tuple[int, int]:
    """The first cell that differs and the one behind the last."""
    old, new = _cells(before), _cells(after)
    length = max(len(old), len(new))
    old += [(" ", Role.TEXT)] * (length - len(old))
    new += [(" ", Role.TEXT)] * (length - len(new))
    differing = [x for x in range(length) if old[x] != new[x]]
    return (differing[0], differing[-1] + 1) if differing else (0, length)


def _cells(spans: Line) -> list[tuple[str, Role]]:
    cells: list[tuple[str, Role]] = []
    for text, role in spans:
        for char in text:
            cells.append((char, role))
            # A wide character owns its second cell too, under a mark no text can contain.
            cells += [("", role)] * (cell_len(char) - 1)
    return cells
