"""All that passes between the engine and whoever watches it: snapshots and events out, commands in.

The engine swaps one frozen `Snapshot` for the next; screens pull the newest and compute nothing but ages.
Times are milliseconds since the Unix epoch, money and sizes `Decimal` in USD and coins.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from hypertui.core.market import ZERO, Instrument, Side


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


class SlotState(StrEnum):
    """Where one slot's order stands."""

    WORKING = "working"
    PENDING = "pending"  # sent, not acknowledged
    FIRED = "fired"  # the mark passed its trigger, the fill is awaited
    UNCONFIRMED = "unconfirmed"  # no answer in time; being asked for
    CANCELLING = "cancelling"
    REJECTED = "rejected"
    WAITING = "waiting"  # wanted, but something has to happen first


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Verb(StrEnum):
    """What an operator can ask for. START and, before the trade is open, ADOPT answer a question of the
    preflight."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL_BUYS = "cancel-buys"
    SELL_OUT = "sell-out"
    FLATTEN = "flatten"
    CANCEL_ALL = "cancel-all"
    HALT = "halt"
    ADOPT = "adopt"
    RECONCILE = "reconcile"


class Level(StrEnum):
    """How much a finding of the preflight matters."""

    RED = "red"  # the venue would refuse or liquidate: nothing begins
    AMBER = "amber"  # somebody should know of it before money is at stake
    GREEN = "green"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at before a trade: its figure beside its limit (empty where there is none),
    and one line that says what it means."""

    name: str
    level: Level
    text: str
    figure: str = ""
    limit: str = ""


class OnExit(StrEnum):
    """What becomes of the working orders when the engine leaves."""

    BUYS = "buys"  # cancel the buys, keep the stops
    LEAVE = "leave"
    FLATTEN = "flatten"


@dataclass(frozen=True, slots=True)
class Source:
    """A thing the engine depends on, with the last sign of life. It is stale when older than `limit` ms."""

    name: str
    seen_at: int | None
    limit: int
    latency: int | None = None
    connected: bool = True


@dataclass(frozen=True, slots=True)
class SlotView:
    """One row of the stop/buy window: the order a slot has, or should have. Slots count from 1; 0 means that
    none carries it yet."""

    slot: int
    side: Side
    unit: int
    trigger: Decimal
    size: Decimal
    state: SlotState
    since: int
    distance: Decimal | None = None  # (trigger - mark) / mark
    order_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class UnitOrder:
    """One order of a unit's history. `statuses` are (ms, word), oldest first, `average` the price (USD) of
    what was filled, `fee` what that paid."""

    client_id: str
    side: Side
    size: Decimal
    filled: Decimal
    average: Decimal | None
    fee: Decimal
    realized_pnl: Decimal
    statuses: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class MapRow:
    """One unit of the position map, with its newest order. `orders` counts all ever placed there, `history`
    has the newest of them, newest first."""

    unit: int
    price: Decimal
    side: Side | None = None
    size: Decimal | None = None
    status: str | None = None
    live: bool = False
    orders: int = 0
    realized_pnl: Decimal | None = None
    history: tuple[UnitOrder, ...] = ()


@dataclass(frozen=True, slots=True)
class Trigger:
    """The next price at which the ladder steps. `away` is signed, in USD; `fraction` is away / mark."""

    unit: int
    price: Decimal
    away: Decimal
    fraction: Decimal


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
class Alarm:
    """A condition that somebody should know of. `count` says how often it began; `first` is when it did so
    first, `last` when it was last seen, or ended."""

    key: str
    severity: Severity
    text: str
    first: int
    last: int
    count: int = 1
    active: bool = True


class CommandState(StrEnum):
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"  # the engine works on it
    CONFIRMED = "confirmed"  # the outcome was seen at the venue
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CommandView:
    """An operator's action and how far it has come. `took` is ms from sent to its last state."""

    id: str
    verb: Verb
    who: str
    at: int
    state: CommandState
    took: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """What the venue still lets this engine send: request weight, which refills by the second, and actions of
    the account, which trading refills (None until asked for). `short` says what has to wait for lack of
    it."""

    weight: int
    weight_limit: int
    requests: int | None = None
    requests_limit: int | None = None
    short: str = ""


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order three ways, as sizes in coins: what the ladder wants at its unit, what works by our own
    journal, and what the venue listed at the last comparison; None where there is none.

    `fault` names a difference that nothing under way explains. `state` is None for an order that is not ours.
    """

    side: Side
    role: str
    unit: int | None
    trigger: Decimal | None
    expected: Decimal | None
    working: Decimal | None
    listed: Decimal | None
    state: SlotState | None = None
    client_id: str | None = None
    order_id: int | None = None
    size: Decimal | None = None
    filled: Decimal | None = None
    limit: Decimal | None = None
    reduce_only: bool | None = None
    listed_trigger: Decimal | None = None
    sent_at: int | None = None
    since: int | None = None
    statuses: tuple[tuple[int, str], ...] = ()
    fault: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class FillView:
    """One execution. `unit` is None where no order of a unit made it; `slippage` is what its price cost
    against the trigger, in USD per coin, positive for the worse."""

    at: int
    side: Side
    unit: int | None
    size: Decimal
    price: Decimal
    value: Decimal
    fee: Decimal
    realized_pnl: Decimal
    slippage: Decimal | None
    order_id: int
    trade_id: int
    client_id: str | None


@dataclass(frozen=True, slots=True)
class LotView:
    """Coins still held from one purchase; `cost` is what they cost, `fee` what buying them paid, in USD."""

    at: int
    size: Decimal
    price: Decimal
    cost: Decimal
    fee: Decimal
    order_id: int


@dataclass(frozen=True, slots=True)
class CycleView:
    """A cycle with its units, what the trade was worth (USD) when it began, and when it ended if it has."""

    number: int
    peak_unit: int
    valley_unit: int
    began_with: Decimal
    ended_with: Decimal | None = None
    growth: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Latency:
    """How long the venue took to answer lately, in ms: the middle, the slow end, the worst, and how many
    answers took up to each of `LATENCY_STEPS`, the last count being of those beyond."""

    middle: int
    slow: int
    worst: int
    counts: tuple[int, ...]


LATENCY_STEPS = (25, 50, 100, 200, 400, 800, 1_600, 3_200)


@dataclass(frozen=True, slots=True)
class Health:
    """How the engine itself is. `memory` in bytes."""

    latency: Latency | None = None
    answers: int = 0
    connections: int = 0  # of the feed, so far
    memory: int | None = None
    journal_problem: str = ""


@dataclass(frozen=True, slots=True)
class TaskView:
    """Something that the engine does every `every` ms. `last` is when it last ended and `took` how long that
    took (ms), `result` what came of it, in words (empty before the first time), and `failed` whether that was
    nothing; `next` is None where there is no cause for it now. `overdue`: by more than two periods."""

    name: str
    every: int
    last: int | None = None
    next: int | None = None
    took: int = 0
    result: str = ""
    failed: bool = False
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class JournalView:
    """Where the journal is, its bytes and those free on its disk (None where only the database knows), and
    the rows that wait to be written."""

    place: str
    size: int | None = None
    free: int | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the screens show, computed once by the engine. None means not known yet."""

    seq: int
    at: int
    started_at: int
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
    refusals: tuple[tuple[Verb, str], ...] = ()  # the commands that would be refused now, and why
    closed_at: int | None = None  # when everything was sold for good (ms)
    steady: int = 0  # what the machine's own clock that nobody sets showed at `at` (ms)
    # price
    mark: Decimal | None = None
    mark_at: int | None = None
    mid: Decimal | None = None
    prices: tuple[tuple[int, Decimal], ...] = ()  # (ms, mark), oldest first, thinned
    price_change: Decimal | None = None  # fraction over `prices`
    next_up: Trigger | None = None
    next_down: Trigger | None = None
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
    lots: tuple[LotView, ...] = ()  # oldest first, as they will be sold
    cycles: tuple[CycleView, ...] = ()  # newest first
    # preflight
    findings: tuple[Finding, ...] = ()
    asks: Verb | None = None  # what the operator has to say before the trade begins
    # health
    health: Health = field(default_factory=lambda: Health())
    budget: Budget | None = None
    clock_skew: int | None = None  # ms: the venue's clock less ours
    sources: tuple[Source, ...] = ()
    tasks: tuple[TaskView, ...] = ()  # the least frequent first
    journal: JournalView | None = None
    alarms: tuple[Alarm, ...] = ()
    commands: tuple[CommandView, ...] = ()  # newest first


class EventKind(StrEnum):
    """The kinds of event there are: on the screen, in the log, on standard output and, as its tables, in the
    journal."""

    STEP = "step"
    ORDER = "order"
    FILL = "fill"
    COMMAND = "command"
    ALARM = "alarm"
    PREFLIGHT = "preflight"  # a finding before the trade
    STATE = "state"  # the engine as a whole, the program around it too
    LOG = "log"  # what libraries and defects say; in the log alone


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in plain words (`text`) and as data fit for JSON (`data`)."""

    seq: int
    at: int
    kind: EventKind
    severity: Severity
    text: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """A request to the engine; sending the same `id` twice does it once. `who` is for the audit."""

    id: str
    verb: Verb
    who: str


@dataclass(frozen=True, slots=True)
class Ack:
    """The engine's first answer: taken up or refused, with words for the operator. Not yet done."""

    id: str
    accepted: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class StopReason:
    """How a run ended. `status` is the process's exit status: 0 done, 2 bad input, 3 halted, 4 venue not
    reached."""

    status: int
    text: str


# The exit statuses of a run that ended before anything was traded: bad input, venue not reached.
NEVER_STARTED = (2, 4)


class Stop:
    """The order to leave, given from any thread or signal handler, at any time, more than once.

    `on_exit` holds what the engine shall do with its orders; the last request decides. `by` says for the
    audit who runs it.
    """

    def __init__(self, on_exit: OnExit = OnExit.BUYS) -> None:
        self.on_exit = on_exit
        self.by = "nobody"
        self._requested = threading.Event()
        self._wake: Callable[[], None] | None = None

    @property
    def requested(self) -> bool:
        return self._requested.is_set()

    def request(self, on_exit: OnExit | None = None) -> None:
        """Ask the engine to leave; `on_exit` changes what it does on the way."""
        if on_exit is not None:
            self.on_exit = on_exit
        self._requested.set()
        wake = self._wake
        if wake is not None:
            wake()

    def on_request(self, wake: Callable[[], None]) -> None:
        """Register the engine's wake-up; it must be safe to call from any thread. Called at once if the
        request is already there."""
        self._wake = wake
        if self.requested:
            wake()


class EnginePort(Protocol):
    """The engine as the screens know it. All members but `run` may be used from any thread or loop."""

    @property
    def snapshot(self) -> Snapshot:
        """The newest view; O(1)."""

    def events_after(self, seq: int) -> Sequence[Event]:
        """The events after `seq` that are still kept, oldest first; a first one beyond seq + 1 is a gap."""

    async def command(self, command: Command) -> Ack:
        """Hand over a command and wait for the first answer only."""

    async def run(self, stop: Stop) -> StopReason:
        """Trade until done, halted or asked to stop; returns after the wind-down."""
