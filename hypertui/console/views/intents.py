"""Intents: who may want something of a trade from outside, and what became of what they wanted."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Column, Span, Tone, line, wrap
from hypertui.console.widgets.table import Row, TableContent
from hypertui.core.intents import IntentState
from hypertui.port.intents import IntentView, SourceView

_SOURCES = (
    Column("source", least=8),
    Column("trade", least=6),
    Column("may", least=12, stretches=True),
    Column("armed", least=10),
    Column("last alert", right=True, least=10),
)
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


def sources_basis(frame: Frame) -> tuple[object, ...]:
    """What the table of sources is made from."""
    return (frame.intents.sources, frame.intents.denied, frame.now // 1_000)


def sources_title(frame: Frame) -> str:
    """Where alerts come in, and how many were turned away."""
    turned = sum(count for _, count in frame.intents.denied)
    denied = f"  {fmt.plural(turned, 'request')} turned away" if turned else ""
    return f"SOURCES  {frame.intents.place}{denied}"


def sources(frame: Frame) -> TableContent:
    """A row for each source."""
    rows = [_source(frame, source) for source in frame.intents.sources]
    return TableContent(_SOURCES, rows, "no webhook: [webhooks.NAME] in the settings")


def basis(frame: Frame) -> tuple[object, ...]:
    """What the table of intents is made from."""
    return (frame.intents.intents,)


def title(frame: Frame) -> str:
    """How many there are."""
    return f"INTENTS  the newest {len(frame.intents.intents)}"


def table(frame: Frame) -> TableContent:
    """A row for each intent, the newest first."""
    rows = [_intent(frame, each) for each in frame.intents.intents]
    return TableContent(_COLUMNS, rows, "no alert has come yet")


def _source(frame: Frame, source: SourceView) -> Row:
    last = "never" if source.last_at is None else f"{fmt.age(frame.now - source.last_at)} ago"
    if not source.needs_arming:
        armed = Span("not needed", Tone.DIM)
    elif source.is_armed(frame.now) and source.armed_until is not None:
        armed = Span(f"● {fmt.age(source.armed_until - frame.now)} left", Tone.STRONG)
    else:
        armed = Span("no: w arms", Tone.WARNING)
    cells = (
        Span(fmt.clean(source.name, 32), Tone.STRONG),
        Span(fmt.clean(source.trade, 12)),
        Span(" ".join(source.verbs)),
        armed,
        Span(last),
    )
    return Row(source.name, cells, source.name)


def _intent(frame: Frame, intent: IntentView) -> Row:
    role = _TONES.get(IntentState(intent.state), Tone.TEXT)
    why = f"{intent.reason}: {fmt.clean(intent.text)}" if intent.reason else fmt.clean(intent.text)
    copied = f"{intent.id} {intent.source} {intent.verb} {intent.trade} {intent.state} {why}"
    cells = (
        Span(frame.clock(intent.received_at)),
        Span(fmt.clean(intent.source.partition(":")[2], 32)),
        Span(fmt.clean(intent.verb, 16)),
        Span(fmt.clean(intent.trade, 12)),
        Span(intent.id[:_KEY], Tone.DIM),
        Span(intent.state, role),
        Span(why, role),
    )
    return Row(
        intent.id,
        cells,
        copied,
        lambda now, width: [line(Span(text, role)) for text in wrap(copied, width)],
    )
