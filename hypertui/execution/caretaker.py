"""The caretaker: asks for the account and the working orders beside the trade, and says what disagrees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from hypertui.exchange import AccountState, Exchange, ExchangeError
from hypertui.execution import reconciliation
from hypertui.execution.inbox import Inbox
from hypertui.execution.inputs import Inputs
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import ClientIds
from hypertui.execution.status import Alarms
from hypertui.market import Fill, plain
from hypertui.port import Severity

_MISMATCHES_BELIEVED = 2


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
        self._since = clock()
        self._mismatches = 0

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

    def _on_account(self, account: AccountState, asked_at: int, booked: int) -> None:
        self._alarms.clear("questions")
        self._inputs.on_answer(asked_at)
        self._inputs.on_account(account)
        held = self._tracker.ladder.position
        moving = not self._tracker.quiet or booked != self._tracker.fills_booked
        if account.position == held or moving:
            self._mismatches = 0
            return
        # One answer may be older than a fill that is on its way; two in a row are not.
        self._mismatches += 1
        if self._mismatches >= _MISMATCHES_BELIEVED:
            text = f"the venue holds {plain(account.position)}, the trade has booked {plain(held)}"
            self._alarms.sound("position", Severity.CRITICAL, text)
            self._pause(text)

    def _on_findings(self, findings: reconciliation.Findings) -> None:
        for fill in findings.fills:
            self._book(fill)
        differences = reconciliation.compare(findings, self._tracker, self._ids, self._clock())
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
