"""A trade from the fills of its entry on: what arrives is booked, and after each event the order manager
converges. Nothing else changes trading state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from hypertui.exchange import OrderReport, OrderState
from hypertui.execution import adoption, asides, rebuild
from hypertui.execution.adoption import Adoption
from hypertui.execution.caretaker import Caretaker
from hypertui.execution.courier import Courier
from hypertui.execution.desk import Desk
from hypertui.execution.entry import StartRefused
from hypertui.execution.helm import Helm
from hypertui.execution.objections import Objections
from hypertui.execution.order_manager import Action, OrderManager, Place, Posture
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import Role
from hypertui.execution.plausible import FillCheck
from hypertui.execution.protection import Protection
from hypertui.execution.rations import Purpose
from hypertui.execution.recording import RecordedTracker, relive
from hypertui.execution.start import Opening
from hypertui.execution.wishes import Wish, Wishes
from hypertui.market import ZERO, Fill, Instrument, plain
from hypertui.port import Invariant, Mode, Severity, Stop, Verb
from hypertui.strategy.plan import SLOTS, Plan

_ACCOUNT_EVERY = 5.0
_FUNDING_EVERY = 60.0
_ALLOWANCE_EVERY = 300.0
_TRANSFERS_EVERY = 300.0
# When it is asked for the first time: a start has better use for the request weight, which comes back by the
# second. Until the allowance is known nothing is kept back for stops; for the rest nobody waits.
_FIRST_ALLOWANCE = 10.0
_FIRST_FUNDING = 20.0
_FIRST_TRANSFERS = 60.0
_LOOK_EVERY = 250  # ms between two judgements of the protection that nobody asked for
_BEFORE = "before the restart"


class OpenTrade:
    """One trade that holds, or has held, coins. Raises StartRefused where the journal cannot be written and
    nothing may be taken up without it, and Unsound where what it tells cannot be taken."""

    def __init__(self, desk: Desk, plan: Plan, opening: Opening) -> None:
        self.desk = desk
        self._lamp: Invariant | None = None
        self._lamp_at = 0
        self._lamp_is_old = False  # whether something has happened since
        self.finished = ""  # how the trade came to its end, once it has
        self.closed_at: int | None = None  # when everything was sold for good (ms)
        self.wishes = Wishes(self, self._fulfilled)
        self.helm = Helm(self)
        self._opening = opening
        self._catching_up = not opening.is_new  # until the first comparison after a restart
        self._opened_by = {fill.key: fill.client_id for fill in opening.fills}
        self._fills_seen = -1
        self._adopted_at = opening.adopted_at
        ladder = opening.ladder(plan)
        tracker = RecordedTracker(ladder, desk.config.timing, desk.chronicle, desk.journal.record)
        self.tracker: OrderTracker = tracker
        self.manager = OrderManager(self.tracker, desk.ids, desk.rations)
        self._protection = Protection(self.tracker, self.manager, desk.inputs, desk.alarms)
        self._mode_before, self._wish_before = relive(tracker, desk.ids, opening.history)
        self._fills = FillCheck(self.tracker.find, opening.fills, desk.alarms, self.reconcile)
        desk.chronicle.ladder = ladder
        self._book_entry()  # durable with the opening, never after it
        self._inherits = bool(opening.stops)  # stops that go once the trade's own are live
        if (trade := opening.goes_on_as) is not None:
            desk.ids.trade = trade
            desk.journal.record("rebuilt", desk.clock(), {"trade": f"{trade:016x}"})
        for stop in opening.stops:
            desk.ids.used(str(stop.client_id))
        if opening.found:
            desk.ids.started(0)
        if not opening.is_new:
            self._record_start()
        book = partial(self._book, from_feed=False)
        self.adoption = Adoption(
            self.tracker, desk.chronicle, self._booked, book, desk.clock, desk.exchange.account
        )
        self.objections = Objections(self)
        self.courier = Courier(
            desk.exchange,
            desk.config.symbol,
            self.tracker,
            desk.inbox,
            desk.clock,
            desk.rations,
            desk.skew,
            book=book,
            answered=desk.inputs.on_answer,
            trouble=self.objections.trouble,
            refused=self.objections.refused,
            doubt=self.reconcile,
        )
        self.caretaker = Caretaker(
            desk.exchange,
            desk.config.symbol,
            self.tracker,
            desk.ids,
            desk.inputs,
            desk.inbox,
            desk.clock,
            desk.alarms,
            desk.journal,
            desk.rations,
            desk.skew,
            self.objections.key,
            book=book,
            pause=self.pause,
            expires_after=desk.config.timing.expires_after,
            began_at=self.began_at,
            since=self.began_at if opening.resumed or opening.found else None,
            is_new=opening.is_new,
        )
        if opening.remains is not None:
            rebuild.restore(opening.remains, self.tracker, desk.ids, book, desk.clock())

    @property
    def instrument(self) -> Instrument:
        """What is traded."""
        return self.tracker.ladder.plan.instrument

    @property
    def began_at(self) -> int:
        """When the entry was filled (ms)."""
        return min(fill.time for fill in self._opening.fills)

    # Taking it up

    def _record_start(self) -> None:
        """Nothing may be sent under ids that an earlier start may have given, so this is durable first."""
        desk = self.desk
        desk.journal.record("started", desk.clock(), {"start": desk.ids.start})
        desk.durability.commit()
        if desk.durability.problem:
            raise StartRefused(f"nothing is taken up without a journal: {desk.durability.problem}")

    def _book_entry(self) -> None:
        opening, chronicle = self._opening, self.desk.chronicle
        if opening.entry is not None:
            opening.entry.filled = sum((fill.size for fill in opening.fills), ZERO)
            chronicle.order(opening.entry, OrderState.FILLED.value)
        for fill in () if opening.resumed else opening.fills:
            role = "adopted" if opening.adopted else "entry"
            chronicle.fill(fill, role, 0, opening.decision, ZERO)

    def begin(self) -> None:
        """Go on where it was left, and do what has to be done again and again."""
        desk, caretaker = self.desk, self.caretaker
        if not self._opening.is_new:
            self.manager.posture = Posture.HANDS_OFF
        self._take_up_mode()
        if self._is_too_small():
            held = plain(self.tracker.ladder.position)
            reason = f"flatten: the entry was filled for {held} only, too little for {SLOTS} stops"
            self.wishes.want(Wish(Verb.FLATTEN, reason))
        desk.every("account", _ACCOUNT_EVERY, caretaker.ask_account)
        desk.every("funding", _FUNDING_EVERY, caretaker.ask_funding, _FIRST_FUNDING)
        desk.every("allowance", _ALLOWANCE_EVERY, caretaker.ask_allowance, _FIRST_ALLOWANCE)
        self.objections.begin()
        desk.every("transfers", _TRANSFERS_EVERY, caretaker.ask_transfers, _FIRST_TRANSFERS)
        desk.every("reconciliation", desk.config.reconcile_every / 1000, caretaker.reconcile)
        self.on_price()
        self.advance()

    def _take_up_mode(self) -> None:
        before = self._mode_before
        if before is None or before.data["mode"] == Mode.RUNNING:
            self.desk.set_mode(Mode.RUNNING, "")
        elif before.data["mode"] == Mode.SELLING_OUT:
            self.desk.set_mode(Mode.SELLING_OUT, before.data["reason"])
        else:
            self.pause(_before_the_restart(before.data["mode"], before.data["reason"]))
        if self._wish_before is not None and not self.desk.config.protect_only:
            self.wishes.take_up(self._wish_before.data)

    def _is_too_small(self) -> bool:
        opening = self._opening
        if opening.resumed or opening.adopted or opening.remains is not None:
            return False
        ladder = self.tracker.ladder
        smallest = min(slot.coins for slot in ladder.slots[:SLOTS])
        return ladder.plan.stop_value(ladder.grid, -SLOTS, smallest) < self.instrument.min_order_value

    async def catch_up(self, stop: Stop) -> None:
        """After a restart: nothing is done before the venue has said what works and what was filled, and the
        price comes after that."""
        if self._opening.is_new:
            return
        desk = self.desk
        desk.inbox.spawn(self.caretaker.ask_account())
        self.reconcile()
        try:
            await desk.inbox.run_until(lambda: self.caretaker.reconciled or stop.requested)
        finally:
            self._catching_up = False
        self.on_price()
        trades = desk.mode in (Mode.RUNNING, Mode.SELLING_OUT) and not desk.config.protect_only
        self.manager.posture = Posture.TRADE if trades else self.wishes.posture
        how = "rebuilt" if self._opening.remains else "resumed"
        desk.chronicle.mode(desk.mode, f"{how} the trade from {plain(self.tracker.ladder.grid.entry_price)}")

    # What arrives

    def on_price(self) -> None:
        """Take the newest mark."""
        price = self.desk.inputs.price
        if price is None or self._catching_up:
            return
        if self.desk.mode is Mode.HALTED:
            self.tracker.mark = price  # still good for a sale, but the ladder stands
        else:
            self.tracker.on_mark(price, self.desk.clock())

    def on_reports(self, reports: Sequence[OrderReport]) -> None:
        """Take notices of orders from the feed."""
        for report in reports:
            self.tracker.on_report(report, self.desk.clock(), from_feed=True)
        self.objections.on_reports(reports)

    def on_fill(self, fill: Fill, snapshot: bool) -> None:
        """Take a fill's notice from the feed; a `snapshot` tells of older ones."""
        self._book(fill, from_feed=not snapshot)

    def _book(self, fill: Fill, from_feed: bool) -> None:
        desk = self.desk
        desk.inputs.knowledge.on_fill(fill)
        if self._booked(fill) or fill.time < self._adopted_at or not self._fills.admits(fill):
            return
        before = self.tracker.ladder.book.realized_pnl
        order = self.tracker.on_fill(fill, desk.clock(), from_feed)
        if order is not None:
            gain = self.tracker.ladder.book.realized_pnl - before
            with self.tracker.telling:
                desk.chronicle.fill(fill, order.role.value, order.unit, order.decision, gain)
        elif fill.client_id is not None and fill.client_id in self._opened_by.values():
            # The venue told of it after the trade was opened with what was known by then.
            self.tracker.adopt(fill, desk.clock())
            with self.tracker.telling:
                desk.chronicle.fill(fill, "entry", 0, self._opening.decision, ZERO)
        elif from_feed or desk.ids.owns(fill.client_id):
            what = "unknown to the journal" if desk.ids.owns(fill.client_id) else "not ours"
            what = adoption.by_exchange(fill, desk.exchange.account) or what
            text = f"a fill of {plain(fill.size)} {fill.symbol} that is {what}: adopt or flatten"
            desk.alarms.sound("foreign", Severity.CRITICAL, text)
            self.pause(text)

    def _booked(self, fill: Fill) -> bool:
        return fill.key in self._opened_by or self.tracker.booked(fill)

    # What is done

    def advance(self) -> None:
        """Act on what the last event left behind."""
        desk = self.desk
        self.manager.hold_buys = (
            desk.inputs.holds_risk()
            or desk.durability.problem
            or desk.rations.refuses(Purpose.BUY)
            or self._is_unsure()
        )
        self.tracker.patience = max(desk.config.timing.confirm_after, 2 * desk.inputs.round_trip)
        # The first comparison asks about every order: nobody has to beside it.
        courier, now = self.courier, desk.clock()
        actions = [] if self._catching_up else self.manager.converge(now, courier.busy, courier.placing)
        # What was decided is durable before it is sent.
        desk.durability.commit(partial(self.courier.prepare, actions))
        for action in self._protective(actions) if desk.durability.problem else actions:
            self.courier.send(action)
        if self.tracker.quiet and self._fills_seen != self.tracker.fills_booked:
            self._fills_seen = self.tracker.fills_booked
            desk.inbox.spawn(self.caretaker.ask_account())
        if self._inherits and self.tracker.settled:
            self._inherits = False
            self.reconcile()
        asides.tell(self.tracker, desk.alarms, now)
        halted = self.tracker.ladder.halted
        if halted is not None and desk.mode is Mode.RUNNING and self.tracker.settled:
            desk.alarms.sound("halted", Severity.CRITICAL, halted)
            self.halt(halted)
        if self._is_sold_out():
            self.wishes.want(Wish(Verb.FLATTEN, "the end of the sold-out trade", passing=True, closes=True))
        if not self._catching_up:
            self.wishes.work()
        desk.outcomes.look()
        self._lamp_is_old = True
        if now - self._lamp_at >= _LOOK_EVERY:
            self._look_at_protection(now)
        self.objections.look(now)

    @property
    def lamp(self) -> Invariant | None:
        """The master lamp as of the last event; None where it cannot be told."""
        if self._lamp_is_old:
            self._look_at_protection(self.desk.clock())
        return self._lamp

    def _look_at_protection(self, now: int) -> None:
        self._lamp, self._lamp_at, self._lamp_is_old = None, now, False
        with self.tracker.telling:
            self._lamp = self._protection.watch(self.caretaker.reconciled, self.courier.busy, now)

    def _is_unsure(self) -> str:
        if self.desk.skew.offset is None:
            return "the exchange's clock has not been read yet"
        if self.desk.skew.unsettled:
            return "this machine's clock was set, and the exchange's has not been read since"
        return "" if self.caretaker.reconciled else "orders are being compared with the exchange"

    def send(self, action: Action) -> None:
        """Carry out what was decided outside of `advance`, and make it durable first: a restart must know
        every order that it may find working or filled."""
        self.desk.durability.commit()
        self.courier.send(action)

    def _protective(self, actions: Sequence[Action]) -> Iterator[Action]:
        """What was decided, without buys: those that could not be made durable are not sent."""
        desk = self.desk
        for action in actions:
            if isinstance(action, Place):
                buys = [order for order in action.orders if order.role is Role.BUY]
                if buys:
                    self.tracker.on_not_placed(buys, desk.durability.problem, desk.clock())
                action = Place(tuple(order for order in action.orders if order.role is not Role.BUY))
                if not action.orders:
                    continue
            yield action

    def missed(self) -> None:
        """The feed was away, or told what nobody can read: what it would have told is asked for."""
        self.caretaker.doubt()
        self.reconcile()

    def reconcile(self) -> None:
        """Have everything compared with the venue, soon."""
        self.desk.inbox.spawn(self.caretaker.reconcile())

    def at_rest(self) -> bool:
        """Whether this is a moment to leave: nothing is unproven, and where it trades the target works."""
        return self.tracker.settled or (self.desk.mode is not Mode.RUNNING and self.tracker.quiet)

    # Whether it trades

    def pause(self, reason: str) -> None:
        """Take no new risk; what is held stays protected."""
        self.desk.record_mode(Mode.PAUSED, reason)
        if self.manager.posture is Posture.TRADE:
            self.manager.posture = Posture.PROTECT
        if self.desk.mode not in (Mode.PAUSED, Mode.HALTED):
            self.desk.set_mode(Mode.PAUSED, reason)

    def halt(self, reason: str) -> None:
        """Touch nothing any more."""
        self.desk.record_mode(Mode.HALTED, reason)
        self.manager.posture = Posture.HANDS_OFF
        self.desk.set_mode(Mode.HALTED, reason)

    @property
    def resumes(self) -> Mode:
        """What it would go on with if it were resumed."""
        return Mode.SELLING_OUT if self.tracker.ladder.selling_out else Mode.RUNNING

    def resume(self, by: str) -> None:
        """Trade on, or go on selling out; `by` says whose word it was."""
        if self.resumes is Mode.SELLING_OUT:
            self._go_on(Mode.SELLING_OUT, f"resumed {by}")
        else:
            self._go_on(Mode.RUNNING, "")

    def sell_out(self, reason: str) -> None:
        """Buy nothing any more, and end the trade when all is sold."""
        self.tracker.sell_out(self.desk.clock())
        self._go_on(Mode.SELLING_OUT, reason)

    def _go_on(self, mode: Mode, reason: str) -> None:
        self.manager.posture = Posture.TRADE
        for key in ("unprotected", "foreign", "position", "winddown"):
            self.desk.alarms.clear(key)
        self.desk.record_mode(mode, reason)
        self.desk.set_mode(mode, reason)

    # Its end

    def _is_sold_out(self) -> bool:
        desk, ladder = self.desk, self.tracker.ladder
        if desk.mode is not Mode.SELLING_OUT or self.wishes.current is not None or self.finished:
            return False
        if any(slot.coins or slot.due for slot in ladder.slots) or ladder.oversold:
            return False
        return not any(True for _ in self.tracker.alive)

    def _fulfilled(self, wish: Wish, done: str) -> None:
        """Flat for good: the trade has ended, and the next start begins a new one."""
        if wish.verb is not Verb.FLATTEN:
            return
        desk, ladder = self.desk, self.tracker.ladder
        self.closed_at = desk.clock()
        if wish.closes:
            result = ladder.net_pnl(self.tracker.mark or ZERO)
            self.finished = f"Trade ended: all sold. Result {result:+,.2f} USD"
            desk.ended(f"sold out: {done}")
        else:
            desk.set_mode(Mode.HALTED, wish.reason)
            desk.ended(f"{wish.reason}: {done}")


def _before_the_restart(mode: str, reason: str) -> str:
    """Why it is paused since it was started, in words."""
    if _BEFORE in reason:
        return reason
    since = "halted " if mode == Mode.HALTED else "since "
    return f"{since}{_BEFORE} ({reason})"
