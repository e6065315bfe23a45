"""An engine of several trades for tests: in a thread of its own, the real client, the local venue."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from decimal import Decimal

from hypertui.engine.engine import OpenTrade
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.hyperliquid import HyperliquidExchange, NonceSource, paper
from hypertui.exchange.protocol import Exchange
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import Ack, Command, Verb
from hypertui.port.snapshot import Snapshot
from hypertui.runtime.machine import Machine
from tests.support.live_engine import DEADLINE, LiveEngine, Result, WatchedEngine, wall_clock
from tests.support.local_venue import LocalVenue
from tests.support.memory_journal import MemoryJournal


class DeskEngine(LiveEngine):
    """A context manager, as `LiveEngine`, which knows the first of the trades. `journals` are those in
    memory, by the names of the trades."""

    def __init__(
        self, venue: LocalVenue, configs: Sequence[TradeConfig], open_trade: OpenTrade | None = None
    ) -> None:
        super().__init__(venue, configs[0])
        self.account = configs[0].account or ""
        self._nonces = NonceSource()  # of the one key that signs for all accounts
        self.names = [config.title for config in configs]
        self.journals = {name: (random.getrandbits(64), MemoryJournal()) for name in self.names}
        self.engine = WatchedEngine(
            self._connect,
            open_trade or (lambda config, account: nullcontext(self._taken_up(config.title))),
            configs,
            Machine(wall_clock, random.Random(7)),
        )

    async def _connect(self, account: str | None) -> Exchange:
        return HyperliquidExchange(paper(self.venue.base_url), self.key, account, nonces=self._nonces)

    def _taken_up(self, name: str) -> tuple[int, MemoryJournal]:
        """The trade as another start finds it."""
        trade, journal = self.journals[name]
        self.journals[name] = trade, MemoryJournal(journal.inputs)
        return self.journals[name]

    def all_settled(self) -> bool:
        """Whether each trade is open, and exactly its target works."""
        return all(self.look(name, lambda trade: trade.tracker.settled, False) for name in self.names)

    def trade(self, name: str) -> Snapshot:
        """The newest snapshot of a trade."""
        found = self.engine.view.trade(name)
        assert found is not None, name
        return found

    def look(self, name: str, look: Callable[[LiveTrade], Result], otherwise: Result) -> Result:
        """What `look` sees of a trade on the engine's own loop; `otherwise` where it is not open."""
        seat = self.engine._seats[name]
        if seat.runner is None or seat.runner.trade is None or seat.task is None or seat.task.done():
            return otherwise
        trade = seat.runner.trade

        async def ask() -> Result:
            return look(trade)

        assert self.engine._loop is not None, "a trade is open"
        return asyncio.run_coroutine_threadsafe(ask(), self.engine._loop).result(DEADLINE)

    def order(self, verb: Verb, trade: str) -> Ack:
        """Send a command as a screen would, from another loop."""
        command = Command(f"{verb.value}-{random.getrandbits(32)}", verb, "test@tty", trade=trade)
        return asyncio.run(self.engine.command(command))


def sub_account(venue: LocalVenue, master: str, name: str, money: Decimal) -> str:
    """A new sub-account of the account with the address `master`, with so much money (USD); its address."""

    def create() -> str:
        treasury, core = venue.core.treasury, venue.core
        address = treasury.create_sub_account(core.deposit(master, money), name)
        treasury.transfer_sub(core.stored(master), address, money, deposit=True)
        return address

    return venue.call(create)
