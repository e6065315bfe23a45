"""Which strategy's view a panel of the main page shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypertui.console import format as fmt
from hypertui.console.frame import Frame
from hypertui.console.keys import BRACKET
from hypertui.console.lines import BLANK, Line, Span, Tone, fit, line, wrap
from hypertui.console.views import price
from hypertui.console.views.bracket import lines as price_lines
from hypertui.console.views.bracket import picture as bracket_picture
from hypertui.console.views.bracket.words import facts, sentence, told_now
from hypertui.console.views.ladder import map as ladder_map
from hypertui.console.views.ladder import orders as ladder_orders
from hypertui.console.views.ladder import picture as ladder_picture

View = Callable[[Frame, int, int], Sequence[Line]]


def picture_title(frame: Frame) -> str:
    """The picture's."""
    is_bracket = frame.snapshot.strategy == BRACKET
    return bracket_picture.title(frame) if is_bracket else ladder_picture.title(frame)


def orders(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The orders in full, and whether all is as it should be."""
    bracket = frame.snapshot.bracket
    if bracket is None:
        return ladder_orders.slots(frame, width, height)
    rows = [*price_lines.rows(frame, bracket, width), BLANK, ladder_orders.lamp(frame)]
    return [fit(row, width) for row in rows][:height]


def orders_title(frame: Frame) -> str:
    """That of the orders."""
    return ladder_orders.slots_title(frame) if frame.snapshot.bracket is None else "ORDERS"


def orders_compact(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The orders of a small terminal."""
    bracket = frame.snapshot.bracket
    if bracket is None:
        return ladder_orders.slots_compact(frame, width, height)
    rows = price_lines.rows(frame, bracket, width - 2)
    return [line(" ", *row) for row in rows][:height]


def beside(ladder_view: View, *, in_full: bool = True) -> View:
    """The position map; of a bracket the exits that are set, and before them `in_full` what it is about."""

    def view(frame: Frame, width: int, height: int) -> Sequence[Line]:
        bracket = frame.snapshot.bracket
        if bracket is None:
            return ladder_view(frame, width, height)
        said = (sentence(frame, bracket), told_now(frame, bracket)) if in_full else ()
        rows = [line(text) for each in said if each for text in wrap(each, width)]
        for rule in frame.snapshot.exits:
            at = "" if rule.price is None else f" at {fmt.price(rule.price, frame.snapshot.instrument)}"
            rows.append(line(f"{rule.rule}{at}", Span(f"  {fmt.signs(rule.text)}", Tone.DIM)))
        margin = "" if in_full else " "
        return [fit(line(margin, *row), width) for row in rows][:height]

    return view


def map_title(frame: Frame) -> str:
    """That of what stands beside the picture."""
    return ladder_map.title(frame) if frame.snapshot.bracket is None else "BRACKET"


def price_compact(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """Price and state in two lines."""
    rows = price.compact(frame, width, height)
    bracket = frame.snapshot.bracket
    if bracket is None:
        return rows
    return [rows[0], fit(line(" ", *facts(frame, bracket, width - 2, mark=False)), width)]


def row(frame: Frame, width: int, height: int) -> Sequence[Line]:
    """The strategy on one line."""
    bracket = frame.snapshot.bracket
    if bracket is None:
        return ladder_orders.ladder_row(frame, width, height)
    said = told_now(frame, bracket, width - 2) or sentence(frame, bracket, width - 2)
    return [fit(line(" ", Span(said)), width)]
