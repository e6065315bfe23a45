"""A tape: everything that reached one trade's engine from outside, in the order in which it came."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = Any


@dataclass(frozen=True, slots=True)
class Row:
    """One thing at `at` (seconds since the tape began). By `kind`, `data` is

    - start: the process's `name`, which its random numbers are drawn from, and its new `trade`'s id;
    - feed: a message of the feed; answer: a question's name, its number and what came back;
    - allowance: the request budget, whenever it has changed;
    - disk: until when (seconds) the journal is out of reach; command: a verb; leave: nothing;
    - end: `after` how many (`count`) of what a process was killed, if it was, how often it had `asked` what,
      and how many orders it and those before it had `placed`.
    """

    at: float
    kind: str
    data: Json = None


@dataclass(slots=True)
class Tape:
    """`about` is what has to be known before the first row: the `trade` that is asked for, the `account`, the
    engine's clock at the beginning (`epoch`, ms), how it is set later on (`clock_steps`, pairs of seconds and
    ms), and whether the journal is a `file`."""

    about: Mapping[str, Json]
    rows: list[Row] = field(default_factory=list)

    def note(self, at: float, kind: str, data: Json = None) -> None:
        """Something came, or happened."""
        self.rows.append(Row(round(at, 6), kind, data))

    def processes(self) -> Iterator[Sequence[Row]]:
        """The rows of each process of the engine, from its start to its end."""
        part: list[Row] = []
        for row in self.rows:
            if row.kind == "start" and part:
                yield part
                part = []
            part.append(row)
        if part:
            yield part

    def save(self, path: Path) -> None:
        """Write it down, packed."""
        lines = [json.dumps(self.about), *(json.dumps([row.at, row.kind, row.data]) for row in self.rows)]
        path.write_bytes(lzma.compress("\n".join(lines).encode(), preset=9))

    @classmethod
    def load(cls, path: Path) -> Tape:
        """Read what `save` has written."""
        about, *rows = lzma.decompress(path.read_bytes()).decode().split("\n")
        return cls(json.loads(about), [Row(*json.loads(row)) for row in rows])
