"""The slots of a ladder: a fragment of the position each, and which stop unit each one gets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO, Side


@dataclass(slots=True)
class Slot:
    """One fragment. It is long while it holds coins, else cash.

    `stop_unit` is the unit of its last stop, or one below the unit at which it bought. `bought_at` is when
    its newest coins were bought (ms, by our clock), `last_stop` the client id of the newest stop that was
    made for the coins it holds.
    """

    index: int
    coins: Decimal = ZERO
    stop_unit: int | None = None
    bought_at: int = 0
    last_stop: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """An order of a slot whose trigger at `unit` the price has passed, and whose fill is not known yet."""

    side: Side
    unit: int


@dataclass(frozen=True, slots=True)
class SlotStop:
    """A slot that the target counts as long, and the unit of the stop that it has or would have."""

    slot: Slot
    unit: int | None


def expected(slot: Slot, due: Due | None) -> SlotStop | None:
    """The slot, if the target counts it as long: a due order counts as done."""
    if due is None:
        return SlotStop(slot, slot.stop_unit) if slot.coins > 0 else None
    if due.side is Side.SELL:
        return None
    return SlotStop(slot, slot.stop_unit if slot.coins > 0 else due.unit - 1)


def assign(longs: Sequence[SlotStop], units: Iterable[int]) -> list[tuple[Slot, int]]:
    """Give each slot a stop unit: those that stand right stay, the others take what is missing, in order."""
    missing = set(units)
    assigned, others = [], []
    for long in longs:
        if long.unit in missing:
            missing.remove(long.unit)
            assigned.append((long.slot, long.unit))
        else:
            others.append(long.slot)
    return assigned + list(zip(others, sorted(missing), strict=True))


def by_stop(unit: int | None) -> int:
    """Sorts stop units; a slot without a stop of its own comes first, it holds no coins."""
    return -(10**9) if unit is None else unit
