"""`hypertui key new`: a key for an API wallet, which can trade for an account and withdraw nothing."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from hypertui.cli.keyfile import write_new_key

_PAGES = {
    "testnet": "https://app.hyperliquid-testnet.xyz/API",
    "mainnet": "https://app.hyperliquid.xyz/API",
}


def new_key(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line where the key cannot be kept."""
    path = _default() if arguments.file is None else arguments.file
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_new_key(path)
    except FileExistsError:
        raise ValueError(
            f"{path} is there already; a key is never overwritten: name another --file"
        ) from None
    except OSError as error:
        raise ValueError(f"key file {path} cannot be written: {error.strerror}") from None
    from hypertui.exchange.hyperliquid import SigningKey

    print(f"address   {SigningKey.read(path).address}")
    print(f"key       in {path}, for your eyes only")
    print("approve   log in with the account that is to trade, and authorize this address as an API wallet:")
    for network, page in _PAGES.items():
        print(f"            {network:<9} {page}")
    print("          choose a name and how long it may sign; a name used before takes that wallet's place")
    print(f'then      set account.key_file = "{path}" and account.address in config.toml')
    print("          (an API wallet can trade for the account, and cannot withdraw)")
    return 0


def _default() -> Path:
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "hypertui" / "key"
