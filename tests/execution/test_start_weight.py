"""What a start asks of the venue: little enough for several engines behind one address to start at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

import pytest

from hypertui.core.round_trips import SLOTS
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.exchange.protocol import Exchange, OpenOrder, OrderReport
from hypertui.execution.input_codec import JournalledInput
from hypertui.execution.timing import Timing
from hypertui.port.commands import OnExit
from hypertui.port.views import TaskView
from tests.support.live_engine import LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue

LIMIT = 152
PAST = 45  # what the charts ask for where it is to spare: 4 h in minutes, a day in quarters of an hour
# By whose key signs: the name of the wallet that acts for the account, None where the account does itself.
KEYS = {"own": None, "named": "ladder", "unnamed": ""}


class Account:
    """One account at a venue of its own, so that what is spent there is its engine's."""

    def __init__(self, stack: ExitStack, wallet: str | None) -> None:
        self.venue = stack.enter_context(LocalVenue({"SOL": Decimal(150)}, past=25))
        self._key = SigningKey.throwaway()
        self._address = self._key.address
        self._spent = 0
        if wallet is not None:
            self._address = SigningKey.throwaway().address
            self.venue.call(lambda: self._approve(wallet))

    def _approve(self, wallet: str) -> None:
        self.venue.core.agents.approve(self._address, self._key.address, wallet, wall_clock())

    def engine(self, history: Sequence[JournalledInput] = (), **changes: Any) -> LiveEngine:
        """A new engine of the account; what is spent from now on is its own."""
        live = LiveEngine(self.venue, history=history, **changes)
        live.account, live.key = self._address, self._key

        async def connect(account: str | None) -> Exchange:
            return HyperliquidExchange(paper(self.venue.base_url), self._key, self._address)

        live.engine._connect = connect
        self._spent = self._weight_spent()
        return live

    @property
    def spent(self) -> int:
        """By the venue's count."""
        return self._weight_spent() - self._spent

    def _weight_spent(self) -> int:
        return self.venue.call(lambda: self.venue.server.peers.weight_spent)


def stamp(live: LiveEngine, name: str) -> TaskView | None:
    return next((task for task in live.snapshot.tasks if task.name == name), None)


def counted(live: LiveEngine) -> int:
    """What the engine itself believes to have spent."""
    return live.on_engine(lambda trade: trade.context.exchange.weight_spent, 0)  # type: ignore[attr-defined]


def costs(account: Account) -> list[int]:
    """What a new trade and its resumption spend until the account is looked at again, 5 s after that."""
    spent: list[int] = []
    history: Sequence[JournalledInput] = ()
    for _ in ("new", "resumed"):
        with account.engine(history) as live:
            live.opened().wait_for(partial(looked, live), "a look at the account")
            spent.append(account.spent)
            assert counted(live) == spent[-1], "the engine knows what it spends"
        history = live.journal.inputs
    return spent


def looked(live: LiveEngine) -> bool:
    task = stamp(live, "account")
    return task is not None and task.last is not None


@pytest.fixture
def accounts() -> Iterator[dict[str, Account]]:
    with ExitStack() as stack:
        yield {name: Account(stack, wallet) for name, wallet in KEYS.items()}


def test_a_start_costs_little_weight(accounts: dict[str, Account]) -> None:
    with ThreadPoolExecutor(len(accounts)) as threads:
        spent = dict(zip(accounts, threads.map(costs, accounts.values()), strict=True))
    assert all(cost <= LIMIT + PAST for each in spent.values() for cost in each), spent


def test_the_allowance_is_asked_for_soon_and_what_nobody_waits_for_is_not(
    accounts: dict[str, Account],
) -> None:
    with accounts["own"].engine() as live:
        live.opened()
        began = wall_clock()
        live.wait_for(lambda: stamp(live, "transfers") is not None, "the tasks")
        due = {task.name: (task.next or 0) - began for task in live.snapshot.tasks}
        assert 0 < due["API budget"] <= 10_000
        assert 10_000 < due["funding"] <= 20_000
        assert 50_000 < due["transfers"] <= 60_000


class Slow(HyperliquidExchange):
    """The real client, whose listing of orders comes when it is released. `reports` counts the questions
    about one order."""

    reports = 0

    async def open_orders(self, symbol: str) -> Sequence[OpenOrder]:
        await self.released.wait()
        return await super().open_orders(symbol)

    async def order_report(self, client_id: str) -> OrderReport | None:
        self.reports += 1
        return await super().order_report(client_id)

    @cached_property
    def released(self) -> asyncio.Event:
        return asyncio.Event()


def test_beside_the_first_comparison_nothing_is_asked_about_an_order(accounts: dict[str, Account]) -> None:
    account = accounts["own"]
    with account.engine() as live:
        live.opened()
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status == 0
    kinds = [entry.kind for entry in live.journal.inputs]
    in_flight = live.journal.inputs[: kinds.index("sent") + SLOTS]
    # Killed before it heard of its stops; all of them have to be asked about by now.
    again = account.engine(in_flight, timing=Timing(confirm_after=0))
    exchange = Slow(paper(account.venue.base_url), live.key)

    async def connect(account: str | None) -> Exchange:
        return exchange

    async def go_on(trade: LiveTrade) -> int:
        for _ in range(20):
            trade.context.queue.wake()
            await asyncio.sleep(0)
        assert not trade.account_sync.reconciled
        exchange.released.set()
        return exchange.reports

    again.engine._connect = connect
    with again:
        again.wait_for(lambda: again.on_engine(lambda trade: True, False), "the trade to be taken up")
        assert again.do(go_on) == 0
        again.opened()
