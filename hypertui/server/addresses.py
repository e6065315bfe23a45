"""Where the control sockets are, and who is at their other end.

Each engine has one, `<state folder>/<network>/control/<process>-<random>.sock`, in a folder of mode 0700,
itself of mode 0600. What it trades it says itself. The next engine that starts there takes a dead one's
away."""

from __future__ import annotations

import os
import pwd
import secrets
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_FOLDER = "control"
_LONGEST = 107  # bytes of a path that the kernel takes for a socket
_BACKLOG = 64
_MADE_WITHIN = 60.0  # seconds from a socket's making until it listens, at the very most


@dataclass(frozen=True, slots=True)
class PeerProcess:
    """The process at the other end, as the kernel names it."""

    pid: int
    uid: int

    def named(self, way: str) -> str:
        """Who it is, for the audit: user@tty, the way (`ctl`, `attach`), user id and process."""
        try:
            user = pwd.getpwuid(self.uid).pw_name
        except KeyError:
            user = f"user {self.uid}"
        tty = _terminal_of(self.pid)
        return f"{user}{f'@{tty}' if tty else ''} by {way} (uid {self.uid}, pid {self.pid})"


def folder_of(state: Path) -> Path:
    """The folder of the sockets in a network's state folder."""
    return state / _FOLDER


def listen(folder: Path) -> tuple[socket.socket, Path]:
    """A listening socket of this process's own; those of engines that are dead go. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    folder.chmod(0o700)
    _clear(folder)
    path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.sock"
    fresh = path.with_suffix(".new")
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


def _clear(folder: Path) -> None:
    """Take away what dead engines have left: nobody listens there."""
    for path in found_in(folder):
        try:
            connect(path, 0).close()
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except OSError:
            pass  # one that is alive may have no room for another client just now
    for path in folder.glob("*.new"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _MADE_WITHIN:
                path.unlink()


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


def found(state: Path) -> list[Path]:
    """The sockets in a network's state folder, dead ones too."""
    return found_in(folder_of(state))


def found_in(folder: Path) -> list[Path]:
    """The same, of the folder itself."""
    return sorted(folder.glob("*.sock"))


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
    return ""
