"""A tape: everything that reached one engine from outside, in the order in which it came."""

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
    """One thing at `at` (ms since the beginning). `kind` is start, answer, allowance, feed, command,
    leave, kill or end."""

    at: int
    kind: str
    data: Json = None


@dataclass(slots=True)
class Tape:
    """`about` is what has to be known before the first row: the trade's configuration, its id, the clocks."""

    about: Mapping[str, Json]
    rows: list[Row] = field(default_factory=list)

    def note(self, at: int, kind: str, data: Json = None) -> None:
        """Something came, or happened."""
        self.rows.append(Row(at, kind, data))

    def processes(self) -> Iterator[Sequence[Row]]:
        """The rows of each process of the engine, from its start to its death or end."""
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
