"""The start of a run: the trade that the journal knows, the one that the venue still tells of, or a new
one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import OPERATOR, ZERO, Fill, Order, Reason, Source
from hypertui.core.order_key import OPENING
from hypertui.exchange.protocol import ExchangeError, OpenOrder, OrderState, Quote, Rejected
from hypertui.execution import decisions
from hypertui.execution.entry import Entry
from hypertui.execution.input_codec import JournalledInput, Undecodable, decode
from hypertui.execution.orders import SENT, ClientIds, Decision, OwnOrder, Role, trade_of
from hypertui.execution.playback import take_up
from hypertui.execution.preflight.approval import Cleared
from hypertui.execution.recovery import from_exchange
from hypertui.execution.refusal import StartRefused
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade, Unsound
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_history import NOTHING_KNOWN, TradeHistory
from hypertui.execution.trade_inputs import EntrySent, TradeOpened
from hypertui.execution.trade_news import OrderChanged
from hypertui.port.commands import Stop
from hypertui.strategy.base import Strategy
from hypertui.strategy.plans import StrategyPlan

_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Opening:
    """How a trade is taken up: `at` (ms) it was opened with these fills of its entry, none where its strategy
    begins flat, or with the position that it has `adopted` as one, and
    either what the journal tells of it since then, or what the venue does. Neither for a new one. `entry` is
    the order that made the fills, where it is known and not written down yet, `stops` what protects an
    adopted position until the trade's own stops do. Where the entry was `found`, an earlier start made it,
    and may have sent more than it could write down. `short` is how many coins it bought that no fill has told
    of yet."""

    at: int
    fills: Sequence[Fill]
    history: TradeHistory = NOTHING_KNOWN
    remains: from_exchange.Remains | None = None
    resumed: bool = False
    entry: OwnOrder | None = None
    adopted: bool = False
    stops: Sequence[OpenOrder] = ()
    found: bool = False
    short: Decimal = ZERO

    def decision(self, source: Source) -> Decision:
        """Why the entry was made, by `source` where nobody else did."""
        if self.adopted:
            return Decision(Reason.MANUAL, OPERATOR, None, "a position that was there already")
        if self.entry is None:
            return Decision(Reason.ENTRY, source, None, "rebuilt from what the exchange tells")
        return self.entry.decision

    @property
    def price(self) -> Decimal | None:
        """What the coins of the opening cost on average (USD); None where it bought none."""
        coins = sum((fill.size for fill in self.fills), ZERO)
        return sum((fill.value for fill in self.fills), ZERO) / coins if coins else None

    @property
    def is_new(self) -> bool:
        """Whether nothing works at the venue yet."""
        return not (self.resumed or self.found) and self.remains is None

    @property
    def goes_on_as(self) -> int | None:
        """The trade whose orders are the own ones, where that is an earlier one's."""
        if self.remains is not None:
            return self.remains.trade
        return trade_of(self.stops[0].client_id) if self.stops else None

    @property
    def began_at(self) -> int:
        """When the entry was filled (ms), or the trade was opened without one."""
        return min((fill.time for fill in self.fills), default=self.at)

    @property
    def adopted_at(self) -> int:
        """When a position was taken over (ms): what was traded before is in it. 0 where none was."""
        return min((fill.time for fill in self.fills if not fill.order_id), default=0)

    def strategy(self, plan: StrategyPlan) -> Strategy:
        """The strategy as it was opened. Raises Unsound where the journal's fills give none."""
        try:
            return plan.start(self.fills)
        except Exception as error:
            if not self.resumed:
                raise
            raise Unsound("opened", self.at, error) from error


def known(history: TradeHistory) -> Opening | None:
    """The trade that the journal knows as opened, if there is one. Raises Unsound where that cannot be
    read."""
    entry = history.opened
    if entry is None:
        return None
    try:
        opened = decode(entry)
    except Undecodable as error:
        raise Unsound(entry.kind, entry.at, error) from error
    assert isinstance(opened, TradeOpened), "its kind says so"
    return Opening(opened.at, opened.fills, history, resumed=True)


async def rehearse(plan: StrategyPlan, timing: Timing, trade_id: int, history: TradeHistory) -> None:
    """Take a trade up from its history as a start would, and let go of it. Raises Unsound where that start
    could not."""
    opening = known(history)
    if opening is not None:
        await take_up(lambda: Trade(opening.strategy(plan), timing, ClientIds(trade_id)), history)


class Start:
    """Finds or makes the trade. Raises StartRefused, PlanError or an ExchangeError while nothing is held
    yet, and Unsound where the journal knows a trade and cannot give it."""

    def __init__(
        self,
        context: TradeContext,
        plan: StrategyPlan,
        entry: Entry,
    ) -> None:
        self._plan = plan
        self._entry = entry
        self._journal = context.journal
        self._durability = context.durability
        self._events = context.events
        self._market = context.market
        self._queue = context.queue
        self._entering: OwnOrder | None = None
        self._found = False

    async def price(self, stop: Stop) -> None:
        """Wait for the feed and its first price, or for the order to leave."""

        def there() -> bool:
            return self._market.feed_up and self._market.price is not None

        # A trade that is held already is taken up however long that takes.
        patience = None if self._journal.history().has_begun else _PATIENCE
        await self._queue.run_until(lambda: stop.requested or there(), patience)
        if not stop.requested and not there():
            symbol = self._plan.instrument.symbol
            raise StartRefused(f"no price of {symbol} came within {_PATIENCE:.0f} s", status=4)

    async def open(self, cleared: Cleared) -> Opening:
        """Take the trade up, or enter a new one."""
        remains, adopted = cleared.remains, cleared.adopted
        history = self._journal.history()
        if (opening := known(history)) is not None:
            return opening
        if adopted is not None:
            await self._entry.take_over(cleared.leverage, self._queue, isolated=cleared.isolated)
            fills: Sequence[Fill] = [adopted]
        else:
            fills = remains.opening if remains is not None else await self._bought(history.opening)
        at = self._market.now
        self._journal.record(TradeOpened(at, tuple(fills)))
        is_adopted = adopted is not None
        return Opening(
            at,
            fills,
            remains=remains,
            entry=self._entering,
            adopted=is_adopted,
            stops=cleared.stops,
            found=self._found,
            short=self._entry.short,
        )

    async def _bought(self, history: Sequence[JournalledInput]) -> Sequence[Fill]:
        if not self._plan.enters:
            await self._entry.begin_flat(self._queue)
            return ()
        for entry in history:
            if entry.kind != "entering":
                continue
            try:
                sent = decode(entry)
            except Undecodable as error:
                raise Unsound(entry.kind, entry.at, error) from error
            assert isinstance(sent, EntrySent), "its kind says so"
            self._entering = opening_order(sent, self._plan)
            if fills := await self._entry.found(sent.order, sent.expires_at, self._queue):
                self._found = True
                return fills
            self._tell(self._entering, "not placed")
            self._entering = None
        try:
            attempt = sum(entry.kind == "entering" for entry in history) + 1
            return await self._entry.enter(attempt, self._queue, self._newest_quote, self._record_entry)
        except (StartRefused, ExchangeError) as error:
            self._record_failure(error)
            self._journal.ended(self._market.now, "nothing was bought")
            self._durability.commit()
            if history and not isinstance(error, StartRefused | Rejected):
                # It is over, so nothing that comes now would be written down: this start must not go on.
                raise StartRefused(str(error), status=4) from error
            raise

    def _newest_quote(self) -> Quote:
        assert self._market.quote is not None, "the first price was waited for"
        return self._market.quote

    async def _record_entry(self, order: Order, expires_at: int, price: Decimal) -> None:
        sent = EntrySent(self._market.now, order, expires_at, price)
        self._journal.record(sent)
        self._entering = opening_order(sent, self._plan)
        self._tell(self._entering, "sent")
        # What arrives meanwhile waits in the queue: nothing of this trade is decided before.
        if problem := await self._durability.written():
            raise StartRefused(f"nothing is opened without a journal: {problem}")

    def _record_failure(self, error: Exception) -> None:
        if self._entering is not None:
            self._entering.note = str(error)
            reached = isinstance(error, StartRefused)
            self._tell(self._entering, OrderState.REJECTED.value if reached else "not placed")

    def _tell(self, entry: OwnOrder, status: str) -> None:
        self._events.order(OrderChanged(entry, status, entry.order_id, entry.note))


def opening_order(sent: EntrySent, plan: StrategyPlan) -> OwnOrder:
    """An opening order as the journal shows it."""
    decision, level = decisions.opening(plan.source, sent.price), plan.opening_level
    statuses = [(sent.at, SENT)]
    return OwnOrder(sent.order, Role.ENTRY, OPENING, level, sent.at, sent.expires_at, decision, statuses)
