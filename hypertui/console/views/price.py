"""The price and the state of the ladder, in one row or two: mark with its age, phase, unit, position."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, fit, joined, line, width_of
from hypertui.core.round_trips import SLOTS
from hypertui.port.snapshot import Mode

_BLOCKS = "▁▂▃▄▅▆▇█"


def chart(prices: Sequence[tuple[int, Decimal]], width: int, height: int) -> list[str]:
    """The prices as columns of eighths of a cell, the newest at the right; equal stretches of time per column
    are the engine's thinning."""
    if len(prices) < 2 or width < 1 or height < 1:
        return [""] * max(height, 0)
    count = min(width, len(prices))
    # With more prices than columns every column shows the last of its stretch.
    picked = [float(prices[(index + 1) * len(prices) // count - 1][1]) for index in range(count)]
    low, high = min(picked), max(picked)
    steps = height * 8 - 1
    levels = [round((value - low) / (high - low) * steps) if high > low else steps // 2 for value in picked]
    rows = []
    for row in range(height - 1, -1, -1):
        floor = row * 8
        rows.append("".join(_block(level - floor) for level in levels))
    return rows


def _block(level: int) -> str:
    return " " if level < 0 else _BLOCKS[min(level, 7)]


def _quality(frame: Frame, fresh: Tone = Tone.TEXT) -> Tone:
    return Tone.STALE if frame.mark_stale else fresh


def mark_age(frame: Frame) -> Span:
    """The age of the mark, shouted once it is stale."""
    age = frame.mark_age
    if age is None:
        return Span("no price yet", Tone.DIM)
    if frame.mark_stale and frame.snapshot.mode is Mode.STARTING:
        return Span(f"when last seen, {fmt.plain_age(age)} ago", Tone.DIM)  # by an earlier run
    if frame.mark_stale:
        return Span(f"STALE {fmt.exact_age(age)}", Tone.CRITICAL)
    return Span(f"age {fmt.age(age)}", Tone.DIM)


def change_role(value: Decimal | None) -> Tone:
    """Blue for a gain, orange for a loss; the sign says it too."""
    if not value:
        return Tone.TEXT
    return Tone.GAIN if value > 0 else Tone.LOSS


def _fact(label: str, value: str, role: Tone = Tone.TEXT) -> tuple[Span, Span]:
    return (Span(f"{label} ", Tone.DIM), Span(value, role))


def phase_facts(frame: Frame) -> Line:
    """Phase, slots that are long, and cycle."""
    snapshot = frame.snapshot
    return line(*_phase(frame), "  ", *_fact("cycle", str(snapshot.cycle)))


def unit_facts(frame: Frame) -> Line:
    """The current unit between peak and valley."""
    snapshot = frame.snapshot
    return line(
        *_fact("unit", fmt.unit(snapshot.unit), Tone.STRONG),
        "  ",
        *_fact("peak", fmt.unit(snapshot.peak_unit)),
        "  ",
        *_fact("valley", fmt.unit(snapshot.valley_unit)),
    )


def no_entry(frame: Frame) -> str:
    """That there is no trade yet, in words."""
    return f"{fmt.clean(frame.snapshot.strategy, 12) or 'trade'} has no entry yet"


def _known(frame: Frame) -> bool:
    return frame.snapshot.entry_price is not None


def facts(frame: Frame, width: int) -> Line:
    """The mark with its age where that is no longer that of now, the phase, what is held, the unit, the last
    step: as much as fits."""
    snapshot, instrument = frame.snapshot, frame.snapshot.instrument
    change = Span(fmt.percent(snapshot.price_change), _quality(frame, change_role(snapshot.price_change)))
    mark = line(
        *_fact("mark", fmt.quote(snapshot.mark, instrument), _quality(frame, Tone.STRONG)), " ", change
    )
    if (frame.mark_age or fmt.SECOND) >= fmt.SECOND:
        mark = (*mark, Span(" "), mark_age(frame))
    if not _known(frame):
        return mark
    cycle = line(*_fact("cycle", str(snapshot.cycle)))
    for worth in (True, False):
        parts = [mark, _phase(frame), _held(frame, worth), unit_facts(frame), cycle, _last_step(frame)]
        whole = joined([part for part in parts if part])
        if width_of(whole) <= width:
            return whole
    return _fitting([part for part in parts if part], width)


def _fitting(parts: Sequence[Line], width: int) -> Line:
    """The first of the parts, and of the others those that fit."""
    spans = parts[0]
    for part in parts[1:]:
        if width_of(joined([spans, part])) <= width:
            spans = joined([spans, part])
    return spans


def _phase(frame: Frame) -> Line:
    snapshot = frame.snapshot
    phase = Span(fmt.clean(snapshot.phase, 20).upper() or fmt.UNKNOWN, Tone.STRONG)
    return line(phase, f"  {snapshot.long_slots} of {SLOTS} slots long")


def _held(frame: Frame, worth: bool) -> Line:
    snapshot = frame.snapshot
    if not snapshot.position:
        return line(*_fact("position", "none"))
    symbol = fmt.clean(snapshot.instrument.symbol, 12)
    held = line(*_fact("position", f"{fmt.size(snapshot.position, snapshot.instrument)} {symbol}"))
    usd = Span(f" {fmt.usd(snapshot.position_value)} USD", _quality(frame, Tone.DIM))
    return (*held, usd) if worth else held


def _last_step(frame: Frame) -> Line:
    snapshot = frame.snapshot
    if not snapshot.last_step or snapshot.last_step_at is None:
        return ()
    step = fmt.signs(fmt.clean(snapshot.last_step, 24))
    return line(*_fact("step", step), Span(f" {frame.clock(snapshot.last_step_at)}", Tone.DIM))


def compact(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """Price and ladder state on two lines."""
    snapshot, instrument = frame.snapshot, frame.snapshot.instrument
    first = line(
        Span(" mark ", Tone.DIM),
        Span(fmt.quote(snapshot.mark, instrument), _quality(frame, Tone.STRONG)),
        " ",
        mark_age(frame),
        "  ",
        *_fact("mid", fmt.quote(snapshot.mid, instrument), _quality(frame)),
        "  ",
        Span(fmt.percent(snapshot.price_change), _quality(frame, change_role(snapshot.price_change))),
        "  ",
    )
    spark = chart(snapshot.prices, max(width - width_of(first) - 1, 0), 1)
    entry = line(*_fact("entry", fmt.quote(snapshot.entry_price, instrument)))
    second = line(" ", *_fitting([phase_facts(frame), unit_facts(frame), entry], width - 1))
    if not _known(frame):
        second = line(Span(f" the {no_entry(frame)}", Tone.DIM))
    return [fit((*first, *(Span(row, Tone.DIM) for row in spark)), width), fit(second, width)]
