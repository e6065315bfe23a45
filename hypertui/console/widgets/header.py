"""The bar at the top, the sentence under it, the keys at the bottom, and the page for small terminals."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.keys import Bar
from hypertui.console.lines import (
    BLANK,
    Line,
    Span,
    Tone,
    both_ends,
    fit,
    line,
    pad,
    tint,
    width_of,
    wrap,
)
from hypertui.core.market import Side
from hypertui.port.commands import CommandState, CommandView, OnExit
from hypertui.port.snapshot import Mode, Network, Severity, Source
from hypertui.port.views import Trigger

MIN_WIDTH = 80
MIN_HEIGHT = 23

_NETWORK = {
    Network.PAPER: Tone.PAPER,
    Network.TESTNET: Tone.TESTNET,
    Network.MAINNET: Tone.MAINNET,
}

_LEAVING = {
    OnExit.BUYS: "leaving: cancels the buys, the stops stay",
    OnExit.LEAVE: "leaving: every order stays as it is",
    OnExit.FLATTEN: "leaving: sells the position, then cancels the stops",
}


def lamp(frame: Frame, source: Source, latency: bool = True) -> Line:
    """A source with its lamp, the age of its last sign of life and its round trip."""
    age = frame.source_age(source)
    name = Span(f"{fmt.clean(source.name, 12)} ", Tone.DIM)
    if age is None and not frame.source_stale(source):
        return (name, Span("○–", Tone.DIM))
    text = fmt.age(age) if source.connected else f"{fmt.age(age)} lost"
    if frame.source_stale(source):
        return (name, Span(f"✗{text}", Tone.CRITICAL))
    if latency and source.latency is not None:
        text += f" {fmt.took(source.latency)}"
    return (name, Span(f"●{text}", Tone.TEXT))


def lamps(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """All lamps in one line."""
    if not frame.snapshot.sources:
        return [line(Span(" no source has reported yet", Tone.DIM))]
    rows = [
        [Span(" " * gap) if part.text == " " else part for part in _glow(frame, latency=True)]
        for gap in (3, 2, 1)
    ]
    fitting = next((row for row in rows if width_of(tuple(row)) <= width), rows[-1])
    return [fit(line(*fitting), width)]


def mode_badge(frame: Frame) -> Span:
    """The mode as a word on a ground of its own."""
    mode = frame.snapshot.mode
    if frame.out_of_sight is not None and mode is not Mode.HALTED:
        return Span(" BLIND ", Tone.CRITICAL)
    if frame.ended is not None and mode is not Mode.HALTED:
        mode = Mode.STOPPED
    if frame.crash:
        return Span(" FAILED ", Tone.CRITICAL)
    if mode is Mode.RUNNING:
        return Span(" RUNNING ", Tone.STRONG)
    if mode is Mode.HALTED:
        return Span(" HALTED ", Tone.OVER)
    return Span(f" {mode.upper()} ", Tone.HOLD)


def _identity(frame: Frame, account: bool) -> list[Span]:
    snapshot = frame.snapshot
    parts = [
        Span(f" {snapshot.network.upper()} ", _NETWORK[snapshot.network]),
        Span(f" {fmt.clean(snapshot.instrument.symbol, 12)}", Tone.STRONG),
        Span(f" {snapshot.leverage}x"),
    ]
    if account:
        parts.append(Span(f" {fmt.account(snapshot.account)}", Tone.DIM))
    return parts


def _times(frame: Frame) -> list[Span]:
    up = fmt.age(max(frame.now - frame.snapshot.started_at, 0))
    zone = "L" if frame.zone is None else "Z"
    return [Span(f" {frame.clock(frame.now)}{zone} "), Span(f"up {up} ", Tone.DIM)]


def _mode(frame: Frame, room: int) -> list[Span]:
    parts = [mode_badge(frame)]
    if frame.trouble and not frame.crash:
        parts.append(Span(f" ‼ {frame.trouble}", Tone.CRITICAL))
    reason = fmt.clean(frame.snapshot.reason)
    room -= width_of(tuple(parts)) + 1
    if reason and room > 6:
        parts += fit(line(Span(f" {reason}", Tone.TEXT)), room)
    return parts


def _alarmed(frame: Frame, spans: Line, width: int) -> Line:
    """The whole bar is the master lamp: it turns critical as one. The network keeps its own ground."""
    spans = pad(spans, width)
    return (spans[0], *tint(spans[1:], Tone.CRITICAL)) if frame.trouble else spans


def _glow(frame: Frame, latency: bool) -> list[Span]:
    parts: list[Span] = []
    for source in frame.snapshot.sources:
        parts += [Span(" "), *lamp(frame, source, latency)]
    return parts


def status(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """Who, what and how it is, with the lamps, in one line.

    Room is short only when something is wrong; what matters least then goes first.
    """
    bar = Span(" │ ", Tone.DIM)
    badge = width_of(tuple(_mode(frame, 0)))
    for latency, account in ((True, True), (False, True), (False, False)):
        left = [*_identity(frame, account), bar]
        glow = [bar, *_glow(frame, latency)[1:]]
        room = width - width_of((*left, *glow))
        if room >= badge:
            break
    return [_alarmed(frame, line(*left, *_mode(frame, room), *glow), width)]


def clock(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The time of day and the uptime, apart from the bar: a second must not repaint all of it."""
    spans = both_ends((), line(Span("│", Tone.DIM), *_times(frame)), width)
    return [tint(spans, Tone.CRITICAL) if frame.trouble else spans]


def status_compact(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The bar without the lamps, which have a line of their own on a small terminal."""
    left, right = _identity(frame, account=True), _times(frame)
    bar = Span(" │ ", Tone.DIM)
    mode = _mode(frame, width - width_of((*left, bar, bar, *right)))
    return [_alarmed(frame, both_ends(line(*left, bar, *mode), line(bar, *right), width), width)]


_ANY_ROOM = 10_000


def waiting(frame: Frame, room: int = _ANY_ROOM) -> Span:
    """What the engine waits for, or why it holds still, in plain words: as many of them as have room, those
    that matter most first."""
    role, first, *more = _sentence(frame, room)
    text = first
    for clause in more:
        if width_of(line(f"{text}; {clause}")) > room:
            break
        text = f"{text}; {clause}"
    return Span(text, role)


def _sentence(frame: Frame, room: int) -> tuple[Tone, str, *tuple[str, ...]]:
    snapshot = frame.snapshot
    reason, holds = fmt.clean(snapshot.reason), fmt.clean(snapshot.holds)
    if frame.crash:
        words = "engine failed: its orders work on; q leaves, a new start takes them up"
        return Tone.CRITICAL, words, frame.crash
    if frame.ended is not None:
        said = fmt.signs(fmt.clean(frame.ended.text))
        over = snapshot.closed_at is not None
        return Tone.HOLD, said if over else f"the engine has left: {said}", "q closes the console"
    if frame.leaving is not None:
        return Tone.HOLD, _LEAVING[frame.leaving]
    if frame.silent is not None:
        words = f"ENGINE SILENT {fmt.exact_age(frame.silent)}: what is shown is old"
        return Tone.CRITICAL, words, "ask it from another shell: hypertui ctl status"
    if snapshot.mode is Mode.STARTING:
        return Tone.HOLD, f"starting: {reason or holds or 'connecting'}"
    if snapshot.mode is Mode.HALTED and snapshot.closed_at is not None:
        at, result = frame.clock(snapshot.closed_at), fmt.signed_usd(snapshot.net_pnl)
        words = f"FLAT. Trade closed at {result} USD at {at}. q leaves"
        return Tone.HOLD, words, "the next start begins a new trade"
    if snapshot.mode is Mode.HALTED:
        return Tone.HOLD, _because("halted", reason), "nothing is placed or cancelled any more"
    if snapshot.mode is Mode.STOPPED:
        return Tone.HOLD, "stopped: the wind-down is done"
    if snapshot.mode is Mode.PAUSED:
        return _paused(frame, reason)
    waits = _waits(frame, room)
    invariant = snapshot.invariant
    if invariant is not None and not invariant.ok and invariant.settled and invariant.fault:
        return Tone.CRITICAL, fmt.signs(fmt.clean(invariant.fault)), waits
    if frame.mark_stale and frame.mark_age is not None:
        return (
            Tone.WARNING,
            f"No new buys: price is {fmt.plain_age(frame.mark_age)} old",
            *_resting(frame),
        )
    if holds:
        return Tone.WARNING, f"No new buys: {holds}", *_resting(frame)
    if frame.out_of_sight is not None:
        # A fresh price says nothing of the orders: what would come next is not known then.
        return Tone.WARNING, f"Nothing heard for {fmt.plain_age(frame.out_of_sight)}", *_resting(frame)
    if snapshot.mode is Mode.SELLING_OUT:
        return Tone.HOLD, "sells out: no buys, the stops trail", waits
    return Tone.TEXT if snapshot.next_up or snapshot.next_down else Tone.HOLD, waits


def _resting(frame: Frame) -> tuple[str, ...]:
    """What rests at the exchange meanwhile, as far as that is known."""
    invariant, age = frame.snapshot.invariant, frame.out_of_sight
    if invariant is None:
        return ()
    stops = fmt.plural(invariant.stops, "stop")
    if age is None:
        return (f"{stops} {'rests' if invariant.stops == 1 else 'rest'} at the exchange",)
    return (f"{stops} rested at the exchange {fmt.plain_age(age)} ago",)


def _waits(frame: Frame, room: int) -> str:
    """What happens next, above and below: with the orders' sizes where there is room for them."""
    triggers = (("▲", frame.snapshot.next_up), ("▼", frame.snapshot.next_down))
    full, short = (
        " · ".join(f"{arrow} {_way(frame, trigger, sized)}" for arrow, trigger in triggers if trigger)
        for sized in (True, False)
    )
    ways = full if width_of(line(f"Next: {full}")) <= room else short
    return f"Next: {ways or 'the first price'}"


def _way(frame: Frame, trigger: Trigger, sized: bool) -> str:
    """What happens at a trigger: which order is there, if one is, and how far it is to it."""
    snapshot = frame.snapshot
    at = f"{fmt.price(trigger.price, snapshot.instrument)} ({fmt.percent(trigger.fraction)})"
    slot = next((slot for slot in snapshot.slots if slot.unit == trigger.unit), None)
    if slot is None:
        return at
    verb = "buys" if slot.side is Side.BUY else "sells"
    return f"{verb} {fmt.size(slot.size, snapshot.instrument)} at {at}" if sized else f"{verb} at {at}"


def _because(mode: str, reason: str) -> str:
    """A mode with its reason: 'paused by ann@tty', 'halted: the fragment is too small'."""
    if not reason:
        return f"{mode} by request"
    return f"{mode} {reason}" if reason.startswith(("by ", "since ")) else f"{mode}: {reason}"


def _paused(frame: Frame, reason: str) -> tuple[Tone, str, *tuple[str, ...]]:
    snapshot = frame.snapshot
    invariant = snapshot.invariant
    on = "r resumes selling out" if snapshot.resumes is Mode.SELLING_OUT else "r resumes"
    first = f"{_because('Paused', reason)}. {on}"
    if snapshot.wish:
        wish = fmt.clean(snapshot.wish)
        first = f"Paused. {wish[:1].upper()}{wish[1:]}"
        on = "r calls it off"
    if invariant is not None and invariant.unprotected:
        return Tone.CRITICAL, fmt.clean(invariant.fault), first
    if frame.out_of_sight is not None:
        more = (f"nothing heard for {fmt.plain_age(frame.out_of_sight)}", *_resting(frame))
        return Tone.CRITICAL, first, *more
    if snapshot.wish:
        return Tone.WARNING, first, on
    buys = 0 if invariant is None else invariant.buys
    fire = ("if a waiting buy fills, it still gets a stop",) if buys else ()
    return Tone.HOLD, first, *fire, "no new buys"


def wait_line(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The sentence, across the screen."""
    share = protection(frame)
    room = width - len(share.text)
    span = waiting(frame, room - 3)
    glyph = {Tone.CRITICAL: "‼", Tone.WARNING: "◌", Tone.HOLD: "◌"}.get(span.role, "→")
    spans = fit(line(Span(f" {glyph} {span.text}", span.role)), room)
    spans = pad(spans, room) if span.role is Tone.TEXT else tint(pad(spans, room), span.role)
    return [(*spans, share)]


def protection(frame: Frame) -> Span:
    """The part of the position that stops cover: the figure that tells whether the money is safe."""
    invariant = frame.snapshot.invariant
    if invariant is None or frame.crash:
        return Span("", Tone.DIM)
    if frame.unchecked:
        return Span(" not checked yet ", Tone.STALE)
    part, age = invariant.protected, frame.silent or frame.out_of_sight
    said = "flat" if part is None else f"{fmt.share_down(part)} protected"
    if age is not None:
        return Span(f" {said} {fmt.plain_age(age)} ago ", Tone.STALE)
    if part is None:
        return Span(" ✓ flat ", Tone.STRONG)
    if part >= 1 and invariant.ok:
        return Span(" ✓ 100 % protected ", Tone.STRONG)
    if not invariant.unprotected:  # what dust there is waits for the next stop
        return Span(f" ✓ {said} " if invariant.ok else f" {said} ", Tone.STRONG)
    # Rounded down: 99.97 % is not all of it.
    text = f"{fmt.share_down(part)} PROTECTED"
    return Span(f" ‼ {text} ", Tone.CRITICAL) if invariant.settled else Span(f" ◌ {text} ", Tone.WARNING)


def key_bar(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The keys, in the longest wording that fits, and more of them where there is room; for a few seconds a
    notice instead."""
    if frame.notice:
        return [fit(line(" ", Span(f" {frame.notice} ", Tone.HOLD)), width)]
    if frame.outcome is not None:
        return [fit(line(" ", _outcome(frame.outcome)), width)]
    which = Bar.MAIN if frame.page == "main" else Bar.PAGES
    shown = {key.id for key in frame.keys if key.bar & which}
    for extra in frame.keys:
        if extra.bar & Bar.ROOM and width_of(_keys(frame, {*shown, extra.id})) <= width:
            shown.add(extra.id)
    for short in (False, True):
        for gap in ("  ", " "):
            keys = _keys(frame, shown, short, gap)
            if width_of(keys) <= width:
                return [keys]
    return [fit(keys, width)]


def _outcome(command: CommandView) -> Span:
    """What has become of a command, for whoever gave it and all others."""
    words = f"{command.verb} {command.state}"
    if command.text:
        words += f": {fmt.signs(fmt.clean(command.text))}"
    if command.state is CommandState.CONFIRMED:
        return Span(f" ✓ {words} ", Tone.HOLD)
    return Span(f" ✗ {words} ", Tone.CRITICAL)


def _keys(frame: Frame, shown: set[str], short: bool = False, gap: str = "  ") -> Line:
    parts: list[str | Span] = []
    for key in frame.keys:
        if key.id in shown:
            label = key.short if short else key.label
            parts += [gap if parts else " ", Span(key.written, Tone.KEY), Span(f" {label}", Tone.DIM)]
    return line(*parts)


def too_small(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """What must be seen on any terminal, and the size that shows the rest."""
    snapshot = frame.snapshot
    symbol = fmt.clean(snapshot.instrument.symbol, 12)
    rows: list[Line] = [
        fit(line(*_identity(frame, account=False)), width),
        fit(line(*_mode(frame, width)), width),
        *(tint(line(row), waiting(frame).role) for row in wrap(waiting(frame).text, max(width, 8))),
        line(
            Span("position ", Tone.DIM),
            Span(f"{fmt.size(snapshot.position, snapshot.instrument)} {symbol}", Tone.STRONG),
            Span(f"  {fmt.usd(snapshot.position_value)} USD", Tone.DIM),
        ),
    ]
    share = protection(frame)
    if share.text:
        rows.append(line(Span(share.text.strip(), share.role)))
    active = [alarm for alarm in snapshot.alarms if alarm.active]
    for alarm in active:
        role = Tone.CRITICAL if alarm.severity is Severity.CRITICAL else Tone.WARNING
        rows += [line(Span(row, role)) for row in wrap(f"‼ {fmt.clean(alarm.text)}", max(width, 8), 2)]
    if not active:
        rows.append(line(Span("alarms none", Tone.DIM)))
    asked = f"the console needs {MIN_WIDTH}x{MIN_HEIGHT}; the engine does not mind; q quits"
    rows += [BLANK, *(line(Span(row, Tone.DIM)) for row in wrap(asked, max(width, 8)))]
    return [fit(row, width) for row in rows]
