"""An account's money: what it holds, and transfers between its margin and its spot wallet.

A transfer is signed by the user, not by an agent: in the SDK's words, with the number of the transfer in what
is signed, and without a time at which it expires.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from decimal import Decimal

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hyperliquid.utils.constants import MAINNET_API_URL
from hyperliquid.utils.signing import USD_CLASS_TRANSFER_SIGN_TYPES, user_signed_payload

from hypertui.core.market import plain
from hypertui.exchange.hyperliquid.agents import Authority
from hypertui.exchange.hyperliquid.holdings import Holdings
from hypertui.exchange.hyperliquid.keys import SigningKey
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.hyperliquid.nonces import NonceSource
from hypertui.exchange.protocol import Pooling, Purse

_CHAIN = "0x66eee"  # whose id the signature names; the SDK's, any would do
_KIND = "HyperliquidTransaction:UsdClassTransfer"

# Sends a signed action, and reads no more of the answer than that it was carried out.
Send = Callable[[bytes], Awaitable[None]]


class UserSignedFunds:
    """Fulfils `hypertui.exchange.protocol.AccountFunds`. `verified` makes sure of whose key it is before
    anything is signed."""

    def __init__(
        self,
        network: Endpoint,
        key: SigningKey,
        nonces: NonceSource,
        authority: Authority,
        holdings: Holdings,
        verified: Callable[[], Awaitable[object]],
        send: Send,
    ) -> None:
        self._chain = "Mainnet" if network.base_url == MAINNET_API_URL else "Testnet"
        self._key = key
        self._nonces = nonces
        self._authority = authority
        self._holdings = holdings
        self._verified = verified
        self._send = send

    async def purse(self) -> Purse:
        return await self._holdings.purse()

    async def refusal(self) -> str:
        await self._verified()
        if self._authority.is_agent:
            return "the key is an API wallet's, and the exchange lets none of those move money"
        pooling = await self._holdings.pooling()
        if pooling is not Pooling.APART:
            return f"the account is a {pooling.value}: its spot wallet is its margin already"
        return ""

    def nonce(self) -> int:
        return self._nonces.draw(self._key.address)

    async def to_spot(self, amount: Decimal, nonce: int) -> None:
        await self._verified()
        vault = self._authority.vault
        action = {
            "type": "usdClassTransfer",
            "amount": plain(amount) + ("" if vault is None else f" subaccount:{vault}"),
            "toPerp": False,
            "nonce": nonce,
            "signatureChainId": _CHAIN,
            "hyperliquidChain": self._chain,
        }
        message = encode_typed_data(
            full_message=user_signed_payload(_KIND, USD_CLASS_TRANSFER_SIGN_TYPES, action)
        )
        signature = self._key.sign(keccak(b"\x19" + message.version + message.header + message.body))
        payload = {"action": action, "nonce": nonce, "signature": signature, "vaultAddress": None}
        await self._send(json.dumps(payload, allow_nan=False).encode())
