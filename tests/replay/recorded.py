"""A recorded paper hour, traded by the engine in virtual time: its journal, and what it published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hypertui.port.engine import Event
from hypertui.port.snapshot import Snapshot
from tests.golden import store
from tests.golden.decide import Player
from tests.golden.tape import Tape
from tests.simulation.ledger import FileJournal
from tests.simulation.loop import VirtualLoop, run

_KEEP_EVERY = 700  # inputs between two states that the journal keeps


@dataclass(frozen=True, slots=True)
class RecordedHour:
    """The journal's URL, what the engine has published, and what it has told."""

    url: str
    published: Sequence[Snapshot]
    events: Sequence[Event]


def record(name: str, folder: Path) -> RecordedHour:
    """Trade a tape that is kept."""
    tape = Tape.load(store.DATA / f"{name}.tape.xz")
    published: list[Snapshot] = []
    loop = VirtualLoop(0)
    player = Player(tape, loop, folder, published.append)
    player.file = FileJournal(folder, Random("replay"), player.disk, _KEEP_EVERY)
    process = run(loop, player.play())
    assert process is not None, "it has been traded"
    return RecordedHour(f"sqlite:///{folder / 'journal.db'}", published, process.events)
