"""The key bar at the bottom: the page's keys, a notice, or the outcome of a command."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.keys import KeyBar
from hypertui.console.lines import Line, Span, Tone, fit, line, width_of
from hypertui.port.commands import CommandState, CommandView


def key_bar(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The keys with the longest labels that fit, and more keys where there is room; a notice or an outcome
    instead while one lasts."""
    if frame.notice:
        return [fit(line(" ", Span(f" {frame.notice} ", Tone.HOLD)), width)]
    if frame.outcome is not None:
        return [fit(line(" ", _outcome(frame.outcome)), width)]
    which = KeyBar.MAIN if frame.page == "main" else KeyBar.PAGES
    shown = {key.id for key in frame.keys if key.bar & which}
    for extra in frame.keys:
        if extra.bar & KeyBar.ROOM and width_of(_keys(frame, {*shown, extra.id})) <= width:
            shown.add(extra.id)
    for short in (False, True):
        for gap in ("  ", " "):
            keys = _keys(frame, shown, short, gap)
            if width_of(keys) <= width:
                return [keys]
    return [fit(keys, width)]


def _outcome(command: CommandView) -> Span:
    """The outcome of a command, shown whoever gave it."""
    words = f"{command.verb} {command.state}"
    if command.text:
        words += f": {fmt.signs(fmt.clean(command.text))}"
    if command.state is CommandState.CONFIRMED:
        return Span(f" ✓ {words} ", Tone.HOLD)
    return Span(f" ✗ {words} ", Tone.CRITICAL)


def _keys(frame: Frame, shown: set[str], short: bool = False, gap: str = "  ") -> Line:
    parts: list[str | Span] = []
    for key in frame.keys:
        if key.id in shown:
            label = key.short if short else key.label
            parts += [gap if parts else " ", Span(key.written, Tone.KEY), Span(f" {label}", Tone.DIM)]
    return line(*parts)
