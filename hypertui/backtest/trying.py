"""What a backtest leaves in the trial ledger: which series it has walked, and with which setting."""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Protocol

from hypertui.backtest.instant_exchange import Costs
from hypertui.core.market import plain
from hypertui.core.price_series import Series
from hypertui.evidence.sharpe import block_returns, sharpe_ratio
from hypertui.evidence.trials import Trial
from hypertui.risk.rules import GuardRules
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.trade_plan import LadderPlan

_MOST_PARTS = 256


class _OfRows(Protocol):
    @property
    def rows(self) -> int: ...


def parts_of(series: _OfRows) -> int:
    """Into how many equal parts a series is cut, whose returns are compared."""
    return min(_MOST_PARTS, series.rows)


def series_digest(series: Series) -> str:
    """The digest of a series, without NumPy: the same as `Ticks.digest` of its ticks. Raises ValueError where
    its prices have more digits than fit."""
    decimals = max((_decimals(price) for price in set(series.prices)), default=0)
    found = hashlib.sha256(f"{decimals} {series.per_row} {series.timed}".encode())
    try:
        prices = array("q", (int(price.scaleb(decimals)) for price in series.prices))
    except OverflowError:
        raise ValueError(f"prices with {decimals} decimals have more digits than fit in 64 bits") from None
    for column in (prices, array("q", series.times)) if series.timed else (prices,):
        if sys.byteorder == "big":
            column.byteswap()
        found.update(column)
    return found.hexdigest()


def _decimals(price: Decimal) -> int:
    exponent = price.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "a price is finite"
    return max(0, -exponent)


def trial_terms(
    plan: LadderPlan,
    costs: Costs,
    exits: ExitRules,
    guards: GuardRules | None = None,
    equity: Decimal | None = None,
) -> dict[str, str]:
    """All that changes what a setting makes of a series, by name. The unit is that of the series' own first
    price, also where only a part of it is walked: so a percentage is the same setting in each part."""
    terms: dict[str, object] = {
        "symbol": plan.instrument.symbol,
        "size_decimals": plan.instrument.sz_decimals,
        "unit_size": plan.unit_size,
        "position_size": plan.position_size,
        "reinvest": plan.reinvest.value,
        "fee_rate": costs.fee_rate,
        "slippage": costs.slippage,
        "funding": costs.funding,
        **{rule.value: getattr(exits, rule.value) for rule in exits.wanted},
    }
    if guards is not None:
        rules, none = guards.of_the_result(), GuardRules()
        names = (each.name for each in fields(rules))
        terms |= {name: getattr(rules, name) for name in names if getattr(rules, name) != getattr(none, name)}
        terms["equity"] = plan.position_size / plan.leverage if equity is None else equity
    return {name: plain(said) if isinstance(said, Decimal) else str(said) for name, said in terms.items()}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A ladder that is walked, with all that changes what it makes of a series."""

    plan: LadderPlan
    costs: Costs
    exits: ExitRules
    guards: GuardRules | None = None
    equity: Decimal | None = None

    @property
    def terms(self) -> dict[str, str]:
        """As the trial ledger has them."""
        return trial_terms(self.plan, self.costs, self.exits, self.guards, self.equity)


def trial(terms: dict[str, str], stake: float, blocks: Sequence[float], rows: tuple[int, int]) -> Trial:
    """One try: a setting, and the Sharpe ratio of what it has returned on its `stake` (USD) over the `blocks`
    (net PnL at the end of each) of these `rows` of the series."""
    return Trial(terms, sharpe_ratio(block_returns(blocks, stake)), len(blocks), rows)
