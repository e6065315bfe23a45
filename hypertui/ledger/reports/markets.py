"""The markets that a report is about."""

from __future__ import annotations

from hypertui.core.market import KNOWN_INSTRUMENTS, Instrument
from hypertui.ledger.scope import Scope


def instruments(scope: Scope) -> dict[str, Instrument]:
    """The markets of a scope by their symbols, under the rules of the newest start that wrote them down."""
    found = dict(KNOWN_INSTRUMENTS)
    for trade in scope.trades():
        for rules in scope.history.rules(trade.id):
            found[trade.symbol] = Instrument(
                trade.symbol,
                rules.sz_decimals,
                rules.max_leverage,
                rules.min_order_value,
                rules.only_isolated,
            )
    return found
