"""The panel: a widget of styled text lines that repaints only the lines that changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.events import Click
from textual.geometry import Offset, Region
from textual.strip import Strip
from textual.widget import Widget

from hypertui.console.format import to_ascii
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, fit

if TYPE_CHECKING:
    from hypertui.console.host import Host

View = Callable[[Frame, int, int], Sequence[Line]]
Title = Callable[[Frame], str]


class Panel(Widget):
    """Shows the lines that its view makes of the newest frame.

    The view is a pure function of frame, width and height, so a panel holds no state of the trade. Its border
    bears the title.
    """

    app: Host

    def __init__(self, view: View, *, id: str, title: Title | None = None, ascii: bool = False) -> None:
        super().__init__(id=id, markup=False)
        self._view = view
        self._title = title
        self._ascii = ascii
        self._made: Sequence[Line] = ()  # by the view; `_lines` are these as they are shown
        self._lines: list[Line] = []
        self._titled = ""
        self._base: Style | None = None

    def present(self, frame: Frame) -> None:
        """Take the newest frame and repaint the lines that differ."""
        width, height = self.content_size
        if not width or not height:
            return
        old, lines = self._lines, self._shown(self._view(frame, width, height)[:height], width)
        self._lines = lines
        # Whole lines: the screen diff finds the cells that differ.
        changed = [y for y, (was, now) in enumerate(zip_longest(old, lines)) if was != now]
        retitled = self._title is not None and self._entitled(self._title(frame))
        if retitled:
            changed.insert(0, -self.content_offset.y)  # the top of its border
        if changed and not self.app.paints(self, changed):
            # To say which rows does not work for a title.
            self.refresh(*(() if retitled else [Region(0, y, width, 1) for y in changed]))

    def _entitled(self, title: str) -> bool:
        """Take the title; whether it is another one."""
        title = to_ascii(title) if self._ascii else title
        if title == self._titled:
            return False
        self._titled = title
        # Not by the property, which repaints the whole panel. Nor as a string: what the exchange calls a
        # market is no markup.
        self._border_title = Content(title)
        return True

    def _shown(self, made: Sequence[Line], width: int) -> list[Line]:
        """The lines as they are shown; those that are made as before are not measured again."""
        before, self._made = self._made, made
        known = len(before) if self._lines else 0
        return [
            self._lines[y] if y < known and spans == before[y] else self._plain(fit(spans, width))
            for y, spans in enumerate(made)
        ]

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

    async def on_click(self, event: Click) -> None:
        """A click does what the text under it does, if anything."""
        at = event.get_content_offset(self)
        does = "" if at is None else self._does(at)
        if does:
            event.stop()
            await self.app.run_action(does)

    def _does(self, at: Offset) -> str:
        """What is done by a click there: the action's name, empty for nothing."""
        spans, room = self._lines[at.y] if at.y < len(self._lines) else (), at.x
        for span in spans:
            room -= cell_len(span.text)
            if room < 0:
                return span.does
        return ""

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._base = None

    def render_line(self, y: int) -> Strip:
        if self._base is None:
            self._base = self.rich_style  # worked out from all that it lies in
        width, base = self.content_size.width, self._base
        spans = self._lines[y] if y < len(self._lines) else ()
        segments: list[Segment] = []
        for text, role, ground, _ in _joined(spans):
            style = base
            if ground is not None:
                style += self.app.ground(ground)
            if role is not Tone.TEXT:
                style += self.app.tone(role)
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(width, base)

    def _plain(self, spans: Line) -> Line:
        return tuple(span._replace(text=to_ascii(span.text)) for span in spans) if self._ascii else spans


# Roles that show nothing on a blank, so that blanks beside them need no style of their own.
_UNSEEN_ON_BLANKS = frozenset(
    {
        Tone.TEXT,
        Tone.DIM,
        Tone.STRONG,
        Tone.GAIN,
        Tone.LOSS,
        Tone.WARNING,
        Tone.HEAD,
        Tone.KEY,
        Tone.OFF,
        Tone.BUY,
        Tone.STOP,
        Tone.COURSE,
    }
)


def _joined(spans: Line) -> list[Span]:
    """The same cells in as few spans as possible: every change of style costs bytes."""
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last is None or last.ground is not span.ground:
            joined.append(span)
        elif last.role is span.role or (last.role in _UNSEEN_ON_BLANKS and _is_blank(span)):
            joined[-1] = last._replace(text=last.text + span.text)
        elif last.role is Tone.TEXT and span.role in _UNSEEN_ON_BLANKS and last.text.isspace():
            joined[-1] = last._replace(text=last.text + span.text, role=span.role)
        else:
            joined.append(span)
    return joined


def _is_blank(span: Span) -> bool:
    return span.role is Tone.TEXT and not span.text.strip(" ")
