"""The four orders of the ladder: a row each, the engine's notes, and whether all is as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import (
    BLANK,
    Backdrop,
    Column,
    Line,
    Span,
    Tone,
    fit,
    line,
    pad,
    table,
    tint,
    wrap,
)
from hypertui.console.views.canvas import SIDE_TONE
from hypertui.console.views.log import alarm_lines
from hypertui.core.market import Side
from hypertui.core.round_trips import SLOTS
from hypertui.port.snapshot import Invariant
from hypertui.port.views import MapRow, SlotState, SlotView, Trigger

_SKEW_LIMIT = 2_000  # ms
_ROOM_FOR_LIMITS = 2  # rows beside them, for a blank and an alarm

STATE_ROLE = {
    SlotState.LIVE: Tone.TEXT,
    SlotState.PENDING: Tone.HOLD,
    SlotState.FIRED: Tone.HOLD,
    SlotState.CANCELLING: Tone.HOLD,
    SlotState.WAITING: Tone.HOLD,
    SlotState.UNANSWERED: Tone.WARNING,
}

_SLOT_COLUMNS = (
    Column("#"),
    Column("side"),
    Column("unit", right=True),
    Column("trigger", right=True, least=9),
    Column("size", right=True, least=7),
    Column("distance", right=True, least=8, drop=2),
    Column("order", right=True, least=5, drop=3),
    Column("state", least=11),
    Column("age", right=True, least=5, drop=1),
)


def kind(side: Side) -> str:
    """What an order of a side does, in a word."""
    return "▲ buy" if side is Side.BUY else "▼ stop"


def status_word(row: MapRow) -> str:
    """What became of the newest order of a unit, in a word; nothing where there was none."""
    return fmt.clean(row.status or "", 14)


def _number(slot: SlotView) -> str:
    """The number of the slot, counted from 1; a plus for one beyond the four."""
    number = int(slot.key.partition("/")[2]) + 1
    # One beyond them stands in for an order whose end is not proven yet.
    return str(number) if number <= SLOTS else "+"


def _orders(frame: Frame) -> dict[int | None, SlotView]:
    return {slot.level: slot for slot in frame.snapshot.slots}


def ladder_row(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The ladder on one line, low to high, around the current unit; then the way to both triggers."""
    snapshot = frame.snapshot
    if not snapshot.position_map:
        return [line(Span(" ladder  no entry yet", Tone.DIM))]
    tail: list[Span] = []
    for arrow, trigger in (("↓", snapshot.next_down), ("↑", snapshot.next_up)):
        tail += _way(frame, arrow, trigger)
    units = {row.unit for row in snapshot.position_map}
    orders = _orders(frame)
    parts: list[str | Span] = [Span(" ladder", Tone.DIM)]
    for number in range(snapshot.unit - 4, snapshot.unit + 5):
        if number not in units:
            continue
        slot, name = orders.get(number), fmt.unit(number)
        if number == snapshot.unit:
            parts += [" ", Span(f"►{name}◄", Tone.STRONG, Backdrop.HERE)]
        elif slot is None:
            parts.append(Span(f"  {name}", Tone.DIM))
        else:
            glyph = "▲" if slot.side is Side.BUY else "▼"
            known = slot.state is SlotState.LIVE
            parts += [" ", Span(f"{glyph}{name}", SIDE_TONE[slot.side] if known else STATE_ROLE[slot.state])]
    room = width - sum(len(span.text) for span in tail)
    return [(*pad(line(*parts), room), *tail)]


def _way(frame: Frame, arrow: str, trigger: Trigger | None) -> list[Span]:
    if trigger is None:
        return []
    role = Tone.STALE if frame.mark_stale else Tone.TEXT
    return [Span(f"{arrow} ", Tone.DIM), Span(fmt.percent(trigger.fraction), role), Span("  ")]


def slot_table(frame: Frame, width: int) -> list[Line]:
    """Head and the four slots, in the order of their triggers' slots."""
    snapshot = frame.snapshot
    instrument = snapshot.instrument
    rows = []
    for slot in snapshot.slots:
        # What was said of an order long ago is no statement about it now.
        role = STATE_ROLE[slot.state] if frame.out_of_sight is None else Tone.STALE
        way = Tone.STALE if frame.mark_stale else Tone.TEXT
        rows.append(
            (
                Span(_number(slot), Tone.DIM),
                Span(kind(slot.side), SIDE_TONE[slot.side]),
                Span(fmt.unit(slot.level)),
                Span(fmt.price(slot.trigger, instrument)),
                Span(fmt.size(slot.size, instrument)),
                Span(fmt.percent(slot.distance), way),
                Span(fmt.order_id(slot.order_id), Tone.DIM),
                Span(slot.state.value, role),
                Span(fmt.age(max(frame.now - slot.since, 0)), Tone.DIM),
            )
        )
    return table(_SLOT_COLUMNS, rows, width)


def slot_notes(frame: Frame, width: int) -> list[Line]:
    """What the engine has to say about single slots."""
    rows: list[Line] = []
    for slot in frame.snapshot.slots:
        if slot.note:
            text = f"unit {fmt.unit(slot.level)}: {fmt.signs(fmt.clean(slot.note))}"
            rows += [line(Span(row, STATE_ROLE[slot.state])) for row in wrap(text, width, 2)]
    return rows


def lamp(frame: Frame) -> Line:
    """The lamp, the orders it counts, and whether the stops cover the position."""
    invariant = frame.snapshot.invariant
    if invariant is None:
        return line(Span("○ orders not known yet", Tone.DIM))
    counts, targets = _counts(frame, invariant), _targets(frame)
    if frame.unchecked:
        return line(Span(f"○ {counts} by the journal, not checked yet", Tone.STALE))
    if frame.out_of_sight is not None:
        return line(Span(f"○ {counts} {fmt.plain_age(frame.out_of_sight)} ago", Tone.STALE))
    counts = f"{fmt.plural(invariant.stops + invariant.buys + targets, 'order')} live = {counts}"
    if invariant.ok:
        cover = (Span("  "), _cover(frame, invariant)) if invariant.position else ()
        return line("✓ ", counts, *cover)
    if not invariant.settled:
        return line(Span(f"◌ settling: {counts}", Tone.HOLD))
    return line(Span(f"✗ {fmt.signs(fmt.clean(invariant.fault)) or counts}", Tone.CRITICAL))


def _targets(frame: Frame) -> int:
    """The targets that a bracket has at the exchange."""
    bracket = frame.snapshot.bracket
    return int(bracket is not None and bracket.target is not None)


def _counts(frame: Frame, invariant: Invariant) -> str:
    """How many stops, buys and targets there are, without those that there are none of."""
    kinds = ((invariant.stops, "stop"), (invariant.buys, "buy"), (_targets(frame), "target"))
    return " + ".join(fmt.plural(count, word) for count, word in kinds if count) or "no orders"


def _cover(frame: Frame, invariant: Invariant) -> Span:
    """Whether the stops cover the position."""
    instrument = frame.snapshot.instrument
    stopped, held = fmt.size(invariant.stopped_size, instrument), fmt.size(invariant.position, instrument)
    if invariant.stopped_size == invariant.position:
        return Span(f"stops {stopped} = position {held}")
    sign = "<" if invariant.stopped_size < invariant.position else ">"
    return Span(f"stops {stopped} {sign} position {held}", Tone.WARNING)


def invariant_counts(frame: Frame, invariant: Invariant) -> Line:
    """What is unproven, foreign or double, as far as there is any, and the cover."""
    counts = (
        ("waiting for confirmation", invariant.unconfirmed, Tone.WARNING),
        ("unknown at the exchange", invariant.orphans, Tone.CRITICAL),
        ("duplicate", invariant.duplicates, Tone.CRITICAL),
    )
    parts = [] if invariant.stopped_size == invariant.position else [_cover(frame, invariant), Span("  ")]
    for words, number, role in counts:
        if number:
            parts += [Span(f"{fmt.plural(number, 'order')} {words}", role), Span("  ")]
    return line(*parts)


def limits(frame: Frame) -> Line:
    """What the venue still lets the engine send, and how far the clocks are apart."""
    budget, skew = frame.snapshot.budget, frame.snapshot.clock_skew
    parts: list[str | Span] = ["  "]
    if budget is not None:
        role = Tone.WARNING if budget.short else Tone.DIM
        left = fmt.share(Decimal(budget.weight) / budget.weight_limit, places=0)
        requests = "" if budget.requests is None else f", {budget.requests:,} requests"
        parts += [Span("budget ", Tone.DIM), Span(f"{left}{requests}  ", role)]
    if skew is not None:
        role = Tone.WARNING if abs(skew) > _SKEW_LIMIT else Tone.DIM
        parts += [Span("clock skew ", Tone.DIM), Span(fmt.skew(skew), role)]
    return line(*parts)


def slots_title(frame: Frame) -> str:
    """How many orders of each kind work."""
    invariant = frame.snapshot.invariant
    if invariant is None:
        return "ORDERS"
    age = frame.out_of_sight
    return (
        f"ORDERS  {_counts(frame, invariant)}" if age is None else f"ORDERS  as of {fmt.plain_age(age)} ago"
    )


def slots(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The full screen's panel: slots, notes, invariant, alarms."""
    lines = slot_table(frame, width)
    if not frame.snapshot.slots:
        lines.append(line(Span("no orders", Tone.DIM)))
    invariant = frame.snapshot.invariant
    foot = [fit(lamp(frame), width)]
    if invariant is not None:
        foot.append(fit(line("  ", *invariant_counts(frame, invariant)), width))
    room = height - len(lines) - len(foot)
    if room > _ROOM_FOR_LIMITS:
        foot.append(fit(limits(frame), width))
        room -= 1
    alarms = alarm_lines(frame, width, min(room, 3))
    room -= len(alarms)
    notes = slot_notes(frame, width)[:room]
    blanks: list[Line] = [BLANK] * (room - len(notes))
    return [*lines, *notes, *blanks[:1], *foot, *blanks[1:2], *alarms]


def slots_compact(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The small screen's: head, four slots, invariant."""
    inner = slot_table(frame, width - 2)
    head = tint(pad(line(" ", *inner[0]), width), Tone.BAR)
    rows = [line(" ", *row) for row in inner[1:5]]
    rows += [BLANK] * (4 - len(rows))
    notes = [line(" ", *note) for note in slot_notes(frame, width - 2)]
    last = line(" ", *lamp(frame))
    invariant = frame.snapshot.invariant
    if invariant is not None and not invariant.ok:
        last = line(*last, "  ", *invariant_counts(frame, invariant))
    last = fit(last, width)
    return [head, *rows, last, *notes][:height]
