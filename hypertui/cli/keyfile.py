"""New private keys in private files, and where those of paper accounts are kept."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from hypertui.cli.places import state_folder
from hypertui.cli.which_venue import venue_of
from hypertui.settings import Settings

_KEYS = "keys"


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


def kept_key(settings: Settings) -> Path:
    """The file with the key of the paper account at the address that the settings name, however that is
    spelled; made if there is none. Raises OSError where it cannot be."""
    venue = venue_of(settings)
    assert venue is not None, "a market of one's own keeps its key itself"
    folder = state_folder(settings) / _KEYS
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / re.sub(r"[^a-z0-9.]+", "-", venue.partition(" at ")[2].lower())
    with suppress(FileExistsError):
        write_new_key(path)
    return path
