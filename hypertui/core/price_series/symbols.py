"""Which rows of a file are of the wanted market, when it tells."""

from __future__ import annotations

import re

from hypertui.core.price_series.errors import SeriesError, quoted
from hypertui.core.price_series.table import SeriesTable

_NAMED = 5  # symbols that a message lists
# What exchanges write behind a coin: SOLUSDT, SOL/USD, SOL-PERP, SOL-USDT-SWAP, SOL_USDC:USDC.
_QUOTE = re.compile(r"[-/_:.]?(USD[A-Z]{0,2}|PERP|FUTURES?)?([-/_:.].*|PERP)?", re.IGNORECASE)
_OTHER_QUOTE = re.compile(r"[-/_:.](?!USD|PERP)[A-Z]+", re.IGNORECASE)


def of_symbol(table: SeriesTable, symbol: str | None, notes: list[str]) -> SeriesTable:
    """The rows of the one market of a file, or of `symbol` among several. Raises SeriesError when it is not
    there or not told."""
    column = table.layout.symbol
    if column is None or not table.rows:
        return table
    found = list(dict.fromkeys(cell.strip() for cell in table.column(column)))
    if len(found) == 1:
        if symbol is not None and not _is_of(found[0], symbol):
            notes.append(f"its prices are said to be of {quoted(found[0])}, taken for those of {symbol}")
        return table
    names = ", ".join(quoted(name) for name in found[:_NAMED]) + (", …" if len(found) > _NAMED else "")
    if symbol is None:
        raise SeriesError(f"holds {len(found)} symbols, one is wanted: {names}")
    chosen = [name for name in found if name.upper() == symbol.upper()]
    chosen = chosen or [name for name in found if _is_of(name, symbol)]
    if len(chosen) != 1:
        which = "none of them" if not chosen else f"{len(chosen)} of them"
        raise SeriesError(f"holds {len(found)} symbols, {which} {symbol}: {names}")
    notes.append(f"holds {len(found)} symbols, {quoted(chosen[0])} is taken")
    return table.only(lambda row: row[column].strip() == chosen[0])


def _is_of(name: str, symbol: str) -> bool:
    if not name.upper().startswith(symbol.upper()):
        return False
    rest = name[len(symbol) :]
    return _QUOTE.fullmatch(rest) is not None and _OTHER_QUOTE.fullmatch(rest) is None
