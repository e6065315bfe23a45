"""A new private key in a private file."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_new_key(path: Path) -> None:
    """Make a key and write it to `path`, mode 0600. Raises FileExistsError where something is there already,
    and another OSError where it cannot be written: then there is no file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"0x{secrets.token_hex(32)}\n")
            file.flush()
            # Coins may soon depend on it.
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
