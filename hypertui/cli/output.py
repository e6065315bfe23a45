"""Files that a command writes because somebody named them: what is there is not lost by a slip."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def new_file(path: Path, what: str, *, force: bool) -> Iterator[TextIO]:
    """A text file to be written, called `what` in messages. A regular file that is there is overwritten by
    `force` alone; a device or pipe takes it anyway. Raises ValueError where it cannot be written, also in the
    middle of it."""
    refuse_old(path, what, force=force)
    try:
        with path.open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        if error.filename is not None and error.filename != str(path):
            raise
        raise ValueError(f"{what} cannot be written: {error.strerror}") from None


def refuse_old(path: Path, what: str, *, force: bool) -> None:
    """Raise ValueError where a regular file is there already, and is not to be overwritten."""
    if not force and _is_there(path):
        raise ValueError(f"{what} is there already: --force overwrites it")


def _is_there(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False
