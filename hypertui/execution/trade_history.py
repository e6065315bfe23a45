"""What the journal knows of a trade at a start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypertui.execution.input_codec import JournalledInput
from hypertui.risk.memory import NOTHING_REMEMBERED, GuardMemory

_OPENED = "opened"


@dataclass(frozen=True, slots=True)
class KeptState:
    """The trade's state after its input number `seq`."""

    seq: int
    state: str


@dataclass(frozen=True, slots=True)
class TradeHistory:
    """The inputs up to the trade's opening, if it was opened, the newest state that was kept since, and the
    inputs after that; `again` reads all inputs since the opening. `guards` is what a new trade begins with of
    what the guards of its account's trades before have written down."""

    opening: Sequence[JournalledInput] = ()
    state: KeptState | None = None
    since: Sequence[JournalledInput] = ()
    again: Callable[[], Sequence[JournalledInput]] = tuple
    guards: GuardMemory = NOTHING_REMEMBERED

    @classmethod
    def of(cls, kept: Sequence[JournalledInput]) -> TradeHistory:
        """All inputs of a trade, without a state."""
        opened = next((number for number, each in enumerate(kept, 1) if each.kind == _OPENED), len(kept))
        since = kept[opened:]
        return cls(kept[:opened], None, since, lambda: since)

    @property
    def has_begun(self) -> bool:
        """Whether there is any input: a trade without has sent nothing."""
        return bool(self.opening)

    @property
    def opened(self) -> JournalledInput | None:
        """The opening; None where there is none."""
        last = self.opening[-1] if self.opening else None
        return last if last is not None and last.kind == _OPENED else None


NOTHING_KNOWN = TradeHistory()
