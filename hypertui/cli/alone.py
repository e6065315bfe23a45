"""One engine for an account and symbol: in its state folder, and among all that this user runs here.

The state folder's lock guards what is kept there, and says to `status` that an engine runs. The other one is
in a folder of the user's that neither settings nor environment move, so that engines with different state
folders, or from different shells, find each other.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from hypertui.execution.refusal import StartRefused
from hypertui.journal import EngineLock, Locked
from hypertui.journal.lock import held_locks, refusal
from hypertui.port.snapshot import Network

_IN_HOME = ".local/state/hypertui/locks"
_WITHOUT_HOME = Path("/tmp")  # what is there is checked to be the user's own
_IN_MEMORY = Path("/dev/shm")


@contextmanager
def alone(
    state_dir: Path, network: Network, venue: str | None, account: str, symbol: str, clock: Callable[[], int]
) -> Iterator[None]:
    """Trade this account and symbol alone. `venue` as `venue_of` names it; without one only the state folder
    is locked. Raises Locked, naming the holder, and StartRefused where there can be no lock."""
    with ExitStack() as held:
        try:
            held.enter_context(EngineLock(state_dir, network.value, account, symbol, clock=clock))
        except OSError as error:
            raise StartRefused(f"the state folder {state_dir} cannot be used: {error.strerror}") from None
        if venue is not None:
            folder = locks_folder()
            try:
                lock = EngineLock(folder, venue, account, symbol, clock=clock, state_dir=state_dir)
                held.enter_context(lock)
            except OSError as error:
                raise StartRefused(f"the folder {folder} cannot be used: {error.strerror}") from None
        yield


@contextmanager
def alone_if_possible(
    state_dir: Path, network: Network, venue: str | None, account: str, symbol: str, clock: Callable[[], int]
) -> Iterator[str]:
    """The same for whoever only takes risk away, on a disk that may take no lock: gives the reason then, in
    words, and is empty where the lock is held. Raises Locked, naming the holder, as far as one can be
    seen."""
    with ExitStack() as held:
        trouble = ""
        try:
            held.enter_context(alone(state_dir, network, venue, account, symbol, clock))
        except StartRefused as error:
            trouble = str(error)
            places = [(state_dir, network.value)]
            if venue is not None:
                places += [(folder, venue) for folder in _lock_places()]
            for folder, name in places:
                _refuse_if_held(folder, name, account, symbol)
        yield trouble


def _refuse_if_held(folder: Path, network: str, account: str, symbol: str) -> None:
    with suppress(OSError):
        for lock in held_locks(folder, network):
            if (lock.account, lock.symbol) == (account.lower(), symbol):
                raise Locked(refusal(account.lower(), symbol, network, lock.holder))


def locks_folder() -> Path:
    """The user's folder of locks, made if need be and private: in the home that the list of users
    of the system names, or below /tmp for a user without one that can be written. Raises StartRefused."""
    tried = _lock_places()
    if (folder := _first_private(tried)) is not None:
        return folder
    places = " nor ".join(map(str, tried))
    raise StartRefused(f"there is no place for the lock: {places} cannot be a folder of this user alone")


def nonces_folder() -> Path | None:
    """The user's folder for the last nonces of signers, the same for all that this user runs here: in memory
    where the system has such a place, because a signature must not wait for a disk. None where there is no
    place."""
    in_memory = [_IN_MEMORY / f"hypertui-{os.getuid()}"] if _IN_MEMORY.is_dir() else []
    return _first_private([*in_memory, *_lock_places()])


def _first_private(folders: Sequence[Path]) -> Path | None:
    """The first that can be a folder of this user alone, made if need be; None where none can."""
    for folder in folders:
        with suppress(OSError):
            if _private(folder):
                return folder
    return None


def _lock_places() -> list[Path]:
    places = []
    with suppress(KeyError):
        places.append(Path(pwd.getpwuid(os.getuid()).pw_dir) / _IN_HOME)
    return [*places, _WITHOUT_HOME / f"hypertui-{os.getuid()}"]


def _private(folder: Path) -> bool:
    """Whether the folder is the user's own and can be written. Raises OSError where it cannot be made."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        return False
    folder.chmod(0o700)
    return os.access(folder, os.W_OK | os.X_OK)
