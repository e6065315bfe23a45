"""What a bracket is about, in a sentence and in a few facts."""

from __future__ import annotations

from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, line
from hypertui.port.views import BracketView


def sentence(frame: Frame, bracket: BracketView) -> str:
    """What it holds or waits for: "Flat, waiting 12m for a signal"."""
    if bracket.state == "flat":
        return _flat(frame, bracket)
    snapshot = frame.snapshot
    symbol = fmt.clean(snapshot.instrument.symbol, 12)
    if bracket.state == "buying":
        bought, wanted = (fmt.size(size, snapshot.instrument) for size in (bracket.bought, bracket.wanted))
        said = f"Buying: {bought} of {wanted} {symbol} at {fmt.price(bracket.entry, snapshot.instrument)}"
    else:
        held = fmt.size(snapshot.position, snapshot.instrument)
        said = f"Holding {held} {symbol} bought at {fmt.quote(bracket.average, snapshot.instrument)}"
    if snapshot.position and bracket.stop is not None:
        said += f", protected by a stop at {_with_way(frame, bracket.stop)}"
    if snapshot.position and bracket.target is not None:
        said += f", target {_with_way(frame, bracket.target)}"
    return said


def _flat(frame: Frame, bracket: BracketView) -> str:
    if bracket.cools_until is not None and bracket.cools_until > frame.now:
        return f"Flat, cools down for {fmt.plain_age(bracket.cools_until - frame.now)} more"
    since = frame.snapshot.started_at if bracket.since is None else bracket.since
    said = f"Flat, waiting {fmt.plain_age(max(frame.now - since, 0))} for a signal"
    return f"{said}; {fmt.clean(bracket.given_up)}" if bracket.given_up else said


def _with_way(frame: Frame, price: Decimal) -> str:
    mark, at = frame.snapshot.mark, fmt.price(price, frame.snapshot.instrument)
    return at if not mark else f"{at} ({fmt.percent((price - mark) / mark)})"


def facts(frame: Frame, bracket: BracketView) -> Line:
    """Its state, what it holds at what average, and how often it has left the market."""
    snapshot = frame.snapshot
    parts = line(Span(bracket.state.upper(), Tone.STRONG), "  ", Span("position ", Tone.DIM))
    symbol = fmt.clean(snapshot.instrument.symbol, 12)
    held = f"{fmt.size(snapshot.position, snapshot.instrument)} {symbol}" if snapshot.position else "none"
    parts = (*parts, Span(held))
    if bracket.average is not None:
        average = fmt.quote(bracket.average, snapshot.instrument)
        parts = (*parts, *line("  ", Span("average ", Tone.DIM), average))
    return (*parts, *line("  ", Span("stays ended ", Tone.DIM), str(bracket.stays)))
