"""How a trade fares: what each fact comes to, and that worse facts never make a better word."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.port.commands import Verb
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Alarm, Dependency, Invariant, Mode, Network, Severity, Snapshot
from hypertui.port.verdict import Fitness, has_started, now_of, silence, unready, verdict
from tests.console import states

NOW = 1_700_000_000_000
STEADY = 5_000_000
LIMIT = 60_000
D = Decimal


def good() -> Snapshot:
    """A trade that runs, with four stops over all that it holds."""
    lamp = Invariant(True, True, 4, 0, D(4), D(4), protected=D(1))
    return replace(
        states.running(),
        at=NOW, steady=STEADY, network=Network.PAPER, mode=Mode.RUNNING, reason="", holds="", alarms=(),
        invariant=lamp, known_at=NOW, blind_after=10_000, position=D(4),
        sources=(Dependency("mark", NOW, 10_000), Dependency("ws", NOW, 35_000)),
    )  # fmt: skip


def lit(**changes: object) -> Snapshot:
    lamp = good().invariant
    assert lamp is not None
    return replace(good(), invariant=replace(lamp, **changes))  # type: ignore[arg-type]


def alarm(severity: Severity, *, active: bool = True) -> Snapshot:
    return replace(good(), alarms=(Alarm("key", severity, "words", NOW, NOW, active=active),))


def source(**changes: object) -> Snapshot:
    return replace(good(), sources=(replace(Dependency("ws", NOW, 35_000), **changes),))  # type: ignore[arg-type]


OK, DEGRADED, BAD = Fitness.OK, Fitness.DEGRADED, Fitness.BAD
GONE = {"over": True, "slots": (), "position": D(0)}


@pytest.mark.parametrize(
    ("trade", "age", "fitness", "why"),
    [
        (good(), 0, OK, ""),
        (good(), 9_000, OK, ""),
        (replace(good(), mode=Mode.SELLING_OUT), 0, OK, ""),
        (replace(good(), mode=Mode.PAUSED, reason="by ann"), 0, DEGRADED, "paused: by ann"),
        (replace(good(), mode=Mode.STARTING, sources=()), 0, DEGRADED, "starting"),
        (replace(good(), mode=Mode.HALTED, reason="by ann"), 0, BAD, "halted: by ann"),
        (good(), LIMIT + 1_000, BAD, "silent: no snapshot for 61 s"),
        (good(), LIMIT, DEGRADED, "stale: mark is 60 s old"),
        (lit(unprotected="1 SOL", ok=False), 0, BAD, "unprotected: 1 SOL"),
        (lit(unprotected="1 SOL", ok=False, settled=False), 0, DEGRADED, "unprotected: 1 SOL"),
        (lit(fault="two orders", ok=False), 0, DEGRADED, "fault: two orders"),
        (lit(fault="two orders", ok=False, settled=False), 0, OK, ""),
        (alarm(Severity.CRITICAL), 0, BAD, "alarm: words"),
        (alarm(Severity.WARNING), 0, DEGRADED, "alarm: words"),
        (alarm(Severity.CRITICAL, active=False), 0, OK, ""),
        (alarm(Severity.INFO), 0, OK, ""),
        (replace(good(), holds="price is 12 s old"), 0, DEGRADED, "nothing new is placed: price is 12 s old"),
        (source(connected=False), 0, DEGRADED, "stale: ws is not connected"),
        (source(seen_at=NOW - 36_000), 0, DEGRADED, "stale: ws is 36 s old"),
        (source(seen_at=None), 0, DEGRADED, "stale: ws has not been heard of"),
        (replace(source(seen_at=None), mode=Mode.STARTING), 0, DEGRADED, "starting"),
        (replace(good(), mode=Mode.STOPPED, **GONE), 10 * LIMIT, OK, ""),  # type: ignore[arg-type]
        (replace(good(), mode=Mode.HALTED, reason="x", **GONE), 10 * LIMIT, BAD, "halted: x"),  # type: ignore[arg-type]
        (
            replace(good(), mode=Mode.STOPPED, reason="left", over=True),
            0, DEGRADED, "unattended: it has left what it holds: left",
        ),
    ],
)  # fmt: skip
def test_each_fact_has_its_word(trade: Snapshot, age: int, fitness: Fitness, why: str) -> None:
    judged = verdict(trade, NOW + age, LIMIT)
    assert judged.fitness is fitness
    assert next(iter(judged.why), "") == why


def test_the_worst_reason_comes_first() -> None:
    trade = replace(alarm(Severity.CRITICAL), mode=Mode.PAUSED, holds="x")
    assert verdict(trade, NOW, LIMIT).why == ("alarm: words", "paused", "nothing new is placed: x")


lamps = st.builds(
    Invariant,
    ok=st.booleans(), settled=st.booleans(), stops=st.just(4), buys=st.just(0), stopped_size=st.just(D(4)),
    position=st.just(D(4)), unprotected=st.sampled_from(["", "1 SOL"]), fault=st.sampled_from(["", "odd"]),
)  # fmt: skip
alarms = st.builds(
    Alarm, st.just("key"), st.sampled_from(Severity), st.just("words"), st.just(NOW), st.just(NOW),
    active=st.booleans(),
)  # fmt: skip
sources = st.builds(
    Dependency,
    st.just("ws"), st.one_of(st.none(), st.integers(NOW - 60_000, NOW)), st.just(35_000),
    connected=st.booleans(),
)  # fmt: skip
trades = st.builds(
    lambda mode, lamp, sounding, heard, holds: replace(
        good(), mode=mode, invariant=lamp, alarms=tuple(sounding), sources=tuple(heard), holds=holds
    ),
    st.sampled_from(Mode),
    st.one_of(st.none(), lamps),
    st.lists(alarms, max_size=2),
    st.lists(sources, max_size=2),
    st.sampled_from(["", "no price"]),
)


@st.composite
def worse(draw: st.DrawFn, trade: Snapshot) -> Snapshot:
    """The same with one fact that is worse."""
    lamp = trade.invariant
    ways = [
        replace(trade, alarms=(*trade.alarms, draw(alarms))),
        replace(trade, alarms=tuple(replace(each, active=True) for each in trade.alarms)),
        replace(trade, alarms=tuple(replace(each, severity=Severity.CRITICAL) for each in trade.alarms)),
        replace(trade, sources=tuple(replace(each, connected=False) for each in trade.sources)),
        replace(trade, sources=(*trade.sources, draw(sources))),
        replace(trade, holds="no price"),
        replace(trade, mode=Mode.HALTED),
    ]
    if trade.mode in (Mode.RUNNING, Mode.SELLING_OUT):
        ways.append(replace(trade, mode=Mode.PAUSED))
    if lamp is not None:
        ways += [
            replace(trade, invariant=replace(lamp, unprotected="2 SOL")),
            replace(trade, invariant=replace(lamp, fault="odd")),
            replace(trade, invariant=replace(lamp, settled=True)),  # what is under way explains it no more
        ]
    return draw(st.sampled_from(ways))


@given(st.data(), trades, st.integers(0, 2 * LIMIT), st.integers(0, LIMIT))
def test_worse_facts_never_make_a_better_word(
    data: st.DataObject, trade: Snapshot, age: int, older: int
) -> None:
    before = verdict(trade, NOW + age, LIMIT).fitness
    assert verdict(data.draw(worse(trade)), NOW + age, LIMIT).fitness >= before
    assert verdict(trade, NOW + age + older, LIMIT).fitness >= before
    assert verdict(trade, NOW + age, LIMIT // 2).fitness >= before
    assert (before is OK) == (not verdict(trade, NOW + age, LIMIT).why)


def view(*found: Snapshot) -> EngineView:
    return EngineView(tuple(replace(trade, name=f"t{number}") for number, trade in enumerate(found)))


@pytest.mark.parametrize(
    ("trade", "why"),
    [
        (good(), ""),
        (replace(good(), mode=Mode.PAUSED, reason="by ann"), ""),
        (replace(good(), mode=Mode.SELLING_OUT), ""),
        (replace(good(), mode=Mode.STARTING), "t1: starting"),
        (replace(good(), mode=Mode.HALTED, reason="by ann"), "t1: halted: by ann"),
        (replace(good(), mode=Mode.STOPPED), "t1: stopped"),
        (replace(good(), mode=Mode.STOPPED, over=True), ""),
        (replace(good(), mode=Mode.HALTED, over=True), "t1: halted"),
        (replace(good(), known_at=None), "t1: the exchange has not been asked about it yet"),
        (replace(good(), invariant=None), "t1: the exchange has not been asked about it yet"),
        (replace(good(), known_at=NOW - 12_000), "t1: the exchange is out of sight for 12 s"),
        (lit(unprotected="1 SOL"), "t1: 1 SOL unprotected"),
    ],
)
def test_ready_is_who_trades_protected_with_the_exchange_in_sight(trade: Snapshot, why: str) -> None:
    assert "; ".join(unready(view(good(), trade), STEADY)) == why


def test_a_loop_that_publishes_nothing_is_silent_and_not_ready() -> None:
    shown = view(replace(good(), steady=STEADY - 20_000, over=True), good())
    assert silence(shown, STEADY + 10_000) == "" and silence(shown, STEADY + 11_000)
    assert list(unready(shown, STEADY + 11_000)) == ["no snapshot for 11 s"]


def test_the_engines_clock_goes_on_until_a_trade_is_over() -> None:
    assert now_of(good(), STEADY + 7) == NOW + 7
    assert now_of(good(), STEADY - 7) == NOW
    assert now_of(replace(good(), over=True), STEADY + 7) == NOW


@pytest.mark.parametrize(
    ("trade", "started"),
    [
        (good(), True),
        (replace(good(), mode=Mode.PAUSED), True),
        (replace(good(), mode=Mode.STARTING), False),
        (replace(good(), mode=Mode.STARTING, asks=Verb.START), True),
        (lit(settled=False), False),
        (replace(lit(settled=False), over=True), True),
    ],
)
def test_a_start_is_over_when_it_is_settled_or_asks(trade: Snapshot, started: bool) -> None:
    assert has_started(trade) is started


def test_an_alarm_of_a_source_leaves_what_is_held_protected() -> None:
    missed = Alarm("webhook tv", Severity.CRITICAL, "webhook tv: open held: an alert was missed", NOW, NOW)
    found = verdict(good(), NOW, LIMIT, [missed])
    assert (found.fitness, found.why) == (Fitness.DEGRADED, (f"alarm: {missed.text}",))
    assert verdict(good(), NOW, LIMIT, [replace(missed, active=False)]).fitness is Fitness.OK
    bad = verdict(replace(good(), mode=Mode.HALTED), NOW, LIMIT, [missed])
    assert (bad.fitness, len(bad.why)) == (Fitness.BAD, 2)
