"""Everything that is known of one trade at one moment.

The engine swaps one frozen `Snapshot` for the next; screens pull the newest and compute nothing but ages.
Times are milliseconds since the Unix epoch, money and sizes `Decimal` in USD and coins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hypertui.core.findings import Finding
from hypertui.core.market import ZERO, Instrument
from hypertui.port.commands import CommandView, Verb
from hypertui.port.health import HealthFigures
from hypertui.port.prices import PriceSeries
from hypertui.port.views import (
    BracketView,
    Budget,
    CycleView,
    ExitView,
    FillView,
    GuardView,
    Health,
    JournalView,
    LotView,
    MapRow,
    OrderView,
    ResultView,
    SlotView,
    TaskView,
    Trigger,
)


class Network(StrEnum):
    PAPER = "paper"
    TESTNET = "testnet"
    MAINNET = "mainnet"


class Mode(StrEnum):
    """What the engine is doing, as a whole."""

    STARTING = "starting"  # connecting, checking, entering
    RUNNING = "running"
    PAUSED = "paused"  # no new risk; what is held stays protected
    SELLING_OUT = "selling-out"  # no buys any more; the stops trail until all is sold
    HALTED = "halted"  # nothing is placed or cancelled any more
    STOPPED = "stopped"  # the wind-down is done, the engine has left


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Dependency:
    """A thing the engine depends on, with the last sign of life. It is stale when older than `limit` ms. A
    price that comes `by_rest` was asked for, because the feed is down."""

    name: str
    seen_at: int | None
    limit: int
    latency: int | None = None
    connected: bool = True
    by_rest: bool = False


@dataclass(frozen=True, slots=True)
class Invariant:
    """The master lamp: the orders that are wanted are live, none twice at a unit, and live stops cover
    every coin.

    `settled` is False while what is under way explains a difference. `position` is the larger of what the
    trade has booked and what the exchange holds, negative for a short one; `protected` the part of it that
    live stops cover, None while nothing is held; `unprotected` says in words what no live stop
    covers, coins and USD (empty where it is less than an order), and `unprotected_since` when that began.
    """

    ok: bool
    settled: bool
    stops: int
    buys: int
    stopped_size: Decimal
    position: Decimal
    unconfirmed: int = 0
    orphans: int = 0
    duplicates: int = 0
    fault: str = ""
    protected: Decimal | None = None
    unprotected: str = ""
    unprotected_since: int | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """That somebody knows of an alarm."""

    who: str
    at: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """A condition that somebody should know of. `count` says how often it began; `first` is when it did so
    first, `last` when it was last seen, or ended. One that begins again or gets worse has to be acknowledged
    again."""

    key: str
    severity: Severity
    text: str
    first: int
    last: int
    count: int = 1
    active: bool = True
    acknowledged: Acknowledgement | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the screens show, computed once by the engine. None means not known yet."""

    seq: int
    at: int
    started_at: int
    name: str
    network: Network
    account: str
    instrument: Instrument
    leverage: int
    unit_size: Decimal
    mode: Mode
    reason: str = ""  # why it is paused or halted
    holds: str = ""  # why nothing new is placed just now, if so
    resumes: Mode = Mode.RUNNING  # what resume goes on with
    wish: str = ""  # what was ordered and is not done yet, and what that waits for
    exits: tuple[ExitView, ...] = ()  # by priority
    ends_by: str = ""  # the exit or the guard that ends the trade, once one does
    guards: tuple[GuardView, ...] = ()  # those that are set, in their order
    refusals: tuple[tuple[Verb, str], ...] = ()  # the commands that would be refused now, and why
    closed_at: int | None = None  # when everything was sold for good (ms)
    over: bool = False  # its run has ended: all stays as it was then, while the engine's other trades go on
    strategy: str = ""
    steady: int = 0  # what the machine's own clock that nobody sets showed at `at` (ms)
    # price
    mark: Decimal | None = None
    mark_at: int | None = None
    mid: Decimal | None = None
    prices: tuple[tuple[int, Decimal], ...] = ()  # (ms, mark), oldest first, one a second of the last 5 min
    price_change: Decimal | None = None  # fraction over `prices`
    # Minutes of the last 4 h, then longer candles that reach back over the whole trade, and a day at least.
    # The same object while no candle has closed.
    series: tuple[PriceSeries, ...] = ()
    next_up: Trigger | None = None
    next_down: Trigger | None = None
    bracket: BracketView | None = None  # where one trades
    # ladder
    entry_price: Decimal | None = None
    unit: int = 0
    long_slots: int = 0  # k
    phase: str = ""
    cycle: int = 0
    peak_unit: int = 0
    valley_unit: int = 0
    slots: tuple[SlotView, ...] = ()
    position_map: tuple[MapRow, ...] = ()  # highest unit first
    invariant: Invariant | None = None
    last_step: str = ""
    last_step_at: int | None = None
    steps: int = 0
    # money
    position: Decimal = ZERO
    position_value: Decimal = ZERO
    fragment: Decimal | None = None
    reinvest: str = ""
    realized_pnl: Decimal = ZERO
    unrealized_pnl: Decimal = ZERO
    net_pnl: Decimal = ZERO  # both, less the fees paid for the coins still held
    day_pnl: Decimal | None = None  # net, since `day_since`
    day_since: int | None = None  # midnight UTC, or when the trade or the engine began after it (ms)
    # What the account loses or gains from here if every stop fills at its trigger, after fees: in USD, and
    # as a fraction of the equity. None where stops do not cover the position, or nothing is held.
    at_stops: Decimal | None = None
    at_stops_share: Decimal | None = None
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    whipsaw_cost: Decimal = ZERO
    round_trips: int = 0
    equity: Decimal | None = None
    growth: Decimal | None = None  # of the position's value since entry, a fraction
    cycle_growth: Decimal | None = None  # since the last cycle
    margin_used: Decimal | None = None
    liquidation_price: Decimal | None = None
    liquidation_distance: Decimal | None = None  # (mark - liquidation) / mark
    venue_position: Decimal | None = None  # what the exchange holds, as far as it has told
    account_at: int | None = None  # when equity, margin and liquidation price were asked for (ms)
    # Everything said of orders and position is as of then (ms), and the exchange is out of sight when that is
    # longer ago than `blind_after`.
    known_at: int | None = None
    blind_after: int = 10_000
    # the books
    orders: tuple[OrderView, ...] = ()  # lowest unit first
    listed_at: int | None = None  # when the venue's orders were last asked for (ms)
    fills: tuple[FillView, ...] = ()  # newest first
    result: ResultView = field(default_factory=ResultView)
    lots: tuple[LotView, ...] = ()  # oldest first, as they will be sold
    cycles: tuple[CycleView, ...] = ()  # newest first
    # preflight
    findings: tuple[Finding, ...] = ()
    asks: Verb | None = None  # what the operator has to say before the trade begins
    waits: bool = False  # for a signal to begin with
    not_begun: str = ""  # why the last signal came to nothing: the reason of its intent
    begun_by: str = ""  # the command of the last signal, of those that this process has had
    # health
    health: Health = field(default_factory=lambda: Health())
    figures: HealthFigures | None = None  # of its run so far
    budget: Budget | None = None
    clock_skew: int | None = None  # ms: the venue's clock less ours
    sources: tuple[Dependency, ...] = ()
    tasks: tuple[TaskView, ...] = ()  # the least frequent first
    journal: JournalView | None = None
    alarms: tuple[Alarm, ...] = ()
    commands: tuple[CommandView, ...] = ()  # newest first

    @property
    def is_open(self) -> bool:
        """Whether there is a trade, with coins or flat."""
        return self.entry_price is not None or self.bracket is not None

    @property
    def outlives_exits(self) -> bool:
        """Whether an exit closes the position alone, after which the trade waits for its next entry."""
        return self.bracket is not None and self.bracket.reenters_after is not None
