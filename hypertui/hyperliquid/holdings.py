"""What an account has: its collateral, wherever it keeps that, and its position in a market."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypertui.exchange import AccountState, Pooling
from hypertui.hyperliquid import wire
from hypertui.hyperliquid.agents import Ask
from hypertui.hyperliquid.meter import LIGHT, USUAL
from hypertui.market import ZERO


class Holdings:
    """Questions about one account; all may raise an ExchangeError. How it keeps its collateral is asked for
    once, and again after `forget`."""

    def __init__(self, address: str, ask: Ask) -> None:
        self._address = address
        self._ask = ask
        self._pooling: Pooling | None = None

    def forget(self) -> None:
        """Ask anew how the account keeps its collateral when that matters next."""
        self._pooling = None

    async def pooling(self) -> Pooling:
        """How the account keeps its collateral: only one with a spot balance can share that."""
        if self._pooling is None:
            found = Pooling.APART
            if await self._spot_usdc() is not None:
                found = await self._ask(
                    USUAL, lambda venue: venue.query_user_abstraction_state(self._address), wire.pooling
                )
            self._pooling = found
        return self._pooling

    async def state(self, symbol: str) -> AccountState:
        """The account, and its position in `symbol`."""
        shared: Decimal | None = None
        if await self.pooling() is not Pooling.APART:
            shared = await self._spot_usdc() or ZERO
        return await self._ask(
            LIGHT,
            lambda venue: venue.user_state(self._address),
            lambda answer: wire.account_state(answer, symbol, shared),
        )

    async def available(self, symbol: str) -> Decimal:
        """The margin (USD) with which it could buy `symbol`."""
        question = {"type": "activeAssetData", "user": self._address, "coin": symbol}
        return await self._ask(USUAL, lambda venue: venue.post("/info", question), wire.available)

    async def _spot_usdc(self) -> Decimal | None:
        def spot(venue: Any) -> Any:
            return venue.spot_user_state(self._address)

        return await self._ask(LIGHT, spot, wire.spot_usdc)
