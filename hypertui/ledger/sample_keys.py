"""What a sample counts for on the leaderboard: its market, who opened it, or the settings it ran with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Literal

from hypertui.core.market import Reason
from hypertui.core.phrases import at_price, in_words
from hypertui.core.plain_json import digest
from hypertui.journal.reader import JournalReader
from hypertui.journal.records import SettingsRecord, TradeRecord
from hypertui.ledger.order_history import intent_behind
from hypertui.ledger.samples import TradeSample

BoardKey = Literal["symbol", "source", "settings"]

_DIGITS = 6  # of a digest, which tell settings apart that are said alike
# How a trade began, whose it was, and what followed from the market of the moment: no settings to be judged.
_OF_ONE_TRADE = ("name", "account", "wallet", "begin", "entry", "entry_price", "settled_at")
# What is said of them, with the words after a figure; the others are in the digest alone.
_SAID = {
    "unit_size": " USD",
    "position_size": " USD",
    "risk": " USD",
    "leverage": " ×",
    **dict.fromkeys(("hard_stop", "soft_stop", "trailing_arm", "take_profit", "time_stop", "reenter"), ""),
}
_NOT_OF_A_BRACKET = ("unit_size", "reinvest", "buy_order", "trust_slots")


class SampleKeys:
    """Of the samples of one journal. `of` may raise JournalError."""

    def __init__(self, journal: JournalReader) -> None:
        self._journal = journal
        self._starts: dict[str, list[SettingsRecord]] = {}
        self._begun_by: dict[str, str] = {}

    def of(self, sample: TradeSample, by: BoardKey) -> str:
        match by:
            case "symbol":
                return sample.trade.symbol
            case "source":
                return self._source(sample)
            case "settings":
                return self._settings(sample)

    def _source(self, sample: TradeSample) -> str:
        """Where the strategy itself opened it, the source outside that had the trade begin, if one had."""
        trade = sample.trade
        if sample.source != trade.settings.get("strategy"):
            return sample.source
        if trade.id not in self._begun_by:
            intent = intent_behind(self._journal, trade.id, Reason.ENTRY)
            self._begun_by[trade.id] = sample.source if intent is None else intent.source
        return self._begun_by[trade.id]

    def _settings(self, sample: TradeSample) -> str:
        """In words, with the beginning of their digest."""
        trade = sample.trade
        if trade.id not in self._starts:
            self._starts[trade.id] = list(self._journal.settings(trade.id))
        starts = self._starts[trade.id]
        in_force = [start for start in starts if start.at <= sample.ended_at] or starts[:1]
        table = (_table(in_force[-1], trade) if in_force else None) or trade.settings
        strategy = str(table.get("strategy", ""))
        left_out = _OF_ONE_TRADE if strategy == "ladder" else (*_OF_ONE_TRADE, *_NOT_OF_A_BRACKET)
        bearing = {name: value for name, value in table.items() if name not in left_out}
        words = ", ".join((f"{trade.symbol} {strategy}".strip(), *_said(bearing)))
        return f"{words} #{digest({**bearing, 'symbol': trade.symbol})[:_DIGITS]}"


def _table(start: SettingsRecord, trade: TradeRecord) -> Mapping[str, object] | None:
    """The trade's own among the tables of all trades; None where that cannot be told."""
    tables = start.settings.get("trades")
    found = [
        each
        for each in (tables if isinstance(tables, list | tuple) else ())
        if isinstance(each, Mapping) and each.get("symbol") == trade.symbol
    ]
    if len(found) > 1:
        found = [each for each in found if str(each.get("account")).lower() == trade.account]
    return found[0] if len(found) == 1 else None


def _said(table: Mapping[str, object]) -> Iterator[str]:
    for name, after in _SAID.items():
        value = table.get(name)
        if value not in (None, "", "0"):
            yield f"{in_words(name)} {_figure(str(value), after)}"


def _figure(text: str, unit: str) -> str:
    """With its unit, where it is none that says it itself: 0.4%, 0.5atr, 30m."""
    try:
        return f"{at_price(Decimal(text))}{unit}"
    except ArithmeticError:
        return text
