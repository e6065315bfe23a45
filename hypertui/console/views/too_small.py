"""The page shown when the terminal is too small: mode, position, protection and alarms."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import BLANK, Line, Span, Tone, fit, line, tint, wrap
from hypertui.console.views import header, phone
from hypertui.console.views.status_line import protection, waiting
from hypertui.port.snapshot import Severity

_SENTENCE = 3


def too_small(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """What must show on any terminal, and the size that the console needs."""
    snapshot = frame.snapshot
    symbol = fmt.clean(snapshot.instrument.symbol, 12)
    # Some rows of the sentence: what is held, and how much of it is protected, must still be there.
    said = waiting(frame, max(_SENTENCE * width, 1))
    rows: list[Line] = [
        fit(line(*header.identity_spans(frame, account=False)), width),
        fit(line(*header.mode_spans(frame, width)), width),
        *(tint(line(row), said.role) for row in wrap(said.text, max(width, 8))[:_SENTENCE]),
        line(
            Span("position ", Tone.DIM),
            Span(f"{fmt.size(snapshot.position, snapshot.instrument)} {symbol}", Tone.STRONG),
            Span(f"  {fmt.usd(snapshot.position_value)} USD", Tone.DIM),
        ),
    ]
    share = protection(frame)
    if share.text:
        rows.append(line(Span(share.text.strip(), share.role)))
    active = [alarm for alarm in frame.alarms if alarm.active]
    for alarm in active:
        role = Tone.CRITICAL if alarm.severity is Severity.CRITICAL else Tone.WARNING
        rows += [line(Span(row, role)) for row in wrap(f"‼ {fmt.clean(alarm.text)}", max(width, 8), 2)]
    if not active:
        rows.append(line(Span("alarms none", Tone.DIM)))
    asked = (
        f"Window too small for the screens ({phone.MIN_WIDTH}×{phone.MIN_HEIGHT}). Trading continues; q quits"
    )
    rows += [BLANK, *(line(Span(row, Tone.DIM)) for row in wrap(asked, max(width, 8)))]
    return [fit(row, width) for row in rows]
