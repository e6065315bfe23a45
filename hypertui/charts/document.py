"""A report as one self-contained HTML page: no script, style sheet or picture from elsewhere.

The markup is XML as well: a tag that is not closed is seen at once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files

from hypertui.charts.style import STYLE
from hypertui.charts.typeset import escaped, side


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure of the headline: what it is, the figure, and a line about it. `amount` is the gain or loss
    behind it (USD); None where it is neither."""

    label: str
    figure: str
    about: str
    amount: Decimal | None = None


def document(title: str, body: str, *, interactive: bool = False) -> str:
    """The whole page. One that is `interactive` has the script that makes its charts so; without script they
    are pictures."""
    script = f"<script>//<![CDATA[\n{_script()}\n//]]></script>" if interactive else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"/>'
        f"<title>{escaped(title)}</title>"
        '<meta name="viewport" content="width=device-width"/><meta name="color-scheme" content="light dark"/>'
        f"<style>{STYLE}</style></head><body>\n{body}\n{script}</body></html>\n"
    )


def headline_list(figures: Iterable[Headline]) -> str:
    """The figures that are read first, side by side."""
    parts = []
    for each in figures:
        kind = "" if each.amount is None else side(each.amount)
        parts.append(
            f"<div><dt>{escaped(each.label)}</dt>"
            f'<dd class="{f"figure {kind}".strip()}">{escaped(each.figure)}</dd>'
            f'<dd class="about">{escaped(each.about)}</dd></div>'
        )
    return f'<dl class="headline">{"".join(parts)}</dl>'


def data(value: object) -> str:
    """Data for the script, which neither HTML nor XML takes for markup."""
    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json">{text}</script>'


def _script() -> str:
    return files("hypertui.charts").joinpath("charts.js").read_text("utf-8")
