"""Whether the market of a trade is proven, for sources that need that: asked when one wants to open it, and
once beforehand, as soon as the trade has nothing left, so that the answer is there by then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from hypertui.intents.gate import Proof, SourceRules
from hypertui.journal import JournalError
from hypertui.journal.errors import LedgerError
from hypertui.port.engine import EnginePort

# What the leaderboard says of a market. It may take long, but not the loop's time, and raise JournalError or
# LedgerError. What it has read it keeps, until there is more.
Prove = Callable[[str], Awaitable[Proof]]

_IS_WRITTEN = 1_000  # ms after its end in which a trade's last rows become durable
_BEFOREHAND = 600_000  # ms that an answer may take which nobody waits for


class Proving:
    """Of one engine, to be used on one loop. Without `prove` no market is proven. `clock` gives ms."""

    def __init__(self, engine: EnginePort, prove: Prove | None, clock: Callable[[], int]) -> None:
        self._engine = engine
        self._prove = prove
        self._clock = clock
        self._held_at: dict[str, int] = {}  # when each trade was seen last with coins, or first without
        self._ready: set[str] = set()  # the trades that have been asked for since
        self._asking: set[asyncio.Task[Proof | None]] = set()

    async def proof(self, rules: SourceRules, until: int) -> Proof | None:
        """What the leaderboard says of the market, None where nobody has said it by `until` (ms)."""
        trade = self._engine.view.trade(rules.trade)
        if self._prove is None or trade is None:
            return None
        try:
            within = (until - self._clock()) / 1_000
            return await asyncio.wait_for(self._prove(trade.instrument.symbol), within)
        except TimeoutError:
            return None
        except (JournalError, LedgerError) as error:
            return Proof(False, f"the ledger cannot be read: {error}")

    def look(self, rules: Iterable[SourceRules]) -> None:
        """Ask beforehand for the trades that hold nothing any more, or nothing yet."""
        now = self._clock()
        for each in rules:
            trade = self._engine.view.trade(each.trade) if each.needs_proof else None
            if trade is None:
                continue
            name = each.trade
            if trade.position:
                self._held_at[name] = now
                self._ready.discard(name)
            elif name not in self._ready and now - self._held_at.setdefault(name, now) > _IS_WRITTEN:
                self._ready.add(name)
                task = asyncio.create_task(self.proof(each, now + _BEFOREHAND))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)

    async def close(self) -> None:
        """Wait for no answer any more."""
        for task in list(self._asking):
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
