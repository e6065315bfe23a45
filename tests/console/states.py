"""Hand-written snapshots: the states of a trade that the console's tests show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal as D

from hypertui.core.market import Instrument, Side
from hypertui.port.commands import CommandState, CommandView, Verb
from hypertui.port.snapshot import Alarm, Dependency, Mode, Network, Severity, Snapshot
from hypertui.port.views import Budget, JournalView, OrderView, SlotState
from tests.console.parts import (
    ACCOUNT,
    BTC,
    COMMANDS,
    CYCLES,
    ENTRY,
    FILLS,
    FINDINGS,
    HEALTH,
    HOUR,
    LOTS,
    MINUTE,
    NOW,
    SECOND,
    TASKS,
    UNIT,
    invariant,
    order_views,
    position_map,
    slot,
    sources,
    trigger,
    walk,
)


def starting() -> Snapshot:
    """Nothing is known but what was configured."""
    return Snapshot(
        seq=1,
        at=NOW - 100,
        started_at=NOW - 1_200,
        name="BTC",
        network=Network.TESTNET,
        account=ACCOUNT,
        instrument=BTC,
        leverage=5,
        unit_size=UNIT,
        mode=Mode.STARTING,
        sources=tuple(
            Dependency(name, None, 10_000, connected=False)
            for name in ("mark", "ws", "rest", "engine", "journal")
        ),
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
        account_at=NOW - 3 * SECOND,
        known_at=NOW - 300,
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
        known_at=NOW - 12_400,
        account_at=NOW - 14_000,
        sources=(
            Dependency("mark", NOW - 12_400, 10_000),
            Dependency("ws", NOW - 12_400, 10_000, connected=False),
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
            "",
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
            fault="0.10000 BTC (6,518.05 USD) unprotected",
        ),
        orders=wrong_orders(view),
        slots=(
            *view.slots[:2],
            replace(view.slots[2], state=SlotState.WAITING, order_id=None, note="refused: not enough margin"),
            view.slots[3],
        ),
        alarms=(
            Alarm(
                "cover",
                Severity.CRITICAL,
                "0.10000 BTC (6,518.05 USD) unprotected: no stop known to be live covers it",
                NOW - 8_000,
                NOW - 100,
                4,
            ),
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


def on_mainnet() -> Snapshot:
    return replace(running(), network=Network.MAINNET)


def silent() -> Snapshot:
    """The engine said nothing for twelve seconds."""
    view = running()
    heard = tuple(replace(source, seen_at=(source.seen_at or 0) - 12_400) for source in view.sources)
    return replace(view, network=Network.TESTNET, at=NOW - 12_400, mark_at=NOW - 12_600, sources=heard)


def selling_out() -> Snapshot:
    """No buys any more; one of the three stops has sold, the others trail."""
    view = running("retracement", "65180.5", 2, (0, 1), ())
    return replace(view, network=Network.MAINNET, mode=Mode.SELLING_OUT)


def stray() -> Snapshot:
    """Paused while the price went on: two stops should trail, and a buy has become too far away."""
    view = paused()
    lowest, *rest = view.orders
    wanted = replace(
        rest[1], level=2, trigger=ENTRY + 2 * UNIT, working=None, listed=None, state=None, order_id=None
    )
    return replace(view, mode=Mode.PAUSED, orders=(replace(lowest, expected=None), *rest, wanted))


def asking() -> Snapshot:
    """Before the trade: something amber, so that somebody has to say a word."""
    return replace(starting(), mark=D("65180.5"), mark_at=NOW - 200, asks=Verb.START, findings=FINDINGS)


def ether() -> Snapshot:
    """Another trade of the engine that is `running`."""
    return replace(
        running(),
        name="ETH",
        instrument=Instrument("ETH", 4, 25),
        leverage=10,
        strategy="ladder",
        mark=D("3007.1"),
        position=D("4.1664"),
        position_value=D("12528.78"),
        net_pnl=D("21.96"),
        day_pnl=D("29.12"),
        day_since=NOW - HOUR,
        alarms=(),
    )


def solana() -> Snapshot:
    """One in trouble."""
    alarm = Alarm("unprotected", Severity.CRITICAL, "3.33 SOL (499.50 USD) unprotected", NOW - 9_000, NOW)
    return replace(
        broken(),
        name="sol-swing",
        instrument=Instrument("SOL", 2, 20),
        leverage=20,
        strategy="ladder",
        mark=D("149.92"),
        position=D("13.32"),
        position_value=D("1996.93"),
        net_pnl=D("-2.72"),
        day_pnl=D("-1.57"),
        day_since=NOW - MINUTE,
        alarms=(alarm,),
    )
