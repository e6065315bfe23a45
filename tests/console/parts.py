"""What hand-written snapshots are made of: a market, orders, fills, events, tasks."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal as D

from hypertui.core.findings import Finding, Level
from hypertui.core.market import Instrument, Side
from hypertui.port.commands import CommandState, CommandView, Verb
from hypertui.port.engine import Event
from hypertui.port.snapshot import Dependency, Invariant, Severity
from hypertui.port.views import (
    CycleView,
    FillView,
    Health,
    Latency,
    LotView,
    MapRow,
    OrderView,
    SlotState,
    SlotView,
    TaskView,
    Trigger,
    UnitOrder,
)

NOW = 1_763_647_471_000  # 2025-11-20 14:04:31 UTC
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
BTC = Instrument("BTC", 5, 40)
ENTRY = D(64_000)
UNIT = D(500)
ACCOUNT = "0x8f3c2a9d1be4570f6a8c3d2e1f0a9b8c7d6e21c4"


def sources(mark_age: int = 200) -> tuple[Dependency, ...]:
    return (
        Dependency("mark", NOW - mark_age, 10_000),
        Dependency("ws", NOW - 300, 10_000),
        Dependency("rest", NOW - 12_000, 180_000, latency=41),
        Dependency("engine", NOW - 100, 2_000),
        Dependency("journal", NOW - 2 * MINUTE, 3_600_000),
    )


def slot(number: int, side: Side, unit: int, size: str, mark: D, **kwargs: object) -> SlotView:
    trigger = ENTRY + UNIT * unit
    fields: dict[str, object] = {
        "state": SlotState.WORKING,
        "since": NOW - 3 * HOUR - 10 * MINUTE,
        "distance": (trigger - mark) / mark,
        "order_id": 91_238_810 + number,
    }
    return SlotView(number, side, unit, trigger, D(size), **{**fields, **kwargs})  # type: ignore[arg-type]


def trigger(unit: int, mark: D) -> Trigger:
    price = ENTRY + UNIT * unit
    return Trigger(unit, price, price - mark, (price - mark) / mark)


def walk(mark: D, count: int = 96) -> tuple[tuple[int, D], ...]:
    """A price path that ends at `mark`: a fixed wave, so that the chart is always the same."""
    wave = [0, 3, 5, 9, 12, 10, 14, 18, 17, 22, 26, 24, 21, 18, 20, 23, 27, 31, 30, 34, 33, 29, 25, 27]
    return tuple(
        (
            NOW - (count - index) * 5_000,
            mark + 10 * (wave[index % 24] + index // 4 - wave[(count - 1) % 24]) - 230,
        )
        for index in range(count)
    )


def position_map(unit: int, slots: Sequence[SlotView], low: int = -8, high: int = 6) -> tuple[MapRow, ...]:
    orders = {view.unit: view for view in slots}
    rows = []
    for number in range(high, low - 1, -1):
        price = ENTRY + UNIT * number
        view = orders.get(number)
        if view is not None:
            rows.append(
                MapRow(
                    number,
                    price,
                    view.side,
                    view.size,
                    view.state.value,
                    live=True,
                    orders=1 + abs(number) % 2,
                    history=history(number)[1:],
                )
            )
        elif number == unit:
            rows.append(
                MapRow(
                    number,
                    price,
                    Side.SELL,
                    D("0.10000"),
                    "filled",
                    orders=2,
                    realized_pnl=D("94.05"),
                    history=history(number),
                )
            )
        elif -4 <= number <= 3:
            rows.append(MapRow(number, price, Side.SELL, D("0.10000"), "cancelled", orders=2))
        else:
            rows.append(MapRow(number, price))
    return tuple(rows)


EVENTS = (
    Event(1, NOW - 20 * MINUTE, "state", Severity.INFO, "restart: 4 orders taken up, nothing missing"),
    Event(2, NOW - 400_000, "step", Severity.INFO, "▼ +3→+2 stop …8850 fired at 65,000.0"),
    Event(3, NOW - 399_800, "order", Severity.INFO, "buy +3 placed, trigger 65,500.0, 0.09770 (187ms)"),
    Event(4, NOW - 399_200, "fill", Severity.INFO, "stop …8850 filled 0.10000 at 64,998.5, realised +94.05"),
    Event(5, NOW - 9_000, "alarm", Severity.WARNING, "websocket heartbeat late: 2.4 s"),
    Event(6, NOW - 8_500, "state", Severity.INFO, "websocket resumed, no fill was missed"),
)

COMMANDS = (
    CommandView("c2", Verb.RESUME, "mk@pts/3", NOW - 24 * MINUTE, CommandState.CONFIRMED, 312),
    CommandView("c1", Verb.PAUSE, "mk@pts/3", NOW - 42 * MINUTE, CommandState.CONFIRMED, 96),
)


def history(unit: int, client: str = "0x5a") -> tuple[UnitOrder, ...]:
    """Two orders of a unit: a stop that was filled, and one that was cancelled before it."""
    course = ((NOW - 2 * HOUR, "sent"), (NOW - 2 * HOUR + 180, "working"), (NOW - 400_000, "fired"))
    price = ENTRY + UNIT * unit - D("1.5")
    return (
        UnitOrder(
            f"{client}{unit % 100:030x}",
            Side.SELL,
            D("0.10000"),
            D("0.10000"),
            price,
            D("2.92"),
            D("94.05"),
            (*course, (NOW - 399_200, "filled")),
        ),
        UnitOrder(
            f"{client}{unit % 100 + 256:030x}",
            Side.SELL,
            D("0.10000"),
            D(0),
            None,
            D(0),
            D(0),
            (*course[:2], (NOW - HOUR, "cancelling"), (NOW - HOUR + 90, "cancelled")),
        ),
    )


def invariant(stops: int, buys: int, position: D, covered: D | None = None, **kwargs: object) -> Invariant:
    """Everything as it should be, unless told otherwise."""
    stopped = position if covered is None else covered
    bare = position - stopped
    fields: dict[str, object] = {
        "unprotected": f"{bare:.5f} BTC ({bare * D('65180.5'):,.2f} USD)" if bare else "",
        "ok": True,
        "settled": True,
        "protected": stopped / position if position else None,
    }
    return Invariant(
        stops=stops,
        buys=buys,
        stopped_size=stopped,
        position=position,
        **{**fields, **kwargs},  # type: ignore[arg-type]
    )


def order_views(slots: Sequence[SlotView]) -> tuple[OrderView, ...]:
    """The orders three ways, all in agreement."""
    return tuple(
        OrderView(
            view.side,
            "buy" if view.side is Side.BUY else "stop",
            view.unit,
            view.trigger,
            view.size,
            view.size,
            view.size,
            view.state,
            f"0x5a{view.slot:030x}",
            view.order_id,
            view.size,
            D(0),
            view.trigger + (5 if view.side is Side.BUY else -5),
            view.side is Side.SELL,
            view.trigger,
            view.since - 180,
            view.since,
            ((view.since - 180, "sent"), (view.since, "working")),
        )
        for view in slots
    )


FILLS = tuple(
    FillView(
        NOW - minutes * MINUTE,
        side,
        unit,
        D("0.10000"),
        D(price),
        (D("0.10000") * D(price)).quantize(D("0.01")),
        D("2.92"),
        D(gain),
        None if slip is None else D(slip),
        91_238_800 + minutes,
        7_000_000 + minutes,
        f"0x5a{minutes:030x}",
    )
    for minutes, side, unit, price, gain, slip in (
        (7, Side.SELL, 2, "64998.5", "94.05", "1.5"),
        (41, Side.BUY, 3, "65502.0", "0", "2.0"),
        (95, Side.SELL, 2, "64996.0", "-61.20", "4.0"),
        (4_560, Side.BUY, None, "64000.0", "0", None),
    )
)

LOTS = tuple(
    LotView(NOW - 76 * HOUR, D("0.10000"), D(price), D("0.10000") * D(price), D("2.88"), 91_238_801)
    for price in ("64000.0", "64001.0", "65502.0")
)

CYCLES = (
    CycleView(2, 3, -1, D("25681.40")),
    CycleView(1, 5, -4, D("25600.00"), D("25681.40"), D("0.00318")),
)

HEALTH = Health(
    Latency(41, 96, 412, (12, 140, 70, 16, 1, 1, 0, 0, 0)),
    240,
    2,
    86_000_000,
)

TASKS = (
    TaskView("allowance", 300_000, NOW - 120_000, NOW + 180_000, 38, "done"),
    TaskView("reconciliation", 120_000, NOW - 30_000, NOW + 90_000, 112, "done"),
    TaskView("funding", 60_000, NOW - 55_000, NOW + 5_000, 5_000, "no answer", failed=True),
    TaskView("journal retry", 5_000, None, None),
    TaskView("account", 5_000, NOW - 40_000, NOW - 35_000, 41, "done", overdue=True),
    TaskView("heartbeat", 250, NOW - 100, NOW + 150, 0, "done"),
)

FINDINGS = (
    Finding("network", Level.INFO, "testnet, no real money: account 0xabab…abab at https://example"),
    Finding("clock", Level.GREEN, "the clocks agree within 2 s", "0.1 s", "2 s"),
    Finding("margin", Level.GREEN, "a position of 2000 USD at 20x needs 100.87 USD", "100.87", "10000"),
    Finding("whipsaw", Level.AMBER, "a one-unit whipsaw costs 1.08 USD, of which 83 % fees", "0.1", "0.13"),
    Finding("stops", Level.INFO, "stops at 148, 148.5, 149, 149.5"),
)
