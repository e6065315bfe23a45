"""The header bar: network, market, mode, the status of the data sources, and the time."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import (
    Line,
    Span,
    Tone,
    both_ends,
    fit,
    line,
    pad,
    tint,
    width_of,
)
from hypertui.port.replay import ReplayState
from hypertui.port.snapshot import Dependency, Mode, Network

_ROOM_FOR_WHY = 16  # less of a reason says nothing; the status line has it whole
_NETWORK = {
    Network.PAPER: Tone.PAPER,
    Network.TESTNET: Tone.TESTNET,
    Network.MAINNET: Tone.MAINNET,
}


def lamp(frame: Frame, source: Dependency, latency: bool = True) -> Line:
    """A data source with its lamp, the age of its last message and its latency."""
    age = frame.source_age(source)
    name = Span(f"{fmt.clean(source.name, 12)} {'by REST ' if source.by_rest else ''}", Tone.DIM)
    if age is None and not frame.source_stale(source):
        return (name, Span("○–", Tone.DIM))
    if frame.told_by_nobody and not frame.source_stale(source):
        return (name, Span(f"○{'–' if age is None else fmt.age(age)}", Tone.DIM))
    text = fmt.age(age) if source.connected else f"{fmt.age(age)} lost"
    if frame.source_stale(source):
        return (name, Span(f"✗{text}", Tone.CRITICAL))
    if latency and source.latency is not None:
        text += f" {fmt.took(source.latency)}"
    return (name, Span(f"●{text}", Tone.TEXT))


def lamps(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The small screen's: the sources that are not well, or that all are."""
    sources = frame.snapshot.sources
    bad = [source for source in sources if frame.source_stale(source)]
    if not sources:
        spans = line(Span("no source yet", Tone.DIM))
    elif not bad:
        said = f"● {fmt.plural(len(sources), 'source')} fresh"
        spans = line(Span(said if len(said) < width else f"● {len(sources)} fresh", Tone.DIM))
    else:
        spans = tuple(part for source in bad for part in (*lamp(frame, source, latency=False), Span(" ")))
    return [both_ends((), (*fit(spans, width - 1), Span(" ")), width)]


def mode_badge(frame: Frame) -> Span:
    """The mode as a badge: what the engine does, or that nobody does anything."""
    snapshot = frame.snapshot
    mode = snapshot.mode
    if frame.crash:
        return Span(" FAILED ", Tone.CRITICAL)
    if frame.ends_by:
        return Span(f" {frame.ends_by.upper()} ", Tone.HOLD)
    if mode is Mode.HALTED and snapshot.closed_at is not None:
        return Span(f" FLAT {fmt.signed_usd(snapshot.net_pnl)} USD ", Tone.OVER)
    if frame.unattended:
        return Span(" UNATTENDED ", Tone.OVER)
    if mode is Mode.HALTED:
        return Span(" HALTED ", Tone.OVER)
    if mode is Mode.STOPPED and snapshot.closed_at is not None:
        return Span(f" ENDED {fmt.signed_usd(snapshot.net_pnl)} USD ", Tone.OVER)
    if frame.ended is not None:
        return Span(" STOPPED ", Tone.HOLD)
    if frame.out_of_sight is not None:
        return Span(f" BLIND {fmt.plain_age(frame.out_of_sight)} ", Tone.CRITICAL)
    if mode is Mode.RUNNING:
        return Span(" RUNNING ", Tone.STRONG)
    if mode is Mode.PAUSED and snapshot.resumes is Mode.SELLING_OUT:
        return Span(" PAUSED · SELLING OUT ", Tone.HOLD)
    return Span(f" {mode.replace('-', ' ').upper()} ", Tone.HOLD)


def _replayed(frame: Frame, replay: ReplayState) -> str:
    """That it is a replay, of which moment, and how it goes on."""
    pace = "end" if replay.over else f"{replay.speed:g}x" if replay.runs else "stands"
    return f"REPLAY {frame.exact_time(replay.at).partition('.')[0]} {replay.problem or pace}"


def identity_spans(frame: Frame, account: bool) -> list[Span]:
    snapshot = frame.snapshot
    parts = [
        Span(f" {snapshot.network.upper()} ", _NETWORK[snapshot.network]),
        *([] if frame.replay is None else [Span(f" {_replayed(frame, frame.replay)} ", Tone.HOLD)]),
        Span(f" {fmt.clean(snapshot.instrument.symbol, 12)}", Tone.STRONG),
        Span(f" {snapshot.leverage}x"),
    ]
    if frame.several:
        names = [trade.name for trade in frame.trades]
        number = names.index(snapshot.name) + 1 if snapshot.name in names else 0
        name = "" if snapshot.name == snapshot.instrument.symbol else f" {fmt.clean(snapshot.name, 12)}"
        parts.append(Span(f"{name} {number}/{len(names)}", Tone.DIM))
    if account:
        parts.append(Span(f" {fmt.account(snapshot.account)}", Tone.DIM))
    return parts


def _times(frame: Frame) -> list[Span]:
    up = fmt.age(max(frame.now - frame.snapshot.started_at, 0))
    zone = "L" if frame.zone is None else "Z"
    return [Span(f" {frame.clock(frame.now)}{zone} "), Span(f"up {up} ", Tone.DIM)]


def mode_spans(frame: Frame, room: int) -> list[Span]:
    parts = [mode_badge(frame)]
    if frame.trouble and not frame.crash:
        parts.append(Span(f" ‼ {frame.trouble}", Tone.CRITICAL))
    elif frame.warned and not frame.crash:
        parts.append(Span(f" {fmt.plural(frame.warned, 'warning')}", Tone.WARNING))
    if frame.troubled:
        parts.append(Span(f" ‼ {', '.join(fmt.clean(name, 12) for name in frame.troubled)}", Tone.CRITICAL))
    reason = fmt.clean(frame.snapshot.reason)
    room -= width_of(tuple(parts)) + 1
    if reason and room >= min(len(reason) + 1, _ROOM_FOR_WHY):
        parts += fit(line(Span(f" {reason}", Tone.TEXT)), room)
    return parts


def _alarmed(frame: Frame, spans: Line, width: int) -> Line:
    """The whole bar in the critical role while there is trouble. The network keeps its own badge."""
    spans = pad(spans, width)
    return (spans[0], *tint(spans[1:], Tone.CRITICAL)) if frame.trouble else spans


def _sources(frame: Frame, latency: bool) -> list[Span]:
    parts: list[Span] = []
    for source in frame.snapshot.sources:
        parts += [Span(" "), *lamp(frame, source, latency)]
    return parts


def status(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """Network, market, account, mode and source lamps in one line.

    Room is short only when something is wrong; latencies then go first, the account next.
    """
    bar = Span(" │ ", Tone.DIM)
    badge = width_of(tuple(mode_spans(frame, 0)))
    for latency, account in ((True, True), (False, True), (False, False)):
        left = [*identity_spans(frame, account), bar]
        sources = [bar, *_sources(frame, latency)[1:]]
        room = width - width_of((*left, *sources))
        if room >= badge:
            break
    return [_alarmed(frame, line(*left, *mode_spans(frame, room), *sources), width)]


def clock(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The time of day and the uptime, in a panel of their own so that a second does not repaint the bar."""
    spans = both_ends((), line(Span("│", Tone.DIM), *_times(frame)), width)
    return [tint(spans, Tone.CRITICAL) if frame.trouble else spans]


def status_compact(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The bar of a small terminal, where the lamps have a line of their own."""
    left, right = identity_spans(frame, account=True), _times(frame)
    bar = Span(" │ ", Tone.DIM)
    mode = mode_spans(frame, width - width_of((*left, bar, bar, *right)))
    return [_alarmed(frame, both_ends(line(*left, bar, *mode), line(bar, *right), width), width)]
