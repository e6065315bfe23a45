"""What a bracket is about, in a sentence and in a few facts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, joined, line, width_of
from hypertui.console.views.price import change_role
from hypertui.port.commands import Verb
from hypertui.port.views import BracketView

_ANY_ROOM = 10_000


def sentence(frame: Frame, bracket: BracketView, room: int = _ANY_ROOM) -> str:
    """What it holds or waits for: "Flat, waiting 12m for a signal"; in `room` cells where that can be."""
    if bracket.state == "flat":
        return _flat(frame, bracket)
    snapshot = frame.snapshot
    symbol = fmt.clean(snapshot.instrument.symbol, 12)
    if bracket.state == "buying":
        bought, wanted = (fmt.size(size, snapshot.instrument) for size in (bracket.bought, bracket.wanted))
        said = f"Buying: {bought} of {wanted} {symbol} at {fmt.price(bracket.entry, snapshot.instrument)}"
        short = said
    else:
        held = f"{fmt.size(snapshot.position, snapshot.instrument)} {symbol}"
        said = f"Holding {held} bought at {fmt.quote(bracket.average, snapshot.instrument)}"
        short = f"Holding {held}"
    forms = (
        said + _guarded(frame, bracket, "protected by a stop", ways=True),
        said + _guarded(frame, bracket, "protected by a stop", ways=False),
        said + _guarded(frame, bracket, "stop", ways=False),
        short + _guarded(frame, bracket, "stop", ways=False),
    )
    return _fitting(forms, room)


def _fitting(forms: Sequence[str], room: int) -> str:
    """The first that fits, or the last one."""
    return next((form for form in forms if width_of(line(form)) <= room), forms[-1])


def _guarded(frame: Frame, bracket: BracketView, stop: str, *, ways: bool) -> str:
    """The stop and the target of what is held, with the `ways` there."""
    if not frame.snapshot.position:
        return ""
    said = ""
    if bracket.stop is not None:
        said += f", {stop} at {_with_way(frame, bracket.stop, ways)}"
    if bracket.target is not None:
        said += f", target {_with_way(frame, bracket.target, ways)}"
    return said


def _flat(frame: Frame, bracket: BracketView) -> str:
    if bracket.cools_until is not None and bracket.cools_until > frame.now:
        return f"Flat, cools down for {fmt.plain_age(bracket.cools_until - frame.now)} more"
    since = frame.snapshot.started_at if bracket.since is None else bracket.since
    said = f"Flat, waiting {fmt.plain_age(max(frame.now - since, 0))} for a signal"
    if bracket.given_up:
        said += f"; {fmt.clean(bracket.given_up)}"
    key = next((key for key in frame.keys if key.verb is Verb.OPEN and key.key), None)
    return said if key is None or frame.cannot(Verb.OPEN) else f"{said}; {key.written} enters now"


def told_now(frame: Frame, bracket: BracketView, room: int = _ANY_ROOM) -> str:
    """What it would buy if it were told now; empty while it holds something or is about to."""
    plan, snapshot = bracket.plan, frame.snapshot
    if plan is None:
        return ""
    coins = f"{fmt.size(plan.size, snapshot.instrument)} {fmt.clean(snapshot.instrument.symbol, 12)}"
    at, stop = (fmt.price(price, snapshot.instrument) for price in (plan.price, plan.stop))
    worth, loses = f"{fmt.usd(plan.value)} USD", f"loses {fmt.usd(plan.loss)} USD"
    forms = (
        f"Next entry: {coins} for {worth}, {plan.order} at {at}, stop {stop} ({loses})",
        f"Next entry: {coins} by {plan.order} at {at}, stop {stop} ({loses})",
        f"Next entry: {coins}, {plan.order} at {at}, stop {stop}",
    )
    return _fitting(forms, room)


def _with_way(frame: Frame, price: Decimal, way: bool) -> str:
    mark, at = frame.snapshot.mark, fmt.price(price, frame.snapshot.instrument)
    return at if not (mark and way) else f"{at} ({fmt.percent((price - mark) / mark)})"


def facts(frame: Frame, bracket: BracketView, width: int, *, mark: bool = True) -> Line:
    """The mark if it is wanted, the state, what is held at what average, and how often all was sold: as much
    as fits."""
    snapshot = frame.snapshot
    instrument = snapshot.instrument
    fresh, role = (Tone.STALE,) * 2 if frame.mark_stale else (Tone.STRONG, change_role(snapshot.price_change))
    symbol = fmt.clean(instrument.symbol, 12)
    held = f"{fmt.size(snapshot.position, instrument)} {symbol}" if snapshot.position else "none"
    price = line(
        Span("mark ", Tone.DIM),
        Span(fmt.quote(snapshot.mark, instrument), fresh),
        " ",
        Span(fmt.percent(snapshot.price_change), role),
    )
    parts = [
        *([price] if mark else []),
        line(Span(bracket.state.upper(), Tone.STRONG)),
        line(Span("position ", Tone.DIM), held),
    ]
    if bracket.average is not None:
        parts.append(line(Span("average ", Tone.DIM), fmt.quote(bracket.average, instrument)))
    parts.append(line(Span("times sold ", Tone.DIM), str(bracket.stays)))
    while len(parts) > 1 and width_of(joined(parts)) > width:
        parts.pop()
    return joined(parts)
