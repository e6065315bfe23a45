"""What a journal tells of one trade, as a backtest needs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypertui.core.market import Instrument
from hypertui.execution.input_codec import JournalledInput, Undecodable, decode
from hypertui.execution.timing import Timing
from hypertui.execution.trade_config import PriceSource
from hypertui.execution.trade_inputs import Input
from hypertui.journal.history import History
from hypertui.journal.records import InputRecord, MarkRecord, RulesRecord, TradeRecord
from hypertui.replay.timeline import RowPlace, Timeline
from hypertui.strategy import registry
from hypertui.strategy.plans import StrategyPlan


class SessionRefused(ValueError):
    """A trade that cannot be walked; the text is one line."""


@dataclass(frozen=True, slots=True)
class RecordedMark:
    """A price (USD) of the trade's source that was seen at `at` (ms), whether or not it mattered."""

    at: int
    price: Decimal


class RecordedSession:
    """One trade of a journal. Raises SessionRefused for one whose terms cannot be read, and for one without
    inputs; whatever reads raises JournalError."""

    def __init__(self, history: History, record: TradeRecord) -> None:
        self.record = record
        self.history = history
        self._timeline = Timeline(history, record)
        rules = self._timeline.first_rules()
        if rules is None:
            raise SessionRefused(f"trade {record.id} was never opened: there is nothing to walk")
        if not self._timeline.has_inputs():
            raise SessionRefused(
                f"trade {record.id} has no inputs: it never began, or they were let go of (ledger prune)"
            )
        terms: Any = record.settings
        try:
            strategy = registry.recorded(terms["strategy"], terms)
            self._source = PriceSource(terms["price_source"])
            leverage = int(terms["leverage"])
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise SessionRefused(f"trade {record.id} has terms that cannot be read: {error}") from None
        self.instrument = Instrument(
            record.symbol, rules.sz_decimals, rules.max_leverage, rules.min_order_value, rules.only_isolated
        )
        self.plan: StrategyPlan = strategy.plan(self.instrument, leverage)
        self.timing = Timing(rules.confirm_after, rules.expires_after)

    def told(self) -> Iterator[Input | RecordedMark | Timing]:
        """Inputs, the prices between them, and how long was waited from then on, in their order. Raises
        SessionRefused for an input that cannot be read."""
        for _, row in self._timeline.after(RowPlace()):
            match row:
                case InputRecord():
                    try:
                        yield decode(JournalledInput(row.kind, row.at, row.data))
                    except Undecodable as error:
                        raise SessionRefused(f"trade {row.trade_id}: {error}") from None
                case MarkRecord(_, at, mark, mid):
                    price = mark if self._source is PriceSource.MARK else mid
                    if price is not None and self._source is not PriceSource.LAST:
                        yield RecordedMark(at, price)
                case RulesRecord():
                    yield Timing(row.confirm_after, row.expires_after)
                case _:
                    pass
