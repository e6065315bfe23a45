"""What the console's tests have in common: times, the ladder's figures, and what is longer than any scene."""

from __future__ import annotations

from decimal import Decimal as D

from hypertui.port.snapshot import Snapshot
from hypertui.port.views import MapRow, Trigger
from tests.simulation.venue import ADDRESS
from tests.support import stage

NOW = stage.NOW
SECOND = 1_000
MINUTE = 60 * SECOND
ACCOUNT = ADDRESS
ENTRY = D(64_000)
UNIT = D(500)


def trigger(unit: int, mark: D) -> Trigger:
    """The price of a unit, seen from a mark that a test moves by hand many times a second."""
    price = ENTRY + UNIT * unit
    return Trigger(unit, price, price - mark, (price - mark) / mark)


def stretched_map(view: Snapshot, low: int, high: int) -> tuple[MapRow, ...]:
    """The position map of a trade that has been as far as this: a scene of so many units would take too
    long."""
    known = {row.unit: row for row in view.position_map}
    units = range(high, low - 1, -1)
    return tuple(known.get(unit) or MapRow(unit, ENTRY + UNIT * unit) for unit in units)
