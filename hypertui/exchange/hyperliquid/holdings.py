"""What an account has: its collateral, wherever it keeps that, and its position in a market."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypertui.core.market import ZERO
from hypertui.exchange.hyperliquid import messages
from hypertui.exchange.hyperliquid.agents import Ask
from hypertui.exchange.hyperliquid.checks import Json, amount, positive, reader, rows, text_of
from hypertui.exchange.hyperliquid.rate_meter import LIGHT, USUAL
from hypertui.exchange.protocol import AccountState, HeldCoins, Pooling, Purse

_USDC = 0  # its token number
_POOLINGS = {"unifiedAccount": Pooling.UNIFIED, "portfolioMargin": Pooling.PORTFOLIO}


@reader
def pooling(answer: Json) -> Pooling:
    """How an account keeps its collateral. Modes that are not known keep it apart, as all did before."""
    return _POOLINGS.get(text_of(answer), Pooling.APART)


@reader
def spot_usdc(answer: Json) -> Decimal | None:
    """The USDC beside the perpetuals; None where there is no spot balance of anything."""
    totals = {balance["token"]: amount(balance["total"]) for balance in rows(answer["balances"])}
    return totals.get(_USDC, ZERO) if any(totals.values()) else None


@reader
def available(answer: Json) -> Decimal:
    """The margin (USD) with which the account could buy the market that was asked about."""
    buying, _ = answer["availableToTrade"]
    return amount(buying)


@reader
def purse_of(state: Json) -> Purse:
    """The positions and the free margin in the exchange's answer about an account."""
    held: dict[str, HeldCoins] = {}
    for entry in rows(state["assetPositions"]):
        position = entry["position"]
        coins = HeldCoins(
            amount(position["szi"]), positive(position["entryPx"]), amount(position["unrealizedPnl"])
        )
        if held.setdefault(text_of(position["coin"]), coins) is not coins:
            raise ValueError("two positions in one market")
    return Purse(amount(state["withdrawable"]), held)


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
                    USUAL, lambda venue: venue.query_user_abstraction_state(self._address), pooling
                )
            self._pooling = found
        return self._pooling

    async def states(self, symbols: Collection[str]) -> Mapping[str, AccountState]:
        """The account with its position in each of `symbols`, by one question. A symbol whose own position
        cannot be read is missing, unless that is so for all."""
        shared: Decimal | None = None
        if await self.pooling() is not Pooling.APART:
            shared = await self._spot_usdc() or ZERO
        states = await self._ask(
            LIGHT,
            lambda venue: venue.user_state(self._address),
            lambda answer: messages.account_states(answer, symbols, shared),
        )
        if shared is None:
            return states
        # A sale between the two answers would count its gain twice, or not at all.
        whole = (await self._spot_usdc() or ZERO) == shared
        return {symbol: replace(state, pooled=True, whole=whole) for symbol, state in states.items()}

    async def purse(self) -> Purse:
        """All positions, and what could leave the margin."""
        return await self._ask(LIGHT, lambda venue: venue.user_state(self._address), purse_of)

    async def available(self, symbol: str) -> Decimal:
        """The margin (USD) with which it could buy `symbol`."""
        question = {"type": "activeAssetData", "user": self._address, "coin": symbol}
        return await self._ask(USUAL, lambda venue: venue.post("/info", question), available)

    async def _spot_usdc(self) -> Decimal | None:
        def spot(venue: Any) -> Any:
            return venue.spot_user_state(self._address)

        return await self._ask(LIGHT, spot, spot_usdc)
