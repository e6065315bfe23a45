"""What an account has besides its trades, and moving some of it between its own two wallets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from hypertui.core.market import ZERO


@dataclass(frozen=True, slots=True)
class HeldCoins:
    """A position of an account: coins (below 0 sold short), bought at `entry_price` (USD) on average, which
    have gained `unrealized` USD since."""

    size: Decimal
    entry_price: Decimal
    unrealized: Decimal

    @property
    def change(self) -> Decimal:
        """The gain as a fraction of what the coins have cost, negative for a loss."""
        cost = abs(self.size) * self.entry_price
        return self.unrealized / cost if cost else ZERO


@dataclass(frozen=True, slots=True)
class Purse:
    """All that an account holds in perpetuals, by market, and what could leave its margin now (USD)."""

    withdrawable: Decimal
    held: Mapping[str, HeldCoins]


class AccountFunds(Protocol):
    """The money of one account at one exchange. All calls may raise an ExchangeError."""

    async def purse(self) -> Purse:
        """What is held, and what is free, now."""

    async def refusal(self) -> str:
        """Why no money of the account may be moved with this key, in words; empty where it may."""

    def nonce(self) -> int:
        """A new number (ms) for a transfer. The exchange carries out at most one of each, however often that
        is sent."""

    async def to_spot(self, amount: Decimal, nonce: int) -> None:
        """Move USD from the margin of the perpetuals to the spot wallet of the same account, under a number
        of `nonce`. Raises Rejected where the exchange refuses: what an earlier attempt under this number has
        come to, that does not say. Raises Unknown where no answer came, and where it was used already."""
