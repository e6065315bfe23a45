"""A trade at an exchange: what arrives becomes its inputs, and what it decides is journalled and sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Self

from hypertui.core.intents import IntentReason
from hypertui.core.market import ZERO, Fill, IngestVia, Instrument, SourceKind, plain
from hypertui.core.trade_book import TradeBook
from hypertui.engine import polling
from hypertui.engine.account_sync import AccountSync
from hypertui.engine.commands import CommandHandler
from hypertui.engine.objections import Objections
from hypertui.engine.price_lookup import PriceLookup
from hypertui.engine.rest_price import RestPrice
from hypertui.engine.trade_entry import TradeEntry
from hypertui.engine.trade_exits import TradeExits
from hypertui.engine.trade_guards import TradeGuards
from hypertui.exchange.protocol import OrderReport, OrderState
from hypertui.execution import aside_alarms
from hypertui.execution.actions import Action, has_resting_stops
from hypertui.execution.arrivals import (
    ActionEnded,
    CancelHeld,
    CandlesRead,
    FeeRead,
    LookUpFailed,
    MarketDelisted,
    OrderLookedUp,
    PlacementHeld,
    PriceRead,
    SettlementRead,
    TradeArrival,
)
from hypertui.execution.bookkeeping import Bookkeeper
from hypertui.execution.granting import Granting
from hypertui.execution.opening import Opening
from hypertui.execution.order_gateway import OrderGateway
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import Closing, OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.playback import take_up
from hypertui.execution.protection_check import Protection
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.recovery import from_exchange
from hypertui.execution.recovery.adoption import Adoption
from hypertui.execution.refusal import StartRefused
from hypertui.execution.steering import Steering
from hypertui.execution.trade import Trade
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_inputs import (
    OrderReported,
    PatienceSet,
    ProcessStarted,
    TradeRebuilt,
)
from hypertui.execution.trade_news import FillBooked, OrderChanged
from hypertui.execution.trade_snapshot import dump
from hypertui.execution.trading_state import Posture
from hypertui.execution.wishes import Wish, Wishes
from hypertui.port.commands import Stop, StopReason, Verb
from hypertui.port.snapshot import Invariant, Mode, Severity
from hypertui.strategy.plans import StrategyPlan

_LOOK_EVERY = 250  # ms between two judgements of the protection that nobody asked for


class LiveTrade:
    """One trade that holds, or has held, coins; made by `taken_up`."""

    def __init__(self, context: TradeContext, plan: StrategyPlan, opening: Opening, trade: Trade) -> None:
        self.context = context
        self.opening = opening
        self._lamp: Invariant | None = None
        self._lamp_at = 0
        self._lamp_is_old = False  # whether something has happened since
        self.finished: StopReason | None = None  # how the trade came to its end, once it has
        self.closed_at: int | None = None  # when everything was sold for good (ms)
        self.entry_block = ""  # why no new risk is taken just now; empty when it may be
        self._catching_up = not opening.is_new  # until the first comparison after a restart
        self._fills_seen = -1
        self._paused_for_rows = False
        self._inherits = bool(opening.stops)  # stops that go once the trade's own are live
        self.trade = trade
        self.tracker: OrderTracker = self.trade.tracker
        context.events.instrument = self.instrument
        self.recorder = TradeRecorder(self.trade, context.journal, context.events)
        self.steering = Steering(context, self.recorder)
        self.wishes = Wishes(self, self._fulfilled)
        self.exits = TradeExits(self, plan.position_size)
        self.entry = TradeEntry(self, plan.position_size)
        self.commands = CommandHandler(self)
        self.bookkeeper = Bookkeeper(context, self.recorder, self.steering, opening, self.reconcile)
        self.adoption = Adoption(
            self.recorder,
            self.bookkeeper.knows,
            self.bookkeeper.book,
            context.clock,
            context.exchange.account,
        )
        self._protection = Protection(self.recorder, context.market, context.alarms)
        self.objections = Objections(self)
        self.gateway = OrderGateway(context, self.recorder, self.bookkeeper, self.objections, self.reconcile)
        self._granting = Granting(self.recorder, context.budget)
        self.account_sync = AccountSync(
            context, self.recorder, self.bookkeeper, self.steering, self.objections.key, opening
        )
        self.guards = TradeGuards(self)
        self._rest_price = RestPrice(context)
        self._price_lookup = PriceLookup(context, opening.began_at)
        context.journal.rules(context.clock(), plan.instrument, context.config.timing)
        self._book_entry(plan)  # durable with the opening, never after it

    @classmethod
    async def taken_up(cls, context: TradeContext, plan: StrategyPlan, opening: Opening) -> Self:
        """The trade as it was opened, with what is known of it since. Nothing of it is decided meanwhile, and
        other trades go on. Raises StartRefused where the journal cannot be written and nothing may be taken
        up without it, and Unsound where what it tells cannot be taken."""
        number = context.ids.trade

        def opened() -> Trade:
            context.ids.trade = number
            context.ids.begin(0)
            return Trade(opening.strategy(plan), context.config.timing, context.ids)

        live = cls(context, plan, opening, await take_up(opened, opening.history))
        await live._take_up()
        return live

    @property
    def instrument(self) -> Instrument:
        """What is traded."""
        return self.trade.strategy.instrument

    @property
    def book(self) -> TradeBook:
        """What it holds and has made."""
        return self.trade.strategy.book

    @property
    def began_at(self) -> int:
        """When the entry was filled (ms)."""
        return self.opening.began_at

    @property
    def ends_by(self) -> str:
        """The exit or the guard that ends the trade, in words; empty while none does, and once it has."""
        return "" if self.finished or self.context.over else self.trade.ends_by

    # Taking it up

    async def _take_up(self) -> None:
        """Nothing may be sent under ids that an earlier start may have given, so this is durable first."""
        context, opening = self.context, self.opening
        if (trade := opening.goes_on_as) is not None:
            self.recorder.take(TradeRebuilt(context.clock(), f"{trade:016x}"))
        if opening.remains is not None:
            await from_exchange.restore(opening.remains, self.recorder, self.bookkeeper.book, context.clock())
        left = () if opening.remains is None else opening.remains.exits
        for order in (*opening.stops, *left):
            context.ids.used(str(order.client_id))
        if opening.is_new and not opening.adopted:
            return  # the entry is durable, and by its id this opening would be found again
        self.recorder.take(ProcessStarted(context.clock(), context.ids.start + 1))
        if problem := await context.durability.written():
            raise StartRefused(f"nothing is traded without a journal: {problem}")

    def _book_entry(self, plan: StrategyPlan) -> None:
        opening, events = self.opening, self.context.events
        if (entry := opening.entry) is not None:
            entry.filled = sum((fill.size for fill in opening.fills), ZERO)
            events.order(OrderChanged(entry, OrderState.FILLED.value, entry.order_id, entry.note))
        role = Role.ADOPTED if opening.adopted else Role.ENTRY
        via = IngestVia.ADOPTION if opening.adopted else IngestVia.ANSWER
        for fill in () if opening.resumed else opening.fills:
            decision = opening.decision(plan.source)
            events.fill(FillBooked(fill, role, plan.opening_level, decision, ZERO, via))

    def begin(self) -> None:
        """Go on where it was left, and do what has to be done again and again."""
        context = self.context
        self.steering.begin(is_new=self.opening.is_new)
        if self.trade.wish is not None and not context.config.protect_only:
            self.wishes.take_up(self.trade.wish)
        if unworkable := self._unworkable():
            why, leaves = f"flatten: {unworkable}", context.config.by_signal
            self.wishes.want(Wish(Verb.FLATTEN, why, self.trade.strategy.source, leaves=leaves))
        self.exits.begin()
        self.guards.begin(is_new=self.opening.is_new)
        polling.begin(context, self.account_sync)
        self.objections.begin()
        self.on_price()
        self.advance()

    def _unworkable(self) -> str:
        opening = self.opening
        if opening.resumed or opening.adopted or opening.remains is not None:
            return ""
        return self.trade.strategy.unworkable

    def _origin(self) -> str:
        price = self.opening.price
        return "" if price is None else f" from {plain(price)}"

    async def catch_up(self, stop: Stop) -> None:
        """After a restart: nothing is done before the venue has said what works and what was filled, and the
        price comes after that."""
        if self.opening.is_new:
            return
        context = self.context
        context.queue.spawn(self.account_sync.ask_account())
        self.reconcile()
        try:
            await context.queue.run_until(lambda: self.account_sync.reconciled or stop.requested)
        finally:
            self._catching_up = False
        self.on_price()
        trades = self.trade.state.trades and not (context.config.protect_only or self.ends_by)
        self.steering.set_posture(Posture.TRADE if trades else self.wishes.posture)
        how = "rebuilt" if self.opening.remains else "resumed"
        context.events.mode(context.mode, f"{how} the trade{self._origin()}")

    # What arrives

    def take(self, arrival: TradeArrival) -> None:
        """An answer has come to something that was asked or sent for this trade."""
        match arrival:
            case ActionEnded() | PlacementHeld() | CancelHeld() | OrderLookedUp() | LookUpFailed():
                self.gateway.take(arrival)
            case PriceRead():
                if self._rest_price.take(arrival):
                    self.on_price()
            case MarketDelisted() | SettlementRead():
                self.objections.take(arrival)
            case CandlesRead() | FeeRead():
                self.exits.take(arrival)
            case _:
                self.account_sync.take(arrival)

    def on_price(self) -> None:
        """Take the newest mark."""
        market = self.context.market
        if market.quote is not None and market.quote_at is not None:
            self.context.observations.quote(market.quote_at, market.quote)
        self.guards.on_quote()
        price = market.price
        if price is None or self._catching_up:
            return
        if self.context.over:
            self.recorder.note_price(price, self.context.clock())
        elif self.context.mode is Mode.HALTED:
            self.recorder.watch_price(price, self.context.clock())  # good for a sale, but the strategy stands
        else:
            self.recorder.take_price(price, self.context.clock())

    def on_reports(self, reports: Sequence[OrderReport]) -> None:
        """Take notices of orders from the feed."""
        for report in reports:
            order = self.tracker.find(report.client_id)
            if order is not None and not order.dead:
                self.recorder.take(OrderReported(self.context.clock(), report, from_feed=True))
        self.objections.on_reports(reports)

    def on_fill(self, fill: Fill, snapshot: bool) -> None:
        """Take a fill's notice from the feed; a `snapshot` tells of older ones."""
        self.bookkeeper.book(fill, IngestVia.SNAPSHOT if snapshot else IngestVia.FEED)

    # What is done

    def advance(self) -> None:
        """Act on what the last event left behind."""
        context, now = self.context, self.context.clock()
        if not self._catching_up:
            self.exits.work(now)  # before anything is decided that would buy
            self.guards.work(now)
        self.entry_block = self.guards.entry_block()
        if not self._catching_up:
            self.entry.work(now)
        patience = max(context.config.timing.confirm_after, 2 * context.market.round_trip)
        if patience != self.tracker.patience and not context.over:
            self.recorder.take(PatienceSet(now, patience))
        # The first comparison asks about every order: nobody has to beside it.
        actions = []
        if not self._catching_up:
            actions = self._granting.decided(self.gateway.under_way, self.entry_block, now)
        is_sound = not self.trade.strategy.statistics.fault  # a later release may count them right again
        if context.journal.state_is_due and not actions and is_sound:
            context.journal.keep(dump(self.trade), now)
        context.observations.look(now)
        context.durability.commit(stops_first=any(map(has_resting_stops, actions)))
        if context.durability.overfull and not self._paused_for_rows:
            self._paused_for_rows = True
            self.steering.pause(context.durability.overfull)
        for action in actions:
            self.gateway.send(action)
        if self.tracker.quiet and self._fills_seen != self.tracker.fills_booked:
            self._fills_seen = self.tracker.fills_booked
            context.queue.spawn(self.account_sync.ask_account())
        if self._inherits and self.tracker.settled:
            self._inherits = False
            self.reconcile()
        self.account_sync.let_go_of_orphans()
        aside_alarms.tell(self.recorder, context.alarms, now)
        halted = self.trade.strategy.halted
        if halted and context.mode is Mode.RUNNING and self.tracker.settled:
            context.alarms.sound("halted", Severity.CRITICAL, halted)
            self.steering.halt(halted)
        if ended := self._ended():
            source = self.trade.strategy.source
            self.wishes.want(Wish(Verb.FLATTEN, ended, source, passing=True, closes=True))
        if not self._catching_up:
            self.wishes.work()
        context.outcomes.look()
        self._lamp_is_old = True
        if not actions and now - self._lamp_at >= _LOOK_EVERY:  # what was decided leaves first
            self._look_at_protection(now)
        self.objections.look(now)
        self._price_lookup.look(now)
        self._rest_price.look(now, holds=bool(self.trade.strategy.protectable))

    @property
    def lamp(self) -> Invariant | None:
        """The master lamp as of the last event; None where it cannot be told."""
        if self._lamp_is_old:
            self._look_at_protection(self.context.clock())
        return self._lamp

    def _look_at_protection(self, now: int) -> None:
        self._lamp, self._lamp_at, self._lamp_is_old = None, now, False
        # Until all of the entry is booked, or has been asked for, more is held than anybody here knows.
        is_short = self.bookkeeper.short > 0 and self.account_sync.listing is None
        verified, busy = self.account_sync.reconciled and not is_short, self.gateway.busy
        with self.recorder.telling:
            self._lamp = self._protection.watch(verified, busy, self.entry_block, now)

    def cancel(self, orders: Iterable[OwnOrder]) -> None:
        """Cancel these orders whatever the target says, as an operator asks for."""
        if self.gateway.busy:
            return
        action = self._granting.cancel(orders, self.context.clock())
        if action is not None:
            self._send(action)

    def close(self, size: Decimal, seen: SeenPrice, why: Closing) -> OwnOrder:
        """Close a position of `size` coins at the market, a short one (negative) too. Returns the order."""
        action = self._granting.close(size, seen, why, self.context.clock())
        self._send(action)
        return action.orders[0]

    def _send(self, action: Action) -> None:
        """Carry out what was decided outside of `advance`."""
        self.context.durability.commit()
        self.gateway.send(action)

    def missed(self) -> None:
        """The feed was away, or told what nobody can read: what it would have told is asked for."""
        self.account_sync.doubt()
        self.reconcile()

    def reconcile(self) -> None:
        """Have everything compared with the venue, soon."""
        self.context.queue.spawn(self.account_sync.reconcile())

    def at_rest(self) -> bool:
        """Whether this is a moment to leave: nothing is unproven, and where it trades the target works."""
        return self.tracker.settled or (self.context.mode is not Mode.RUNNING and self.tracker.quiet)

    # Its end

    def _ended(self) -> str:
        """How the trade has come to its end by itself, in words; empty while it has not."""
        strategy = self.trade.strategy
        # More may have been sold than any place held: the fill that explains it is still to come.
        holds = strategy.protectable or strategy.book.held < 0 or self.tracker.alive
        if holds or self.wishes.current is not None or self.finished:
            return ""
        match self.context.mode:
            case Mode.SELLING_OUT:
                return "sold out"
            case Mode.RUNNING:
                return self.trade.target.finished
        return ""

    def _fulfilled(self, wish: Wish, done: str) -> None:
        """Flat for good: the trade has ended, and the next start begins a new one."""
        if wish.verb is not Verb.FLATTEN or self.entry.reopened(wish):
            return
        context = self.context
        self.closed_at = context.clock()
        if wish.closes or wish.leaves:
            result = self.book.net_pnl(self.recorder.mark or ZERO)
            by_rule = wish.source.kind in (SourceKind.EXIT, SourceKind.GUARD)
            ended = "all sold" if self.trade.strategy.selling_out and not by_rule else wish.reason
            because = IntentReason.UNFILLED if wish.leaves else ""
            self.finished = StopReason(0, f"Trade ended: {ended}. Result {result:+,.2f} USD", because)
        else:
            self.steering.halt(wish.reason)
        context.ended(f"{wish.reason}: {done}")
