"""The conditions of a market as the venue tells of them: its context (Hyperliquid documentation, info
endpoint for perpetuals, "Retrieve perpetuals asset contexts"), and its book."""

from __future__ import annotations

from decimal import Decimal

from hypertui.exchange.hyperliquid.checks import Json, amount, positive, reader, rows
from hypertui.exchange.protocol import MarketConditions

_MOST = 1  # of a rate of funding an hour, which the venue caps at 4 %


def book_question(symbol: str) -> Json:
    """What to ask for the book of a market."""
    return {"type": "l2Book", "coin": symbol}


@reader
def conditions(meta_and_contexts: Json, symbol: str) -> MarketConditions | None:
    """Those of `symbol` among those of all markets, or None if it is not there."""
    meta, contexts = meta_and_contexts
    for market, context in zip(rows(meta["universe"]), rows(contexts), strict=True):
        if market["name"] == symbol:
            funding = amount(context["funding"])
            if abs(funding) > _MOST:
                raise ValueError(f"funding of {funding} an hour")
            day_ago = context.get("prevDayPx")
            is_known = day_ago is not None and amount(day_ago) != 0
            mark = positive(context["markPx"])
            return MarketConditions(mark / positive(day_ago) - 1 if is_known else None, funding)
    return None


@reader
def spread(book: Json, symbol: str) -> Decimal | None:
    """How far the best ask is above the best bid, as a fraction of their middle; None where a side is
    empty."""
    if book is None:
        raise ValueError(f"no book of {symbol}")
    if book["coin"] != symbol:
        raise ValueError(f"a book of {book['coin']!r}")
    bids, asks = (rows(side) for side in book["levels"])
    if not bids or not asks:
        return None
    bid, ask = positive(bids[0]["px"]), positive(asks[0]["px"])
    if ask <= bid:
        raise ValueError(f"a bid of {bid} and an ask of {ask}")
    return 2 * (ask - bid) / (ask + bid)
