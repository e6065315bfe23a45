"""The process with the door, whose clocks somebody sets by a file: `wall` is that many ms off, and from
`since` (ms) on what limits go by runs `faster` times as fast."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

from hypertui.core.clock import CLOCK, wall_ms
from hypertui.webhook.process import main


def set_clocks(file: Path, wall: int = 0, since: int = 0, faster: int = 0) -> None:
    """Set them, for all that looks later."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({"wall": wall, "since": since, "faster": faster}))
    fresh.replace(file)


def wall_of(file: Path) -> int:
    """What senders' clock shows there (ms)."""
    found: int = json.loads(file.read_text())["wall"]
    return wall_ms() + found


def _served(file: Path) -> int:
    def limits() -> int:
        found, now = json.loads(file.read_text()), CLOCK()
        return now + max(0, now - found["since"]) * found["faster"]

    return main(limits, partial(wall_of, file))


if __name__ == "__main__":
    raise SystemExit(_served(Path(sys.argv.pop(1))))
