"""What a backtest asks of its price series."""

from __future__ import annotations

from hypertui.backtest.instant_exchange import Costs
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from hypertui.strategy.plans import PlanError

_TIMELY = (ExitRule.SOFT_STOP, ExitRule.TRAILING_STOP, ExitRule.TIME_STOP)


def refuse_untimed(costs: Costs, exits: ExitRules, *, guarded: bool) -> None:
    """Refuse what cannot be done over a series without times. Raises PlanError."""
    if guarded:
        raise PlanError("guards count days and minutes: they need a price file with times, and it has none")
    if needy := [rule.value for rule in exits.wanted if rule in _TIMELY]:
        raise PlanError(f"the price file has no times, without which there is no {' or '.join(needy)}")
    if costs.funding:
        raise PlanError("funding is charged by the hour: it needs a price file with times, and it has none")
