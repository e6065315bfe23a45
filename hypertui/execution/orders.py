"""Own orders with their proven state, and the client ids that they carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hypertui.core.market import OPERATOR, ZERO, Order, OrderType, Reason, Side, Source
from hypertui.core.order_key import OPENING, OrderKey
from hypertui.core.purpose import Purpose
from hypertui.exchange.protocol import OrderState
from hypertui.port.views import SlotState
from hypertui.strategy.exits.native import is_exit

SENT = "sent"  # what an order's status is at first
LIVE = "live"  # and what it is once the exchange is known to have it
_LENGTH = 34  # 0x and 32 hex digits


@dataclass(slots=True)
class ClientIds:
    """Deterministic client order ids: the trade (64 bits), the order key (16), the start of the process (16)
    and a count (32).

    The same four always give the same id, so that asking twice can place only once. Each start of a process
    has a number of its own: what an earlier one sent, and could not write down before it died, is never sent
    again under the same id for something else."""

    trade: int
    start: int = 0
    _counts: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.trade &= 2**64 - 1

    def peek(self, key: OrderKey) -> str:
        """The id that the key's next order will have; 0x and 32 hex digits."""
        return self._id(key, self.start << 32 | self._counts.get(key.code, 0) + 1)

    def next(self, key: OrderKey) -> str:
        """The same, given away for good."""
        client_id = self.peek(key)
        self.used(client_id)
        return client_id

    def entry(self, attempt: int) -> str:
        """The id of the order that opens the trade. `attempt` is 1, and one more for each that came to
        nothing."""
        return self._id(OPENING, attempt)

    def used(self, client_id: str) -> None:
        """An order has this id; one of a later start than is known begins that start."""
        code, start, count = (int(part, 16) for part in (client_id[18:22], client_id[22:26], client_id[26:]))
        if start > self.start:
            self.begin(start)
        if start == self.start:
            self._counts[code] = max(count, self._counts.get(code, 0))

    def begin(self, start: int) -> None:
        """The ids from now on are those of start number `start`."""
        self.start = start
        self._counts.clear()

    def owns(self, client_id: str | None) -> bool:
        """Whether an id belongs to this trade."""
        return client_id is not None and client_id.lower().startswith(f"0x{self.trade:016x}")

    def _id(self, key: OrderKey, generation: int) -> str:
        return f"0x{self.trade:016x}{key.code:04x}{generation:012x}"


def trade_of(client_id: str | None) -> int | None:
    """The trade that a client id names, if it has the form of one."""
    return None if client_id is None or len(client_id) != _LENGTH else int(client_id[2:18], 16)


def key_of(client_id: str | None) -> OrderKey | None:
    """The order key that a client id names, if it has the form of one."""
    if client_id is None or len(client_id) != _LENGTH:
        return None
    return OrderKey.of_code(int(client_id[18:22], 16))


def names_exit(client_id: str | None) -> bool:
    """Whether a client id is that of an exit which rests at the exchange."""
    key = key_of(client_id)
    return key is not None and is_exit(key)


def start_number_of(client_id: str | None) -> int | None:
    """The number of the start whose process gave this id away; None for an entry's."""
    if key_of(client_id) in (None, OPENING) or client_id is None:
        return None
    return int(client_id[22:26], 16)


class Role(StrEnum):
    """What an order is for."""

    ENTRY = "entry"
    STOP = "stop"
    BUY = "buy"
    TARGET = "target"  # an exit with a gain
    SALE = "sale"  # market sale of coins whose stop the price has passed
    CLOSE = "close"  # market sale of everything, at the operator's word
    EXIT = "exit"  # a rule that ends the trade, resting at the exchange: for all of the position
    ADOPTED = "adopted"  # no order of the trade's own: coins that changed hands otherwise


# What gives coins back.
EXITS = (Role.STOP, Role.TARGET, Role.SALE, Role.CLOSE, Role.EXIT)

# What of the request budget an order of each role may use.
PURPOSES = {
    Role.ENTRY: Purpose.OPEN,
    Role.STOP: Purpose.PROTECT,
    Role.BUY: Purpose.OPEN,
    Role.TARGET: Purpose.REDUCE,
    Role.SALE: Purpose.PROTECT,
    Role.CLOSE: Purpose.PROTECT,
    Role.EXIT: Purpose.REDUCE,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Why an order was made, as it was decided and never changed.

    `target` is the price (USD) at which it is meant to fill: that of its level; for a sale at the market that
    of the stop it stands for, for an entry and a close the price they were decided at. None where an older
    version wrote it. `text` says in plain words why now, `replaces` is the client id of the order in whose
    place it goes, `step` the number of the strategy's last move by then.
    """

    reason: Reason
    source: Source
    target: Decimal | None = None
    text: str = ""
    replaces: str | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """Why everything is closed: `text` says in words what for, `source` who wants it. `within` is how far
    from the price it may fill, as a fraction of it; None for as far as any order at the market may."""

    text: str
    source: Source = OPERATOR
    reason: Reason = Reason.MANUAL
    within: Decimal | None = None


@dataclass(slots=True)
class OwnOrder:
    """One order from the moment it is decided. `level` is where it stands on its strategy's own scale, None
    where that has none. Times are ms.

    It is dead only by fills for its whole size, by an event or answer that names it as ended and the fills
    that this tells of, or by the answer "unknown" to a question asked after `expires_at`. Anything else is
    alive.
    """

    order: Order
    role: Role
    key: OrderKey
    level: int | None
    sent_at: int
    expires_at: int
    decision: Decision
    statuses: list[tuple[int, str]]  # (ms, word), oldest first
    acknowledged: bool = False
    order_id: int | None = None
    filled: Decimal = ZERO
    filled_at: int = 0  # when the last of it was booked
    ended: OrderState | None = None
    final: Decimal | None = None  # all that it will ever have filled, where the venue has said so
    never_placed: bool = False
    cancel_sent_at: int | None = None
    cancel_expires_at: int = 0
    due: bool = False
    touched_at: int | None = None  # when a mark was last at or through the trigger
    missed: bool = False  # fired, and found resting at its limit: the price has run away from it
    parent: str | None = None  # the order (client id) it was placed with, and waits for
    armed: bool = True  # not yet where it waits for that one to fill
    ask_at: int = 0  # when to ask for it, if it is still unproven then
    asked_at: int | None = None  # a question is under way
    starts: set[tuple[Decimal, Decimal, Decimal] | None] = field(default_factory=set)  # of its fills
    altered: bool = False  # works at the venue otherwise than it was sent
    note: str = ""

    @property
    def client_id(self) -> str:
        return self.order.client_id

    @property
    def status(self) -> str:
        """The newest, in a word."""
        return self.statuses[-1][1]

    @property
    def since(self) -> int:
        """When its present state began."""
        return self.statuses[-1][0]

    @property
    def purpose(self) -> Purpose:
        """What it is for, in terms of the request budget."""
        return PURPOSES[self.role]

    @property
    def whole(self) -> bool:
        """Whether it closes all of the position, whatever that is by then."""
        return self.order.size == 0

    @property
    def remaining(self) -> Decimal:
        """Coins not filled yet; 0 for one of the whole position."""
        return ZERO if self.whole else self.order.size - self.filled

    @property
    def wanted_size(self) -> Decimal:
        """The size by which it is held against what is wanted: an entry is what it was sent with, however
        much of it is filled; an exit is what is left of it."""
        return self.order.size if self.purpose is Purpose.OPEN else self.remaining

    @property
    def rests(self) -> bool:
        """Whether it stands in the book and may be filled little by little, without anything that fires."""
        return self.order.type is OrderType.LIMIT and not self.order.is_immediate

    @property
    def dead(self) -> bool:
        """Proven to work no more, and everything that it filled is booked.

        An order that was named as ended stays alive until its fills are booked: only they say what is held,
        and until then nothing may replace it.
        """
        if self.never_placed or (self.remaining <= 0 and not self.whole):
            return True
        return self.final is not None and self.filled >= self.final

    @property
    def cancelling(self) -> bool:
        return self.cancel_sent_at is not None

    @property
    def waiting(self) -> bool:
        """Whether a touch of its trigger makes it due."""
        return self.armed and not self.cancelling and not self.missed

    @property
    def is_live(self) -> bool:
        """Whether it is known to work as it was sent: acknowledged, not ended, and no cancel on its way."""
        gone = self.dead or self.ended is not None or self.cancelling
        return self.acknowledged and not gone and not self.altered

    @property
    def protects(self) -> bool:
        """Whether it is a live stop that a touch of its trigger fires, or one that has fired. One that waits
        for another order, or that was left behind at its limit, protects nothing."""
        return self.role is Role.STOP and self.armed and not self.missed and self.is_live

    @property
    def unproven(self) -> bool:
        """Alive, and something about it is under way."""
        return not self.dead and (
            not self.acknowledged or self.cancelling or self.due or self.ended is not None
        )

    def passed_by(self, price: Decimal) -> bool:
        """Whether `price` is at or through the trigger."""
        trigger = self.order.trigger
        if trigger is None:
            return False
        from_below = (self.order.side is Side.BUY) is not self.order.type.takes_profit
        return price >= trigger if from_below else price <= trigger


def state_of(order: OwnOrder, now: int, confirm_after: int) -> SlotState:
    """Where an order stands `now` (ms): unanswered once it has gone without proof for `confirm_after` ms."""
    if order.unproven and now - order.since > confirm_after:
        return SlotState.UNANSWERED
    if order.due:
        return SlotState.FIRED
    if order.cancelling:
        return SlotState.CANCELLING
    return SlotState.LIVE if order.acknowledged else SlotState.PENDING
