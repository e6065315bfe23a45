"""The help page: the keys as they are bound, the signs, and the strategy's glossary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from hypertui.console.frame import Frame
from hypertui.console.keys import GLOSSARY, Key
from hypertui.console.lines import BLANK, Line, Span, Tone, line, wrap
from hypertui.console.widgets.panel import Panel

if TYPE_CHECKING:
    from hypertui.console.host import Host

_SIGNS = (
    ("▲ ▼", "a buy above the price, a stop under it"),
    ("● ✗", "a source that reports in time, one that is late or lost; its age stands beside it"),
    ("✓ ◌ ✗", "as it should be, not proven yet, wrong"),
    ("‼", "look here: an alarm that is not acknowledged, or worse"),
    ("Z L", "behind the time of day: UTC, or this machine's own"),
)


def help_lines(keys: Sequence[Key], width: int) -> list[Line]:
    """The whole page, wrapped to `width`; the keys as they are bound."""
    lines: list[Line] = []
    bound = [(key.written, key.help) for key in keys if key.help and key.key]
    for title, entries in (("KEYS", bound), ("SIGNS", _SIGNS), ("WORDS", GLOSSARY)):
        lead = max(len(name) for name, _ in entries) + 2
        lines += [BLANK] if lines else []
        lines.append(line(Span(title, Tone.STRONG)))
        for name, words in entries:
            rows = wrap(words, max(width - lead, 12))
            lines.append(line(Span(f"{name:<{lead}}", Tone.KEY), rows[0]))
            lines += [line(" " * lead, row) for row in rows[1:]]
    return lines


class Help(ModalScreen[None]):
    """The scrollable help page; escape, ? or q closes it."""

    app: Host

    def __init__(self, *, ascii: bool) -> None:
        super().__init__()
        self._top = 0
        self._panel = Panel(self._view, id="help", ascii=ascii)
        self._panel.border_title = "HELP"
        self._panel.border_subtitle = "up and down scroll, esc closes"

    def compose(self) -> ComposeResult:
        yield self._panel

    def on_screen_resume(self) -> None:
        self._top = 0
        self._panel.present(self.app.frame)

    def on_key(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
        page = max(self._panel.content_size.height - 1, 1)
        step = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "home": -10_000, "end": 10_000}
        if event.key in ("escape", "question_mark", "q"):
            self.app.pop_screen()
        elif event.key in step:
            width, height = self._panel.content_size
            last = max(len(help_lines(self.app.frame.keys, width)) - height, 0)
            self._top = max(0, min(self._top + step[event.key], last))
            self._panel.present(self.app.frame)

    def _view(self, frame: Frame, width: int, height: int) -> Sequence[Line]:
        return help_lines(frame.keys, width)[self._top :]
