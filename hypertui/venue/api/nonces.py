"""Each signer's highest nonces, so that none is used twice. Hyperliquid docs, nonces and API wallets."""

from __future__ import annotations

from bisect import insort

from hypertui.venue.accounts.agents import DAY_MS
from hypertui.venue.model.errors import ActionError

KEPT_NONCES = 100


class Nonces:
    """The highest nonces that one signer has used."""

    def __init__(self) -> None:
        self._used: list[int] = []

    def use(self, nonce: int, now: int) -> None:
        """Spend a nonce; raises ActionError if it is spent, too low or too far from `now` (ms)."""
        if nonce in self._used:
            raise ActionError(f"Invalid nonce: duplicate nonce {nonce}")
        least = now - 2 * DAY_MS
        if len(self._used) >= KEPT_NONCES:
            least = max(least, self._used[0])
        if nonce <= least:
            raise ActionError(f"Invalid nonce: nonce too low {nonce} < {least}")
        if nonce >= now + DAY_MS:
            raise ActionError(f"Invalid nonce: nonce too high {nonce} > {now + DAY_MS}")
        insort(self._used, nonce)
        del self._used[:-KEPT_NONCES]

    def dump(self) -> list[int]:
        """The nonces, lowest first."""
        return list(self._used)

    def restore(self, used: list[int]) -> None:
        """Know what was known when `dump` made `used`."""
        self._used = sorted(used)
