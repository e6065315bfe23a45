"""The key bar at the bottom: the page's keys, those dim that nothing would come of now; or a notice."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console.frame import Frame
from hypertui.console.kept import Kept
from hypertui.console.keys import Key, KeyBar
from hypertui.console.lines import Line, Span, Tone, fit, line, width_of
from hypertui.port.commands import Verb

_BARS = {"main": KeyBar.MAIN, "exits": KeyBar.PAGES | KeyBar.EXITS, "signals": KeyBar.PAGES | KeyBar.SIGNALS}


def key_bar(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The keys with the longest labels that fit, and more keys where there is room; a notice instead
    while one lasts."""
    if frame.notice:
        return [fit(line(" ", Span(f" {frame.notice} ", Tone.HOLD)), width)]
    verbs = (key.verb for key in frame.keys if key.verb is not None)
    return [_BAR.of(frame.keys, tuple(verb for verb in verbs if frame.cannot(verb)), frame.page, width)]


def _bar(keys: tuple[Key, ...], off: tuple[Verb, ...], page: str, width: int) -> Line:
    which = _BARS.get(page, KeyBar.PAGES)
    shown = {key.id for key in keys if key.bar & which}
    for extra in keys:
        if extra.bar & KeyBar.ROOM and width_of(_written(keys, off, {*shown, extra.id})) <= width:
            shown.add(extra.id)
    for short in (False, True):
        for gap in ("  ", " "):
            bar = _written(keys, off, shown, short, gap)
            if width_of(bar) <= width:
                return bar
    narrow = {key.id for key in keys if key.bar & KeyBar.NARROW}
    return fit(_written(keys, off, narrow, True, " "), width)


_BAR = Kept(_bar)


def _written(
    keys: tuple[Key, ...], off: tuple[Verb, ...], shown: set[str], short: bool = False, gap: str = "  "
) -> Line:
    parts: list[str | Span] = []
    for key in keys:
        if key.id in shown:
            label = key.short if short else key.label
            tones = (Tone.OFF, Tone.OFF) if key.verb in off else (Tone.KEY, Tone.DIM)
            parts += [
                gap if parts else " ",
                Span(key.written, tones[0], does=key.action),
                Span(f" {label}", tones[1], does=key.action),
            ]
    return line(*parts)
