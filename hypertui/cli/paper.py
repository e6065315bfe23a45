"""The paper market: a local venue in a child process, for as long as the trade runs.

Its state and the throw-away key of its account are kept in the state folder: the next run has the same
account in the same market.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hypertui.cli import streams
from hypertui.cli.child import child_environment
from hypertui.cli.keyfile import write_new_key
from hypertui.core.files import append_private
from hypertui.execution.refusal import StartRefused
from hypertui.settings import PaperSettings
from hypertui.venue.model.listing import MARKETS
from hypertui.venue.model.lock import Lock, StateError

_LEAVE_PATIENCE = 5.0
_STATE = "venue.json"
_KEY = "key"
_PAST = 24  # hours of candles before a fresh market's first price, for the charts and for what the ATR is of
_log = logging.getLogger(__name__)
FRESH_HINT = "the paper market goes on from an earlier run; --fresh starts it anew"


class PaperMarket:
    """Starts at once; `wait` waits until it listens. It ends with this process, however that ends.

    It lists `symbols`, as far as a local venue knows such markets; a price file drives the first. `folder`
    keeps its state and is locked: raises StateError while another market runs on it. `kept` says whether the
    market continues an earlier run.
    """

    def __init__(
        self, settings: PaperSettings, symbols: Sequence[str], folder: Path, *, fresh: bool = False
    ) -> None:
        self._folder = folder
        self._url = ""
        self._lock = Lock(folder / "lock", f"the paper market in {folder}")
        try:
            if fresh:
                _move_aside(folder)
            self.kept = (folder / _STATE).exists()
            self._start(settings, symbols)
        except BaseException:
            self._lock.close()
            raise

    @property
    def key_file(self) -> Path:
        """The file with the account's key, made if there is none."""
        path = self._folder / _KEY
        with suppress(FileExistsError):
            write_new_key(path)
        return path

    def _start(self, settings: PaperSettings, symbols: Sequence[str]) -> None:
        command = [
            sys.executable,
            "-m",
            "hypertui",
            "venue",
            "--port",
            "0",
            "--until-eof",
            "--state",
            str(self._folder / _STATE),
        ]
        # A market that goes on does so as it was, but for what somebody has set.
        for name in ("seed", "speed"):
            if not self.kept or name in settings.model_fields_set:
                command += [f"--{name}", str(getattr(settings, name))]
        if not self.kept:
            command += ["--past", str(_PAST)]
        command += ["--faucet", str(settings.faucet)]
        if not {market.symbol for market in MARKETS}.issuperset(symbols):
            command += ["--markets", "dozen"]
        if settings.prices is not None:
            command += ["--prices", str(settings.prices), "--symbol", symbols[0]]
        self._log = self._folder / "venue.log"
        try:
            errors = os.fdopen(append_private(self._log), "ab")
        except OSError as error:
            raise StateError(f"{self._log} cannot be written: {error.strerror}") from None
        with errors:
            self._log_start = os.fstat(errors.fileno()).st_size
            # A session of its own: Ctrl-C and a lost terminal are the engine's to deal with, venue standing.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                # It holds the folder until it too has ended, even where this process is killed.
                pass_fds=(self._lock.fileno(),),
                env=child_environment(),
            )

    def wait(self) -> str:
        """The venue's base URL, once it listens. Blocks; raises StartRefused when it could not start."""
        if self._url:
            return self._url
        if self._process.stdout is None:
            raise StartRefused("the paper market has no output", status=4)
        line = self._process.stdout.readline()
        if not line:
            raise StartRefused(f"the paper market could not start: {self._last_words()}")
        for words in self._said():  # of a price file: what in it was not self-evident
            _log.warning("the paper market says: %s", words)
        self._url = str(json.loads(line)["listening"])
        return self._url

    def close(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_LEAVE_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._lock.close()

    def _last_words(self) -> str:
        words = self._said()
        return words[-1].removeprefix("hypertui: ") if words else "it said nothing"

    def _said(self) -> list[str]:
        said = self._log.read_bytes()[self._log_start :].decode(errors="replace")
        return said.strip().splitlines()


def _move_aside(folder: Path) -> None:
    """Rename the state and the key so that the next market does not find them, and print the new names."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    moved = []
    for name in (_STATE, _KEY):
        old = folder / name
        if old.exists():
            moved.append(old.rename(folder / f"{name}.{stamp}").name)
    if moved:
        streams.complain(f"a fresh paper market; the old one is kept as {' and '.join(moved)} in {folder}")
