"""Money: the row above everything, and the figures in full where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.lines import Line, Span, Tone, both_ends, fit, joined, line, pad, width_of
from hypertui.console.views.bar import bar
from hypertui.console.views.price import change_role

_NOW = 6_000  # ms: the account is asked for every 5 s
# Of the price: how far liquidation is when the bar is short, or full.
_NEAR, _FAR = Decimal("0.1"), Decimal("0.5")
_NEVER = Decimal("0.9")  # of the price: what is that far is no figure to watch
_BAR = 6  # cells


class Fact(NamedTuple):
    """A figure with its name, long and short."""

    name: str
    short: str
    value: Line

    def line(self, short: bool = False) -> Line:
        """Both, as they stand in a row."""
        return line(Span(f"{self.short if short else self.name} ", Tone.DIM), *self.value)


class Money:
    """The figures of one moment. What hangs on the mark is marked where that is stale, what the account said
    carries its age."""

    def __init__(self, frame: Frame, *, brief: bool = False) -> None:
        self._frame = frame
        self._trade = frame.snapshot
        self._brief = brief

    def _at_mark(self, text: str, role: Tone = Tone.TEXT) -> Span:
        return Span(text, Tone.STALE if self._frame.mark_stale else role)

    def _gain(self, value: Decimal | None, role: Tone | None = None) -> Span:
        return self._at_mark(fmt.signed_usd(value), role or change_role(value))

    def _told(self) -> Line:
        """The age of what the account said, once it is not of now."""
        at = self._trade.account_at
        age = 0 if at is None else self._frame.now - at
        return () if age <= _NOW else line(Span(f" {fmt.age(age)} ago", Tone.STALE))

    @property
    def net(self) -> Fact:
        return Fact("net", "net", (self._gain(self._trade.net_pnl),))

    @property
    def today(self) -> Fact:
        """Since midnight UTC, or since the trade began."""
        trade = self._trade
        if trade.day_pnl is None or trade.day_since is None or trade.day_pnl == trade.net_pnl:
            return Fact("", "", ())  # the whole trade is of today
        since = f"since {self._frame.clock_short(trade.day_since)}"
        return Fact(f"today, {since}", since, (self._gain(trade.day_pnl),))

    @property
    def at_stops(self) -> Fact:
        """What the account loses from here if every stop fills at its trigger."""
        trade = self._trade
        if not trade.position:
            return Fact("", "", ())
        if trade.at_stops is None:
            return Fact("from here to all stops", "to all stops", (Span("not known", Tone.WARNING),))
        of = "" if self._brief else " of equity"
        share = "" if trade.at_stops_share is None else f" ({fmt.percent(trade.at_stops_share)}{of})"
        return Fact(
            "from here to all stops", "to all stops", (self._gain(trade.at_stops), self._at_mark(share))
        )

    @property
    def liquidation(self) -> Fact:
        """How far it is, in words and as a bar that is short where it is near; its price where there is
        room."""
        trade, far = self._trade, self._trade.liquidation_distance
        if trade.liquidation_price is None or far is None or abs(far) >= _NEVER:
            return Fact("", "", ())
        role = Tone.CRITICAL if far < _NEAR / 2 else Tone.WARNING if far < _NEAR else Tone.DIM
        at = self._at_mark(f"{fmt.quote(trade.liquidation_price, trade.instrument)} ")
        price = () if self._brief else (at,)
        side = "below" if far >= 0 else "above"
        full = bar(abs(far) / _FAR, _BAR).ljust(_BAR, "░")
        near = self._at_mark(f" {fmt.share(abs(far))} {side}", Tone.TEXT if role is Tone.DIM else role)
        return Fact("liquidation", "liquidation", (*price, Span(full, role), near, *self._told()))

    @property
    def buy_size(self) -> Fact:
        """What a slot that is not long buys for (USD); nothing where there are no slots."""
        size = () if self._trade.bracket is not None else (Span(fmt.usd(self._trade.fragment)),)
        return Fact("buy size", "buy size", size)

    @property
    def costs(self) -> list[Fact]:
        """Fees, and what whipsaws have cost, as far as there are any."""
        trade, found = self._trade, []
        if trade.fees:
            found.append(Fact("fees", "fees", (Span(fmt.usd(trade.fees)),)))
        if trade.whipsaw_cost:
            found.append(Fact("whipsaws", "whipsaws", (Span(fmt.usd(trade.whipsaw_cost)),)))
        return found

    @property
    def account(self) -> list[Fact]:
        """Equity and margin, as of when the account was asked for."""
        trade = self._trade
        equity = self._at_mark(fmt.usd(trade.equity), Tone.STRONG)
        return [
            Fact("equity", "equity", (equity, *self._told())),
            Fact("margin used", "margin", (self._at_mark(fmt.usd(trade.margin_used)), *self._told())),
        ]

    @property
    def result(self) -> list[Fact]:
        """What was made, what is held, and what that grew by."""
        trade, gain = self._trade, self._gain
        realized = Span(fmt.signed_usd(trade.realized_pnl), change_role(trade.realized_pnl))
        found = [Fact("realised", "real", (realized,))]
        if trade.position:
            found.append(Fact("unrealised", "open", (gain(trade.unrealized_pnl),)))
        if trade.funding:
            paid = Span(fmt.signed_usd(trade.funding), change_role(trade.funding))
            found.append(Fact("funding", "funding", (paid,)))
        for name, value in (("since entry", trade.growth), ("since cycle", trade.cycle_growth)):
            if value is not None:
                found.append(Fact(name, name, (self._at_mark(fmt.percent(value), change_role(value)),)))
        if trade.round_trips:
            found.append(Fact("round trips", "round trips", (Span(str(trade.round_trips)),)))
        return found


def money_row(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The figures that count, in one row; what does not fit is left out, the least important first."""
    if frame.snapshot.entry_price is None and not (frame.snapshot.position or frame.snapshot.fills):
        return [line(Span(" this start has traded nothing yet", Tone.DIM))]
    shown: list[Line] = []
    for brief, short in ((False, False), (True, False), (True, True)):
        figures = Money(frame, brief=brief)
        facts = [figures.net, figures.today, figures.at_stops, figures.liquidation, figures.buy_size]
        shown = [fact.line(short) for fact in (*facts, *figures.costs) if fact.value]
        if width_of(_in_a_row(shown)) <= width:
            break
    while len(shown) > 1 and width_of(_in_a_row(shown)) > width:
        shown.pop()
    return [fit(_in_a_row(shown), width)]


def _in_a_row(parts: Sequence[Line]) -> Line:
    return (Span(" "), *joined(parts))


def money(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """Everything, in two columns."""
    figures = Money(frame)
    facts = [*figures.account, *figures.result, *figures.costs]
    reinvest = fmt.clean(frame.snapshot.reinvest, 10)
    if reinvest:
        facts.append(Fact("reinvests", "reinvests", (Span(reinvest),)))
    left = (width - 3) // 2
    rows = []
    for one, other in zip(facts[::2], [*facts[1::2], None], strict=False):
        cells = [*_cell(one, left), Span("   ")]
        rows.append(line(*cells, *(() if other is None else _cell(other, width - left - 3))))
    return rows[:height]


def _cell(fact: Fact, width: int) -> Line:
    return both_ends(line(Span(fact.name, Tone.DIM)), fact.value, width)


def money_compact(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The small screen's rows, the figures in even columns; what does not fit is on larger ones."""
    figures, snapshot = Money(frame, brief=True), frame.snapshot
    position = Span(fmt.size(snapshot.position, snapshot.instrument), Tone.STRONG)
    held = Fact("position", "position", (position,))
    equity, margin = figures.account
    rows = (
        (figures.net, figures.today, equity, held),
        (figures.at_stops, figures.liquidation),
        (figures.buy_size, *figures.costs, *figures.result[:2], margin),
    )
    return [_columns([fact for fact in row if fact.value], width) for row in rows[:height]]


def _columns(facts: Sequence[Fact], width: int) -> Line:
    """In four columns; one that is wider takes two."""
    cell, parts = (width - 2) // 4, [Span(" ")]
    room = width - 1
    for fact in facts:
        text = fact.line(short=True)
        cells = min(-(-(width_of(text) + 1) // cell) * cell, room)
        if cells < cell:
            break
        if width_of(fact.line()) < cells:
            text = fact.line()
        parts += pad(fit(text, cells - 1), cells)
        room -= cells
    return fit(tuple(parts), width)
