"""Intents: what sources wanted of the trades, and what became of it."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Column, Span, Tone, line, wrap
from hypertui.console.table_content import Row, TableContent
from hypertui.core.intents import IntentState
from hypertui.port.intents import IntentView

_COLUMNS = (
    Column("time", least=8),
    Column("source", least=8),
    Column("verb", least=8),
    Column("trade", least=4, drop=1),
    Column("key", least=6, drop=2),
    Column("state", least=9),
    Column("why", least=16, stretches=True),
)
_TONES = {
    IntentState.DONE: Tone.GAIN,
    IntentState.HELD: Tone.WARNING,
    IntentState.EXPIRED: Tone.WARNING,
    IntentState.FAILED: Tone.CRITICAL,
    IntentState.DUPLICATE: Tone.DIM,
    IntentState.REJECTED: Tone.DIM,
}
_KEY = 6  # characters of an id


def basis(frame: Frame) -> tuple[object, ...]:
    """What the table of intents is made from."""
    return (frame.intents.intents,)


def title(frame: Frame) -> str:
    """How many there are."""
    return f"INTENTS  the newest {len(frame.intents.intents)}"


def table(frame: Frame) -> TableContent:
    """A row for each intent, the newest first."""
    rows = [_intent(frame, each) for each in frame.intents.intents]
    return TableContent(_COLUMNS, rows, "nobody has wanted anything yet")


def _intent(frame: Frame, intent: IntentView) -> Row:
    state = IntentState(intent.state)
    role = _TONES.get(state, Tone.TEXT)
    text = fmt.signs(fmt.clean(intent.text))
    why = f"{intent.reason}: {text}" if intent.reason else text
    copied = f"{intent.id} {intent.source} {intent.verb} {intent.trade} {intent.state} {why}"
    cells = (
        Span(frame.clock(intent.received_at)),
        Span(fmt.clean(intent.source.partition(":")[2], 32)),
        Span(fmt.clean(intent.verb, 16)),
        Span(fmt.clean(intent.trade, 12)),
        Span(intent.id[:_KEY], Tone.DIM),
        Span(intent.state, role),
        Span(
            f"the same as {text.removeprefix('of ')[:_KEY]}" if state is IntentState.DUPLICATE else why, role
        ),
    )
    return Row(
        intent.id,
        cells,
        copied,
        lambda now, width: [line(Span(text, role)) for text in wrap(copied, width)],
    )
