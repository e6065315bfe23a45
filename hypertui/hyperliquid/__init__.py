"""The real exchange: the SDK for actions and questions, `websockets` for the feed, errors as types.

Paper, testnet and mainnet are the same code: only the base URL and the key differ.
"""

from hypertui.hyperliquid.client import HyperliquidExchange
from hypertui.hyperliquid.feed import Pace
from hypertui.hyperliquid.keys import KeyRefused, SigningKey
from hypertui.hyperliquid.network import MAINNET, TESTNET, Network, paper

__all__ = [
    "MAINNET",
    "TESTNET",
    "HyperliquidExchange",
    "KeyRefused",
    "Network",
    "Pace",
    "SigningKey",
    "paper",
]
