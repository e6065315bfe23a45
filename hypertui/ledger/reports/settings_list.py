"""The settings that a trade ran with, as far as they have a bearing on what it did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hypertui.charts.figures import UNKNOWN, minute
from hypertui.charts.typeset import cell, escaped, row, table
from hypertui.core.phrases import in_words
from hypertui.journal.records import SettingsRecord, TradeRecord

# The others, and the private ones, are where its files are, whose account it is, and how its screen looks.
_BEARING = ("network", "trade", "trades", "guards", "engine", "paper")
_PRIVATE = ("account", "prices")
_UNITS = {
    "risk slippage": " of the position",
    **dict.fromkeys(("unit size", "position size", "risk", "faucet", "loss", "max position"), " USD"),
    **dict.fromkeys(("after", "every", "timeout", "frozen price"), " s"),
    **dict.fromkeys(("leverage", "balance"), " ×"),
    "guards liquidation": " units",
    "slippage": " of the price",
}


def settings_list(trade: TradeRecord, starts: Sequence[SettingsRecord]) -> str:
    """Those of its last start, folded up under their digest; the trade's terms where none is written down."""
    settings: Mapping[str, object] = trade.settings
    digest, more = "not written down; these are its terms", ""
    if starts:
        settings = {name: value for name, value in starts[-1].settings.items() if name in _BEARING}
        digest = f"SHA-256 {starts[-1].sha256}"
        changed = len({start.sha256 for start in starts})
        more = f", the last of {changed} that it ran with" if changed > 1 else ""
    body = (row([cell(name), cell(value, "text")]) for name, value in _leaves(settings, trade.symbol))
    return (
        f"<details><summary>{escaped(f'{trade.symbol} since {minute(trade.started_at)}{more}')} "
        f'<code class="quiet">{escaped(digest)}</code></summary>{table([], body)}</details>'
    )


def _leaves(value: object, symbol: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Each setting with its name in words; of several trades the one in this market."""
    match value:
        case Mapping():
            for key, inner in value.items():
                if key in _PRIVATE:
                    continue
                yield from _leaves(inner, symbol, f"{name} {in_words(str(key))}".strip())
        case list() | tuple():
            own = [each for each in value if isinstance(each, Mapping) and each.get("symbol") == symbol]
            for each in own or value:
                yield from _leaves(each, symbol, "trade")
        case None | "":
            yield name, UNKNOWN
        case bool():
            yield name, "yes" if value else "no"
        case _:
            text = str(value)
            measure = next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")
            measure = "" if text.endswith("%") else measure
            yield name, f"{in_words(text) if text.islower() else text}{measure}"
