"""Prices as files write them: plain, in scientific notation, with a decimal comma, with separated thousands.

How a figure is meant is decided for all prices of a file together, so that one cell may explain another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation

from hypertui.core.market import LARGEST_POWER, SMALLEST_POWER
from hypertui.core.price_series.errors import SeriesError, quoted

# Well within the powers of ten that an amount may have.
_USUAL_LEAST, _USUAL_MOST = 1e-12, 1e12
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
_DECIMAL_COMMA = re.compile(r"([1-9]\d{0,2}(\.\d{3})+|\d+),\d+")
_WHOLE_BESIDE_COMMAS = re.compile(r"[1-9]\d{0,2}(\.\d{3})+|\d+")


def prices(
    columns: Sequence[Sequence[str]], place: Callable[[int], str], *, comma_is_free: bool
) -> list[list[Decimal]]:
    """USD, column by column. `place` names a row; `comma_is_free` says that a comma does not separate cells,
    so that it can be that of a decimal. Raises SeriesError for the first row with what is not a price."""
    try:
        if any("_" in "".join(column) for column in columns):
            raise InvalidOperation  # Python would read it
        if all(map(_are_usual, columns)):
            return [list(map(Decimal, column)) for column in columns]
    except (InvalidOperation, ValueError):
        pass
    written = _notation(columns, place, comma_is_free=comma_is_free)
    rows = [
        [_price(cell, written, place, number) for cell in cells]
        for number, cells in enumerate(zip(*columns, strict=True))
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def _are_usual(column: Sequence[str]) -> bool:
    """Whether all can be prices: looked at as floats, which is quick and near enough."""
    figures = list(map(float, column))
    return math.isfinite(sum(figures)) and min(figures) > _USUAL_LEAST and max(figures) < _USUAL_MOST


def _is_price(figure: Decimal) -> bool:
    return figure.is_finite() and figure > 0 and SMALLEST_POWER <= figure.adjusted() <= LARGEST_POWER


def _price(
    cell: str, written: Callable[[str], str | None], place: Callable[[int], str], number: int
) -> Decimal:
    plain = written(cell.strip())
    try:
        if plain is None or "_" in plain:
            raise InvalidOperation
        price = Decimal(plain)
    except InvalidOperation:
        raise SeriesError(f"{place(number)}: price {quoted(cell)} is not a number") from None
    if not price.is_finite() or price <= 0:
        raise SeriesError(f"{place(number)}: price {quoted(cell)} is not above 0")
    if not _is_price(price):
        raise SeriesError(f"{place(number)}: price {quoted(cell)} is beyond reason")
    return price


def _notation(
    columns: Sequence[Sequence[str]], place: Callable[[int], str], *, comma_is_free: bool
) -> Callable[[str], str | None]:
    """How to write a cell as Python does; None for a cell that does not fit the others."""
    with_comma = [
        (number, cell.strip()) for column in columns for number, cell in enumerate(column) if "," in cell
    ]
    if not with_comma:
        return lambda cell: cell
    thousands = all(_THOUSANDS.fullmatch(cell) for _, cell in with_comma)
    decimals = comma_is_free and all(_DECIMAL_COMMA.fullmatch(cell) for _, cell in with_comma)
    if thousands and decimals:
        number, cell = min(with_comma)
        one, other = cell.replace(",", "."), cell.replace(",", "")
        raise SeriesError(f"{place(number)}: price {quoted(cell)} may be {one} or {other}")
    if thousands:
        return lambda cell: cell.replace(",", "")
    if decimals:
        return _from_decimal_comma
    return lambda cell: None if "," in cell else cell


def _from_decimal_comma(cell: str) -> str | None:
    if not (_DECIMAL_COMMA.fullmatch(cell) or _WHOLE_BESIDE_COMMAS.fullmatch(cell)):
        return None
    return cell.replace(".", "").replace(",", ".")
