"""What a commit takes from the queue of each trade, and up to where that goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from hypertui.journal.errors import JournalError
from hypertui.journal.lock import Locked
from hypertui.journal.records import Record
from hypertui.journal.schema import Values

Row: TypeAlias = tuple[type[Record], Values]


class Mark(NamedTuple):
    """A place in what a trade has queued: after its row `number`, 0 for none, and after its end."""

    number: int = 0
    ends: bool = False

    def includes(self, other: Mark) -> bool:
        """Whether all up to `other` is up to here too."""
        return self.number >= other.number and (self.ends or not other.ends)


@dataclass(frozen=True, slots=True)
class QueuedRows:
    """Rows of one trade in their order, and its end (ms, how) where that is all that comes after them."""

    rows: Sequence[Row]
    end: tuple[int, str] | None = None

    @property
    def mark(self) -> Mark:
        """Up to where they go."""
        return Mark(number_of(self.rows[-1]) if self.rows else 0, self.end is not None)


Batch: TypeAlias = Mapping[str, QueuedRows]
Refusals: TypeAlias = Mapping[str, JournalError | Locked]


def number_of(row: Row) -> int:
    """A row's number among those of its trade, from 1."""
    number: int = row[1]["nr"]
    return number


def share(queues: Mapping[str, int], most: int) -> Mapping[str, int]:
    """How many rows of each queue, of so many, go into a batch of `most`: short ones go whole, and long ones
    divide what is left, so that nobody waits for the rows of another who has piled up very many."""
    shares: dict[str, int] = {}
    for number, name in enumerate(sorted(queues, key=queues.__getitem__)):
        shares[name] = min(queues[name], most // (len(queues) - number))
        most -= shares[name]
    return shares
