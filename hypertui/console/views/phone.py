"""The phone: what counts, on a terminal of forty columns and twelve rows."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, both_ends, fit, line, pad, tint, width_of, wrap
from hypertui.console.views import header, signal
from hypertui.console.views.bracket import lines as price_lines
from hypertui.console.views.canvas import SIDE_TONE
from hypertui.console.views.key_bar import key_bar
from hypertui.console.views.ladder.orders import STATE_ROLE
from hypertui.console.views.log import active_alarms, alarm_lines, events
from hypertui.console.views.money import Money
from hypertui.console.views.price import mark_age
from hypertui.console.views.status_line import protection, waiting
from hypertui.console.views.toast import toasts
from hypertui.core.market import Side

MIN_WIDTH, MIN_HEIGHT = 40, 12
_SENTENCE = 2  # rows


def phone(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """Mode and market, what happens next, protection, mark, net, the four orders, alarms, events, keys."""
    rows = _head(frame, width)
    if frame.page == "signals" and frame.signals:
        return _with_keys(frame, [*rows, *signal.narrow(frame, width, height - len(rows) - 1)], width, height)
    rows += [_mark(frame, width), _money(frame, width), *_orders(frame, width)]
    room = height - len(rows) - 1 - len(toasts(frame, width, 2))
    alarms = alarm_lines(frame, width, room) if active_alarms(frame) and room > 0 else []
    room -= len(alarms)
    below = list(events(frame, width, room)) if room > 0 and frame.events else []
    return _with_keys(frame, [*rows, *alarms, *below], width, height)


def _with_keys(frame: Frame, rows: Sequence[Line], width: int, height: int) -> list[Line]:
    """The rows with the keys at the bottom, and what becomes of commands above these."""
    foot = [*toasts(frame, width, 2), *key_bar(frame, width, 1)]
    shown = list(rows)[: max(height - len(foot), 0)]
    blanks: list[Line] = [()] * (height - len(foot) - len(shown))
    return [*(fit(row, width) for row in shown), *blanks, *foot]


def _head(frame: Frame, width: int) -> list[Line]:
    """Mode and market, and what happens next or why nothing does; the protection beside the mode, or below
    where the first row has no room for it."""
    mode = (*header.identity_spans(frame, account=False), Span(" "), header.mode_badge(frame))
    said, share = waiting(frame, _SENTENCE * width - 4), protection(frame)
    rows = [tint(line(row), said.role) for row in wrap(said.text, width)[:_SENTENCE]]
    if width_of((*mode, share)) <= width:
        return [both_ends(mode, line(share), width), *rows]
    return [fit(mode, width), *rows, *([line(share)] if share.text else [])]


def _mark(frame: Frame, width: int) -> Line:
    snapshot = frame.snapshot
    role = Tone.STALE if frame.mark_stale else Tone.STRONG
    mark = (Span(fmt.quote(snapshot.mark, snapshot.instrument), role), Span(" "), mark_age(frame))
    held = f"{fmt.size(snapshot.position, snapshot.instrument)} {fmt.clean(snapshot.instrument.symbol, 8)}"
    return both_ends(mark, line(Span(held if snapshot.position else "no position", Tone.DIM)), width)


def _money(frame: Frame, width: int) -> Line:
    figures = Money(frame, brief=True)
    stops = figures.at_stops
    return both_ends(figures.net.line(), line(" ", *stops.line(short=True)) if stops.value else (), width)


def _orders(frame: Frame, width: int) -> list[Line]:
    """The orders, the highest price first, as on the ladder."""
    if frame.snapshot.bracket is not None:
        return price_lines.rows(frame, frame.snapshot.bracket, width)
    instrument, rows = frame.snapshot.instrument, []
    for slot in sorted(frame.snapshot.slots, key=lambda slot: -slot.trigger):
        glyph = "▲ buy " if slot.side is Side.BUY else "▼ stop"
        role = STATE_ROLE[slot.state] if frame.out_of_sight is None else Tone.STALE
        left = line(
            Span(f"{glyph} {fmt.price(slot.trigger, instrument):>9} ", SIDE_TONE[slot.side]),
            Span(fmt.size(slot.size, instrument)),
            Span(f" {slot.state.value}", role),
        )
        away = Span(fmt.percent(slot.distance), Tone.STALE if frame.mark_stale else Tone.TEXT)
        rows.append(both_ends(pad(left, max(width - len(away.text) - 1, 1)), line(away), width))
    return rows
