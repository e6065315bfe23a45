"""The bracket as a strategy: one entry at a time, and no other order of its own.

What it has bought is guarded by the exits of its trade: their stop stands at the exchange, for the whole
position, from the first fill of the entry on.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hypertui.core.kept import GIVEN
from hypertui.core.market import ZERO, Instrument, Reason, Side, Source, SourceKind, plain
from hypertui.core.order_key import KeyKind, OrderKey
from hypertui.core.phrases import lasting
from hypertui.core.purpose import Purpose
from hypertui.core.trade_book import TradeBook
from hypertui.strategy.aside import Aside
from hypertui.strategy.base import (
    AliveOrder,
    CoinsCorrected,
    CoinsTraded,
    EntriesStand,
    EntryTold,
    HaltTold,
    Move,
    MoveRecord,
    OrderBegun,
    OrderNoted,
    PriceSeen,
    SellOutTold,
    StayEnded,
    StrategyEvent,
    Target,
    WantedOrder,
)
from hypertui.strategy.bracket import entry as entries
from hypertui.strategy.bracket.entry import Entering, Over
from hypertui.strategy.bracket.entry_rules import EntryOrder
from hypertui.strategy.bracket.rules import BracketRules
from hypertui.strategy.stay import Stay

BRACKET = Source(SourceKind.STRATEGY, "bracket")
ENTRY, STOP = OrderKey(KeyKind.ENTRY), OrderKey(KeyKind.STOP)
_REFUSED, _NOT_PLACED, _FILLED = "rejected", "not placed", "filled"
_RECALLED, _CANCELLED = "cancelling", "cancelled"


@dataclass(slots=True)
class Bracket:
    """Fulfils `Strategy`. `entry` is the one under way, `stay` what is held, or will be. `told` counts how
    often it was told to enter, `given_up` says why its last entry bought no more, and `flat_since` (ms) when
    it last sold everything, 0 before. While its entry `stands`, no price moves it or ends it."""

    plan: BracketRules = field(metadata=GIVEN)
    book: TradeBook = field(default_factory=TradeBook)
    statistics: Aside = field(default_factory=Aside)
    halted: str = ""
    selling_out: bool = False
    stay: Stay = field(default_factory=Stay)
    entry: Entering | None = None
    told: int = 0
    given_up: str = ""
    flat_since: int = 0
    stands: bool = False

    # What is so

    @property
    def instrument(self) -> Instrument:
        """What it trades."""
        return self.plan.instrument

    @property
    def source(self) -> Source:
        """Who its orders are by, where nobody else has told it to enter."""
        return BRACKET

    @property
    def slippage(self) -> Decimal:
        """How far from the price an order at the market may fill, as a fraction of it."""
        return self.plan.slippage

    @property
    def level(self) -> None:
        """It has no scale."""

    @property
    def moves(self) -> None:
        """Nor moves on one."""

    @property
    def cycles(self) -> int:
        """How many stays in the market have ended."""
        return self.stay.number - 1

    @property
    def protectable(self) -> Decimal:
        """All that is held: not what the books hold and the exchange does not."""
        return max(min(self.book.position, self.book.held), ZERO)

    def coins(self, key: OrderKey) -> Decimal:
        """All that is held, of the stop."""
        return self.protectable if key == STOP else ZERO

    @property
    def unworkable(self) -> str:
        """It holds nothing yet that would have to be closed."""
        return ""

    @property
    def reenters(self) -> bool:
        """Whether it may be told to enter again after an exit."""
        return self.plan.reenter_after is not None and not self.selling_out

    @property
    def enters_now(self) -> bool:
        """Whether nobody has to tell it to enter for the first time."""
        return self.plan.enters_at_start and not (self.told or self.stay.has_begun or self._is_over)

    def entry_refusal(self, at: int) -> str:
        """Why it would not enter if it were told so at `at` (ms), in words."""
        if self.halted or self.selling_out:
            return "it sells out and buys no more" if self.selling_out else f"halted: {self.halted}"
        if self.entry is not None:
            return "its entry is under way already"
        if self.stay.has_begun:
            return f"it holds {plain(self.book.held)} {self.instrument.symbol} already"
        if self._is_over:
            return "it enters once, and has done so"
        left = self.cools_until - at
        return f"it cools down for {lasting(-(-left // 1000))} more" if left > 0 else ""

    def in_words(self) -> str:
        """What is held, as one piece."""
        return "one position"

    def matters(self, price: Decimal) -> bool:
        """Whether a price moves its entry, or ends it."""
        return self.entry is not None and self._at(self.entry, price) != self.entry

    @property
    def cools_until(self) -> int:
        """From when on (ms) it may be told to enter again; 0 before its first exit."""
        return self.flat_since + (self.plan.reenter_after or 0) if self.flat_since else 0

    @property
    def _is_over(self) -> bool:
        """Whether it has had its one stay."""
        return self.stay.number > 1 and not self.reenters

    def _at(self, entry: Entering, price: Decimal) -> Entering | Over:
        return entry if self.stands else entries.at_price(entry, price, self.plan.entry, self.instrument)

    # What happens

    def apply(self, event: StrategyEvent, alive: Collection[AliveOrder]) -> Move | None:
        """Take what has happened; it never moves on a scale."""
        match event:
            case EntryTold():
                self._enter(event)
            case PriceSeen(price) if self.entry is not None:
                self._become(self._at(self.entry, price))
            case OrderBegun(key=key, order=order) if key == ENTRY and self.entry is not None:
                self.entry = entries.sent(self.entry, order.client_id)
            case OrderNoted(client_id=client_id, status=status) if self._is_newest(client_id):
                self._noted(status)
            case CoinsTraded():
                self._traded(event)
            case CoinsCorrected(at=at) if self.stay.has_begun and self.book.held <= 0:
                self._left(at)
            case StayEnded(at):
                self.entry, self.flat_since = None, max(at, self.flat_since)
            case EntriesStand(stand):
                self.stands = stand
            case HaltTold(reason):
                self.halted, self.entry = reason, None
            case SellOutTold():
                self.selling_out, self.entry = True, None
        return None

    def record(self, move: Move, alive: Collection[AliveOrder]) -> MoveRecord:
        """It makes none."""
        raise ValueError("a bracket does not move on a scale")

    def _enter(self, event: EntryTold) -> None:
        if self.entry_refusal(event.at):
            return
        price = self.plan.entry_price if event.price is None else event.price
        worth = event.seen if price is None else price
        size = self.plan.entry_size(worth, event.most)
        self.told += 1
        self.given_up = ""
        self.entry = entries.begun(self.plan.entry, self.instrument, size, event.seen, event.source, price)
        if self.entry.is_complete(self.instrument):
            self._become(Over(ZERO, f"{plain(size)} {self.instrument.symbol} are too few for an order"))

    def _is_newest(self, client_id: str) -> bool:
        return self.entry is not None and self.entry.sent == client_id

    def _noted(self, status: str) -> None:
        """Its order has ended, or goes on."""
        entry = self.entry
        assert entry is not None, "it is the newest one's"
        match status:
            case _ if status == _REFUSED:
                self.entry = entries.refused(entry)
            case _ if status == _NOT_PLACED:
                self.entry = entries.unsent(entry)  # it never was
            case _ if status == _RECALLED:
                self.entry = replace(entry, recalled=True)
            case _ if status == _CANCELLED:
                self._become(entries.cancelled(entry))
            case _ if status == _FILLED:
                self._become(entries.filled(entry))

    def _become(self, found: Entering | Over) -> None:
        if isinstance(found, Over):
            self.entry, self.given_up = None, found.given_up
        else:
            self.entry = found

    def _traded(self, event: CoinsTraded) -> None:
        fill, held = event.fill, self.book.held
        if fill.side is Side.BUY:
            if held <= 0:
                return
            began_at = self.stay.began_at or fill.time
            self.stay = replace(self.stay, began_at=began_at, cost=self.stay.cost + fill.value)
            if self.entry is not None and event.key == ENTRY:
                entry = replace(self.entry, bought=self.entry.bought + fill.size)
                is_over = entry.is_complete(self.instrument)
                self._become(Over(entry.bought) if is_over else entry)
            return
        self.entry = None  # whatever sells, nothing is bought beside it
        if held > 0:
            self.stay = self.stay.after_sale(fill)
            return
        if self.stay.has_begun:
            self._left(event.made_at)

    def _left(self, at: int) -> None:
        """Nothing is held any more."""
        made = self.book.net_pnl(ZERO) if self.book.held == 0 else self.book.realized_pnl
        self.stay = Stay(self.stay.number + 1, made_before=made)
        self.flat_since = max(at, self.flat_since)

    # What is wanted

    def target(self, alive: Collection[AliveOrder]) -> Target:
        """The entry, while there is one; its exits are its trade's."""
        if self.entry is not None:
            return Target(() if self.entry.refused else (self._wanted(self.entry, alive),))
        return Target((), finished=self._finished)

    def _wanted(self, entry: Entering, alive: Collection[AliveOrder]) -> WantedOrder:
        works = next((own for own in alive if own.client_id == entry.sent), None)
        kind, limit, trigger = entry.terms(self.plan.entry, self.instrument)
        return WantedOrder(
            ENTRY,
            Purpose.OPEN,
            Side.BUY,
            entry.left if works is None else works.order.size,
            kind,
            limit,
            Reason.ENTRY,
            trigger,
            tif=entry.tif,
            why=self._why(entry),
            source=entry.source,
        )

    def _why(self, entry: Entering) -> str:
        said = f"told to enter by {entry.source}: {plain(entry.bought)} of {plain(entry.size)} bought"
        if entry.moves:
            said += f", moved {entry.moves} of at most {self.plan.entry.reprices} times"
        if entry.order is EntryOrder.MARKET and self.plan.entry.order is not EntryOrder.MARKET:
            said += "; at the market now"
        return said

    @property
    def _finished(self) -> str:
        if self.book.held > 0 or self.reenters:
            return ""
        if self._is_over:
            return "the position is closed"
        return self.given_up if self.plan.enters_at_start else ""
