"""The SDK behind one door: typed errors, a nonce of its own for every action, no needless requests.

Everything here blocks, so it is called on threads. The SDK's WebSocket is never used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import requests
from hyperliquid.exchange import Exchange as SdkExchange
from hyperliquid.info import Info as SdkInfo
from hyperliquid.utils.constants import MAINNET_API_URL
from hyperliquid.utils.signing import sign_l1_action

from hypertui.exchange.hyperliquid import errors
from hypertui.exchange.hyperliquid.checks import Json
from hypertui.exchange.hyperliquid.keys import SigningKey
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.hyperliquid.session import HttpSession

# The SDK asks for the lists that it is not given, and stumbles over some spot lists. Only perpetuals matter.
_NO_MARKETS: Json = {"universe": []}
_NO_SPOT: Json = {"universe": [], "tokens": []}


class _Door:
    """What every request of the SDK passes through, actions and questions alike."""

    session: requests.Session

    def post(self, url_path: str, payload: Json = None) -> Json:
        """Send and wait, and raise only errors of `hypertui.exchange.protocol`."""
        is_action = url_path == "/exchange"
        try:
            answer = super().post(url_path, payload)  # type: ignore[misc]  # the SDK's API comes next
        except Exception as error:  # what others send must not look like a defect of ours
            raise errors.transport(error, is_action=is_action) from error
        if isinstance(answer, dict) and answer.keys() == {"error"}:  # how the SDK reports what is not JSON
            raise errors.no_answer(f"not an answer of the exchange: {answer['error']}", is_action=is_action)
        return answer

    def _use(self, session: HttpSession) -> None:
        self.session.close()
        session.headers.update(self.session.headers)
        self.session = session


class Questions(_Door, SdkInfo):  # type: ignore[misc]  # the SDK has no types
    """The SDK's questions. `timeout` is in seconds, for the whole of each."""

    def __init__(self, network: Endpoint, session: HttpSession, timeout: float) -> None:
        super().__init__(network.base_url, True, _NO_MARKETS, _NO_SPOT, timeout=timeout)
        self._use(session)


class Actions(_Door, SdkExchange):  # type: ignore[misc]  # the SDK has no types
    """The SDK's actions. `meta` numbers the markets; `vault` is the account where it is one without a key of
    its own.

    The SDK's methods only sign here: they are called through `signed`, and what comes of that is for `send`,
    which may come later, from any thread.
    """

    def __init__(
        self,
        network: Endpoint,
        session: HttpSession,
        key: SigningKey,
        account: str,
        vault: str | None,
        meta: Json,
        timeout: float,
    ) -> None:
        super().__init__(
            key, network.base_url, meta, vault, account_address=account, spot_meta=_NO_SPOT, timeout=timeout
        )
        self._use(session)
        self._last_nonce = 0
        self._signing = threading.Lock()

    def signed(self, sign: Callable[[Actions], Json], expires_at: int) -> Json:
        """What `sign` gives, to expire at `expires_at` (ms). One at a time: nonces grow, and the SDK would
        remember the expiry."""
        with self._signing:
            self.set_expires_after(expires_at)
            try:
                return sign(self)
            finally:
                self.set_expires_after(None)

    def send(self, signed: Json) -> Json:
        """Post what one of the SDK's methods has signed."""
        return self.post("/exchange", signed)

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
