"""The line to the venue: requests carried out on threads, each for its time and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from hypertui.exchange.hyperliquid import errors
from hypertui.exchange.hyperliquid.checks import Json
from hypertui.exchange.hyperliquid.rate_meter import RateMeter
from hypertui.exchange.hyperliquid.session import HttpSession
from hypertui.exchange.hyperliquid.workers import Workers
from hypertui.exchange.protocol import RateLimited, Rejected, Unknown, Unreachable

_T = TypeVar("_T")

_QUESTIONS_AT_ONCE = 4
_ACTIONS_AT_ONCE = 4
# A request ends by itself at its time-out. One that does not, because the resolver of names blocks for
# example, is given up this much (s) later.
_GRACE = 0.5


class Line:
    """Actions have threads of their own, so that no question is ever in their way, and a few of them, so that
    neither is an action that is not answered. `timeout` is in seconds; `back` is called when the venue says
    something again after it had said nothing."""

    def __init__(
        self, session: HttpSession, timeout: float, meter: RateMeter, back: Callable[[], None]
    ) -> None:
        self._session = session
        self._timeout = timeout
        self._meter = meter
        self._back = back
        self._asking = Workers(_QUESTIONS_AT_ONCE, "hyperliquid-question")
        self._acting = Workers(_ACTIONS_AT_ONCE, "hyperliquid-action")
        self._silent = False
        self.closed = False

    async def ask(self, question: Callable[[], Json]) -> Json:
        """The answer to a question. Raises errors of `hypertui.exchange.protocol`."""
        return await self._run(self._asking, question, is_action=False)

    async def act(self, action: Callable[[], Json]) -> Json:
        """The answer to an action. Raises errors of `hypertui.exchange.protocol`."""
        return await self._run(self._acting, action, is_action=True)

    def begin(self, job: Callable[[], _T]) -> Future[_T]:
        """Have something prepared at once that sends nothing."""
        return self._acting.begin(job)

    async def close(self) -> None:
        """Wait for what is under way, at most as long as the timeouts last, then let go of everything."""
        self.closed = True
        await asyncio.gather(self._acting.close(), self._asking.close())
        self._session.close()

    async def _run(self, workers: Workers, job: Callable[[], Json], *, is_action: bool) -> Json:
        def unless_closed() -> Json:
            if self.closed:  # while the job was waiting for its turn
                raise _closed()
            return job()

        if self.closed:
            raise _closed()
        try:
            answer = await workers.run(unless_closed, self._timeout + _GRACE)
        except TimeoutError:
            self._heard(False)
            raise errors.no_answer(errors.LATE, is_action=is_action) from None
        except (Unreachable, Unknown):
            self._heard(False)
            raise
        except RateLimited as error:
            self._heard(True)
            if not error.actions_only:
                self._meter.throttled()
            raise
        except Rejected:
            self._heard(True)
            raise
        self._heard(True)
        return answer

    def _heard(self, something: bool) -> None:
        was_silent, self._silent = self._silent, not something
        if was_silent and something:
            self._back()


def _closed() -> Unreachable:
    return Unreachable("the client is closed")
