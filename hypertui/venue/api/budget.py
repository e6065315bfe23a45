"""How many actions an account may send: one for each USD traded, and a buffer.

Hyperliquid docs, rate limits.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.weights import batch_length, kind_of
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.orders import Json

REQUEST_BUFFER = 10_000
MORE_CANCELS = 100_000
EXHAUSTED_EVERY_MS = 10_000
EXPIRED_FACTOR = 5
CANCELS = frozenset({"cancel", "cancelByCloid", "scheduleCancel"})
CENT = Decimal("0.01")


def request_cap(account: Account) -> int:
    """The actions that an account may have sent by now."""
    return REQUEST_BUFFER + int(account.volume)


def too_many_requests(sent: int, cap: int, volume: Decimal) -> str:
    """The venue's words for an account that has sent too much."""
    traded = volume.quantize(CENT, rounding=ROUND_HALF_EVEN)
    return (
        f"Too many cumulative requests sent ({sent} > {cap}) for cumulative volume traded ${traded:f}. "
        "Place taker orders to free up 1 request per USDC traded."
    )


class ActionBudget:
    """Counts in `Account.requests`. A batch counts as what it holds; what is refused as a whole is free."""

    def __init__(self, options: VenueOptions) -> None:
        self._real = options.rate_limits == "real"
        self._last: dict[str, int] = {}

    def admit(self, account: Account, action: Json, now: int) -> None:
        """Raises ActionError if the account may not send this action at `now` (ms)."""
        cap = request_cap(account)
        if kind_of(action) in CANCELS:
            cap = min(cap + MORE_CANCELS, 2 * cap)
        sent = account.requests + batch_length(action)
        if not self._real or sent <= cap:
            return
        last = self._last.get(account.address)
        if last is not None and now - last < EXHAUSTED_EVERY_MS:
            raise ActionError(too_many_requests(sent, cap, account.volume))
        self._last[account.address] = now

    def spend(self, account: Account, action: Json) -> None:
        """Count an action that was carried out."""
        account.requests += batch_length(action)

    def waste(self, account: Account, action: Json) -> None:
        """Count an action that had expired before it arrived."""
        account.requests += EXPIRED_FACTOR * batch_length(action)
