"""The trace of a bracket's backtest: each price that has changed anything, with the state after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import Side, plain
from hypertui.execution.trade import Trade
from hypertui.execution.trade_news import FillBooked
from hypertui.strategy.bracket.strategy import Bracket
from hypertui.strategy.exits.rules import ExitRule

_STOPS = (ExitRule.HARD_STOP, ExitRule.TRAILING_STOP)


@dataclass(frozen=True, slots=True)
class BracketStep:
    """The `number`th step, from 1, at the series' price of index `tick` (USD): what `happened`, in words, and
    what is so after it. Of what is not so, such as a stop of what is not held, there is None."""

    number: int
    tick: int
    price: Decimal
    happened: tuple[str, ...]
    stay: int
    entry: Decimal | None
    position: Decimal
    average: Decimal | None
    stop: Decimal | None
    target: Decimal | None
    realized_pnl: Decimal

    def row(self) -> dict[str, object]:
        """The same as JSON can say it, amounts as decimal strings."""
        return {
            "seq": self.number,
            "tick": self.tick,
            "price": plain(self.price),
            "events": list(self.happened),
            "stay": self.stay,
            "entry": _plain(self.entry),
            "position": plain(self.position),
            "average": _plain(self.average),
            "stop": _plain(self.stop),
            "target": _plain(self.target),
            "realized_pnl": plain(self.realized_pnl),
        }


class BracketTracer:
    """Of one walk. It is told what is done, and after each price asked to look at what that has changed. The
    exchange of the walk puts its fills into `booked`."""

    def __init__(self, trade: Trade, bracket: Bracket, tell: Callable[[BracketStep], None]) -> None:
        self.booked: list[FillBooked] = []
        self._trade = trade
        self._bracket = bracket
        self._tell = tell
        self._steps = 0
        self._done: list[str] = []
        self._trailed, self._withdrawn = trade.exits.trailing.stop, False

    def note(self, what: str) -> None:
        """This has been done at the price of now."""
        self._done.append(what)

    def look(self, tick: int, price: Decimal) -> None:
        """Tell of this price, where it has changed anything."""
        happened = (*self._done, *self._seen())
        self._done, self.booked[:] = [], []
        if not happened:
            return
        self._steps += 1
        bracket, book, exits = self._bracket, self._bracket.book, self._trade.exits
        held = book.position > 0
        stops = [exits.price_of(rule, book, bracket.instrument) for rule in _STOPS] if held else []
        self._tell(
            BracketStep(
                self._steps,
                tick,
                price,
                happened,
                bracket.stay.number,
                None if bracket.entry is None else bracket.entry.price,
                book.position,
                book.average_price if held else None,
                max((stop for stop in stops if stop is not None), default=None),
                exits.price_of(ExitRule.TAKE_PROFIT, book, bracket.instrument) if held else None,
                book.realized_pnl,
            )
        )

    def _seen(self) -> Iterator[str]:
        """What follows from a price by itself, in words."""
        for fill in self.booked:
            yield "bought" if fill.fill.side is Side.BUY else "sold"
        trailed, withdrawn = self._trade.exits.trailing.stop, self._trade.guards.withdraws
        if trailed != self._trailed and trailed:
            yield "the stop trails"
        if withdrawn is not self._withdrawn:
            yield "entries withdrawn" if withdrawn else "entries allowed again"
        self._trailed, self._withdrawn = trailed, withdrawn


def _plain(price: Decimal | None) -> str | None:
    return None if price is None else plain(price)
