"""The caretaker: asks for the account and the working orders beside the trade, and says what disagrees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from hypertui.exchange import AccountState, Exchange, ExchangeError, FundingPayment
from hypertui.execution import reconciliation
from hypertui.execution.inbox import Inbox
from hypertui.execution.inputs import Inputs
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import ClientIds
from hypertui.execution.status import Alarms
from hypertui.market import Fill, plain
from hypertui.port import Severity


@dataclass(slots=True)
class _Suspicion:
    """The venue's position differs from the booked one. `looked` is set when orders and fills have been asked
    for since then."""

    difference: Decimal
    fills_booked: int
    looked: bool = False


class Caretaker:
    """Runs its questions outside the inbox and hands the answers in.

    `book` takes fills that were found by asking; `pause` stops new risk when the position is not the booked
    one.
    """

    def __init__(
        self,
        exchange: Exchange,
        symbol: str,
        tracker: OrderTracker,
        ids: ClientIds,
        inputs: Inputs,
        inbox: Inbox,
        clock: Callable[[], int],
        alarms: Alarms,
        book: Callable[[Fill], None],
        pause: Callable[[str], None],
        expires_after: int,
        began_at: int,
        since: int | None = None,
    ) -> None:
        self._exchange = exchange
        self._symbol = symbol
        self._tracker = tracker
        self._ids = ids
        self._inputs = inputs
        self._inbox = inbox
        self._clock = clock
        self._alarms = alarms
        self._book = book
        self._pause = pause
        self._expires_after = expires_after
        self._began_at = began_at
        self._since = clock() if since is None else since
        self.orphans = 0  # own orders that worked at the venue and should not, at the last comparison
        self.reconciled = False  # whether orders and fills have been compared with the venue's at least once
        self._suspicion: _Suspicion | None = None

    async def ask_account(self) -> None:
        """Ask for equity, margin and position."""
        asked_at, booked = self._clock(), self._tracker.fills_booked
        try:
            account = await self._exchange.account_state(self._symbol)
        except ExchangeError as error:
            self._inbox.post(partial(self._trouble, f"the account could not be read: {error}"))
            return
        self._inbox.post(partial(self._on_account, account, asked_at, booked))

    async def reconcile(self) -> None:
        """Ask for working orders and recent fills."""
        since, now = self._since, self._clock()
        try:
            findings = await reconciliation.look(self._exchange, self._symbol, since, self._clock)
        except ExchangeError as error:
            self._inbox.post(partial(self._trouble, f"reconciliation got no answer: {error}"))
            return
        self._since = now
        self._inbox.post(partial(self._on_findings, findings))

    async def ask_funding(self) -> None:
        """Ask for the funding of the position since the last that is booked, or since the trade began."""
        since = self._tracker.funded_until
        try:
            payments = await self._exchange.funding_since(
                self._symbol, self._began_at if since is None else since
            )
        except ExchangeError as error:
            self._inbox.post(partial(self._trouble, f"the funding could not be read: {error}"))
            return
        self._inbox.post(partial(self._on_funding, payments))

    def _on_funding(self, payments: Sequence[FundingPayment]) -> None:
        for payment in payments:
            self._tracker.fund(payment, self._clock())

    def _on_account(self, account: AccountState, asked_at: int, booked: int) -> None:
        self._alarms.clear("questions")
        self._inputs.on_answer(asked_at)
        self._inputs.on_account(account)
        moving = not self._tracker.quiet or booked != self._tracker.fills_booked
        difference = account.position - self._tracker.ladder.held
        if not moving and difference:
            self._suspect(_Suspicion(difference, booked))
        elif not moving:
            self._suspicion = None

    def _suspect(self, new: _Suspicion) -> None:
        """A difference alone proves nothing: a fill may be on its way. It is believed when every order and
        all recent fills have been asked for, nothing new has come of it, and it is still there."""
        old = self._suspicion
        if old is None or (old.difference, old.fills_booked) != (new.difference, new.fills_booked):
            self._suspicion = new
            self._tracker.doubt_all(self._clock())
            self._inbox.spawn(self.reconcile())
        elif not old.looked:
            self._inbox.spawn(self.reconcile())
        else:
            self._suspicion = None
            self._believe(new.difference)

    def _believe(self, difference: Decimal) -> None:
        ladder, mark = self._tracker.ladder, self._tracker.mark
        if mark is not None and abs(difference) * mark < ladder.plan.instrument.min_order_value:
            self._tracker.correct_dust(difference, self._clock())
            return
        text = f"the venue holds {plain(ladder.held + difference)}, the trade has booked {plain(ladder.held)}"
        self._alarms.sound("position", Severity.CRITICAL, text)
        self._pause(text)

    def _on_findings(self, findings: reconciliation.Findings) -> None:
        self.reconciled = True
        for fill in findings.fills:
            self._book(fill)
        if self._suspicion is not None:
            self._suspicion.looked = True
        differences = reconciliation.compare(findings, self._tracker, self._ids, self._clock())
        self.orphans = len(differences.orphans)
        if differences.orphans:
            self._inbox.spawn(self._cancel_orphans(differences.orphans))
        if differences.foreign:
            text = f"{len(differences.foreign)} orders in {self._symbol} are not ours"
            self._alarms.sound("foreign orders", Severity.WARNING, text)
        else:
            self._alarms.clear("foreign orders")

    async def _cancel_orphans(self, client_ids: Sequence[str]) -> None:
        try:
            await self._exchange.cancel(self._symbol, client_ids, self._clock() + self._expires_after)
        except ExchangeError as error:
            self._inbox.post(partial(self._trouble, f"{len(client_ids)} orphans not cancelled: {error}"))

    def _trouble(self, text: str) -> None:
        self._alarms.sound("questions", Severity.WARNING, text)
