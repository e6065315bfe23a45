"""The SDK behind one door: it words questions and actions, reads statuses, and sends nothing.

Its WebSocket is never used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from hyperliquid.api import API
from hyperliquid.info import Info as SdkInfo
from hyperliquid.utils.constants import MAINNET_API_URL
from hyperliquid.utils.signing import order_request_to_order_wire, order_wires_to_order_action
from hyperliquid.utils.types import Cloid

from hypertui.core.market import Grouping
from hypertui.exchange.hyperliquid.checks import Json
from hypertui.exchange.hyperliquid.keys import SigningKey
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.hyperliquid.nonces import NonceSource
from hypertui.exchange.hyperliquid.request import OrderRequest
from hypertui.exchange.hyperliquid.session import Answer, NoAnswer
from hypertui.exchange.hyperliquid.signing import digest

# The SDK asks for the lists that it is not given, and stumbles over some spot lists. Only perpetuals matter.
_NO_MARKETS: Json = {"universe": []}
_NO_SPOT: Json = {"universe": [], "tokens": []}


class Questions(SdkInfo):  # type: ignore[misc]  # the SDK has no types
    """The SDK's questions: each of its methods gives what is to be asked."""

    def __init__(self, network: Endpoint) -> None:
        super().__init__(network.base_url, True, _NO_MARKETS, _NO_SPOT)

    def post(self, url_path: str, payload: Json = None) -> Json:
        """Hand the question back."""
        del url_path
        return payload


class Actions:
    """Actions in the SDK's words, signed by `key`, each with a nonce from `nonces`. `meta` numbers the
    markets; `vault` is the account where it is one without a key of its own.

    A signature keeps a processor busy. It is made on the event loop: on a thread of its own it would take
    twice as long, and the event loop with it, because the two would take the interpreter from each other at
    every step.
    """

    def __init__(
        self, network: Endpoint, key: SigningKey, vault: str | None, meta: Json, nonces: NonceSource
    ) -> None:
        self._markets = SdkInfo(network.base_url, True, meta, _NO_SPOT)
        self._is_mainnet = network.base_url == MAINNET_API_URL
        self._key = key
        self._vault = vault
        self._nonces = nonces

    def trades(self, symbol: str) -> bool:
        """Whether there is such a market."""
        return symbol in self._markets.name_to_coin

    def placement(self, orders: Sequence[OrderRequest], grouping: Grouping) -> Json:
        """The action that places `orders`."""
        wires = [order_request_to_order_wire(order, self._number(order["coin"])) for order in orders]
        return order_wires_to_order_action(wires, grouping=grouping.value)

    def cancel(self, symbol: str, client_ids: Sequence[Cloid]) -> Json:
        """The action that cancels orders."""
        asset = self._number(symbol)
        cancels = [{"asset": asset, "cloid": client_id.to_raw()} for client_id in client_ids]
        return {"type": "cancelByCloid", "cancels": cancels}

    def leverage(self, symbol: str, leverage: int, *, isolated: bool) -> Json:
        """The action that sets the leverage of a market."""
        asset = self._number(symbol)
        return {"type": "updateLeverage", "asset": asset, "isCross": not isolated, "leverage": leverage}

    def signed(self, action: Json, expires_at: int) -> bytes:
        """The JSON to send of an action that expires at `expires_at` (ms)."""
        nonce = self._nonces.draw(self._key.address)
        signature = self._key.sign(
            digest(action, self._vault, nonce, expires_at, is_mainnet=self._is_mainnet)
        )
        payload = {
            "action": action,
            "nonce": nonce,
            "signature": signature,
            "vaultAddress": self._vault,
            "expiresAfter": expires_at,
        }
        return json.dumps(payload, allow_nan=False).encode()

    def _number(self, symbol: str) -> int:
        return self._markets.name_to_asset(symbol)  # type: ignore[no-any-return]


def read(answer: Answer) -> Json:
    """What the venue says in its answer. Raises the SDK's errors for a status that is one, and NoAnswer for
    what is no JSON."""
    API._handle_exception(None, answer)
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise NoAnswer(f"not an answer of the exchange: Could not parse JSON: {answer.text}") from error
