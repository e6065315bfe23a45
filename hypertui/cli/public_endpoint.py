"""Which exchange is asked for public data: the mainnet, unless something else is said. No key is needed."""

from __future__ import annotations

import argparse

from hypertui.exchange.hyperliquid.network import MAINNET, TESTNET, Endpoint, paper


def endpoint(arguments: argparse.Namespace) -> Endpoint:
    """The exchange that the flags name. Raises ValueError for an address that is none."""
    if arguments.base_url is not None:
        return paper(arguments.base_url)
    return TESTNET if arguments.network == "testnet" else MAINNET
