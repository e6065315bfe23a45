"""A view as metrics: each figure that is known, by trade and network. Seconds, USD and coins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from hypertui.port.engine import EngineView
from hypertui.port.health import SPAN_STEPS, HealthFigures, Spans
from hypertui.port.snapshot import Snapshot
from hypertui.port.verdict import now_of

_OF_TRADE = ("trade", "network")
_NOTICES = "hypertui_notices"
_INTENTS, _DENIED = "hypertui_intents", "hypertui_webhook_denied"

_Sample = tuple[tuple[str, ...], float]
_Samples = Callable[[Snapshot, int], Iterable[_Sample]]


def page(view: EngineView, steady: int, notices: Mapping[str, int] | None = None) -> bytes:
    """The metrics as Prometheus reads them; `steady` is what the machine's steady clock shows (ms), `notices`
    how many are in each state."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Reading(view, steady, notices or {}))
    return generate_latest(registry)


def names() -> frozenset[str]:
    """Those that there can be, as a query says them."""
    made = {f"{name}_total" for name, *_ in _COUNTERS} | {name for name, *_ in _GAUGES} | {_NOTICES}
    made |= {f"{_INTENTS}_total", f"{_DENIED}_total"}
    return frozenset(made | {f"{name}_{part}" for name, *_ in _TIMES for part in ("bucket", "count", "sum")})


class _Reading(Collector):
    """One view at one moment."""

    def __init__(self, view: EngineView, steady: int, notices: Mapping[str, int]) -> None:
        self._trades = [(trade, now_of(trade, steady)) for trade in view.trades]
        self._notices = notices
        self._intents = view.intents

    def collect(self) -> Iterator[Metric]:
        """All families that have a figure."""
        for name, text, labels, samples in _GAUGES:
            gauge = GaugeMetricFamily(name, text, labels=(*_OF_TRADE, *labels))
            yield from self._filled(gauge, samples)
        for name, text, labels, samples in _COUNTERS:
            counter = CounterMetricFamily(name, text, labels=(*_OF_TRADE, *labels))
            yield from self._filled(counter, samples)
        for name, text, labels, spans in _TIMES:
            times = HistogramMetricFamily(name, text, labels=(*_OF_TRADE, *labels))
            for trade, _ in self._trades:
                for each in () if trade.figures is None else spans(trade.figures):
                    of_stage = (each.name,) if labels else ()
                    times.add_metric((*_whose(trade), *of_stage), _buckets(each), each.total / 1000)
            if times.samples:
                yield times
        if self._intents.sources:
            yield from self._of_sources()
        if self._notices:
            kept = GaugeMetricFamily(_NOTICES, "The newest notices, by their state.", labels=("state",))
            for state, count in sorted(self._notices.items()):
                kept.add_metric((state,), count)
            yield kept

    def _of_sources(self) -> Iterator[Metric]:
        """Intents by their ends, and who was turned away at the door."""
        ends = CounterMetricFamily(_INTENTS, "Intents by their end.", labels=("source", "state", "reason"))
        for each in self._intents.counts:
            ends.add_metric((each.source, each.state, each.reason), each.count)
        denied = CounterMetricFamily(_DENIED, "Requests that were no alert of a source.", labels=("why",))
        for why, count in self._intents.denied:
            denied.add_metric((why,), count)
        yield from (family for family in (ends, denied) if family.samples)

    def _filled(self, family: GaugeMetricFamily | CounterMetricFamily, samples: _Samples) -> Iterator[Metric]:
        for trade, now in self._trades:
            for labels, value in samples(trade, now):
                family.add_metric((*_whose(trade), *labels), value)
        if family.samples:
            yield family


def _whose(trade: Snapshot) -> tuple[str, str]:
    return trade.name, trade.network.value


def _buckets(spans: Spans) -> list[tuple[str, float]]:
    steps = zip(SPAN_STEPS, spans.up_to, strict=True)
    return [*((f"{step / 1000:g}", count) for step, count in steps), ("+Inf", spans.count)]


def _known(value: Decimal | float | None) -> Iterator[_Sample]:
    if value is not None:
        yield (), float(value)


def _figure(value: Callable[[HealthFigures, int], float | None]) -> _Samples:
    return lambda trade, now: () if trade.figures is None else _known(value(trade.figures, now))


def _ws_up(trade: Snapshot, now: int) -> Iterator[_Sample]:
    for source in trade.sources:
        if source.name == "ws":
            yield (), float(source.connected and not trade.over)


def _source_ages(trade: Snapshot, now: int) -> Iterator[_Sample]:
    for source in trade.sources:
        if source.seen_at is not None:
            yield (source.name,), max(0, now - source.seen_at) / 1000


def _states(trade: Snapshot, now: int) -> Iterator[_Sample]:
    for state, count in () if trade.figures is None else trade.figures.states:
        yield (state,), count


def _exits(trade: Snapshot, now: int) -> Iterator[_Sample]:
    for exits in () if trade.figures is None else trade.figures.exits:
        yield (exits.reason, exits.source), exits.count


def _attempts(trade: Snapshot, now: int) -> Iterator[_Sample]:
    for number, count in () if trade.figures is None else trade.figures.attempts:
        yield (str(number),), count


def _verdicts(trade: Snapshot, now: int) -> Iterator[_Sample]:
    yield from () if trade.figures is None else trade.figures.verdicts


def _findings(trade: Snapshot, now: int) -> Iterator[_Sample]:
    for kind, count in () if trade.figures is None else trade.figures.findings:
        yield (kind,), count


def _budget_used(trade: Snapshot, now: int) -> Iterator[_Sample]:
    budget = trade.budget
    if budget is not None and budget.weight_limit:
        yield (), 1 - budget.weight / budget.weight_limit


def _guards(trade: Snapshot, now: int) -> Iterator[_Sample]:
    for guard in trade.guards:
        if guard.used is not None:
            yield (guard.guard,), float(guard.used)


def _tripped(trade: Snapshot, now: int) -> Iterator[_Sample]:
    for guard in trade.guards:
        yield (guard.guard,), float(guard.tripped)


def _protected(trade: Snapshot, now: int) -> Iterator[_Sample]:
    return _known(None if trade.invariant is None else trade.invariant.protected)


_GAUGES: tuple[tuple[str, str, tuple[str, ...], _Samples], ...] = (
    ("hypertui_ws_up", "Whether the exchange's feed is connected.", (), _ws_up),
    (
        "hypertui_ws_uptime_ratio",
        "The part of the run for which the feed was connected.",
        (),
        _figure(lambda figures, now: figures.uptime(now)),
    ),
    ("hypertui_source_age_seconds", "Since each source was last heard of.", ("source",), _source_ages),
    ("hypertui_orders", "Own orders that are alive, by their state.", ("state",), _states),
    ("hypertui_guard_ratio", "How much of each guard's limit is used up.", ("guard",), _guards),
    ("hypertui_guard_tripped", "Whether each guard has tripped, 0 or 1.", ("guard",), _tripped),
    ("hypertui_protected_ratio", "The part of the position that live stops cover.", (), _protected),
    ("hypertui_position", "Coins that the books hold.", (), lambda trade, now: _known(trade.position)),
    ("hypertui_equity", "The account's equity in USD.", (), lambda trade, now: _known(trade.equity)),
    ("hypertui_request_budget_used", "The part of the request weight that is used up.", (), _budget_used),
)
_COUNTERS: tuple[tuple[str, str, tuple[str, ...], _Samples], ...] = (
    (
        "hypertui_ws_connects",
        "Connections of the feed.",
        (),
        lambda trade, now: _known(trade.health.connections),
    ),
    ("hypertui_exits", "Orders that have sold.", ("reason", "source"), _exits),
    (
        "hypertui_exit_verdicts",
        "What each exit said when one has acted.",
        ("rule", "verdict"),
        _verdicts,
    ),
    ("hypertui_attempts", "Orders taken, by the attempt at which they were.", ("n",), _attempts),
    ("hypertui_orders_sent", "Orders sent.", (), _figure(lambda figures, now: figures.sent)),
    (
        "hypertui_orders_refused",
        "Orders that were refused, or could not be placed.",
        (),
        _figure(lambda figures, now: figures.refused),
    ),
    (
        "hypertui_reconcile_findings",
        "Differences that checks with the exchange have found.",
        ("kind",),
        _findings,
    ),
)
_TIMES: tuple[tuple[str, str, tuple[str, ...], Callable[[HealthFigures], Iterable[Spans]]], ...] = (
    (
        "hypertui_fill_latency_seconds",
        "A fill's way: exchange to us, into the books, to the disk, to the next check.",
        ("stage",),
        lambda figures: figures.stages,
    ),
    (
        "hypertui_order_latency_seconds",
        "From an action's sending to the exchange's answer.",
        (),
        lambda figures: () if figures.answers is None else (figures.answers,),
    ),
)
