"""The status line under the header: what the engine waits for, and how much is protected."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, fit, line, pad, tint, width_of
from hypertui.console.views import exits
from hypertui.console.views.bracket.words import sentence
from hypertui.core.market import Side
from hypertui.port.commands import OnExit, Verb
from hypertui.port.engine import Attachment
from hypertui.port.snapshot import Mode, Snapshot
from hypertui.port.views import SlotState, SlotView, Trigger

_LEAVING = {
    OnExit.BUYS: "Leaving: cancels the buys, the stops stay",
    OnExit.LEAVE: "Leaving: every order stays as it is",
    OnExit.FLATTEN: "Leaving: sells the position, then cancels the stops",
}

_ANY_ROOM = 10_000
_WORTH_A_CUT = 12  # cells


def waiting(frame: Frame, room: int = _ANY_ROOM) -> Span:
    """What the engine waits for, or why it holds, in as many clauses as fit into `room` cells, the most
    important first."""
    role, text, *more = _sentence(frame, room)
    for number, clause in enumerate(more, 1):
        left = room - width_of(line(f"{text}; "))
        # The last one is the cause: its beginning says something too.
        if width_of(line(clause)) > left and (number < len(more) or left < _WORTH_A_CUT):
            break
        text = f"{text}; {clause}"
    return Span(text, role)


def _sentence(frame: Frame, room: int) -> tuple[Tone, str, *tuple[str, ...]]:
    snapshot = frame.snapshot
    reason, holds = fmt.clean(snapshot.reason), fmt.clean(snapshot.holds)
    if frame.crash:
        return _failed(frame, room)
    if frame.ended is not None:
        said = fmt.signs(fmt.clean(frame.ended.text))
        if frame.unattended:
            held = _live_orders(frame)
            return Tone.WARNING, f"Nothing follows the price: {held} at the exchange", said, "q closes"
        return Tone.HOLD, said, "q closes the console"
    if frame.leaving is not None:
        return Tone.HOLD, _LEAVING[frame.leaving]
    if frame.silent is not None:
        words = f"ENGINE SILENT {fmt.exact_age(frame.silent)}"
        alone, bare = _alone(frame)
        more = (*alone, "if it lasts, q and start again", *bare, "what is shown is old")
        return Tone.CRITICAL, words, *more
    if frame.ends_by:
        waits = fmt.clean(snapshot.wish).partition(": ")[2]
        what = f"The {frame.ends_by} {exits.what_it_does(snapshot)}: sells all"
        then = ("then it waits for its next entry",) if snapshot.outlives_exits else ()
        return Tone.WARNING, what, *((waits,) if waits else ()), *then
    if snapshot.mode is Mode.STARTING:
        return Tone.HOLD, f"Starting: {reason or holds or 'connecting'}"
    if snapshot.mode is Mode.HALTED and snapshot.closed_at is not None:
        at, result = frame.clock(snapshot.closed_at), fmt.signed_usd(snapshot.net_pnl)
        words = f"FLAT. Trade closed at {result} USD at {at}"
        more = (
            *(() if snapshot.slots else ("no order is live",)),
            "q leaves, the next start begins a new trade",
        )
        return Tone.HOLD, words, *more
    if snapshot.mode is Mode.HALTED:
        if not (snapshot.position or snapshot.slots):
            return Tone.HOLD, _because("Halted", reason)
        words = f"Halted: {_live_orders(frame)}, none follows the price"
        more = (*_way_out(frame), reason or "by request")
        return Tone.HOLD, words, *more
    if snapshot.mode is Mode.STOPPED:
        flat = not (snapshot.position or snapshot.slots)
        more = ("nothing is held and no order is live",) if flat else (_live_orders(frame),)
        return Tone.HOLD, fmt.signs(reason) or "The engine has left", *more
    if snapshot.mode is Mode.PAUSED:
        return _paused(frame, reason)
    waits = _waits(frame, room)
    invariant = snapshot.invariant
    if invariant is not None and not invariant.ok and invariant.settled and invariant.fault:
        more = (*_refused(frame), waits)
        return Tone.CRITICAL, fmt.signs(fmt.clean(invariant.fault)), *more
    if frame.mark_stale and frame.mark_age is not None:
        return (
            Tone.WARNING,
            f"No new buys: price is {fmt.plain_age(frame.mark_age)} old",
            *_resting(frame),
        )
    if holds:
        more = (*_until(snapshot), *_resting(frame))
        return Tone.WARNING, f"No new buys: {holds}", *more
    if frame.out_of_sight is not None:
        # A fresh price says nothing of the orders: what would come next is not known then.
        return Tone.WARNING, f"Nothing heard for {fmt.plain_age(frame.out_of_sight)}", *_resting(frame)
    if snapshot.mode is Mode.SELLING_OUT:
        down = snapshot.next_down
        stop = None if down is None else _order_at(frame, down)
        if down is None or stop is None or stop.side is Side.BUY:
            return Tone.HOLD, "Selling out by its stops: no more buys, the stops follow the price up"
        first = f"Selling out by its stops: ▼ {_way(frame, down, sized=True, away=True)}"
        return Tone.HOLD, first, "no more buys", "the stops follow the price up"
    goes_on = snapshot.next_up or snapshot.next_down or snapshot.bracket
    return Tone.TEXT if goes_on else Tone.HOLD, waits


def _until(snapshot: Snapshot) -> tuple[str, ...]:
    """When a guard that withdraws the buys is reset, and by which keys."""
    resets = (guard.resets for guard in snapshot.guards if guard.by_hand)
    return tuple(f"until {each.removesuffix('by hand')}9 then u" for each in resets)[:1]


def _resting(frame: Frame) -> tuple[str, ...]:
    """The orders that rest at the exchange meanwhile, as far as they are known."""
    found, age = _kinds(frame), frame.out_of_sight
    if not found:
        return ()
    if age is None:
        return (f"{' and '.join(found)} {_verb(found, 'rest')} at the exchange",)
    return (f"{' and '.join(found)} rested at the exchange {fmt.plain_age(age)} ago",)


def _alone(frame: Frame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the orders do that are live with no engine beside them, and what a buy among them would miss."""
    found = _kinds(frame)
    said = (f"{' and '.join(found)} {_verb(found, 'act')} alone",) if found else ()
    return said, ("a buy that fills gets no stop",) if found and "buy" in found[-1] else ()


def _way_out(frame: Frame) -> tuple[str, ...]:
    """The key that ends it all, where it would be taken now."""
    key = next((key for key in frame.keys if key.id == "flatten"), None)
    return () if key is None or frame.cannot(Verb.FLATTEN) else (f"{key.written} sells all",)


def _live_orders(frame: Frame) -> str:
    """The orders that are live, by kind: '3 stops and 1 buy stay'."""
    found = _kinds(frame)
    return f"{' and '.join(found)} {_verb(found, 'stay')}" if found else "no order stays"


def _kinds(frame: Frame) -> list[str]:
    """How many orders of each kind are known to be live: '3 stops', '1 buy'."""
    invariant, slots = frame.snapshot.invariant, frame.snapshot.slots
    buys = sum(slot.side is Side.BUY and slot.state.is_known_live for slot in slots)
    kinds = () if invariant is None else ((invariant.stops, "stop"), (buys, "buy"))
    return [fmt.plural(count, word) for count, word in kinds if count]


def _verb(found: Sequence[str], plural: str) -> str:
    return plural if len(found) > 1 or not found[0].startswith("1 ") else f"{plural}s"


def _refused(frame: Frame) -> tuple[str, ...]:
    """That the exchange refuses what would mend it, and who can: as the alarm tells it, without its words."""
    snapshot = frame.snapshot
    alarms = (alarm for alarm in snapshot.alarms if alarm.active and alarm.key == "stops refused")
    said = next(alarms, None)
    if said is None or snapshot.invariant is None or not snapshot.invariant.unprotected:
        return ()
    words = fmt.clean(said.text).partition(":")[0].removesuffix(" by the exchange")
    return (*_way_out(frame), f"{words}, tried again")


def _waits(frame: Frame, room: int) -> str:
    """The next trigger above and below, with the orders' sizes and the distances where they fit."""
    if frame.snapshot.bracket is not None:
        return sentence(frame, frame.snapshot.bracket, room)
    triggers = (("▲", frame.snapshot.next_up), ("▼", frame.snapshot.next_down))
    said = ""
    for sized, away in ((True, True), (False, True), (False, False)):
        ways = [f"{arrow} {_way(frame, trigger, sized, away)}" for arrow, trigger in triggers if trigger]
        said = f"Next: {' · '.join(ways) or 'the first price'}"
        if width_of(line(said)) <= room:
            break
    return said


def _way(frame: Frame, trigger: Trigger, sized: bool, away: bool) -> str:
    """What happens at a trigger: its order, or those that follow the price there, and the distance to it."""
    snapshot = frame.snapshot
    at = fmt.price(trigger.price, snapshot.instrument)
    at += f" ({fmt.percent(trigger.fraction)})" if away else ""
    slot = _order_at(frame, trigger)
    if slot is None:
        return f"at {at} the {'stops move up' if trigger.away > 0 else 'buys move down'}"
    if slot.state is SlotState.UNANSWERED:
        return f"{slot.side} at {at} unanswered for {fmt.plain_age(max(frame.now - slot.since, 0))}"
    verb = "buys" if slot.side is Side.BUY else "sells"
    return f"{verb} {fmt.size(slot.size, snapshot.instrument)} at {at}" if sized else f"{verb} at {at}"


def _order_at(frame: Frame, trigger: Trigger) -> SlotView | None:
    """The order that stands where the ladder steps next."""
    return next((slot for slot in frame.snapshot.slots if slot.level == trigger.unit), None)


def _because(mode: str, reason: str) -> str:
    """A mode with its reason: 'Paused by ann@tty', 'Paused: the buy size is too small'."""
    if not reason:
        return f"{mode} by request"
    return f"{mode} {reason}" if reason.startswith(("by ", "since ")) else f"{mode}: {reason}"


def _failed(frame: Frame, room: int) -> tuple[Tone, str, *tuple[str, ...]]:
    """Its cause in the end, also where there is no room for all that its orders miss."""
    alone, bare = _alone(frame)
    words = ("Engine failed", *alone, "q and start again")
    fits = width_of(line("; ".join((*words, *bare, frame.crash)))) <= room
    first, *more = (*words, *(bare if fits else ()), frame.crash)
    return Tone.CRITICAL, first, *more


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
    if not buys:
        return Tone.HOLD, first, "no new buys"
    one = "it" if buys == 1 else "one"
    return Tone.HOLD, first, f"no new buys, {buys} may fill", f"if {one} does, it still gets a stop"


def wait_line(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The status line, across the screen."""
    share, pen = protection(frame), pen_of(frame)
    room = width - len(share.text) - width_of((pen,)) - 1
    span = waiting(frame, room - 3)
    glyph = {Tone.CRITICAL: "‼", Tone.WARNING: "◌", Tone.HOLD: "◌"}.get(span.role, "→")
    spans = fit(line(Span(f" {glyph} {span.text}", span.role)), room)
    spans = pad(spans, room) if span.role is Tone.TEXT else tint(pad(spans, room), span.role)
    gap = Span(" ")  # what is said and how much is protected are two things
    return [(*spans, gap, pen, share) if pen.text else (*spans, gap, share)]


_PEN_ROOM = 24


def pen_of(frame: Frame) -> Span:
    """Who writes, where there is more than the engine's own console."""
    holder = fmt.clean(frame.pen.partition(" ")[0], _PEN_ROOM)
    match frame.attachment:
        case Attachment.OWNER:
            return Span(f" {holder} writes too " if holder else "", Tone.DIM)
        case Attachment.WRITER:
            return Span(" you write ", Tone.STRONG)
        case Attachment.CUT:
            return Span(" NOT CONNECTED ", Tone.CRITICAL)
        case _:
            return Span(f" {holder or 'nobody'} writes ", Tone.HOLD)


def protection(frame: Frame) -> Span:
    """The share of the position that stops cover."""
    invariant = frame.snapshot.invariant
    if invariant is None:
        return Span("", Tone.DIM) if frame.told_by_nobody else Span(" ? not known yet ", Tone.STALE)
    if frame.unchecked:
        return Span(" ? not checked yet ", Tone.STALE)
    part, age = invariant.protected, frame.silent or frame.out_of_sight
    said = "flat" if part is None else f"{fmt.share_down(part)} protected"
    if frame.crash:
        return Span(f" ? was {said} ", Tone.STALE)
    if age is not None:
        return Span(f" ? {said} {fmt.plain_age(age)} ago ", Tone.STALE)
    if part is None:
        buys = f", {fmt.plural(invariant.buys, 'buy')} may fill" if invariant.buys else ""
        return Span(f" ✓ flat{buys} ", Tone.STRONG)
    if part >= 1 and invariant.ok:
        return Span(" ✓ 100 % protected ", Tone.STRONG)
    if not invariant.unprotected:  # what dust there is waits for the next stop
        return Span(f" ✓ {said} " if invariant.ok else f" {said} ", Tone.STRONG)
    # Rounded up: 0.03 % is not nothing.
    text = f"{fmt.share_up(1 - part)} UNPROTECTED"
    return Span(f" ‼ {text} ", Tone.CRITICAL) if invariant.settled else Span(f" ◌ {text} ", Tone.WARNING)
