"""Where the control sockets are, and who is at their other end.

Each engine has one, `<state folder>/<network>/control/<symbol>-<account>.sock`, in a folder of mode 0700,
itself of mode 0600. The engine's lock says that there is only one engine of that name, so a socket that is
there already is a dead one's."""

from __future__ import annotations

import os
import pwd
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

_FOLDER = "control"
_LONGEST = 107  # bytes of a path that the kernel takes for a socket
_BACKLOG = 16


@dataclass(frozen=True, slots=True)
class PeerProcess:
    """The process at the other end, as the kernel names it."""

    pid: int
    uid: int

    def __str__(self) -> str:
        """Who it is, for the audit: user@tty, the way, user id and process."""
        try:
            user = pwd.getpwuid(self.uid).pw_name
        except KeyError:
            user = f"user {self.uid}"
        return f"{user}@{_terminal_of(self.pid)} by ctl (uid {self.uid}, pid {self.pid})"


def folder_of(state: Path) -> Path:
    """The folder of the sockets in a network's state folder."""
    return state / _FOLDER


def listen(folder: Path, account: str, symbol: str) -> tuple[socket.socket, Path]:
    """A listening socket for this account and symbol; its engine must hold their lock. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    folder.chmod(0o700)
    path = folder / f"{quote(symbol, safe='')}-{account.lower()}.sock"
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(fresh) as name:
            listening.bind(name)
        fresh.chmod(0o600)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
        fresh.replace(path)  # whoever finds it finds it listening
    except OSError:
        listening.close()
        raise
    return listening, path


def connect(path: Path, timeout: float) -> socket.socket:
    """A connection to the engine behind a socket. Raises OSError: ConnectionRefusedError where none is."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        with _short(path) as name:
            connection.connect(name)
    except OSError:
        connection.close()
        raise
    return connection


def found(state: Path) -> list[tuple[Path, str, str]]:
    """The sockets in a network's state folder, dead ones too: path, account, symbol."""
    return found_in(folder_of(state))


def found_in(folder: Path) -> list[tuple[Path, str, str]]:
    """The same, of the folder itself."""
    sockets = []
    for path in sorted(folder.glob("*.sock")):
        symbol, _, account = path.stem.rpartition("-")
        sockets.append((path, account, unquote(symbol)))
    return sockets


def peer_of(connection: socket.socket) -> PeerProcess | None:
    """Who is at the other end; None where the system does not say."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    pid, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i")))
    return PeerProcess(pid, uid)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name for the path that is short enough for the kernel."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _terminal_of(pid: int) -> str:
    with suppress(OSError):
        name = str(Path(f"/proc/{pid}/fd/0").readlink())
        if name.startswith("/dev/") and name != "/dev/null" and len(name) < 40 and name.isprintable():
            return name.removeprefix("/dev/")
    return "notty"
