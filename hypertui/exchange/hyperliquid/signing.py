"""What is signed of an action: the SDK's typed message, with all that never changes in it worked out once."""

from __future__ import annotations

from functools import cache

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hyperliquid.utils.signing import action_hash, construct_phantom_agent, l1_payload

from hypertui.exchange.hyperliquid.checks import Json

_AGENT = "Agent(string source,bytes32 connectionId)"  # the type of the message, as the SDK has it


def digest(action: Json, vault: str | None, nonce: int, expires_at: int, *, is_mainnet: bool) -> bytes:
    """The hash to sign of an action for the account `vault`, None for the key's own."""
    head, kind = _same_for_all(is_mainnet)
    return keccak(head + keccak(kind + action_hash(action, vault, nonce, expires_at)))


@cache
def _same_for_all(is_mainnet: bool) -> tuple[bytes, bytes]:
    """What goes before the message's hash, and what before the action's hash in it."""
    agent = construct_phantom_agent(bytes(32), is_mainnet)
    domain = encode_typed_data(full_message=l1_payload(agent)).header
    return b"\x19\x01" + domain, keccak(text=_AGENT) + keccak(text=agent["source"])
