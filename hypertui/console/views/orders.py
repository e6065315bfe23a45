"""Orders in three columns: wanted by the strategy, booked by the journal, listed by the exchange."""

from __future__ import annotations

import json
from decimal import Decimal

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import BLANK, Column, Line, Span, Tone, line, wrap
from hypertui.console.table_content import Row, TableContent, facts
from hypertui.core.market import Instrument, Side, plain
from hypertui.port.snapshot import Mode
from hypertui.port.views import OrderView, SlotState

_COLUMNS = (
    Column("order", least=6),
    Column("unit", right=True),
    Column("trigger", right=True, least=9),
    Column("wanted", right=True, least=8),
    Column("booked", right=True, least=8),
    Column("exchange", right=True, least=8),
    Column("state", least=11, drop=2),
    Column("order id", right=True, least=8, drop=3),
    Column("", least=20, stretches=True),
)


_WHOLE = "all"


def basis(frame: Frame) -> tuple[object, ...]:
    """The objects that the table is built from."""
    return (frame.snapshot.orders, frame.snapshot.mode, frame.snapshot.listed_at, frame.zone)


def title(frame: Frame) -> str:
    """How many there are, and how many differ."""
    orders = frame.snapshot.orders
    wrong = sum(bool(order.fault) for order in orders)
    found = f"{wrong} DIFFER" if wrong else "all agree"
    return f"ORDERS  {len(orders)}  {found}" if orders else "ORDERS"


def table(frame: Frame) -> TableContent:
    """One row for each order that any of the three knows, lowest stop first."""
    snapshot = frame.snapshot
    asked = "not checked yet" if snapshot.listed_at is None else f"checked {frame.clock(snapshot.listed_at)}"
    whose = fmt.clean(snapshot.strategy, 12) or "strategy"
    words = f"wanted: by the {whose}   booked: by our own journal   exchange: "
    wants = snapshot.mode in (Mode.RUNNING, Mode.SELLING_OUT)
    above: list[Line] = [
        line(Span(words, Tone.DIM), Span(asked), Span("   c checks now", Tone.DIM)),
    ]
    if not wants:
        above.append(line(Span(f"{snapshot.mode}: what the {whose} wants is not placed", Tone.HOLD)))
    return TableContent(
        _COLUMNS,
        [_row(frame, order) for order in snapshot.orders],
        "no order is live, and none is wanted",
        above=[*above, BLANK],
    )


def _row(frame: Frame, order: OrderView) -> Row:
    instrument = frame.snapshot.instrument
    alike = len({order.expected, order.working, order.listed} - {None}) <= 1
    odd = Tone.CRITICAL if order.fault else Tone.TEXT

    def sized(value: Decimal | None) -> Span:
        return Span(_size(order, value, instrument), odd if not alike or value is None else Tone.TEXT)

    words = fmt.signs(fmt.clean(order.fault or order.note))
    state = Span("–") if order.state is None else Span(order.state.value, _role(order.state))
    cells = (
        Span(kind(order.side, order.role), odd),
        Span("–" if order.level is None else fmt.unit(order.level)),
        Span(fmt.price(order.trigger, instrument)),
        sized(order.expected),
        sized(order.working),
        sized(order.listed),
        state,
        Span(fmt.UNKNOWN if order.order_id is None else str(order.order_id), Tone.DIM),
        Span(f"✗ {words}" if order.fault else words, odd if order.fault else Tone.DIM),
    )
    key = order.client_id or f"{order.side} {order.key} {order.order_id}"
    return Row(fmt.clean(key, 60), cells, raw(order), lambda now, width: details(now, order, width))


def kind(side: Side, role: str) -> str:
    """Glyph and word for what an order is."""
    return f"{'▲' if side is Side.BUY else '▼'} {fmt.clean(role, 8) or side}"


def _size(order: OrderView, value: Decimal | None, instrument: Instrument) -> str:
    """A size of an order in coins; one without a size of its own is of all that is held."""
    return _WHOLE if value == 0 and not order.size else fmt.size(value, instrument)


def _role(state: SlotState) -> Tone:
    return Tone.TEXT if state is SlotState.LIVE else Tone.HOLD


def details(frame: Frame, order: OrderView, width: int) -> list[Line]:
    """Everything that is known of one order."""
    instrument = frame.snapshot.instrument

    def moment(ms: int | None) -> str:
        return fmt.UNKNOWN if ms is None else frame.exact_time(ms)

    reduce_only = {None: fmt.UNKNOWN, True: "yes", False: "no"}[order.reduce_only]
    pairs = [
        ("client id", Span(fmt.clean(order.client_id or fmt.UNKNOWN, 60))),
        ("order id", Span(fmt.UNKNOWN if order.order_id is None else str(order.order_id))),
        ("size", Span(_size(order, order.size, instrument))),
        ("filled", Span(fmt.size(order.filled, instrument))),
        ("limit", Span(fmt.price(order.limit, instrument))),
        ("at the exchange", Span(fmt.price(order.listed_trigger, instrument))),
        ("reduce-only", Span(reduce_only)),
        ("sent", Span(moment(order.sent_at))),
        ("since", Span(moment(order.since))),
    ]
    lines = (
        [line(Span(row, Tone.STRONG)) for row in wrap(fmt.signs(fmt.clean(order.why)), width)]
        if order.why
        else []
    )
    lines += facts(pairs, width)
    lines += [
        line(Span(f"{frame.exact_time(at)} ", Tone.DIM), fmt.clean(word, 40)) for at, word in order.statuses
    ]
    return lines


def raw(order: OrderView) -> str:
    """The order as one line of JSON."""
    fields = {
        "client_id": order.client_id,
        "order_id": order.order_id,
        "side": order.side,
        "role": order.role,
        "key": order.key,
        "unit": order.level,
        **{
            name: None if value is None else plain(value)
            for name, value in (
                ("trigger", order.trigger),
                ("limit", order.limit),
                ("size", order.size),
                ("filled", order.filled),
                ("wanted", order.expected),
                ("booked", order.working),
                ("exchange", order.listed),
            )
        },
        "state": order.state,
    }
    return fmt.clean(json.dumps(fields))
