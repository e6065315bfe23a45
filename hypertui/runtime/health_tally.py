"""What becomes of a trade's fills, orders and connections, added up as it is told: pure, and given the time.

All times are ms of the engine's clock, which never jumps.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from itertools import accumulate
from typing import Concatenate, ParamSpec

from hypertui.port.health import (
    BOOKED,
    COMPARED,
    DURABLE,
    FILL_STAGES,
    RECEIVED,
    SPAN_STEPS,
    ExitCount,
    HealthFigures,
    Spans,
)

_LOG = logging.getLogger(__name__)
_NEWEST = 240  # of which the middle and the slow end are told
_WAITING = 10_000  # fills whose rows or comparison may be awaited: more are not followed
_MOST_ATTEMPTS = 10  # from there on they count as one
_EXITS_KNOWN = 1_000  # orders that fill in parts


class SpanTally:
    """How long one thing takes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._total = 0
        self._counts = [0] * (len(SPAN_STEPS) + 1)  # the last one: those beyond
        self._newest: deque[int] = deque(maxlen=_NEWEST)

    def add(self, took: int) -> None:
        """It took so long this time. What clocks in doubt make negative took no time."""
        took = max(0, took)
        self._total += took
        self._counts[bisect_left(SPAN_STEPS, took)] += 1
        self._newest.append(took)

    def spans(self) -> Spans | None:
        """What is known by now; None before the first time."""
        if not self._newest:
            return None
        ordered = sorted(self._newest)
        middle, slow = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
        *up_to, count = accumulate(self._counts)
        return Spans(self._name, count, self._total, middle, slow, tuple(up_to))


_Given = ParamSpec("_Given")


def _beside(told: Callable[Concatenate[HealthTally, _Given], None]) -> Callable[..., None]:
    """What is told of here is told by whoever trades, who is not to fail by it: the first defect ends the
    counting, and nothing else."""

    @wraps(told)
    def counted(self: HealthTally, *given: _Given.args, **named: _Given.kwargs) -> None:
        if self.broken:
            return
        try:
            told(self, *given, **named)
        except Exception:  # noqa: BLE001 - whatever it is, the trade goes on
            self.broken = True
            _LOG.exception("nothing is counted any more")

    return counted


class HealthTally:
    """Of one trade's run, which begins at `began_at`."""

    def __init__(self, began_at: int) -> None:
        self.broken = False
        self._began_at = began_at
        self._connected = 0
        self._up_since: int | None = None
        self._stages = {name: SpanTally(name) for name in FILL_STAGES}
        self._answers = SpanTally("answered")
        # When fills were booked whose rows are queued, are being written, or that no comparison has covered.
        self._queued: deque[int] = deque(maxlen=_WAITING)
        self._written: deque[int] = deque(maxlen=_WAITING)
        self._uncompared: deque[int] = deque(maxlen=_WAITING)
        self._exits: Counter[tuple[str, str]] = Counter()
        self._known_exits: deque[int] = deque(maxlen=_EXITS_KNOWN)  # ids of orders
        self._findings: Counter[str] = Counter()
        self._tries: Counter[str] = Counter()  # attempts in a row that came to nothing, by order key
        self._attempts: Counter[int] = Counter()
        self._verdicts: Counter[tuple[str, str]] = Counter()
        self._sent = self._refused = 0
        self._figures: HealthFigures | None = None  # none where something has changed since

    # The feed

    @_beside
    def feed(self, up: bool, now: int) -> None:
        """It was connected, or broke."""
        if self._up_since is not None:
            self._connected += now - self._up_since
        self._up_since = now if up else None
        self._figures = None

    # Fills

    @_beside
    def booked(self, made_at: int | None, received_at: int, now: int, *, compared: bool) -> None:
        """A fill has entered the books that the exchange made at `made_at`, by our clock (None where that
        cannot be told, or it was before this run), and that had come at `received_at`; `compared` says that
        a comparison has found it."""
        if made_at is not None and made_at >= self._began_at:
            self._stages[RECEIVED].add(received_at - made_at)
        self._stages[BOOKED].add(now - received_at)
        self._queued.append(now)
        if compared:
            self._stages[COMPARED].add(0)
        else:
            self._uncompared.append(now)
        self._figures = None

    @_beside
    def commit_begun(self) -> None:
        """What has been booked by now is being written."""
        self._written += self._queued
        self._queued.clear()

    @_beside
    def commit_ended(self, now: int, *, everything: bool) -> None:
        """What was being written is durable; `everything`, where nothing is queued either."""
        if everything:
            self.commit_begun()
        for at in self._written:
            self._stages[DURABLE].add(now - at)
            self._figures = None
        self._written.clear()

    @_beside
    def compared(self, asked_at: int, now: int, found: Mapping[str, int]) -> None:
        """The exchange's answer to a comparison that was asked for at `asked_at` has been taken; `found` are
        the differences by their kinds."""
        while self._uncompared and self._uncompared[0] <= asked_at:
            self._stages[COMPARED].add(now - self._uncompared.popleft())
        self._findings.update({kind: count for kind, count in found.items() if count})
        self._figures = None

    # Orders

    @_beside
    def order_sent(self) -> None:
        """Another order is on its way."""
        self._sent += 1
        self._figures = None

    @_beside
    def order_refused(self, key: str) -> None:
        """One of this key has come to nothing."""
        self._refused += 1
        self._tries[key] += 1
        self._figures = None

    @_beside
    def order_taken(self, key: str) -> None:
        """The exchange has one of this key."""
        self._attempts[min(self._tries.pop(key, 0) + 1, _MOST_ATTEMPTS)] += 1
        self._figures = None

    @_beside
    def exit_judged(self, rule: str, said: str) -> None:
        """What a rule said when one of them has acted."""
        self._verdicts[rule, said] += 1
        self._figures = None

    @_beside
    def answered(self, took: int) -> None:
        """The exchange has answered an action after so long."""
        self._answers.add(took)
        self._figures = None

    @_beside
    def sold(self, order_id: int, reason: str, source: str) -> None:
        """An order has sold; the first of its fills counts."""
        if order_id not in self._known_exits:
            self._known_exits.append(order_id)
            self._exits[reason, source] += 1
            self._figures = None

    # All of it

    def figures(self, states: Iterable[str]) -> HealthFigures:
        """As it is now; `states` are those of the own orders that are alive. The same object while nothing
        has changed."""
        counted = tuple(sorted(Counter(states).items()))
        if self._figures is None or self._figures.states != counted:
            self._figures = self._made(counted)
        return self._figures

    def _made(self, states: tuple[tuple[str, int], ...]) -> HealthFigures:
        stages = (stage.spans() for stage in self._stages.values())
        return HealthFigures(
            self._began_at,
            self._connected,
            self._up_since,
            tuple(stage for stage in stages if stage is not None),
            self._answers.spans(),
            states,
            tuple(ExitCount(*why, count) for why, count in sorted(self._exits.items())),
            tuple(sorted(self._attempts.items())),
            tuple(sorted(self._verdicts.items())),
            self._sent,
            self._refused,
            tuple(sorted(self._findings.items())),
        )
