"""The key bar at the bottom: the page's keys, those dim that nothing would come of now; or a notice."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console.frame import Frame
from hypertui.console.keys import KeyBar
from hypertui.console.lines import Line, Span, Tone, fit, line, width_of

_BARS = {"main": KeyBar.MAIN, "exits": KeyBar.PAGES | KeyBar.EXITS}


def key_bar(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The keys with the longest labels that fit, and more keys where there is room; a notice instead
    while one lasts."""
    if frame.notice:
        return [fit(line(" ", Span(f" {frame.notice} ", Tone.HOLD)), width)]
    which = _BARS.get(frame.page, KeyBar.PAGES)
    shown = {key.id for key in frame.keys if key.bar & which}
    for extra in frame.keys:
        if extra.bar & KeyBar.ROOM and width_of(_keys(frame, {*shown, extra.id})) <= width:
            shown.add(extra.id)
    for short in (False, True):
        for gap in ("  ", " "):
            keys = _keys(frame, shown, short, gap)
            if width_of(keys) <= width:
                return [keys]
    narrow = {key.id for key in frame.keys if key.bar & KeyBar.NARROW}
    return [fit(_keys(frame, narrow, True, " "), width)]


def _keys(frame: Frame, shown: set[str], short: bool = False, gap: str = "  ") -> Line:
    parts: list[str | Span] = []
    for key in frame.keys:
        if key.id in shown:
            label = key.short if short else key.label
            off = key.verb is not None and bool(frame.cannot(key.verb))
            tones = (Tone.OFF, Tone.OFF) if off else (Tone.KEY, Tone.DIM)
            parts += [
                gap if parts else " ",
                Span(key.written, tones[0], does=key.action),
                Span(f" {label}", tones[1], does=key.action),
            ]
    return line(*parts)
