"""What a live trade asks for again and again, beside its events."""

from __future__ import annotations

from hypertui.engine.account_sync import ACCOUNT_EVERY, AccountSync
from hypertui.execution.trade_context import TradeContext

# Seconds between two questions, and until the first one: a start has better use for the request weight, which
# comes back by the second. Until the allowance is known nothing is kept back for stops; for the rest nobody
# waits.
_FUNDING, _FIRST_FUNDING = 60.0, 20.0
_ALLOWANCE, _FIRST_ALLOWANCE = 300.0, 10.0
_TRANSFERS, _FIRST_TRANSFERS = 300.0, 60.0


def begin(context: TradeContext, sync: AccountSync) -> None:
    """Ask for the account, funding, requests left, transfers, and all orders now and then."""
    context.every("account", ACCOUNT_EVERY / 1000, sync.poll_account)
    context.every("funding", _FUNDING, sync.ask_funding, _FIRST_FUNDING)
    context.every("API budget", _ALLOWANCE, sync.ask_allowance, _FIRST_ALLOWANCE)
    context.every("transfers", _TRANSFERS, sync.ask_transfers, _FIRST_TRANSFERS)
    context.every("reconciliation", context.config.reconcile_every / 1000, sync.reconcile)
