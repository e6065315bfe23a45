"""What a look before trading finds: green, amber or red, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding of the preflight matters."""

    RED = "red"  # the venue would refuse or liquidate: nothing begins
    AMBER = "amber"  # somebody should know of it before money is at stake
    GREEN = "green"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at before a trade: its figure beside its limit (empty where there is none),
    and one line that says what it means. `because` is the reason of an intent that it stands against, empty
    where it has none of its own (see `IntentReason`)."""

    name: str
    level: Level
    text: str
    figure: str = ""
    limit: str = ""
    because: str = ""
