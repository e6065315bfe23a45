"""What a start asks of the venue: little enough for several engines behind one address to start at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from decimal import Decimal
from functools import partial

import pytest

from hypertui.exchange import Exchange
from hypertui.execution.trade_journal import Input
from hypertui.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.port import TaskView
from tests.support.live_engine import LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue

LIMIT = 150
# By whose key signs: the name of the wallet that acts for the account, None where the account does itself.
KEYS = {"own": None, "named": "ladder", "unnamed": ""}


class Account:
    """One account at a venue of its own, so that what is spent there is its engine's."""

    def __init__(self, stack: ExitStack, wallet: str | None) -> None:
        self.venue = stack.enter_context(LocalVenue({"SOL": Decimal(150)}))
        self._key = SigningKey.throwaway()
        self._address = self._key.address
        self._spent = 0
        if wallet is not None:
            self._address = SigningKey.throwaway().address
            self.venue.call(lambda: self._approve(wallet))

    def _approve(self, wallet: str) -> None:
        self.venue.core.agents.approve(self._address, self._key.address, wallet, wall_clock())

    def engine(self, history: Sequence[Input] = ()) -> LiveEngine:
        """A new engine of the account; what is spent from now on is its own."""
        live = LiveEngine(self.venue, history=history)
        live.key = self._key

        async def connect() -> Exchange:
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
    return next((task for task in live.engine.snapshot.tasks if task.name == name), None)


def counted(live: LiveEngine) -> int:
    """What the engine itself believes to have spent."""
    return live.on_engine(lambda trade: trade.desk.exchange.weight_spent, 0)  # type: ignore[attr-defined]


def costs(account: Account) -> list[int]:
    """What a new trade and its resumption spend until the account is looked at again, 5 s after that."""
    spent: list[int] = []
    history: Sequence[Input] = ()
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


def test_a_start_costs_at_most_150_of_weight(accounts: dict[str, Account]) -> None:
    with ThreadPoolExecutor(len(accounts)) as threads:
        spent = dict(zip(accounts, threads.map(costs, accounts.values()), strict=True))
    assert all(cost <= LIMIT for each in spent.values() for cost in each), spent


def test_the_allowance_is_asked_for_soon_and_what_nobody_waits_for_is_not(
    accounts: dict[str, Account],
) -> None:
    with accounts["own"].engine() as live:
        live.opened()
        began = wall_clock()
        live.wait_for(lambda: stamp(live, "transfers") is not None, "the tasks")
        due = {task.name: (task.next or 0) - began for task in live.engine.snapshot.tasks}
        assert 0 < due["allowance"] <= 10_000
        assert 10_000 < due["funding"] <= 20_000
        assert 50_000 < due["transfers"] <= 60_000
