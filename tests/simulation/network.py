"""The way between the engine and the venue: how long messages take, and what befalls them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from enum import Enum, auto
from random import Random
from typing import Any

from hypertui.exchange.hyperliquid import errors
from hypertui.exchange.protocol import RateLimited, Unreachable
from tests.simulation.scenario import LATENCIES, Faults, Scenario
from tests.support.corruption import corrupted

TIMEOUT = 5.0
_DUPLICATE_NONCE = {"status": "err", "response": "Invalid nonce: duplicate nonce 1764221206959"}
_OVER_BUDGET = {
    "status": "err",
    "response": "Too many cumulative requests sent (97460 > 97456) for cumulative volume traded $87457.46.",
}


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
    NOT_JSON = auto()  # an answer that nobody can read, to a request that arrived
    SLOW = auto()  # answered, but perhaps too late
    DUPLICATE_NONCE = auto()  # an action that was carried twice: the answer is the one to the second
    OVER_BUDGET = auto()  # an action of an account that has acted too much


_NEVER_THERE = (Fate.LOST_THERE, Fate.FAILED_THERE)
_NEVER_BACK = (Fate.LOST_BACK, Fate.FAILED_BACK, Fate.NOT_JSON)
_NO_JSON = object()


class Network:
    """Draws every latency and every fate. `trouble_at` is when (loop seconds) something last went wrong,
    `deaf_at` when the feed was last found broken."""

    def __init__(self, scenario: Scenario, random: Random) -> None:
        self.random = random
        self.faults = scenario.faults
        self.trouble_at = -1e9
        self.deaf_at = -1e9
        self.requests = 0
        self.spoiler = Random(f"spoil {scenario.seed}")
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

    def happens(self, chance: float, random: Random | None = None) -> bool:
        """Draw a fault, by default from the numbers of the way; one that happens is remembered as trouble."""
        happens = (random or self.random).random() < chance
        if happens:
            self.trouble()
        return happens

    def spoils(self) -> bool:
        """Draw whether a message is garbage when it arrives; drawn apart, as the kind of garbage is."""
        return self.happens(self.faults.spoil, self.spoiler)

    def silence(self) -> float:
        """Seconds that a feed hears nothing after its connection broke, until it knows that."""
        return self.random.uniform(0.0, self.random.choice((15.0, 15.0, 65.0)))

    def away(self) -> float:
        """Seconds from when a feed knows that its connection broke until it connects again."""
        return self.random.uniform(0.25, 8.0)

    def trouble(self) -> None:
        self.trouble_at = asyncio.get_running_loop().time()

    def deaf(self) -> None:
        """The feed is broken, whether its reader knows it or not."""
        self.trouble()
        self.deaf_at = self.trouble_at

    async def act(self, arrive: Callable[[], Any], left: Callable[[], object]) -> Any:
        """Carry an action: `left` is called when it leaves, and `arrive` when it reaches the venue, if it
        does."""
        self.requests += 1
        if self._serial is None:
            return await self._carry(arrive, left, is_action=True)
        async with self._serial:
            return await self._carry(arrive, left, is_action=True)

    async def lose_sight(self, seconds: float, arrive: Callable[[], Any], left: Callable[[], object]) -> Any:
        """Carry an action that arrives after so many seconds, when its sender has long been told that nobody
        knows what became of it."""
        self.requests += 1
        left()
        self.trouble()
        asyncio.get_running_loop().call_later(seconds, arrive)
        await asyncio.sleep(0.2)
        raise errors.no_answer("the connection broke", is_action=True)

    async def ask(self, arrive: Callable[[], Any], left: Callable[[], object]) -> Any:
        """Carry a question."""
        return await self._carry(arrive, left, is_action=False)

    async def _carry(self, arrive: Callable[[], Any], left: Callable[[], object], *, is_action: bool) -> Any:
        left()
        fate, there, back = self._fate(is_action), self.latency(), self.latency()
        spoilt = self.spoils()
        if fate is Fate.UNREACHABLE:
            await asyncio.sleep(min(there, TIMEOUT))
            raise Unreachable("no connection")
        if fate is Fate.RATE_LIMITED:
            await asyncio.sleep(there + back)
            raise RateLimited("too many requests", self.random.choice((1.0, 10.0)))
        if fate is Fate.OVER_BUDGET:
            await asyncio.sleep(there + back)
            return _OVER_BUDGET
        if fate is Fate.LATE:
            there = self.random.uniform(3.0, 12.0)
        if fate is Fate.SLOW:
            back = self.random.uniform(1.0, 8.0)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()

        def reach() -> None:
            # The venue acts although nobody may be waiting any more.
            result = arrive()
            if fate is Fate.DUPLICATE_NONCE:
                result = _DUPLICATE_NONCE
            if spoilt:
                result = self._garbage(result)
            if fate not in _NEVER_BACK and result is not _NO_JSON:
                loop.call_later(back, lambda: answer.done() or answer.set_result(result))

        if fate not in _NEVER_THERE:
            loop.call_later(there, reach)
        silent = fate in (Fate.LOST_THERE, Fate.LOST_BACK, Fate.LATE, Fate.SLOW)
        try:
            async with asyncio.timeout(TIMEOUT if silent else min(there + back + 0.001, TIMEOUT)):
                return await answer
        except TimeoutError:
            self.trouble()
            raise errors.no_answer("no answer", is_action=is_action) from None

    def _garbage(self, answer: Any) -> Any:
        """What is left of an answer with something impossible in it."""
        try:
            return json.loads(corrupted(json.dumps(answer), self.spoiler))
        except (ValueError, RecursionError):
            return _NO_JSON

    def _fate(self, is_action: bool) -> Fate:
        faults = self.faults
        if self.happens(3 * faults.lost):
            return self.random.choice((Fate.LOST_THERE, Fate.LOST_BACK, Fate.LATE))
        if self.happens(3 * faults.refuse):
            return self.random.choice(
                (Fate.UNREACHABLE, Fate.RATE_LIMITED, Fate.FAILED_THERE, Fate.FAILED_BACK)
            )
        if self.happens(2 * faults.garble):
            return self.random.choice((Fate.NOT_JSON, Fate.SLOW))
        if is_action and self.happens(2 * faults.garble):
            return self.random.choice((Fate.DUPLICATE_NONCE, Fate.OVER_BUDGET))
        return Fate.ARRIVES
