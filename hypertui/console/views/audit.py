"""The log page's views: events to filter and search, and the operators' actions."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Column, Line, Span, Tone, line, wrap
from hypertui.console.table_content import Row, TableContent
from hypertui.console.views.log import SEVERITY_ROLE, all_commands, commands
from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Severity

_COLUMNS = (
    Column("time", least=18),
    Column("level", least=8),
    Column("kind", least=7),
    Column("what", least=20, stretches=True),
)
KINDS = ("", *EventKind)
LEVELS = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)
_RANK = {level: rank for rank, level in enumerate(LEVELS)}


class Picked:
    """The event filter: a lowest level, and one kind or all."""

    def __init__(self) -> None:
        self.level = Severity.INFO
        self.kind = ""
        self._rows: dict[int, Row] = {}  # by the event's number: what has happened does not change

    def basis(self, frame: Frame) -> tuple[object, ...]:
        """The objects that the table is built from."""
        return (frame.events, frame.zone, self.level, self.kind)

    def title(self, frame: Frame) -> str:
        """The title, with level and kind."""
        level = {
            Severity.INFO: "every level",
            Severity.WARNING: "warnings and worse",
            Severity.CRITICAL: "critical ones",
        }[self.level]
        return f"EVENTS  l: {level}  k: {self.kind or 'every kind'}"

    def next_level(self) -> None:
        """Raise the lowest level; after the highest, start again."""
        self.level = LEVELS[(_RANK[self.level] + 1) % len(LEVELS)]

    def next_kind(self) -> None:
        """Select the next kind."""
        self.kind = KINDS[(KINDS.index(self.kind) + 1) % len(KINDS)]

    def table(self, frame: Frame) -> TableContent:
        """The kept events that pass the filter, newest first."""
        picked = [
            event
            for event in reversed(frame.events)
            if _RANK[event.severity] >= _RANK[self.level] and self.kind in ("", event.kind)
        ]
        rows = [self._rows.get(event.seq) or _row(frame, event) for event in picked]
        if len(self._rows) > 2 * len(frame.events):
            oldest = min((event.seq for event in frame.events), default=0)
            self._rows = {seq: row for seq, row in self._rows.items() if seq >= oldest}
        self._rows.update((event.seq, row) for event, row in zip(picked, rows, strict=True))
        return TableContent(_COLUMNS, rows, "no such event is kept")


def _row(frame: Frame, event: Event) -> Row:
    text, role = fmt.signs(fmt.clean(event.text)), SEVERITY_ROLE[event.severity]
    level = "" if event.severity is Severity.INFO else event.severity.upper()
    cells = (
        Span(frame.exact_time(event.at), Tone.DIM),
        Span(level, role),
        Span(fmt.clean(event.kind, 8), Tone.DIM),
        Span(text, role),
    )
    return Row(
        str(event.seq),
        cells,
        f"{frame.exact_time(event.at)} {fmt.clean(event.kind, 8)} {text}",
        lambda now, width: _details(event, width),
    )


def _details(event: Event, width: int) -> list[Line]:
    rows = wrap(fmt.signs(fmt.clean(event.text)), max(width, 8))
    data = fmt.clean(json.dumps(dict(event.data), default=str, ensure_ascii=False), 2_000)
    rows += wrap(data, max(width, 8)) if event.data else []
    return [line(row) for row in rows]


def title(frame: Frame) -> str:
    """How many actions are known."""
    return f"OPERATOR  {fmt.plural(len(all_commands(frame)), 'action')}"


def operator(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The operators' actions, newest first."""
    return commands(frame, width, height)
