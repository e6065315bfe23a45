"""The SDK behind one door: it words questions, builds and signs actions, reads statuses, and sends nothing.

Its WebSocket is never used.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from hyperliquid.api import API
from hyperliquid.exchange import Exchange as SdkExchange
from hyperliquid.info import Info as SdkInfo
from hyperliquid.utils.constants import MAINNET_API_URL
from hyperliquid.utils.signing import sign_l1_action

from hypertui.exchange.hyperliquid.checks import Json
from hypertui.exchange.hyperliquid.keys import SigningKey
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.hyperliquid.session import Answer, NoAnswer

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


class Actions(SdkExchange):  # type: ignore[misc]  # the SDK has no types
    """The SDK's actions. `meta` numbers the markets; `vault` is the account where it is one without a key of
    its own.

    A signature takes half a millisecond, on a thread of its own twice as long, and the event loop with it:
    the two would take the interpreter from each other at every step.
    """

    def __init__(
        self, network: Endpoint, key: SigningKey, account: str, vault: str | None, meta: Json
    ) -> None:
        super().__init__(key, network.base_url, meta, vault, account_address=account, spot_meta=_NO_SPOT)
        self._last_nonce = 0

    def signed(self, sign: Callable[[Actions], Json], expires_at: int) -> bytes:
        """What one of the SDK's methods, called by `sign`, has signed, to expire at `expires_at` (ms): the
        JSON to send."""
        self.set_expires_after(expires_at)
        try:
            return json.dumps(sign(self), allow_nan=False).encode()
        finally:
            self.set_expires_after(None)

    def _post_action(self, action: Json, signature: Json, nonce: int) -> Json:
        """Hand a signed action back, signed anew if its nonce is taken.

        The SDK's nonce is the clock in milliseconds, which stands still between quick calls and may be set
        back. The SDK would also log the payload in a way that sets up a log handler for the terminal.
        """
        fresh = max(nonce, self._last_nonce + 1)
        self._last_nonce = fresh
        if fresh != nonce:
            is_mainnet = self.base_url == MAINNET_API_URL
            signature = sign_l1_action(
                self.wallet, action, self.vault_address, fresh, self.expires_after, is_mainnet
            )
        return {
            "action": action,
            "nonce": fresh,
            "signature": signature,
            "vaultAddress": self.vault_address,
            "expiresAfter": self.expires_after,
        }


def read(answer: Answer) -> Json:
    """What the venue says in its answer. Raises the SDK's errors for a status that is one, and NoAnswer for
    what is no JSON."""
    API._handle_exception(None, answer)
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise NoAnswer(f"not an answer of the exchange: Could not parse JSON: {answer.text}") from error
