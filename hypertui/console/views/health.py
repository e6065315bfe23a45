"""Risk and health: limits and their use, the exchange's response times, alarms, tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import floor

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Column, Line, Span, Tone, fit, line, wrap
from hypertui.console.table_content import Row, TableContent, facts
from hypertui.console.views import header, status_line
from hypertui.console.views.log import SEVERITY_ROLE
from hypertui.core import phrases
from hypertui.port.health import HealthFigures
from hypertui.port.snapshot import Alarm, Dependency, Snapshot
from hypertui.port.views import LATENCY_STEPS, TaskView

_NOT_RECORDED = "not recorded"

_ALARMS = (
    Column("", least=2),
    Column("level", least=8),
    Column("count", right=True, drop=1),
    Column("first", least=8),
    Column("last", least=8, drop=2),
    Column("what", least=20, stretches=True),
)

_TASKS = (
    Column("task", least=14),
    Column("every", right=True, least=6),
    Column("last run", right=True, least=8),
    Column("next run", right=True, least=8),
    Column("result", least=6, stretches=True),
)


def alarms_basis(frame: Frame) -> tuple[object, ...]:
    """The objects that the alarms are built from. The engine makes a new tuple of the same each time."""
    return (*frame.alarms, len(frame.acknowledged), frame.zone)


def alarms_title(frame: Frame) -> str:
    """How many hold, and whether the bell is silent."""
    active = [alarm for alarm in frame.alarms if alarm.active]
    news = sum(not frame.seen(alarm) for alarm in active)
    muted = "  bell muted" if frame.muted else ""
    return f"ALARMS  {len(active)} active, {news} not acknowledged{muted}"


def alarms(frame: Frame) -> TableContent:
    """The alarms that hold, then those that are over."""
    rows = [_alarm(frame, alarm) for alarm in frame.alarms]
    return TableContent(_ALARMS, rows, "no alarm since the start")


def _alarm(frame: Frame, alarm: Alarm) -> Row:
    seen = frame.seen(alarm)
    role = SEVERITY_ROLE[alarm.severity] if alarm.active and not seen else Tone.TEXT
    role = role if alarm.active else Tone.DIM
    text = fmt.signs(fmt.clean(alarm.text))
    if alarm.active and alarm.acknowledged is not None:
        who = fmt.clean(alarm.acknowledged.who.partition(" ")[0], 40)
        text = f"{text} (known to {who} since {frame.clock(alarm.acknowledged.at)})"
    cells = (
        Span("‼" if alarm.active and not seen else "✓" if alarm.active else " ", role),
        Span(alarm.severity.upper(), role),
        Span(f"×{alarm.count}", Tone.DIM),
        Span(frame.clock(alarm.first), Tone.DIM),
        Span("now" if alarm.active else frame.clock(alarm.last), Tone.DIM),
        Span(text if alarm.active else f"over: {text}", role),
    )
    copied = f"{alarm.severity} {text}"
    return Row(alarm.key, cells, copied, lambda _, width: [line(row) for row in wrap(copied, width)])


def tasks_basis(frame: Frame) -> tuple[object, ...]:
    """What the tasks are made from; equal ones are as good as the same."""
    return (*frame.snapshot.tasks, frame.zone)


def tasks(frame: Frame) -> TableContent:
    """What the engine does again and again."""
    rows = [
        Row(
            task.name,
            (
                Span(fmt.clean(task.name, 20), Tone.WARNING if task.overdue else Tone.TEXT),
                Span(fmt.took(task.every)),
                Span(_last(frame, task)),
                Span(_next(frame, task), Tone.WARNING if task.overdue else Tone.TEXT),
                Span(fmt.clean(task.result, 60), Tone.WARNING if task.failed else Tone.DIM),
            ),
        )
        for task in frame.snapshot.tasks
    ]
    nothing = "the engine has not begun" if frame.replay is None else _NOT_RECORDED
    return TableContent(_TASKS, rows, nothing)


def _last(frame: Frame, task: TaskView) -> str:
    if task.last is None:
        return "not yet"
    # The heart beats too often for its time to be read.
    return "now" if task.every < fmt.SECOND and not task.overdue else frame.clock(task.last)


def _next(frame: Frame, task: TaskView) -> str:
    if task.overdue:
        return "OVERDUE"
    if task.next is None:
        return fmt.UNKNOWN
    return "now" if task.every < fmt.SECOND else frame.clock(task.next)


def risk(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """What is at stake, and how far off the worst is."""
    snapshot = frame.snapshot
    instrument = snapshot.instrument
    invariant = snapshot.invariant

    def marked(text: str) -> Span:
        return Span(text, Tone.STALE if frame.mark_stale else Tone.TEXT)

    pairs = [
        ("position", Span(fmt.size(snapshot.position, instrument), Tone.STRONG)),
        ("worth", marked(f"{fmt.usd(snapshot.position_value)} USD")),
        (frame.as_of("equity", snapshot.account_at), marked(fmt.usd(snapshot.equity))),
        ("margin used", marked(fmt.usd(snapshot.margin_used))),
        ("leverage", Span(f"{snapshot.leverage}x")),
        ("liquidation", marked(_liquidation(snapshot))),
        ("exchange holds", Span(fmt.size(snapshot.venue_position, instrument))),
    ]
    if invariant is not None:
        covered = fmt.size(invariant.stopped_size, instrument)
        pairs.append(("stops cover", Span(covered)))
    pairs += _counts(snapshot)
    lines = [fit(line(status_line.protection(frame)), width)] if invariant is not None else []
    return [*lines, *facts(pairs, width)][:height]


def _counts(snapshot: Snapshot) -> list[tuple[str, Span]]:
    """What this run has done so far."""
    figures = snapshot.figures
    if figures is None:
        return []
    states = ", ".join(f"{count} {fmt.clean(state, 20)}" for state, count in figures.states) or "none"
    exits = sum(each.count for each in figures.exits)
    role = Tone.WARNING if figures.refused else Tone.TEXT
    return [
        ("own orders", Span(states)),
        ("orders sent", Span(f"{figures.sent:,}, {figures.refused:,} refused", role)),
        ("exits", Span(f"{exits:,}{_most(figures)}")),
    ]


def _most(figures: HealthFigures) -> str:
    """The two reasons that there were most of."""
    reasons: Counter[str] = Counter()
    for each in figures.exits:
        reasons[each.reason] += each.count
    named = ", ".join(
        f"{count} {phrases.in_words(fmt.clean(reason, 20))}" for reason, count in reasons.most_common(2)
    )
    return f": {named}" if named else ""


def _liquidation(snapshot: Snapshot) -> str:
    at, far = fmt.quote(snapshot.liquidation_price, snapshot.instrument), snapshot.liquidation_distance
    return at if far is None else f"{at}, {fmt.share(abs(far))} {'below' if far >= 0 else 'above'}"


def engine(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """How the engine is, and what it depends on."""
    snapshot = frame.snapshot
    health, budget, skew = snapshot.health, snapshot.budget, snapshot.clock_skew
    lines = [_source(frame, source) for source in snapshot.sources]
    pairs: list[tuple[str, Span]] = []
    if budget is not None:
        role = Tone.WARNING if budget.short else Tone.TEXT
        pairs.append(("request weight", Span(f"{budget.weight:,} of {budget.weight_limit:,} left", role)))
        if budget.requests is not None:
            pairs.append(("account's requests", Span(f"{budget.requests:,} left", role)))
        if budget.short:
            pairs.append(("short", Span(fmt.clean(budget.short, 60), Tone.WARNING)))
    if skew is not None:
        pairs.append(("clock skew", Span(fmt.skew(skew))))
    if frame.replay is not None:
        return [*lines, line(Span(f"budget, clock skew, memory: {_NOT_RECORDED}", Tone.DIM))][:height]
    pairs += [
        ("feed connected", Span(_feed(frame))),
        ("memory", Span(fmt.memory(health.memory))),
    ]
    journal = snapshot.journal
    if journal is not None:
        waits = Tone.WARNING if health.journal_problem else Tone.TEXT
        pairs += [
            ("queued for the journal", Span(f"{journal.waiting:,}", waits)),
            ("journal", Span(fmt.memory(journal.size))),
            ("disk free", Span(fmt.memory(journal.free))),
        ]
    pairs.append(("to the terminal", Span(fmt.rate(frame.written))))
    if health.journal_problem:
        pairs.append(("trouble", Span(fmt.clean(health.journal_problem, 200), Tone.CRITICAL)))
    return [fit(row, width) for row in [*lines, *facts(pairs, width)]][:height]


def _feed(frame: Frame) -> str:
    figures, times = frame.snapshot.figures, fmt.plural(frame.snapshot.health.connections, "time")
    uptime = None if figures is None else figures.uptime(frame.snapshot.at)
    return times if uptime is None else f"{times}, {_share_up(uptime)}"


def _share_up(share: float) -> str:
    """Rounded down: what was away is not all."""
    return f"{floor(share * 1000) / 10:.1f} %"


def _source(frame: Frame, source: Dependency) -> Line:
    limit = "" if source.limit > fmt.DAY else f"  limit {fmt.plain_age(source.limit)}"
    return line(*header.lamp(frame, source), Span(limit, Tone.DIM))


def latency(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """How long answers took, as bars; each row counts those up to its time."""
    known = frame.snapshot.health.latency
    if known is None:
        words = "the exchange has not answered yet" if frame.replay is None else _NOT_RECORDED
        return [line(Span(words, Tone.DIM))]
    text = f"median {fmt.took(known.middle)}  p99 {fmt.took(known.slow)}  worst {fmt.took(known.worst)}"
    lines = [line(text, Span(f"  of the last {sum(known.counts)} answers", Tone.DIM))]
    lines += fills(frame, width)
    names = [f"≤ {fmt.took(step)}" for step in LATENCY_STEPS] + [f"> {fmt.took(LATENCY_STEPS[-1])}"]
    most = max(known.counts)
    for name, count in zip(names, known.counts, strict=True):
        length = (width - 18) * count // most if most else 0
        lines.append(line(Span(f"{name:>8} ", Tone.DIM), "█" * length, Span(f" {count}", Tone.DIM)))
    return [fit(row, width) for row in lines[:height]]


def fills(frame: Frame, width: int) -> Sequence[Line]:
    """The ways of the fills of this run, each with its middle and its slow end; as many side by side as there
    is room for."""
    figures = frame.snapshot.figures
    if figures is None or not figures.stages:
        return []
    pairs = [
        (f"fill {fmt.clean(each.name, 20)}", Span(f"{fmt.took(each.middle)}  p99 {fmt.took(each.slow)}"))
        for each in figures.stages
    ]
    return facts(pairs, width)
