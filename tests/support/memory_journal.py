"""A journal in memory, for trades that need not outlive their test."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from hypertui.core.market import Instrument
from hypertui.exchange.protocol import AccountState, FundingPayment, Quote, Transfer
from hypertui.execution.input_codec import JournalledInput, encode
from hypertui.execution.timing import Timing
from hypertui.execution.trade_history import TradeHistory
from hypertui.execution.trade_inputs import Input
from hypertui.execution.trade_news import FillBooked, OrderChanged
from hypertui.port.engine import Event
from hypertui.strategy.base import MoveRecord


class MemoryJournal:
    """Keeps the inputs in memory, for a trade that need not outlive its process."""

    def __init__(self, inputs: Sequence[JournalledInput] = ()) -> None:
        self._before = TradeHistory.of(tuple(inputs))
        self.inputs = list(inputs)
        self.terms: dict[str, object] = {}

    def history(self) -> TradeHistory:
        """What was there at the start."""
        return self._before

    async def keep_terms(self, terms: Mapping[str, object]) -> str:
        """Keep them."""
        self.terms.update(terms)
        return ""

    def record(self, given: Input) -> None:
        """Keep an input."""
        self.inputs.append(encode(given))

    @property
    def state_is_due(self) -> bool:
        """Inputs are enough."""
        return False

    def keep(self, state: str, at: int) -> None:
        """Not kept."""

    @property
    def place(self) -> str:
        """For messages."""
        return "in memory"

    def room(self) -> tuple[int | None, int | None]:
        """Not on any disk."""
        return None, None

    async def tidy(self) -> str:
        """Nothing is kept."""
        return ""

    @property
    def pending(self) -> int:
        """Nothing waits."""
        return 0

    def commit_beside(self, *, at_once: bool, after: float = 0.0) -> asyncio.Future[None]:
        """Nothing can go wrong."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def give_up(self) -> int:
        """Nothing is lost."""
        return 0

    def ended(self, at: int, how: str) -> None:
        """Forget everything: a run after this one begins anew."""
        self._before = TradeHistory.of(())
        self.inputs.clear()

    def order(self, changed: OrderChanged, at: int) -> None:
        """Not kept."""

    def fill(self, booked: FillBooked) -> None:
        """Not kept."""

    def move(self, record: MoveRecord, at: int) -> None:
        """Not kept."""

    def event(self, event: Event) -> None:
        """Not kept."""

    def funding(self, payment: FundingPayment) -> None:
        """Not kept."""

    def transfers(self, transfers: Sequence[Transfer]) -> None:
        """Not kept."""

    def reconciliation(self, findings: Mapping[str, object], done: str, at: int) -> None:
        """Not kept."""

    def quote(self, at: int, quote: Quote) -> None:
        """Not kept."""

    def account(self, at: int, asked_at: int, account: AccountState) -> None:
        """Not kept."""

    def rules(self, at: int, instrument: Instrument, timing: Timing) -> None:
        """Not kept."""
