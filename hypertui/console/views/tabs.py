"""The tabs: the screens by their keys, the one that is shown marked."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, fit, width_of

# Between two, after a name, and after a key.
_SPACES = (("   ", " ", " "), ("  ", " ", " "), (" ", " ", " "), ("", " ", " "), ("", "", " "), ("", "", ""))


def tabs(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """All screens in one row."""
    row: Line = ()
    for spaces in _SPACES:
        row = _row(frame, *spaces)
        if width_of(row) <= width:
            break
    return [fit(row, width)]


def has_signals(frame: Frame) -> bool:
    """Whether there is a tab for signals."""
    return any(key.id == "signals" for key in frame.keys)


def _row(frame: Frame, gap: str, after: str, apart: str) -> Line:
    spans: list[Span] = []
    for key in frame.keys:
        if not key.tab or not key.key:
            continue
        name, does = f"{key.tab}{after}", key.action
        if key.id == frame.page:
            spans.append(Span(f"►{key.written}{apart}{name}", Tone.FOCUS, does=does))
        else:
            spans += [Span(f" {key.written}{apart}", Tone.KEY, does=does), Span(name, Tone.DIM, does=does)]
        spans.append(Span(gap))
    return tuple(spans)
