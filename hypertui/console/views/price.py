"""The price panel: mark with its age, distance to both triggers, and the ladder's state."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from textual.renderables.digits import DIGITS, DIGITS3X3

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import BLANK, Line, Span, Tone, both_ends, fit, line, pad, width_of
from hypertui.port.views import Trigger

_BLOCKS = "▁▂▃▄▅▆▇█"


def big(text: str) -> list[str]:
    """A number in digits three rows high."""
    rows = ["", "", ""]
    for char in text:
        place = DIGITS.find(char) * 3
        for index in range(3):
            if place >= 0:
                rows[index] += DIGITS3X3[place + index].ljust(3)
            else:
                rows[index] += char if index == 2 else " "
    return rows


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
    if frame.mark_stale:
        return Span(f"STALE {fmt.exact_age(age)}", Tone.CRITICAL)
    return Span(f"age {fmt.age(age)}", Tone.DIM)


def change_role(value: Decimal | None) -> Tone:
    """Blue for a gain, orange for a loss; the sign says it too."""
    if not value:
        return Tone.TEXT
    return Tone.GAIN if value > 0 else Tone.LOSS


def _trigger(frame: Frame, trigger: Trigger | None, arrow: str, width: int) -> Line:
    if trigger is None:
        return line(Span(f"{arrow} –", Tone.DIM))
    instrument, role = frame.snapshot.instrument, _quality(frame)
    left = line(
        Span(f"{arrow} ", Tone.DIM),
        f"{fmt.unit(trigger.unit):>3} {fmt.price(trigger.price, instrument):>9}",
    )
    right = line(
        Span(fmt.away(trigger.away, trigger.price, instrument), role),
        Span(f" {fmt.percent(trigger.fraction):>8}", role),
    )
    return both_ends(left, right, width)


def _fact(label: str, value: str, role: Tone = Tone.TEXT) -> tuple[Span, Span]:
    return (Span(f"{label} ", Tone.DIM), Span(value, role))


def phase_facts(frame: Frame) -> Line:
    """Phase, long slots and cycle."""
    snapshot = frame.snapshot
    return line(
        Span(fmt.clean(snapshot.phase, 20).upper() or fmt.UNKNOWN, Tone.STRONG),
        "  ",
        *_fact("k", f"{snapshot.long_slots}/4"),
        "  ",
        *_fact("cycle", str(snapshot.cycle)),
    )


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


def _known(frame: Frame) -> bool:
    return frame.snapshot.entry_price is not None


def panel(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The price panel of the full screen; the chart takes the height that is left."""
    snapshot, instrument = frame.snapshot, frame.snapshot.instrument
    mark = fmt.quote(snapshot.mark, instrument)
    digits = [mark, "", ""] if frame.ascii else big(mark)
    role = _quality(frame, Tone.STRONG)
    room = max(width_of(line(row)) for row in digits) + 2
    asides = (
        line(mark_age(frame)),
        line(*_fact("mid", fmt.quote(snapshot.mid, instrument), _quality(frame))),
        line(Span(fmt.percent(snapshot.price_change), _quality(frame, change_role(snapshot.price_change)))),
    )
    if width - room < max(width_of(aside) for aside in asides):
        asides = (asides[0], line(Span(fmt.quote(snapshot.mid, instrument), _quality(frame))), asides[2])
    top = [
        (*pad(line(Span(row, role)), min(room, width)), *fit(aside, width - room))
        for row, aside in zip(digits, asides, strict=True)
    ]
    below: list[Line] = [
        _trigger(frame, snapshot.next_up, "↑", width),
        _trigger(frame, snapshot.next_down, "↓", width),
        BLANK,
    ]
    if _known(frame):
        size = fmt.size(snapshot.position, instrument)
        symbol = fmt.clean(instrument.symbol, 12)
        below += [
            phase_facts(frame),
            unit_facts(frame),
            line(
                *_fact("position", f"{size} {symbol}"),
                Span(f"  {fmt.usd(snapshot.position_value)}", _quality(frame, Tone.DIM)),
            ),
            _last_step(frame),
        ]
    else:
        below += [line(Span("the ladder has no entry yet", Tone.DIM)), BLANK, BLANK, BLANK]
    spare = height - len(top) - len(below) - 2
    middle: list[Line] = [BLANK]
    if spare > 0:
        rows = chart(snapshot.prices, width, spare)
        middle = [BLANK, *(line(Span(row, Tone.DIM)) for row in rows), BLANK]
    return [*top, *middle, *below]


def _last_step(frame: Frame) -> Line:
    snapshot = frame.snapshot
    if not snapshot.last_step or snapshot.last_step_at is None:
        return line(*_fact("last step", "none yet", Tone.DIM))
    return line(
        *_fact("step", fmt.signs(fmt.clean(snapshot.last_step, 24))),
        Span(f"  {frame.clock(snapshot.last_step_at)}  #{snapshot.steps}", Tone.DIM),
    )


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
    second = line(
        " ",
        *phase_facts(frame),
        "  ",
        *unit_facts(frame),
        "  ",
        *_fact("E", fmt.quote(snapshot.entry_price, instrument)),
        "  ",
        *_fact("U", fmt.step(snapshot.unit_size)),
    )
    if not _known(frame):
        second = line(Span(" the ladder has no entry yet", Tone.DIM))
    return [fit((*first, *(Span(row, Tone.DIM) for row in spark)), width), fit(second, width)]
