"""Files that people name, and files that this program writes for itself.

A name may hold a `~`; what is read is a regular file of a sensible size, never a pipe that nobody writes to
or a device without an end; what is written lies where it was meant to, not at the end of somebody's link.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_LONGEST_NAME = 4095  # PATH_MAX of Linux, without its end

_KINDS = (
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISFIFO, "is a named pipe, not a file"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISCHR, "is a device, not a file"),
    (stat.S_ISBLK, "is a device, not a file"),
)


def named_path(text: str) -> Path:
    """The path that somebody has named, with `~` spelled out. Raises ValueError for an empty name, for one
    that no file can have, and for the home of somebody unknown."""
    if not text:
        raise ValueError("is empty")
    if "\0" in text:
        raise ValueError("has a NUL in it")
    if len(text) > _LONGEST_NAME:
        raise ValueError("is longer than the name of any file")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError("begins with the home of a user that there is not") from None


def read_regular(path: Path, most: int) -> bytes:
    """All of a regular file. Raises OSError, with a `strerror` for people, for anything else, and for one of
    more than `most` bytes."""
    with os.fdopen(open_regular(path), "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"is larger than {most / 1e6:g} MB")
    return data


def read_private(path: Path, most: int) -> str:
    """The text of a file of one's own that nobody else may read or write. Raises OSError, with a `strerror`
    for people, for anything else, and for one of more than `most` bytes."""
    with os.fdopen(open_regular(path), "rb") as file:
        found = os.fstat(file.fileno())
        if found.st_uid != os.geteuid():
            raise OSError(errno.EACCES, f"belongs to user {found.st_uid}; it must be your own")
        mode = stat.S_IMODE(found.st_mode)
        if mode & ~0o600:
            raise OSError(errno.EACCES, f"has mode {mode:03o}, and holds secrets: chmod 600 it")
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"is larger than {most / 1e6:g} MB")
    return data.decode("utf-8-sig", "replace")


def open_regular(path: Path) -> int:
    """A descriptor that reads a regular file. Raises OSError, with a `strerror` for people, for anything
    else."""
    # Without O_NONBLOCK opening a named pipe would wait for its writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        _check_regular(descriptor)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def append_private(path: Path) -> int:
    """A descriptor that appends to a file which only its owner can read, made if need be. A link is not
    followed: raises OSError for one, and for what is no regular file."""
    return _private(path, os.O_WRONLY | os.O_APPEND)


def update_private(path: Path) -> int:
    """The same for one that reads and writes anywhere in it."""
    return _private(path, os.O_RDWR)


def _private(path: Path, access: int) -> int:
    flags = access | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "is a symbolic link") from None
        raise
    try:
        _check_regular(descriptor)
        os.fchmod(descriptor, 0o600)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(descriptor: int) -> None:
    mode = os.fstat(descriptor).st_mode
    for is_kind, words in _KINDS:
        if is_kind(mode):
            raise OSError(errno.EINVAL, words)
