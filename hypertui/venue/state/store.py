"""The file of a venue's state: private, replaced atomically, locked by one process."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hypertui.venue.api.gateway import Gateway
from hypertui.venue.core import Core
from hypertui.venue.market.prices import OtherPathError, PricePath
from hypertui.venue.model.lock import Lock, StateError
from hypertui.venue.model.messages import MalformedError
from hypertui.venue.state.state import FORMAT, VERSION, Scribe, kept_options, load

_PRIVATE = 0o600


def options_of(path: Path) -> dict[str, Any]:
    """What a state file says of the options of its venue; nothing where there is no file that could be read:
    whoever loads it says why."""
    try:
        return kept_options(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return {}


class StateFile:
    """A context manager: the file is this process' own for as long as it lasts. Raises StateError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock(path.with_name(f"{path.name}.lock"), f"state file {path}")
        self._turn = threading.Lock()
        self._written = 0
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._turn:
            # A page that a thread is late with must not hit a file that is somebody else's by then.
            self._closed = True
            self._lock.close()

    def load(self, core: Core, gateway: Gateway, source: PricePath) -> int:
        """Restore the file's state in a new venue; returns the market time (ms), 0 where there is no file.
        Raises StateError for a file of another version, of other markets or prices, or that is damaged; it
        stays as it is."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise StateError(f"state file {self._path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise StateError(f"state file {self._path} is not text") from None
        try:
            state = json.loads(text)
        except (ValueError, RecursionError):
            raise StateError(f"state file {self._path} is not JSON") from None
        if isinstance(state, dict) and state.get("format") == FORMAT and state.get("version") != VERSION:
            raise StateError(
                f"state file {self._path} is of version {state.get('version')!r}, this hypertui reads"
                f" {VERSION} only: start a new market (hypertui --fresh, or hypertui venue with another"
                " --state)"
            )
        try:
            return load(state, core, gateway, source)
        except OtherPathError as error:
            raise StateError(f"state file {self._path} {error}") from None
        except (MalformedError, ValueError, TypeError, KeyError) as error:
            raise StateError(f"state file {self._path} is damaged: {error}") from None

    def write(self, text: str, revision: int) -> None:
        """Replace what the file holds, unless it holds that of a later revision; from any thread."""
        with self._turn:
            if self._closed or revision < self._written:
                return
            try:
                self._replace(text)
            except OSError as error:
                raise StateError(f"state file {self._path} cannot be written: {error.strerror}") from None
            self._written = revision

    def _replace(self, text: str) -> None:
        new = self._path.with_name(f"{self._path.name}.new")
        with suppress(FileNotFoundError):
            new.unlink()
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class Keeper:
    """Keeps a venue in its file: `save` when something has changed since it was saved last."""

    def __init__(self, file: StateFile, core: Core, gateway: Gateway, source: PricePath) -> None:
        self._file = file
        self._core = core
        self._scribe = Scribe(core, gateway, source)
        self._saved = -1

    @property
    def due(self) -> bool:
        """Whether something may have changed."""
        return self._core.revision != self._saved

    def page(self, market_time: int, speed: float) -> tuple[str, int]:
        """What is to be saved now, and its revision."""
        return self._scribe.text(market_time, speed), self._core.revision

    def save(self, page: tuple[str, int]) -> None:
        """Write a page, from any thread. Raises StateError."""
        self._file.write(*page)
        self._saved = max(self._saved, page[1])
