"""A question to the exchange, asked again until there is an answer that is new enough."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hypertui.exchange.protocol import ExchangeError
from hypertui.runtime.backoff import Backoff
from hypertui.runtime.event_queue import EventQueue

_PAUSE = 0.5  # seconds after a question that brought no answer, where the exchange asks for no longer one
_DOUBLINGS = 3  # an order of the operator's waits for the answer: no pause gets very long

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EnquiryAnswered(Generic[T]):
    """The answer to a question that was asked at `asked_at` (ms)."""

    enquiry: Enquiry[T]
    asked_at: int
    answer: T


@dataclass(frozen=True, slots=True)
class EnquiryFailed(Generic[T]):
    """A question that brought no answer."""

    enquiry: Enquiry[T]
    error: ExchangeError


class Enquiry(Generic[T]):
    """At most one question is under way. `failures` counts those in a row that brought no answer, `trouble`
    has the last one's words. Times are ms."""

    def __init__(
        self,
        ask: Callable[[], Coroutine[Any, Any, T]],
        queue: EventQueue[Any],
        clock: Callable[[], int],
        backoff: Backoff,
    ) -> None:
        self.failures = 0
        self.trouble = ""
        self._ask = ask
        self._queue = queue
        self._clock = clock
        self._backoff = backoff
        self._answer: tuple[int, T] | None = None
        self._under_way = False
        self._next_at = 0

    def since(self, at: int) -> T | None:
        """What the exchange said to a question of `at` or later; where there is no such answer yet, it is
        asked for, from `at` on."""
        if self._answer is not None and self._answer[0] >= at:
            return self._answer[1]
        now = self._clock()
        if not self._under_way and now >= max(at, self._next_at):
            self._under_way = True
            self._queue.spawn(self._put(now))
        return None

    def take(self, arrival: EnquiryAnswered[T] | EnquiryFailed[T]) -> None:
        """The question has come to its end."""
        self._under_way = False
        match arrival:
            case EnquiryAnswered(_, asked_at, answer):
                self.failures, self.trouble = 0, ""
                self._answer = asked_at, answer
            case EnquiryFailed(_, error):
                self.failures += 1
                self.trouble = str(error)
                pause = self._backoff.after(error, min(self.failures, _DOUBLINGS), _PAUSE)
                self._next_at = self._clock() + round(pause * 1000)

    async def _put(self, asked_at: int) -> None:
        try:
            answer = await self._ask()
        except ExchangeError as error:
            self._queue.post(EnquiryFailed(self, error))
        else:
            self._queue.post(EnquiryAnswered(self, asked_at, answer))
