"""What a snapshot is made of: orders, fills, lots, units, and how the engine itself is.

Times are milliseconds since the Unix epoch, money and sizes `Decimal` in USD and coins.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hypertui.core.market import Side


class SlotState(StrEnum):
    """Where one slot's order stands."""

    LIVE = "live"
    PENDING = "pending"  # sent, not acknowledged
    FIRED = "fired"  # the mark passed its trigger, the fill is awaited
    UNANSWERED = "unanswered"  # no answer in time; being asked for
    CANCELLING = "cancelling"
    WAITING = "waiting"  # wanted, but something has to happen first

    @property
    def is_known_live(self) -> bool:
        """Whether the exchange is known to have it, and nothing is said against that."""
        return self in (SlotState.LIVE, SlotState.FIRED)


@dataclass(frozen=True, slots=True)
class SlotView:
    """One row of the stop/buy window: the order that a key has, or should have (`stop/2`), and the `level` at
    which it stands."""

    key: str
    side: Side
    level: int | None
    trigger: Decimal
    size: Decimal
    state: SlotState
    since: int
    distance: Decimal | None = None  # (trigger - mark) / mark
    order_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ExitView:
    """A rule that may end the trade: its `limit` as it is set, the `price` (USD) at which it acts, where it
    acts at one, with the `distance` to it, and what it says now. `at_exchange` is what is known of its own
    order there, in words; empty where it has none, and acts only while an engine runs."""

    rule: str
    limit: str
    due: bool
    price: Decimal | None
    distance: Decimal | None  # (price - mark) / mark
    text: str
    at_exchange: str = ""


@dataclass(frozen=True, slots=True)
class GuardView:
    """A limit on the risk: how it stands, in a word and in words, and how much of it is used up (a fraction;
    None where that is not known). `action` is what it does at its limit, `resets` when that ends; `by_hand`:
    it is tripped until somebody resets it. `note` says who has done that today, and why."""

    guard: str
    state: str
    used: Decimal | None
    text: str
    action: str
    resets: str
    tripped: bool = False
    by_hand: bool = False
    note: str = ""

    @property
    def words(self) -> str:
        """Its name, for people."""
        return self.guard.replace("_", " ")


@dataclass(frozen=True, slots=True)
class UnitOrder:
    """One order of a unit's history. `statuses` are (ms, word), oldest first, `average` the price (USD) of
    what was filled, `fee` what that paid; `why` it was placed, as long as that is remembered."""

    client_id: str
    side: Side
    size: Decimal
    filled: Decimal
    average: Decimal | None
    fee: Decimal
    realized_pnl: Decimal
    statuses: tuple[tuple[int, str], ...]
    why: str = ""


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
class PriceLine:
    """A price (USD) that matters to a trade: its `name` in a word or two, with the `side` and `size` (coins,
    None for the whole position) of the order that stands there and that order's `state`; None and empty of
    what is no order."""

    name: str
    price: Decimal
    side: Side | None = None
    size: Decimal | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """What a bracket would do if it were told to enter now: buy `size` coins for about `value` USD by an
    `order`, at a `price` (USD) and by a `rule` in words. Its `stop` would then stand there, which loses
    `loss` USD, fees of both ways among it."""

    size: Decimal
    value: Decimal
    order: str
    price: Decimal
    rule: str
    stop: Decimal
    loss: Decimal


@dataclass(frozen=True, slots=True)
class BracketView:
    """A bracket: whether it is `flat`, `buying` or `held`, and since when (ms; None for as long as it is
    there). While it buys, so much is `bought` of what is `wanted`, at `entry`. What is held has cost
    `average` each, and its `stop` is where the highest live stop stands. It cools down until `cools_until`
    (ms), and `given_up` says why its last entry bought no more. `stays` counts how often it has left the
    market. So long (ms) after an exit it may be told again; None in `reenters_after` where an exit ends the
    trade. `plan` is what it would do if it were told now, while it holds nothing."""

    state: str
    since: int | None = None
    wanted: Decimal | None = None
    bought: Decimal | None = None
    entry: Decimal | None = None
    average: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    lines: tuple[PriceLine, ...] = ()
    cools_until: int | None = None
    given_up: str = ""
    stays: int = 0
    reenters_after: int | None = None
    plan: EntryPlan | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """The next price at which the ladder steps. `away` is signed, in USD; `fraction` is away / mark."""

    unit: int
    price: Decimal
    away: Decimal
    fraction: Decimal


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
    """One order three ways, as sizes in coins: what the strategy wants of its key, what works by our own
    journal, and what the venue listed at the last comparison; None where there is none.

    `fault` names a difference that nothing under way explains. `state` is None for an order that is not ours.
    `why` says why it was placed.
    """

    side: Side
    role: str
    key: str
    level: int | None
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
    why: str = ""


@dataclass(frozen=True, slots=True)
class FillView:
    """One execution. `level` is None where no order of a level made it; `slippage` is what its price cost
    against the trigger, in USD per coin, positive for the worse."""

    at: int
    side: Side
    level: int | None
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
class ResultView:
    """What the sales have brought, net of fees (USD): their sum as it went (ms, USD; thinned, the newest
    last), its deepest fall, and the sums by hour of the day (UTC) and by reason, in order of their names."""

    course: tuple[tuple[int, Decimal], ...] = ()
    drawdown: Decimal = Decimal(0)
    hours: tuple[tuple[int, Decimal], ...] = ()
    reasons: tuple[tuple[str, Decimal], ...] = ()


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
