"""Rows that never change once they are written: fills, payments, candles."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from hypertui.venue.model.orders import Json


class HistoryLog:
    """The latest `keep` rows, oldest first; `key` is the field with a row's time in ms, which never falls.

    Rows are kept as JSON text, a third of what they take as dictionaries, and read again when asked for.
    """

    def __init__(self, keep: int, key: str = "time") -> None:
        self._key = key
        self._texts: deque[str] = deque(maxlen=keep)
        self._times: deque[int] = deque(maxlen=keep)

    def append(self, row: Json) -> None:
        """Write a row down."""
        self._texts.append(json.dumps(row, separators=(",", ":")))
        self._times.append(row[self._key])

    def extend(self, rows: Iterable[Json]) -> None:
        """Write several rows down."""
        for row in rows:
            self.append(row)

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[Json]:
        return map(json.loads, tuple(self._texts))

    def __getitem__(self, index: int) -> Json:
        row: Json = json.loads(self._texts[index])
        return row

    def latest(self, count: int) -> list[Json]:
        """The newest rows, newest first, at most `count`."""
        return [json.loads(text) for text in islice(reversed(self._texts), count)]

    def between(self, start: int, end: int, count: int, *, newest: bool = False) -> list[Json]:
        """Rows of the times from `start` to `end` (ms), both included, at most `count`: the oldest ones,
        oldest first, or the newest ones, newest first."""
        low, high = bisect_left(self._times, start), bisect_right(self._times, end)
        if newest:
            chosen = islice(reversed(self._texts), len(self._texts) - high, len(self._texts) - low)
        else:
            chosen = islice(self._texts, low, high)
        return [json.loads(text) for text in islice(chosen, count)]

    def text(self) -> str:
        """All rows as a JSON array, oldest first."""
        return f"[{','.join(self._texts)}]"
