"""The last known position in one line, for when the engine does not answer any more."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.port.snapshot import Snapshot


def last_position(snapshot: Snapshot) -> str:
    """The position when the exchange was last heard of, its stops, and the buys that may still fill."""
    known = snapshot.at if snapshot.known_at is None else snapshot.known_at
    as_of = f"as of {fmt.clock(known)} UTC"
    invariant = snapshot.invariant
    if invariant is None:
        return f"{as_of} no trade was open"
    size = fmt.size(invariant.position, snapshot.instrument)
    held = f"{size} {fmt.clean(snapshot.instrument.symbol, 12)} held"
    stops = (
        f"{fmt.plural(invariant.stops, 'stop')} for {fmt.size(invariant.stopped_size, snapshot.instrument)}"
    )
    return f"{as_of}: {held}, {stops}, {fmt.plural(invariant.buys, 'buy')}"
