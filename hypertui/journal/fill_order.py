"""The order of fills: sorted by time, order id and the venue's trade id, and chained by `startPosition`.

Fills of one millisecond are ordered together: if their `startPosition`s form a chain from the position
before, none is missing between them, and they count in the order of the chain.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TypeAlias, TypeVar

from hypertui.core.market import plain
from hypertui.journal.errors import LedgerError
from hypertui.journal.records import FillRecord

Key: TypeAlias = tuple[int, int, int]
F = TypeVar("F", bound=FillRecord)


def key_of(fill: FillRecord) -> Key:
    """The sort key of a fill, which is unique: time, order id, trade id."""
    return (fill.time, fill.order_id, fill.trade_number)


def merged(
    streams: Sequence[tuple[Key, Callable[[], Iterator[F]]]],
) -> Iterator[F]:
    """The fills of several streams, each in order and with the key of its first, as one stream in order. A
    stream is opened when its turn comes, so that many that follow each other take the memory of one."""
    waiting = deque(sorted(streams, key=lambda stream: stream[0]))
    heap: list[tuple[Key, int, F, Iterator[F]]] = []
    opened = 0
    while waiting or heap:
        while waiting and (not heap or waiting[0][0] <= heap[0][0]):
            source = waiting.popleft()[1]()
            first = next(source, None)
            if first is not None:
                heapq.heappush(heap, (key_of(first), opened, first, source))
            opened += 1
        if not heap:
            continue
        _, number, fill, source = heap[0]
        yield fill
        following = next(source, None)
        if following is None:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, (key_of(following), number, following, source))


def moments(fills: Iterable[FillRecord]) -> Iterator[list[FillRecord]]:
    """Fills in order, grouped by the millisecond, each once. Raises LedgerError for a fill that is out of
    order, and for two different ones of one key."""
    group: list[FillRecord] = []
    for fill in fills:
        if group and key_of(fill) <= key_of(group[-1]):
            if key_of(fill) < key_of(group[-1]):
                raise LedgerError(f"fill {fill.trade_number} of {fill.time} comes after a later one")
            check_same(group[-1], fill)
            continue
        if group and fill.time != group[0].time:
            yield group
            group = []
        group.append(fill)
    if group:
        yield group


def check_same(one: FillRecord, other: FillRecord) -> None:
    """Two trades may have booked one fill under different orders; what the venue reported of it must be
    equal. Raises LedgerError."""
    if _reported(one) != _reported(other):
        raise LedgerError(
            f"fill {one.trade_number} of order {one.order_id} is there twice and not the same:"
            f" {plain(one.size)} at {plain(one.price)} and {plain(other.size)} at {plain(other.price)}"
        )


def _reported(fill: FillRecord) -> tuple[object, ...]:
    return (fill.symbol, fill.side, fill.size, fill.price, fill.fee)


def chain(fills: Sequence[FillRecord], position: Decimal) -> list[FillRecord] | None:
    """The fills in an order in which each one's start position is where the one before ended, from `position`
    on; None if there is no such order, or a start position is unknown. (An Eulerian trail over positions,
    by Hierholzer's algorithm.)"""
    if len(fills) == 1:
        return list(fills) if fills[0].start_position == position else None
    leaving: dict[Decimal, list[FillRecord]] = {}
    for fill in reversed(fills):
        if fill.start_position is None:
            return None
        leaving.setdefault(fill.start_position, []).append(fill)
    trail: list[FillRecord] = []
    path: list[tuple[Decimal, FillRecord | None]] = [(position, None)]
    while path:
        here, by = path[-1]
        if leaving.get(here):
            fill = leaving[here].pop()
            path.append((here + fill.size * fill.side.sign, fill))
        else:
            path.pop()
            if by is not None:
                trail.append(by)
    trail.reverse()
    ends = [position, *(fill.start_position + fill.size * fill.side.sign for fill in trail)]  # type: ignore[operator]
    follows = all(end == fill.start_position for end, fill in zip(ends, trail, strict=False))
    return trail if len(trail) == len(fills) and follows else None
