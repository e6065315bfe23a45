"""The window title: network and market, to tell the window that trades real money."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.port.snapshot import Snapshot

# The terminal keeps its own title on a stack and takes it back; one that knows no stack ignores both.
_KEEP, TAKE_BACK = "\x1b[22;0t", "\x1b[23;0t"


def named(snapshot: Snapshot) -> str:
    """The escape sequences that set the title to network and market."""
    symbol = fmt.to_ascii(fmt.clean(snapshot.instrument.symbol, 12))
    return f"{_KEEP}\x1b]2;{snapshot.network.upper()} {symbol} hypertui\x07"
