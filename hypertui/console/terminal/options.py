"""Console options: what the operator can set about look and keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

from hypertui.console.keys import KEYS, Key
from hypertui.port.replay import ReplayPort


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """Look, keys and pace of the console. `zone` None shows this machine's local time. `replay` are the
    controls of a replay, None for a live engine. `guided` says whether the guide is shown."""

    ascii: bool = False
    theme: str = "dark"
    colour: bool = True  # whether any is sent
    zone: tzinfo | None = UTC
    keys: tuple[Key, ...] = KEYS
    refresh_hz: float = 4.0  # how often the app pulls a snapshot; with 0 it does not by itself
    shots: Path | None = None  # where screenshots go; the working folder where that cannot be
    replay: ReplayPort | None = None
    guided: bool = False
