"""The line to the venue: requests on the event loop, a few at a time, each for its time and no longer."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from functools import partial

from hypertui.exchange.hyperliquid import errors, sdk
from hypertui.exchange.hyperliquid.checks import Json, understood
from hypertui.exchange.hyperliquid.rate_meter import RateMeter
from hypertui.exchange.hyperliquid.session import HttpSession
from hypertui.exchange.protocol import RateLimited, Unknown, Unreachable

_QUESTIONS_AT_ONCE = 4
_ACTIONS_AT_ONCE = 4


class Line:
    """Actions have turns of their own in each market, so that no question is ever in their way, nor what
    another market waits for, and a few of them, so that neither is an action that is not answered. What
    protects a position waits for no turn at all. `timeout` is in seconds; `back` is called when the venue
    says something again after it had said nothing."""

    def __init__(
        self, session: HttpSession, timeout: float, meter: RateMeter, back: Callable[[], None]
    ) -> None:
        self._session = session
        self._timeout = timeout
        self._meter = meter
        self._back = back
        self._asking = asyncio.Semaphore(_QUESTIONS_AT_ONCE)
        self._acting: defaultdict[str, asyncio.Semaphore] = defaultdict(
            partial(asyncio.Semaphore, _ACTIONS_AT_ONCE)
        )
        self._waiting = 0  # for their turn
        self._under_way: set[asyncio.Task[None]] = set()
        self._silent = False
        self.closed = False

    async def ask(self, question: Json) -> Json:
        """The answer to a question. Raises errors of `hypertui.exchange.protocol`."""
        body = json.dumps(question).encode()
        return await self._run(self._asking, "/info", body, is_action=False)

    async def act(self, action: bytes, symbol: str, *, protects: bool = False) -> Json:
        """The answer to a signed action in a market. Raises errors of `hypertui.exchange.protocol`."""
        turns = None if protects else self._acting[symbol]
        return await self._run(turns, "/exchange", action, is_action=True)

    async def move(self, transfer: bytes) -> None:
        """Have a signed transfer of money carried out, which is of no market. Raises as `act` does, and
        Rejected."""
        self.require_open()
        self._meter.acted(1)
        understood(await self.act(transfer, ""), errors.accepted, is_action=True)

    def require_open(self) -> None:
        """Raises Unreachable once the line is closed: nothing more is sent."""
        if self.closed:
            raise Unreachable("the client is closed")

    async def close(self) -> None:
        """Wait for what is under way, at most as long as the timeouts last, then let go of everything."""
        self.closed = True
        while self._waiting or self._under_way:
            if self._under_way:
                await asyncio.wait(self._under_way)
            await asyncio.sleep(0)
        await self._session.close()

    async def _run(self, turns: asyncio.Semaphore | None, path: str, body: bytes, *, is_action: bool) -> Json:
        self.require_open()
        if turns is not None:
            await self._turn(turns)
        # A task of its own, because what is under way is seen through, also when nobody waits for it any
        # more. It hands the answer over itself: by asyncio.shield that would come a turn of the loop later.
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        carried = asyncio.create_task(self._carry(path, body, answer, is_action=is_action))
        self._under_way.add(carried)

        def is_over(done: asyncio.Task[None]) -> None:
            self._under_way.discard(done)
            if turns is not None:
                turns.release()

        carried.add_done_callback(is_over)
        return await answer

    async def _turn(self, turns: asyncio.Semaphore) -> None:
        """Wait for a turn. Raises Unreachable where the line has been closed meanwhile."""
        self._waiting += 1
        try:
            await turns.acquire()
        finally:
            self._waiting -= 1
        try:
            self.require_open()
        except Unreachable:
            turns.release()
            raise

    async def _carry(self, path: str, body: bytes, answer: asyncio.Future[Json], *, is_action: bool) -> None:
        """Send a request and give its answer or its error to whoever waits, if anybody still does."""
        try:
            found = await self._carried(path, body, is_action=is_action)
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            if not answer.done():
                answer.set_exception(error)
                answer.exception()  # seen, even if whoever waits is called off right now
        else:
            if not answer.done():
                answer.set_result(found)

    async def _carried(self, path: str, body: bytes, *, is_action: bool) -> Json:
        try:
            answer = sdk.read(await self._session.post(path, body, self._timeout))
        except Exception as error:
            typed = errors.transport(error, is_action=is_action)
            self._heard(not isinstance(typed, Unreachable | Unknown))
            if isinstance(typed, RateLimited) and not typed.actions_only:
                self._meter.throttled()
            raise typed from error
        self._heard(True)
        return answer

    def _heard(self, something: bool) -> None:
        was_silent, self._silent = self._silent, not something
        if was_silent and something:
            self._back()
