"""Text as the page has it: its minus signs, nothing in it that HTML would obey, and plain tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape

from hypertui.charts.figures import CENT
from hypertui.core.redaction import harmless

# A hyphen that begins a number: not inside a word, a date or an id.
_MINUS = re.compile(r"(?<![\w.-])-(?=[\d.])")


def typeset(text: str) -> str:
    """With the sign that is as wide as a plus."""
    return _MINUS.sub("−", text)


def escaped(text: str) -> str:
    """Anybody's text, to be put into the page."""
    return escape(typeset(harmless(text)))


def side(amount: Decimal) -> str:
    """The class of a gain or a loss (USD); empty for less than half a cent. The sign stands in the text."""
    return "" if abs(amount) * 2 <= CENT else "gain" if amount > 0 else "loss"


def cell(text: str, kind: str = "", tag: str = "td") -> str:
    """One of a table; `kind` are classes of the style sheet."""
    which = f' class="{kind.strip()}"' if kind.strip() else ""
    return f"<{tag}{which}>{escaped(text)}</{tag}>"


def row(cells: Iterable[str]) -> str:
    """One of a table, of cells."""
    return f"<tr>{''.join(cells)}</tr>"


def table(head: Sequence[str], body: Iterable[str], foot: str = "") -> str:
    """A table of rows under its headings, which a printer repeats on each page."""
    above = f"<thead>{row(head)}</thead>" if head else ""
    below = f"<tfoot>{foot}</tfoot>" if foot else ""
    return f'<div class="scroll"><table>{above}<tbody>{"".join(body)}</tbody>{below}</table></div>'
