"""Account sync: asks for account, orders and fills beside the trade, and reports differences."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from hypertui.core.market import IngestVia, plain
from hypertui.core.phrases import counted
from hypertui.core.purpose import Purpose
from hypertui.engine.orphans import Orphans
from hypertui.engine.position_watch import PositionWatch
from hypertui.exchange.protocol import (
    AccountState,
    ExchangeError,
    FundingPayment,
    OpenOrder,
    OrderReport,
    RateLimited,
    Transfer,
)
from hypertui.execution.account_context import flows_of
from hypertui.execution.arrivals import (
    AccountArrival,
    AccountRead,
    AllowanceRead,
    ComparisonRead,
    FundingRead,
    MarketDelisted,
    QuestionInVain,
    SignerRead,
    TradeArrival,
    TransfersRead,
)
from hypertui.execution.bookkeeping import Bookkeeper
from hypertui.execution.key_watch import KeyWatch
from hypertui.execution.opening import Opening
from hypertui.execution.orders import OwnOrder
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.recovery import reconciliation
from hypertui.execution.steering import Steering
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_inputs import (
    FillsCompared,
    FundingBooked,
    OrderAltered,
    QuestionAnswered,
)
from hypertui.port.snapshot import Severity
from hypertui.runtime.request_budget import REQUESTS_FOR_STOPS

ACCOUNT_EVERY = 5_000  # ms between two polls of the account
_EARLY = 500  # ms by which a poll may be early
_FEW_REQUESTS = 1_000
_RETRY_PAUSE = 1.0
_LONGEST_PAUSES = 4  # how many of them follow a comparison that was refused again and again


class AccountSync:
    """Asks beside the events and hands the answers in. `began_at` is when the entry was filled (ms), `since`
    from when on fills are asked for; a new trade has nothing to be compared yet."""

    def __init__(
        self,
        context: TradeContext,
        recorder: TradeRecorder,
        bookkeeper: Bookkeeper,
        steering: Steering,
        key: KeyWatch,
        opening: Opening,
    ) -> None:
        self._context = context
        self._exchange = context.exchange
        self.symbol = context.config.symbol
        self._recorder = recorder
        self._tracker = recorder.trade.tracker
        self._ids = context.ids
        self._market = context.market
        self._queue = context.queue
        self._clock = context.clock
        self._alarms = context.alarms
        self._journal = context.journal
        self._observations = context.observations
        self._budget = context.budget
        self._clock_sync = context.clock_sync
        self._key = key
        self._bookkeeper = bookkeeper
        self._began_at, self._has_entered = opening.began_at, bool(opening.fills)
        self._since = opening.began_at if opening.resumed or opening.found else context.clock()
        self._transfers_until = 0
        self.funding_asked_at = 0  # ms: the newest question about it that was answered
        self.orphans = 0  # own orders that worked at the venue and should not, at the last comparison
        self.listing: tuple[int, Sequence[OpenOrder]] | None = None  # asked at (ms), and what worked then
        self._unsure_since: int | None = None if opening.is_new else 0
        self._position = PositionWatch(context, recorder, steering)
        self._looking = self._look_again = False
        self._awaiting: list[asyncio.Future[str]] = []
        self._orphans = Orphans(context, recorder)
        self._read_by_others_at = -ACCOUNT_EVERY
        context.account.join(self)

    @property
    def reconciled(self) -> bool:
        """Whether orders and fills have been compared with the venue's since anything last kept them
        from being heard of."""
        return self._unsure_since is None

    def doubt(self) -> None:
        """Something may have been missed until now."""
        self._unsure_since = self._clock()

    def let_go_of_orphans(self) -> None:
        """Cancel those that cover nothing any more."""
        self._orphans.let_go()

    # What is asked now and then returns what came in between, in words: empty where there was an answer.

    async def ask_account(self) -> str:
        """Ask for equity, margin and position, and see the venue's clock."""
        if not self._budget.allows_question():
            return "left out: requests are kept for stops"
        try:
            await self._context.account.ask(self.symbol, self._clock)
        except ExchangeError as error:
            self._queue.post(QuestionInVain("the account could not be read", error))
            return str(error)
        return ""

    async def poll_account(self) -> str:
        """The same, unless another trade of the account has asked lately."""
        if self._clock() - self._read_by_others_at < ACCOUNT_EVERY - _EARLY:
            return ""
        return await self.ask_account()

    @property
    def fills_booked(self) -> int:
        """How many fills the trade has booked."""
        return self._tracker.fills_booked

    def read(self, account: AccountRead, *, asked: bool) -> None:
        """The account has been read; `asked` says whether this trade has asked, or another one."""
        if not asked:
            self._read_by_others_at = account.asked_at
        self._queue.post(account)

    async def reconcile(self) -> str:
        """Compare with the venue's orders and recent fills, however often that has to be tried. What is asked
        for while a comparison is under way is done once more after it: the first may have looked too
        early."""
        if self._looking:
            self._look_again = True
            return "another one is under way"
        self._looking = self._look_again = True
        tried = 0
        try:
            while self._look_again:
                self._look_again = not await self._compare()
                if self._look_again:
                    tried += 1
                    # What goes out in spite of a pause that the account was asked for goes out less often.
                    throttled = self._holds_up_stops and self._budget.questions_wait
                    await asyncio.sleep(_RETRY_PAUSE * (min(tried, _LONGEST_PAUSES) if throttled else 1))
        finally:
            self._looking = False
        return ""

    async def compare_once(self) -> str:
        """Compare, and return what differed in words."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._awaiting.append(answer)
        await self.reconcile()
        return await answer

    @property
    def _holds_up_stops(self) -> bool:
        """Whether no stop can be placed before a comparison is answered, as after a restart: only what would
        hold up a stop holds up this question, and not what another trade was asked to wait for."""
        return self.listing is None and not self.reconciled

    async def _compare(self) -> bool:
        await self._permission(Purpose.PROTECT if self._holds_up_stops else Purpose.ASK)
        self._look_again = False
        since = max(self._since, self._tracker.compared_until)
        expected = [order.client_id for order in self._tracker.alive]
        try:
            findings = await reconciliation.look(self._exchange, self.symbol, since, expected, self._clock)
        except ExchangeError as error:
            self._queue.post(QuestionInVain("reconciliation got no answer", error))
            return False
        self._queue.post(ComparisonRead(findings))
        return not self._look_again

    async def ask_funding(self) -> str:
        """Ask for the funding of the position since the last that is booked, or since the trade began, until
        there is an answer."""
        while True:
            await self._permission()
            since = self._tracker.funded_until
            if since is None:  # a trade that began flat did so by our clock, which may be ahead
                since = self._began_at + (0 if self._has_entered else min(self._clock_sync.ahead, 0))
            asked_at = self._clock()
            try:
                payments = await self._exchange.funding_since(self.symbol, since)
            except ExchangeError as error:
                self._queue.post(QuestionInVain("the funding could not be read", error))
                await asyncio.sleep(_RETRY_PAUSE)
            else:
                self._queue.post(FundingRead(asked_at, payments))
                return ""

    async def ask_transfers(self) -> str:
        """Ask what was paid into and out of the account: the base of all that is measured against capital."""

        async def ask() -> TransfersRead:
            asked_at = self._clock()
            return TransfersRead(asked_at, await self._exchange.transfers_since(self._transfers_until))

        return await self._asked(ask, "the transfers could not be read")

    async def ask_allowance(self) -> str:
        """Ask how many actions the account may still send."""

        async def ask() -> AllowanceRead:
            await self._exchange.ask_allowance()
            return AllowanceRead()

        return await self._asked(ask, "the request budget could not be read")

    async def ask_key(self) -> str:
        """Ask whether the key that signs still may, and until when."""

        async def ask() -> SignerRead:
            return SignerRead(await self._exchange.signer())

        return await self._asked(ask, "the key could not be asked about")

    async def _asked(self, ask: Callable[[], Awaitable[TradeArrival]], in_vain: str) -> str:
        """Hand the answer in, or that there was none, in these words."""
        await self._permission()
        try:
            answer = await ask()
        except ExchangeError as error:
            self._queue.post(QuestionInVain(in_vain, error))
            return str(error)
        self._queue.post(answer)
        return ""

    async def ask_listing(self) -> str:
        """Ask whether the market trades no more."""
        await self._permission()
        try:
            gone = await self._exchange.is_delisted(self.symbol)
        except ExchangeError as error:
            self._queue.post(QuestionInVain("the market could not be asked about", error))
            return str(error)
        if gone:
            self._queue.post(MarketDelisted())
        return ""

    async def _permission(self, about: Purpose = Purpose.ASK) -> None:
        """Wait until questions may be asked. What is asked for often is left out instead."""
        while not self._budget.allows_question(about):
            held = self._budget.questions_wait if about is Purpose.ASK else 0
            await asyncio.sleep(held or _RETRY_PAUSE)

    # What the answers say

    def take(self, arrival: AccountArrival) -> None:
        """An answer has come, or it is known that none does."""
        if isinstance(arrival, QuestionInVain):
            self._unanswered(arrival.what, arrival.error)
            return
        self._budget.answered(Purpose.ASK)
        match arrival:
            case AccountRead(account, asked_at, booked):
                self._on_account(account, asked_at, booked)
            case ComparisonRead(findings):
                self._on_findings(findings)
            case FundingRead(asked_at, payments):
                self.funding_asked_at = asked_at
                self._on_funding(payments)
            case TransfersRead(asked_at, transfers):
                self._on_transfers(asked_at, transfers)
            case AllowanceRead():
                self._on_allowance()
            case SignerRead(signer):
                self._key.learned(signer)

    def _on_allowance(self) -> None:
        left = self._exchange.allowance.requests
        if left is not None and left < _FEW_REQUESTS:
            text = f"{left} requests of the account left: trading adds one for each USD, "
            text += f"buys stop at {REQUESTS_FOR_STOPS}"
            self._alarms.sound("requests", Severity.WARNING, text)
        else:
            self._alarms.clear("requests")

    def _on_funding(self, payments: Sequence[FundingPayment]) -> None:
        for payment in sorted(payments, key=lambda payment: payment.time):
            # Every answer to the question tells of the last payment again.
            if payment.time > (self._tracker.funded_until or 0):
                self._recorder.take(FundingBooked(self._clock(), payment))
                self._journal.funding(payment)

    def _on_transfers(self, asked_at: int, transfers: Sequence[Transfer]) -> None:
        self._journal.transfers(transfers)
        account = self._context.account
        flows = flows_of(transfers, self._exchange.account, pooled=account.pooled)
        account.equity.transfers(asked_at, flows)
        self._transfers_until = max((moved.time for moved in transfers), default=self._transfers_until)

    def _on_account(self, account: AccountState, asked_at: int, booked: int) -> None:
        self._alarms.clear("questions")
        self._look_at_clock()
        self._market.on_answer(asked_at)
        self._market.knowledge.on_account(account, asked_at)
        self._observations.account(self._clock(), asked_at, account)
        if self._position.differs(account.position, booked):
            self._queue.spawn(self.reconcile())

    def _on_findings(self, findings: reconciliation.Findings) -> None:
        if self._unsure_since is not None and findings.asked_at >= self._unsure_since:
            self._unsure_since = None
        if findings.asked_at >= (self._alarms.since("garbage") or 0):
            self._alarms.clear("garbage")
        self.listing = (findings.asked_at, findings.orders)
        self._market.knowledge.heard_until(findings.asked_at)
        now, booked = self._clock(), self._tracker.fills_booked
        for fill in findings.fills:
            self._bookkeeper.book(fill, IngestVia.COMPARISON)
        asked_at = findings.asked_at
        clock = self._clock_sync
        if clock.offset is not None and not (clock.unsettled or clock.too_far):
            # Until when all fills are known is said in the exchange's time, which has to be known for that.
            self._recorder.take(FillsCompared(now, min(asked_at, clock.at_venue(asked_at))))
        found = self._tracker.fills_booked - booked
        self._position.compared(findings.asked_at)
        differences = reconciliation.compare(findings, self._tracker, self._ids)
        self._take(findings, differences, now)
        self._journal.reconciliation(
            differences.record() | {"listed": len(findings.orders), "fills": found}, differences.done, now
        )
        self._context.tally.compared(asked_at, now, differences.counts() | {"fills": found})
        for answer in self._awaiting:
            if not answer.done():
                missed = f"{counted(found, 'missed fill')} booked" if found else "no fill missed"
                answer.set_result(f"{differences.done}; {missed}{self._surplus()}")
        self._awaiting.clear()
        self.orphans = len(differences.orphans)
        self._orphans.found(differences.orphans)
        if differences.foreign:
            count = len(differences.foreign)
            are = "is" if count == 1 else "are"
            text = f"{counted(count, 'order')} in {self.symbol} {are} not by this engine"
            self._alarms.sound("foreign orders", Severity.WARNING, text)
        else:
            self._alarms.clear("foreign orders")

    def _surplus(self) -> str:
        """What the exchange holds beyond the books, in words: no repair of orders changes that."""
        booked, held = self._tracker.strategy.book.held, self._market.knowledge.position
        if held is None or held == booked:
            return ""
        return f"; the exchange holds {plain(held)}, booked {plain(booked)}: adopt or flatten"

    def _take(
        self, findings: reconciliation.Findings, differences: reconciliation.Differences, now: int
    ) -> None:
        """Prove with what was found all that can be proven, and have what works otherwise than it should be
        replaced."""
        for client_id, (asked_at, report) in findings.reports.items():
            order = self._tracker.find(client_id)
            if order is not None and not order.dead:
                self._answer(order, report, asked_at, now)
        for listing in findings.orders:
            order = self._tracker.find(listing.client_id)
            if order is not None and order.unproven and not order.due:
                self._answer(order, reconciliation.as_report(listing), findings.asked_at, now)
        for client_id in differences.altered:
            order = self._tracker.find(client_id)
            if order is not None and not order.dead:
                self._recorder.take(OrderAltered(now, client_id))

    def _answer(self, order: OwnOrder, report: OrderReport | None, asked_at: int, now: int) -> None:
        mark = self._recorder.mark
        self._recorder.take(QuestionAnswered(now, order.client_id, report, asked_at, mark))

    def _look_at_clock(self) -> None:
        if self._clock_sync.alarming:
            severity = Severity.CRITICAL if self._clock_sync.too_far else Severity.WARNING
            self._alarms.sound("clock", severity, self._clock_sync.in_words())
        else:
            self._alarms.clear("clock")

    def _unanswered(self, what: str, error: ExchangeError) -> None:
        if isinstance(error, RateLimited):
            self._budget.refused(Purpose.ASK, error)
        self._alarms.sound("questions", Severity.WARNING, f"{what}: {error}")
