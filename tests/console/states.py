"""Hand-written snapshots, and an engine that shows them: what the console's tests run against."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal as D

from hypertui.console.app import HyperTui
from hypertui.console.look import Look
from hypertui.market import Instrument, Side
from hypertui.port import (
    Ack,
    Alarm,
    Budget,
    Command,
    CommandState,
    CommandView,
    CycleView,
    Event,
    FillView,
    Health,
    Invariant,
    JournalView,
    Latency,
    LotView,
    MapRow,
    Mode,
    Network,
    OrderView,
    Severity,
    SlotState,
    SlotView,
    Snapshot,
    Source,
    Stop,
    StopReason,
    TaskView,
    Trigger,
    UnitOrder,
    Verb,
)

NOW = 1_763_647_471_000  # 2025-11-20 14:04:31 UTC
SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
BTC = Instrument("BTC", 5, 40)
ENTRY = D(64_000)
UNIT = D(500)
ACCOUNT = "0x8f3c2a9d1be4570f6a8c3d2e1f0a9b8c7d6e21c4"

_SIDES = {Side.SELL: "stop", Side.BUY: "buy"}


def starting() -> Snapshot:
    """Nothing is known but what was configured."""
    return Snapshot(
        seq=1,
        at=NOW - 100,
        started_at=NOW - 1_200,
        network=Network.TESTNET,
        account=ACCOUNT,
        instrument=BTC,
        leverage=5,
        unit_size=UNIT,
        mode=Mode.STARTING,
        sources=tuple(
            Source(name, None, 10_000, connected=False)
            for name in ("mark", "ws", "rest", "engine", "journal")
        ),
    )


def sources(mark_age: int = 200) -> tuple[Source, ...]:
    return (
        Source("mark", NOW - mark_age, 10_000),
        Source("ws", NOW - 300, 10_000),
        Source("rest", NOW - 12_000, 180_000, latency=41),
        Source("engine", NOW - 100, 2_000),
        Source("journal", NOW - 2 * MINUTE, 3_600_000),
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
    fields: dict[str, object] = {
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


def running(
    phase: str = "retracement",
    mark: str = "65180.5",
    unit: int = 2,
    stops: Sequence[int] = (-1, 0, 1),
    buys: Sequence[int] = (3,),
) -> Snapshot:
    """The trade at work, three stops and a buy unless told otherwise."""
    at = D(mark)
    slots = tuple(
        [slot(index, Side.SELL, number, "0.10000", at) for index, number in enumerate(stops, 1)]
        + [slot(index, Side.BUY, number, "0.09770", at) for index, number in enumerate(buys, len(stops) + 1)]
    )
    position = D("0.10000") * len(stops)
    return replace(
        starting(),
        seq=812,
        started_at=NOW - 76 * HOUR,
        network=Network.PAPER,
        mode=Mode.RUNNING,
        mark=at,
        mark_at=NOW - 200,
        mid=at + D("0.5"),
        prices=walk(at),
        price_change=D("0.0012"),
        next_up=trigger(unit + 1, at),
        next_down=trigger(unit - 1, at),
        entry_price=ENTRY,
        unit=unit,
        long_slots=len(stops),
        phase=phase,
        cycle=1,
        peak_unit=3,
        valley_unit=min(unit, 0),
        slots=slots,
        position_map=position_map(unit, slots),
        invariant=invariant(len(stops), len(buys), position),
        last_step="▼ +3→+2",
        last_step_at=NOW - 389 * SECOND,
        steps=17,
        position=position,
        position_value=(position * at).quantize(D("0.01")),
        fragment=D(6400),
        reinvest="recovery",
        realized_pnl=D("94.05"),
        unrealized_pnl=D("354.15"),
        fees=D("14.44"),
        funding=D("-1.02"),
        whipsaw_cost=D("3.81"),
        round_trips=2,
        equity=D("13482.33"),
        growth=D("0.0174"),
        cycle_growth=D("-0.0031"),
        margin_used=D("4102"),
        liquidation_price=D("52310"),
        liquidation_distance=D("0.1974"),
        sources=sources(),
        orders=order_views(slots),
        listed_at=NOW - 30 * SECOND,
        fills=FILLS,
        lots=LOTS[: len(stops)],
        cycles=CYCLES,
        health=HEALTH,
        tasks=TASKS,
        journal=JournalView("/state/journal.db", 4_400_000, 9_000_000_000, 0),
        net_pnl=D("446.18"),
        venue_position=position,
        budget=Budget(1_164, 1_200, 9_876, 12_400),
        clock_skew=-40,
        commands=COMMANDS,
    )


def advance() -> Snapshot:
    return replace(
        running("advance", "66020", 4, (0, 1, 2, 3), ()), last_step="▲ +3→+4", last_step_at=NOW - 40_000
    )


def decline() -> Snapshot:
    return replace(
        running("decline", "62240", -3, (), (-2, -1, 0, 1)),
        network=Network.MAINNET,
        realized_pnl=D("-412.60"),
        unrealized_pnl=D(0),
        growth=D("-0.0322"),
        liquidation_price=None,
        liquidation_distance=None,
        margin_used=D(0),
        last_step="▼ −2→−3",
    )


def recovery() -> Snapshot:
    view = running("recovery", "63180", -2, (-3,), (-1, 0, 1))
    fired = replace(
        view.slots[1], state=SlotState.UNCONFIRMED, since=NOW - 6_000, note="no answer yet, asked 2 times"
    )
    return replace(
        view,
        network=Network.TESTNET,
        cycle=2,
        slots=(view.slots[0], fired, *view.slots[2:]),
        invariant=invariant(1, 2, D("0.10000"), ok=False, settled=False, unconfirmed=1),
        holds="one buy is not confirmed yet",
    )


def paused() -> Snapshot:
    view = running()
    return replace(
        view,
        network=Network.TESTNET,
        mode=Mode.PAUSED,
        reason="by mk@pts/3",
        commands=(
            CommandView("c4", Verb.RESUME, "mk@pts/3", NOW - 2_000, CommandState.ACKNOWLEDGED, 80),
            CommandView("c3", Verb.PAUSE, "mk@pts/3", NOW - MINUTE, CommandState.CONFIRMED, 96),
            CommandView(
                "c2",
                Verb.FLATTEN,
                "jo@pts/4",
                NOW - HOUR,
                CommandState.REFUSED,
                12,
                "another command is at work",
            ),
        ),
    )


def stale() -> Snapshot:
    view = running()
    return replace(
        view,
        mark_at=NOW - 12_400,
        sources=(
            Source("mark", NOW - 12_400, 10_000),
            Source("ws", NOW - 12_400, 10_000, connected=False),
            *sources()[2:],
        ),
        alarms=(
            Alarm(
                "price",
                Severity.WARNING,
                "no price for 12 s: nothing new is placed",
                NOW - 2_400,
                NOW - 100,
                3,
            ),
        ),
    )


def wrong_orders(view: Snapshot) -> tuple[OrderView, ...]:
    """One order that is missing, one of another size, one of somebody else."""
    first, second, third, *rest = view.orders
    return (
        first,
        replace(second, listed=D("0.05000"), fault="listed with another size"),
        replace(third, working=None, listed=None, state=None, order_id=None, fault="not placed"),
        *rest,
        OrderView(
            Side.BUY,
            "foreign",
            None,
            D(60_000),
            None,
            None,
            D("0.50000"),
            order_id=77_001,
            limit=D(60_000),
            sent_at=NOW - HOUR,
            fault="not in our books",
        ),
    )


def broken() -> Snapshot:
    view = running()
    return replace(
        view,
        network=Network.MAINNET,
        invariant=invariant(
            2,
            1,
            D("0.30000"),
            D("0.20000"),
            ok=False,
            orphans=1,
            fault="slot 3 has no stop: 0.10000 BTC bare",
        ),
        orders=wrong_orders(view),
        slots=(
            *view.slots[:2],
            replace(
                view.slots[2], state=SlotState.REJECTED, order_id=None, note="refused: not enough margin"
            ),
            view.slots[3],
        ),
        alarms=(
            Alarm("cover", Severity.CRITICAL, "0.10000 BTC without a stop", NOW - 8_000, NOW - 100, 4),
            Alarm(
                "orphan", Severity.WARNING, "one order at the venue is not ours", NOW - 90_000, NOW - 90_000
            ),
        ),
    )


def halted() -> Snapshot:
    return replace(
        running(),
        network=Network.MAINNET,
        mode=Mode.HALTED,
        reason="the fragment of 9.80 USD is under the venue's minimum of 10 USD",
        alarms=(
            Alarm("halt", Severity.CRITICAL, "halted: the fragment is too small", NOW - 60_000, NOW - 60_000),
        ),
    )


class FakeEngine:
    """Shows the snapshot it is given, notes the commands it gets, and runs until asked to stop."""

    def __init__(self, snapshot: Snapshot, events: Sequence[Event] = EVENTS) -> None:
        self.snapshot = snapshot
        self.events = list(events)
        self.commands: list[Command] = []
        self.ack: Ack | Exception = Ack("", True)
        self.reason = StopReason(0, "done")
        self.failure: Exception | None = None
        self.leaves = False  # ends by itself at once
        self.started = False
        self.wound_down = False

    def events_after(self, seq: int) -> Sequence[Event]:
        return [event for event in self.events if event.seq > seq]

    async def command(self, command: Command) -> Ack:
        self.commands.append(command)
        if isinstance(self.ack, Exception):
            raise self.ack
        return replace(self.ack, id=command.id)

    async def run(self, stop: Stop) -> StopReason:
        self.started = True
        if self.failure is not None:
            raise self.failure
        if not self.leaves:
            loop, left = asyncio.get_running_loop(), asyncio.Event()

            def wake() -> None:
                # Asked again once the run is over: its loop is closed by then.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(left.set)

            stop.on_request(wake)
            await left.wait()
        self.wound_down = True
        return self.reason


class Clock:
    """Time that moves only when a test says so."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def console(engine: FakeEngine, clock: Clock | None = None, **kwargs: object) -> HyperTui:
    """The app over a fake engine, without a timer: a test shows frames when it wants them."""
    names = ("ascii", "theme", "zone", "keys", "shots")
    look = Look(**{name: kwargs.pop(name) for name in names if name in kwargs})  # type: ignore[arg-type]
    fields: dict[str, object] = {
        "clock": clock or Clock(),
        "who": "mk@pts/3",
        "refresh_hz": 0.0,
        "look": look,
    }
    return HyperTui(engine, Stop(), **{**fields, **kwargs})  # type: ignore[arg-type]


def on_mainnet() -> Snapshot:
    return replace(running(), network=Network.MAINNET)


def silent() -> Snapshot:
    """The engine said nothing for twelve seconds."""
    view = running()
    return replace(view, network=Network.TESTNET, at=NOW - 12_400, mark_at=NOW - 12_600)
