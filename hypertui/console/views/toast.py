"""The toasts over the lower right corner of every screen."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, fit, line
from hypertui.console.toasts import Toast
from hypertui.console.views.log import COMMAND
from hypertui.port.commands import CommandState

_WHOLE = 10_000  # cells: nothing is cut
_TONE = {
    CommandState.CONFIRMED: Tone.HOLD,
    CommandState.REFUSED: Tone.CRITICAL,
    CommandState.FAILED: Tone.CRITICAL,
}


def toasts(frame: Frame, width: int = _WHOLE, height: int = _WHOLE) -> Sequence[Line]:
    """A row for each, the newest lowest."""
    return [fit(_toast(toast), width) for toast in reversed(frame.toasts[:height])]


def _toast(toast: Toast) -> Line:
    """'✓ pause  acknowledged 2 ms → confirmed 96 ms: words'."""
    command = toast.command
    steps = " → ".join(
        state.value if state is CommandState.SENT else f"{state.value} {fmt.took(ms)}"
        for state, ms in toast.course
    )
    said = f": {fmt.signs(fmt.clean(command.text))}" if command.text else ""
    words = f" {COMMAND[command.state][0]} {command.verb}  {steps}{said} "
    return line(Span(words, _TONE.get(command.state, Tone.HOLD)))
