"""The terminal's title: in a row of windows, which one trades real money."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.port.snapshot import Snapshot

# The terminal keeps its own title on a stack and takes it back; one that knows no stack ignores both.
_KEEP, TAKE_BACK = "\x1b[22;0t", "\x1b[23;0t"


def named(snapshot: Snapshot) -> str:
    """The sequences that put network and market into the title."""
    symbol = fmt.to_ascii(fmt.clean(snapshot.instrument.symbol, 12))
    return f"{_KEEP}\x1b]2;{snapshot.network.upper()} {symbol} hypertui\x07"
