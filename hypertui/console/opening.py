"""The first picture: head and key bar of the main page, with what is known before Textual is loaded.

The same views draw it as draw the page, so that nothing in it changes place when the page takes over.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from hypertui.console.format import to_ascii
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, pad
from hypertui.console.palette import PALETTES, Palette
from hypertui.console.sizes import (
    FULL_HEIGHT,
    FULL_WIDTH,
    MIN_HEIGHT,
    MIN_WIDTH,
    MORE_TABS_WIDTH,
    TABS_WIDTH,
)
from hypertui.console.views import header, key_bar, money, price, status_line, tabs

# How wide the style sheet has these panels.
CLOCK_WIDTH = 21

# The other screen of the terminal, no cursor; and back.
_TAKE, _GIVE_BACK = "\x1b[?1049h\x1b[?25l", "\x1b[0m\x1b[?25h\x1b[?1049l"
_BOLD, _REVERSE, _STRIKE = "1", "7", "9"

# The colour of a role's text and of its ground, by their names, and its weight: as in the style sheet.
STYLES: Mapping[Tone, tuple[str, str, str]] = {
    Tone.TEXT: ("foreground", "", ""),
    Tone.DIM: ("quiet", "", ""),
    Tone.STRONG: ("strong", "", _BOLD),
    Tone.GAIN: ("gain", "", ""),
    Tone.LOSS: ("loss", "", ""),
    Tone.STALE: ("quiet", "", _STRIKE),
    Tone.WARNING: ("warning", "", ""),
    Tone.CRITICAL: ("alarm-text", "error", _BOLD),
    Tone.FOCUS: ("text-focus", "accent", _BOLD),
    Tone.KEY: ("strong", "", _BOLD),
    Tone.OFF: ("edge", "", ""),
    Tone.BUY: ("buy", "", ""),
    Tone.STOP: ("stop", "", ""),
    Tone.PAPER: ("text-paper", "ground-paper", _BOLD),
    Tone.TESTNET: ("text-testnet", "ground-testnet", _BOLD),
    Tone.MAINNET: ("text-mainnet", "ground-mainnet", _BOLD),
    Tone.OVER: ("text-focus", "accent", _BOLD),
    Tone.HOLD: ("strong", "panel", _BOLD),
}


@contextmanager
def opened(frame: Frame, palette: Palette | None) -> Iterator[None]:
    """Show the first picture on the terminal at standard error, where the page is drawn too, and give the
    terminal back if the context ends by an exception: else the page has it. On one that is too small, or
    takes nothing, nothing is shown."""
    errors = sys.__stderr__
    try:
        assert errors is not None, "there is a stream, if only to nowhere"
        terminal = errors.fileno()
        width, height = os.get_terminal_size(terminal)
    except (OSError, ValueError):
        yield
        return
    picture = ""
    # A view that fails does so on the page too, which says where, with the terminal given back.
    with suppress(Exception):
        picture = drawn(frame, palette, width, height)
    if not picture:
        yield
        return
    _write(terminal, picture)
    try:
        yield
    except BaseException:
        _write(terminal, _GIVE_BACK)
        raise


def palette_of(theme: str, environment: Mapping[str, str]) -> Palette | None:
    """The colours of a theme where the terminal says that it shows any; None for its own."""
    if environment.get("NO_COLOR") or environment.get("COLORTERM", "").lower() not in ("truecolor", "24bit"):
        return None
    return None if theme == "ansi" else PALETTES[theme]


def drawn(frame: Frame, palette: Palette | None, width: int, height: int) -> str:
    """The sequences that draw it; empty where there is no room for it. Without colours of a theme it is told
    by weight, and reversed."""
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return ""
    brush = _Brush(palette, ascii=frame.ascii)
    parts = [_TAKE, brush.ground("background"), "\x1b[2J"]
    for y, (line, ground) in _rows(frame, width, height).items():
        parts += [f"\x1b[{y + 1};1H", brush.row(pad(line, width), ground)]
    return "".join((*parts, "\x1b[0m"))


def _rows(frame: Frame, width: int, height: int) -> dict[int, tuple[Line, str]]:
    """The rows that are drawn, each with the name of its ground."""
    (wait,) = status_line.wait_line(frame, width, 1)
    (keys,) = key_bar.key_bar(frame, width, 1)
    if width < FULL_WIDTH or height < FULL_HEIGHT:
        (status,) = header.status_compact(frame, width, 1)
        room = MORE_TABS_WIDTH if tabs.has_signals(frame) else TABS_WIDTH
        (names,) = tabs.tabs(frame, room, 1)
        (lamps,) = header.lamps(frame, width - room, 1)
        second = (*pad(names, room), *lamps)
        head = {0: (status, "surface"), 1: (wait, "background"), 2: (second, "surface")}
        return {**head, 3: (price.compact(frame, width, 2)[0], "background"), height - 1: (keys, "surface")}
    (status,) = header.status(frame, width - CLOCK_WIDTH, 1)
    (clock,) = header.clock(frame, CLOCK_WIDTH, 1)
    (figures,) = money.money_row(frame, width, 1)
    (names,) = tabs.tabs(frame, width, 1)
    return {
        0: ((*pad(status, width - CLOCK_WIDTH), *clock), "surface"),
        1: (wait, "background"),
        2: (figures, "background"),
        3: (names, "surface"),
        5: ((Span("  "), *price.facts(frame, width - 4)), "background"),  # where the picture has it
        height - 1: (keys, "surface"),
    }


class _Brush:
    """Writes spans in the colours of a palette, or in the terminal's own."""

    def __init__(self, palette: Palette | None, *, ascii: bool) -> None:
        self._palette = palette
        self._ascii = ascii

    def ground(self, name: str) -> str:
        """What all that follows lies on."""
        return "" if self._palette is None else f"\x1b[48;{_rgb(self._palette[name])}m"

    def row(self, line: Line, ground: str) -> str:
        return "".join(f"{self._style(span.role, ground)}{self._text(span.text)}" for span in line)

    def _text(self, text: str) -> str:
        return to_ascii(text) if self._ascii else text

    def _style(self, role: Tone, ground: str) -> str:
        text, own_ground, weight = STYLES.get(role, STYLES[Tone.TEXT])
        codes = ["0", weight] if weight else ["0"]
        if self._palette is None:
            codes += [_REVERSE] if own_ground else []
        else:
            on = self._palette[own_ground or ground]
            codes += [f"38;{_rgb(self._palette[text])}", f"48;{_rgb(on)}"]
        return f"\x1b[{';'.join(codes)}m"


def _rgb(colour: str) -> str:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"2;{red};{green};{blue}"


def _write(terminal: int, text: str) -> None:
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(terminal, data) :]
