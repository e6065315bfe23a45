"""What a journal tells before a start: whether anything was traded, and the prices that were seen last.

Read by the file's own library: the one that writes a journal takes a tenth of a second to load, and nobody
waits for that to see what is known already.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from hypertui.cli.places import journal_url
from hypertui.core.phrases import at_price
from hypertui.port.prices import SeenMark
from hypertui.port.snapshot import Network

_FILE = "sqlite:///"
_PATIENCE = 0.2  # seconds that another process may hold the file
_TRADE = "SELECT id FROM trades WHERE network = ? AND symbol = ? ORDER BY started_at DESC, id DESC LIMIT 1"
_NEWEST = f"SELECT mark, at FROM marks WHERE trade_id = ({_TRADE}) ORDER BY nr DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Past:
    """Whether the journal has a trade, of any account, and the newest price that was seen of each market."""

    has_trades: bool
    seen: Mapping[str, SeenMark] = field(default_factory=dict)

    def in_words(self, symbols: Sequence[str]) -> str:
        """These markets with their prices as they were last seen, and when."""
        return "; ".join(map(self._last_seen, symbols))

    def _last_seen(self, symbol: str) -> str:
        mark = self.seen.get(symbol)
        if mark is None:
            return symbol
        at = datetime.fromtimestamp(mark.at // 1000, UTC)
        return f"{symbol} {at_price(mark.mark)} when last seen, {at:%Y-%m-%d %H:%M:%S} UTC"


def past(url: str | None, state_dir: Path, network: Network, symbols: Sequence[str]) -> Past:
    """The past of these markets in `network`. A journal on a server, which nobody waits for here, and one
    that cannot be read are taken to have trades."""
    place = journal_url(url, state_dir)
    if not place.startswith(_FILE):
        return Past(has_trades=True)
    file = Path(place.removeprefix(_FILE)).expanduser()
    if not file.is_file():
        return Past(has_trades=False)
    try:
        # Never written to, and never made.
        opened = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", _PATIENCE, uri=True)
        with closing(opened) as journal:
            traded = journal.execute("SELECT 1 FROM trades LIMIT 1").fetchone() is not None
            found = {
                symbol: journal.execute(_NEWEST, (network.value, symbol)).fetchone() for symbol in symbols
            }
        return Past(traded, {name: SeenMark(Decimal(row[0]), row[1]) for name, row in found.items() if row})
    except (sqlite3.Error, InvalidOperation, TypeError):
        return Past(has_trades=True)
