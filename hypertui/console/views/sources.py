"""Sources: who may want something of a trade, whether it is armed, and its last sign of life."""

from __future__ import annotations

from collections.abc import Iterator

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Cells, Column, Span, Tone, line, wrap
from hypertui.console.table_content import Row, TableContent
from hypertui.console.views import signal_words as words
from hypertui.core.intents import verbs_in_words
from hypertui.core.market import Side
from hypertui.port.intents import SourceView
from hypertui.port.signals import SignalView

_COLUMNS = (
    Column("source", least=8),
    Column("says", least=20, stretches=True),
    Column("trade", least=5),
    Column("may", least=8, drop=2),
    Column("armed", least=10),
    Column("last heard", right=True, least=6),
)
_WEBHOOK = "webhook"  # the kind of a source; signals have rows of their own
_NO_ONE = "no signal and no webhook: [signals.NAME], [webhooks.NAME] in the settings"


def basis(frame: Frame) -> tuple[object, ...]:
    """What the table is made from."""
    intents = frame.intents
    return (intents.sources, intents.denied, intents.intents, frame.signals, frame.now // 1_000)


def title(frame: Frame) -> str:
    """Where alerts come in, and how many requests were turned away."""
    turned = sum(count for _, count in frame.intents.denied)
    denied = f"  {fmt.plural(turned, 'request')} turned away" if turned else ""
    place = f"  {frame.intents.place}" if frame.intents.place else ""
    return f"SOURCES{place}{denied}"


def table(frame: Frame) -> TableContent:
    """A row for each signal in each of its markets, then one for each webhook."""
    return TableContent(_COLUMNS, list(_rows(frame)), _NO_ONE)


def _rows(frame: Frame) -> Iterator[Row]:
    for signal in frame.signals:
        yield _signal(frame, signal)
    for source in frame.intents.sources:
        if source.kind == _WEBHOOK:
            yield _webhook(frame, source)


def armed(frame: Frame, source: SourceView | SignalView) -> Span:
    """Whether it may act, and for how long."""
    if not source.needs_arming:
        return Span("not needed", Tone.DIM)
    if source.is_armed(frame.now) and source.armed_until is not None:
        return Span(f"● {fmt.age(source.armed_until - frame.now)} left", Tone.STRONG)
    return Span("no: w arms", Tone.WARNING)


def _may(source: SourceView) -> str:
    return verbs_in_words(source.verbs, needs_proof=source.needs_proof)


def _signal(frame: Frame, signal: SignalView) -> Row:
    of_it = (each for each in frame.intents.sources if each.kind != _WEBHOOK)
    source = next((each for each in of_it if (each.name, each.trade) == (signal.name, signal.trade)), None)
    state, acts = words.state(frame, signal), bool(signal.action and signal.trade)
    scores = "/".join(fmt.score(signal.score(side)) for side in Side)
    if signal.candle_at is None:
        life = Span("no candle yet", Tone.DIM)
    else:
        late = signal.is_late(frame.now) or bool(signal.trouble)
        life = Span(
            f"candle {fmt.age(frame.now - signal.candle_at)} ago", Tone.WARNING if late else Tone.TEXT
        )
    name = f"{words.named(signal)} {signal.timeframe}"
    cells = (
        Span(name, Tone.STRONG),
        Span(f"{state.text} {scores}", state.role),
        Span(fmt.clean(signal.trade, 12) if acts else fmt.UNKNOWN),
        Span(words.may(signal) if source is None else _may(source), Tone.TEXT if acts else Tone.DIM),
        armed(frame, signal) if acts else Span(fmt.UNKNOWN, Tone.DIM),
        life,
    )
    why = words.hindrance(frame, signal).text
    return _told(words.key_of(signal), cells, f"{name} {signal.family} {state.text[2:]} {scores}: {why}")


def _told(key: str, cells: Cells, copied: str) -> Row:
    """A row whose details are what is copied of it: nothing of that is cut."""
    return Row(key, cells, copied, lambda _, width: [line(text) for text in wrap(copied, width)])


def _heard(frame: Frame, source: SourceView) -> Iterator[int]:
    """When it was heard, since the engine began and before."""
    if source.last_at is not None:
        yield source.last_at
    wanted = (f"{_WEBHOOK}:{source.name}", source.trade)
    yield from (each.received_at for each in frame.intents.intents if (each.source, each.trade) == wanted)


def _webhook(frame: Frame, source: SourceView) -> Row:
    at = max(_heard(frame, source), default=None)
    last = "none known" if at is None else f"alert {fmt.age(frame.now - at)} ago"
    may = _may(source)
    cells = (
        Span(fmt.clean(source.name, 32), Tone.STRONG),
        Span(_WEBHOOK, Tone.DIM),
        Span(fmt.clean(source.trade, 12)),
        Span(may),
        armed(frame, source),
        Span(last),
    )
    copied = f"{source.name} {_WEBHOOK} of {source.trade}: may {may}; {last}"
    return _told(f"{_WEBHOOK} {source.name} {source.trade}", cells, fmt.clean(copied))
