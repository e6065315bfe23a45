"""The real exchange: the SDK words and signs, `aiohttp` asks, `websockets` brings the feed, errors are types.

Paper, testnet and mainnet are the same code: only the base URL and the key differ.
"""

from hypertui.exchange.hyperliquid.client import HyperliquidExchange
from hypertui.exchange.hyperliquid.keys import KeyRefused, SigningKey
from hypertui.exchange.hyperliquid.network import MAINNET, TESTNET, Endpoint, paper
from hypertui.exchange.hyperliquid.nonces import NonceSource
from hypertui.exchange.hyperliquid.pace import Pace

__all__ = [
    "MAINNET",
    "TESTNET",
    "Endpoint",
    "HyperliquidExchange",
    "KeyRefused",
    "NonceSource",
    "Pace",
    "SigningKey",
    "paper",
]
