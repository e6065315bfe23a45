"""Prices, books, trades, candles and funding rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypertui.core.market import Side
from hypertui.venue.accounts.funding import impact_prices
from hypertui.venue.api.info.people import rows_between
from hypertui.venue.api.info.reference import ReferenceInfo
from hypertui.venue.core import Core
from hypertui.venue.market.candles import INTERVALS
from hypertui.venue.market.matching import Book
from hypertui.venue.market.volume import HOUR_MS
from hypertui.venue.model.markets import Market, number, usd
from hypertui.venue.model.messages import MalformedError, integer, mapping, one_of, text
from hypertui.venue.model.orders import Json

PAGE = 500
VENUE = "HlPerp"


class MarketInfo:
    """Questions about markets."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.answers: dict[str, Callable[[Json], Any]] = {
            "metaAndAssetCtxs": lambda body: [
                ReferenceInfo(core).meta(),
                self.contexts(),
            ],
            "allMids": lambda body: self.all_mids(),
            "l2Book": self._l2_book,
            "recentTrades": lambda body: list(self._book(body).recent),
            "candleSnapshot": self._candles,
            "fundingHistory": self._funding_history,
            "predictedFundings": lambda body: self._predicted_fundings(),
        }

    def all_mids(self) -> dict[str, str]:
        """The middle of every book."""
        return {symbol: number(book.mid) for symbol, book in self._core.books.items()}

    def asset_context(self, market: Market) -> Json:
        """A market's prices and figures of the day; what a side of the book is missing for is null."""
        book = self._core.books[market.symbol]
        middle = book.middle
        meter = self._core.funding.meters[market.symbol]
        value, coins = book.volume.day(self._core.now)
        impact = impact_prices(book)
        return {
            "funding": number(meter.rate),
            "openInterest": number(book.open_interest),
            "prevDayPx": number(book.day_open),
            "dayNtlVlm": usd(value),
            "premium": None if impact is None else number(round(meter.latest, 10)),
            "oraclePx": number(book.mark),
            "markPx": number(book.mark),
            "midPx": None if middle is None else number(middle),
            "impactPxs": None if impact is None else [number(price) for price in impact],
            "dayBaseVlm": number(coins),
        }

    def contexts(self) -> list[Json]:
        """The same of every market, in their order."""
        return [self.asset_context(market) for market in self._core.markets]

    def l2_book(self, symbol: str, figures: int | None = None, mantissa: int = 1) -> Json:
        """Up to 20 prices of each side, best first. A book in so many figures tells its spread too."""
        book = self._core.books[symbol]
        sides = [book.levels(side, figures, mantissa) for side in (Side.BUY, Side.SELL)]
        shown: Json = {
            "coin": symbol,
            "time": self._core.now,
            "levels": [
                [{"px": number(level.price), "sz": number(level.size), "n": level.count} for level in levels]
                for levels in sides
            ],
        }
        if figures is not None and all(sides):
            bids, asks = sides
            shown["spread"] = number(asks[0].price - bids[0].price)
        return shown

    def bbo(self, symbol: str) -> list[Json | None]:
        """The best bid and the best ask; null for an empty side."""
        book = self._core.books[symbol]
        tops: list[Json | None] = []
        for side in (Side.BUY, Side.SELL):
            levels = book.levels(side, count=1)
            shown = [{"px": number(top.price), "sz": number(top.size), "n": top.count} for top in levels]
            tops.append(shown[0] if shown else None)
        return tops

    def _book(self, body: Json) -> Book:
        book = self._core.books.get(text(body, "coin"))
        if book is None:
            raise MalformedError(f"no such coin: {body['coin']!r}")
        return book

    def _l2_book(self, body: Json) -> Json | None:
        if text(body, "coin") not in self._core.books:
            return None
        figures, mantissa = book_precision(body)
        return self.l2_book(body["coin"], figures, mantissa)

    def _candles(self, body: Json) -> list[Json]:
        request = mapping(body, "req")
        interval = one_of(request, "interval", INTERVALS)
        end = self._core.now if request.get("endTime") is None else integer(request, "endTime")
        return self._book(request).candles.between(interval, integer(request, "startTime"), end)

    def _funding_history(self, body: Json) -> list[Json]:
        meter = self._core.funding.meters[self._book(body).market.symbol]
        return rows_between(meter.history, body, self._core.now, PAGE)

    def _predicted_fundings(self) -> list[Any]:
        following = (self._core.now // HOUR_MS + 1) * HOUR_MS
        return [
            [
                symbol,
                [
                    [
                        VENUE,
                        {
                            "fundingRate": number(meter.rate),
                            "nextFundingTime": following,
                            "fundingIntervalHours": 1,
                        },
                    ]
                ],
            ]
            for symbol, meter in self._core.funding.meters.items()
        ]


def book_precision(body: Json) -> tuple[int | None, int]:
    """How coarse a book is asked for: significant figures (None: all) and mantissa; raises MalformedError."""
    figures = None if body.get("nSigFigs") is None else integer(body, "nSigFigs")
    mantissa = None if body.get("mantissa") is None else integer(body, "mantissa")
    if figures is not None and not 2 <= figures <= 5:
        raise MalformedError("nSigFigs is not between 2 and 5")
    if mantissa is not None and (figures != 5 or mantissa not in (1, 2, 5)):
        raise MalformedError("mantissa is 1, 2 or 5, and only with 5 significant figures")
    return figures, 1 if mantissa is None else mantissa
