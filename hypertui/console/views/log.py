"""Alarms, commands and events as lines of the main page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from functools import lru_cache

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, both_ends, fit, line, pad, tint, wrap
from hypertui.port.commands import CommandState, CommandView
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Alarm, Severity

SEVERITY_ROLE = {
    Severity.INFO: Tone.TEXT,
    Severity.WARNING: Tone.WARNING,
    Severity.CRITICAL: Tone.CRITICAL,
}
_RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
_NARROW = 60  # columns: below that the kind of an event stands behind no word of its text

_KNOWN = 256  # events whose lines are kept

COMMAND = {
    CommandState.SENT: ("◌", Tone.HOLD),
    CommandState.ACKNOWLEDGED: ("○", Tone.HOLD),
    CommandState.CONFIRMED: ("✓", Tone.TEXT),
    CommandState.REFUSED: ("✗", Tone.WARNING),
    CommandState.FAILED: ("✗", Tone.CRITICAL),
}


def active_alarms(frame: Frame) -> list[Alarm]:
    """The alarms that still hold, the worst and then the newest first."""
    active = [alarm for alarm in frame.alarms if alarm.active]
    return sorted(active, key=lambda alarm: (frame.seen(alarm), _RANK[alarm.severity], -alarm.first))


def alarm_lines(frame: Frame, width: int, height: int) -> list[Line]:
    """The alarms that still hold, one line each; the last line says how many more there are."""
    alarms = active_alarms(frame)
    if not alarms:
        return [line(Span("alarms none", Tone.DIM))]
    shown = alarms[: max(height, 1)]
    hidden = len(alarms) - len(shown)
    return [_alarm(frame, alarm, width, hidden if alarm is shown[-1] else 0) for alarm in shown]


def _alarm(frame: Frame, alarm: Alarm, width: int, more: int) -> Line:
    role = SEVERITY_ROLE[alarm.severity]
    times = f" ×{alarm.count}" if alarm.count > 1 else ""
    seen = frame.seen(alarm)
    if seen:
        role = Tone.TEXT
    glyph = "✓" if seen else "‼"
    left = line(Span(f"{glyph} {alarm.severity.upper()} {fmt.clean(alarm.text)}", role))
    right = line(Span(f"{times} {fmt.age(max(frame.now - alarm.first, 0))}", role))
    if more:
        right = line(*right, Span(f"  +{more} more", role))
    return both_ends(left, right, width)


def all_commands(frame: Frame) -> list[CommandView]:
    """The operators' actions, newest first, those on their way to the engine included."""
    return [*frame.sent, *frame.snapshot.commands]


def _command(frame: Frame, command: CommandView, width: int) -> list[Line]:
    glyph, role = COMMAND[command.state]
    waits = command.state in (CommandState.SENT, CommandState.ACKNOWLEDGED)
    left = line(
        Span(f"{frame.clock_short(command.at)} ", Tone.DIM),
        Span(fmt.clean(command.who, 14), Tone.DIM),
        f" {command.verb}",
    )
    last = max(frame.now - command.at, 0) // 1000 * 1000 if waits else command.took
    right = line(Span(f" {glyph} {command.state}", role), Span(f" {fmt.took(last):>5}", Tone.DIM))
    lines = [both_ends(left, right, width)]
    if command.text:
        said = wrap(f"→ {fmt.signs(fmt.clean(command.text))}", max(width - 6, 8), 2)
        lines += [line("      ", Span(row, Tone.DIM if role is Tone.TEXT else role)) for row in said]
    return lines


def commands(frame: Frame, width: int, height: int) -> list[Line]:
    """As many of the newest operators' actions as fit, each with how far it came."""
    lines: list[Line] = []
    for command in all_commands(frame):
        lines += _command(frame, command, width)
        if len(lines) >= height:
            break
    return lines[:height] or [line(Span("no commands yet", Tone.DIM))][:height]


def alarms_and_commands(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The alarms that hold, then the newest commands."""
    alarms = alarm_lines(frame, width, max(height // 2, 1)) if active_alarms(frame) else []
    return [*alarms, *commands(frame, width, height - len(alarms))]


def command_or_alarm(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The small screen's one line for both: an alarm if there is one, else the last command."""
    if active_alarms(frame):
        return [pad(row, width) for row in alarm_lines(frame, width, 1)]
    latest = all_commands(frame)[:1]
    text = line(Span(" alarms none", Tone.DIM))
    if not latest:
        return [tint(pad(text, width), Tone.BAR)]
    shown = both_ends(text, _command(frame, latest[0], min(width - 16, 60))[0], width - 1)
    said = fmt.clean(latest[0].text)
    if said and latest[0].state in (CommandState.REFUSED, CommandState.FAILED):
        shown = line(Span(f" {latest[0].verb} {latest[0].state}: {said}", COMMAND[latest[0].state][1]))
    return [pad(shown, width)]


@lru_cache(_KNOWN)
def _told(
    at: int, kind: EventKind, severity: Severity, text: str, zone: tzinfo | None, width: int
) -> tuple[Line, ...]:
    """An event's lines: what has been told stays as it is, and is on the screen for many frames."""
    role = SEVERITY_ROLE[severity]
    word = "" if severity is Severity.INFO else f"{severity.upper()} "
    name = "" if width < _NARROW else f"{fmt.clean(kind, 7):<8}"
    lead = f"{fmt.clock(at, zone)} {name}"
    rows = wrap(word + fmt.signs(fmt.clean(text)), max(width - len(lead), 8))
    first = line(Span(lead, Tone.DIM), Span(rows[0], role))
    return (first, *(line(" " * len(lead), Span(row, role)) for row in rows[1:]))


def events(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The newest events that fit, the last one at the bottom; long ones take more than one line."""
    lines: list[Line] = []
    for event in reversed(frame.events):
        rows = _told(event.at, event.kind, event.severity, event.text, frame.zone, width)
        if lines and width < _NARROW and len(lines) + len(rows) > height:
            break  # where every event takes several rows, half of one is hard to read
        lines = [*rows, *lines]
        if len(lines) >= height:
            break
    if not lines:
        return [line(Span("nothing has happened yet", Tone.DIM))]
    return [fit(row, width) for row in lines[-height:]]


def events_compact(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The same with a cell of margin."""
    return [line(" ", *row) for row in events(frame, width - 2, height)]
