"""The way between the engine and the venue: how long messages take, and what befalls them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from random import Random
from typing import TypeVar

from hypertui.exchange import RateLimited, Unknown, Unreachable
from tests.simulation.scenario import LATENCIES, Faults, Scenario

T = TypeVar("T")

TIMEOUT = 5.0


class Fate(Enum):
    """What befalls one request."""

    ARRIVES = auto()
    LOST_THERE = auto()
    LOST_BACK = auto()
    LATE = auto()  # arrives when nobody waits for it any more, perhaps after it has expired
    UNREACHABLE = auto()
    RATE_LIMITED = auto()
    FAILED_THERE = auto()  # an error of the server, before it did anything
    FAILED_BACK = auto()  # an error of the server, after it had done it


class Network:
    """Draws every latency and every fate. `trouble_at` is when (loop seconds) something last went wrong."""

    def __init__(self, scenario: Scenario, random: Random) -> None:
        self.random = random
        self.faults = scenario.faults
        self.trouble_at = -1e9
        self.requests = 0
        self._spread = LATENCIES[scenario.pace]
        self._serial = asyncio.Lock() if scenario.serial else None

    def calm_down(self) -> None:
        """No faults and short ways from now on."""
        self.faults = Faults()
        self._spread = LATENCIES["calm"]

    def restore(self, scenario: Scenario) -> None:
        """The scenario's faults and ways again."""
        self.faults = scenario.faults
        self._spread = LATENCIES[scenario.pace]

    def latency(self) -> float:
        """Seconds that one message takes."""
        return self.random.uniform(*self._spread)

    def happens(self, chance: float) -> bool:
        """Draw a fault; one that happens is remembered as trouble."""
        happens = self.random.random() < chance
        if happens:
            self.trouble()
        return happens

    def trouble(self) -> None:
        self.trouble_at = asyncio.get_running_loop().time()

    async def act(self, arrive: Callable[[], T]) -> T:
        """Carry an action: `arrive` is called when it reaches the venue, if it does."""
        self.requests += 1
        if self._serial is None:
            return await self._carry(arrive, is_action=True)
        async with self._serial:
            return await self._carry(arrive, is_action=True)

    async def ask(self, arrive: Callable[[], T]) -> T:
        """Carry a question."""
        return await self._carry(arrive, is_action=False)

    async def _carry(self, arrive: Callable[[], T], *, is_action: bool) -> T:
        fate, there, back = self._fate(), self.latency(), self.latency()
        if fate is Fate.UNREACHABLE:
            await asyncio.sleep(min(there, TIMEOUT))
            raise Unreachable("no connection")
        if fate is Fate.RATE_LIMITED:
            await asyncio.sleep(there + back)
            raise RateLimited("too many requests", self.random.choice((1.0, 10.0)))
        if fate is Fate.LATE:
            there = self.random.uniform(3.0, 12.0)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def reach() -> None:
            # The venue acts although nobody may be waiting any more.
            result = arrive()
            if fate not in (Fate.LOST_BACK, Fate.FAILED_BACK):
                loop.call_later(back, lambda: answer.done() or answer.set_result(result))

        if fate not in (Fate.LOST_THERE, Fate.FAILED_THERE):
            loop.call_later(there, reach)
        patience = there + back if fate in (Fate.FAILED_THERE, Fate.FAILED_BACK) else TIMEOUT
        try:
            async with asyncio.timeout(min(patience, TIMEOUT)):
                return await answer
        except TimeoutError:
            self.trouble()
            raise (Unknown("no answer") if is_action else Unreachable("no answer")) from None

    def _fate(self) -> Fate:
        faults = self.faults
        if self.happens(3 * faults.lost):
            return self.random.choice((Fate.LOST_THERE, Fate.LOST_BACK, Fate.LATE))
        if self.happens(3 * faults.refuse):
            return self.random.choice(
                (Fate.UNREACHABLE, Fate.RATE_LIMITED, Fate.FAILED_THERE, Fate.FAILED_BACK)
            )
        return Fate.ARRIVES
