"""Names of markets: which are none of a perpetual, and which one may have been meant."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

_SHOWN = 12
_ALIKE = 0.6  # of difflib's ratio


def not_perpetual(symbol: str) -> str:
    """Why this cannot be the name of a perpetual of the exchange itself, in one line; empty where it can."""
    if ":" in symbol:
        dex = symbol.partition(":")[0]
        return f"{symbol} is a market of a builder-deployed exchange (HIP-3 {dex}): those are not traded here"
    if "/" in symbol or symbol.startswith("@"):
        return f"{symbol} is a spot market: only perpetuals are traded here"
    return ""


def hint(symbol: str, known: Collection[str]) -> str:
    """What to say after "{symbol} is none of the markets": the one that was meant, or some that there are."""
    meant = _meant(symbol, known)
    if meant is not None:
        return f": did you mean {meant}?"
    names = sorted(name for name in known if not not_perpetual(name))
    return f": {', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''}"


def _meant(symbol: str, known: Collection[str]) -> str | None:
    by_capitals = {name.upper(): name for name in known if not not_perpetual(name)}
    wanted = symbol.upper()
    for name in (wanted, f"K{wanted}"):  # some small coins are traded by the thousand
        if name in by_capitals:
            return by_capitals[name]
    # As other exchanges write it: BTC-PERP, BTCUSDT.
    starts = [
        name
        for name in by_capitals
        if wanted.startswith(name) and wanted[len(name) :].strip("-_ ") in _QUOTES
    ]
    found = sorted(starts, key=len)[-1:] or get_close_matches(wanted, by_capitals, 1, _ALIKE)
    return by_capitals[found[0]] if found else None


_QUOTES = ("USD", "USDC", "USDT", "PERP", "USD-PERP")
