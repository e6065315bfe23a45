"""The trial ledger: every setting ever tried on a series, and each opening of its holdout, in a file.

One file for each series, of one JSON object a line. It is only ever appended to, under a lock that any
number of processes share, and each append is on disk before it counts. A line that a crash has cut off is
passed over. Deleting a file makes tries forgotten, and whatever is deflated by their number too good.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import math
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hypertui.core.files import update_private

_SERIES = re.compile("[0-9a-f]{16,64}")
_PATIENCE = 10.0  # seconds in which another process gives up the lock
_GLANCE = 0.002  # seconds
_CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class Trial:
    """One setting that was walked over a series. `terms` is all that changes the result, by name and as text:
    unit size, position size, reinvestment, exits, costs, instrument, leverage. `sharpe` is that of its
    returns over `blocks` equal parts, None where they have none. `rows` are the first row walked and the one
    after the last."""

    terms: Mapping[str, str]
    sharpe: float | None
    blocks: int
    rows: tuple[int, int]

    @cached_property
    def key(self) -> str:
        """The setting in 32 hex digits: the same for the same terms, in whatever order."""
        return key_of(self.terms)


@dataclass(frozen=True, slots=True)
class HoldoutOpening:
    """The holdout from row `first_row` on was opened at `at` (ms), for the setting with this key."""

    first_row: int
    key: str
    at: int

    def shows_the_same(self, other: HoldoutOpening) -> bool:
        """Whether another one shows nothing that this one does not: the same rows and setting."""
        return (self.first_row, self.key) == (other.first_row, other.key)


def key_of(terms: Mapping[str, str]) -> str:
    """The key of a setting, as `Trial.key`."""
    said = json.dumps(terms, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


class TrialLedger:
    """The tries on the series with this `digest` (`Ticks.digest` of all of it, also where only a part is
    walked), in `folder`, which is made with the first of them.

    `record` each batch of tries when its results are there; a try that is known already is not counted again.
    Then `deflated_sharpe_ratio(returns, ledger.sharpes(len(returns)), ledger.tries)`. Everything raises
    ValueError, one line, where the file cannot be read or written.
    """

    def __init__(self, folder: Path, digest: str) -> None:
        if not _SERIES.fullmatch(digest):
            raise ValueError(f"a series has a digest in hex, and {digest!r} is none")
        self.path = folder / f"{digest[:32]}.jsonl"
        self._read_until = 0
        self._trials: dict[str, dict[tuple[int, int], Trial]] = {}
        self._openings: list[HoldoutOpening] = []

    @property
    def tries(self) -> int:
        """How many different settings were tried."""
        self._refresh()
        return len(self._trials)

    def trials(self) -> tuple[Trial, ...]:
        """Every setting, once for each part of the series that it was walked over, oldest first."""
        self._refresh()
        return tuple(trial for parts in self._trials.values() for trial in parts.values())

    def sharpes(self, blocks: int) -> tuple[float, ...]:
        """The Sharpe ratio of each setting that has one, of the longest part that it was walked over, as of
        returns over so many `blocks`."""
        self._refresh()
        longest = (
            max(parts.values(), key=lambda trial: trial.rows[1] - trial.rows[0])
            for parts in self._trials.values()
        )
        return tuple(
            trial.sharpe * math.sqrt(trial.blocks / blocks) for trial in longest if trial.sharpe is not None
        )

    def seen_by(self, first_row: int) -> int:
        """How many settings have been walked over prices of row `first_row` or later."""
        self._refresh()
        return sum(any(rows[1] > first_row for rows in parts) for parts in self._trials.values())

    def openings(self) -> tuple[HoldoutOpening, ...]:
        """Each opening of a holdout of this series, oldest first."""
        self._refresh()
        return tuple(self._openings)

    def record(self, trials: Iterable[Trial], at: int) -> int:
        """Add what was tried at `at` (ms); returns how many settings of it are new."""
        with self._locked() as file:
            self._read(file)
            before = len(self._trials)
            unknown = {
                (trial.key, trial.rows): trial
                for trial in trials
                if trial.rows not in self._trials.get(trial.key, {})
            }
            self._append(file, [_trial_line(trial, at) for trial in unknown.values()])
            return len(self._trials) - before

    def open_holdout(self, opening: HoldoutOpening) -> tuple[HoldoutOpening, ...]:
        """Write down that a holdout is opened, before anybody looks into it; returns the openings of this
        series before it, oldest first. The same rows for the same setting show nothing new, and are written
        down once."""
        with self._locked() as file:
            self._read(file)
            before = tuple(self._openings)
            if not any(each.shows_the_same(opening) for each in before):
                self._append(file, [_opening_line(opening)])
        return before

    def _refresh(self) -> None:
        if self.path.exists():
            with self._locked() as file:
                self._read(file)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, which no other process reads or writes meanwhile."""
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            said = "there is a file of that name" if folder.is_file() else error.strerror
            raise ValueError(f"folder {folder} of the trial ledger cannot be made: {said}") from None
        try:
            file = update_private(self.path)
            try:
                _lock(file)
                yield file
            finally:
                os.close(file)
        except OSError as error:
            raise ValueError(f"trial ledger {self.path}: {error.strerror or error}") from None

    def _read(self, file: int) -> None:
        """Take in what was appended since the last look."""
        size = os.fstat(file).st_size
        if size < self._read_until:
            raise OSError(errno.EIO, "is shorter than it was: somebody has cut it")
        data = bytearray()
        while chunk := os.pread(file, _CHUNK, self._read_until + len(data)):
            data += chunk
        end = data.rfind(b"\n") + 1
        for line in bytes(data[:end]).splitlines():
            self._take(line)
        self._read_until += end

    def _take(self, line: bytes) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            return  # a crash has cut it off
        match said:
            case {
                "kind": "try",
                "terms": dict(terms),
                "sharpe": sharpe,
                "blocks": int(blocks),
                "rows": [a, b],
            }:
                trial = Trial(terms, sharpe, blocks, (a, b))
                self._trials.setdefault(trial.key, {}).setdefault(trial.rows, trial)
            case {"kind": "opening", "first_row": int(first_row), "setting": str(key), "at": int(at)}:
                self._openings.append(HoldoutOpening(first_row, key, at))
            case _:
                raise OSError(errno.EINVAL, "was written by another version: move it away to begin anew")

    def _append(self, file: int, lines: list[str]) -> None:
        """Write lines, on disk when it returns, and take them in. What a crash has cut off stays, as a line
        of its own."""
        if not lines:
            return
        end = os.fstat(file).st_size
        torn = "\n" if end > self._read_until else ""
        data = (torn + "".join(f"{line}\n" for line in lines)).encode()
        written = 0
        while written < len(data):
            written += os.pwrite(file, data[written:], end + written)
        os.fsync(file)
        self._read(file)


def _trial_line(trial: Trial, at: int) -> str:
    sharpe = trial.sharpe if trial.sharpe is not None and math.isfinite(trial.sharpe) else None
    said = {"kind": "try", "terms": dict(trial.terms), "sharpe": sharpe, "blocks": trial.blocks}
    return json.dumps({**said, "rows": trial.rows, "at": at})


def _opening_line(opening: HoldoutOpening) -> str:
    said = {"kind": "opening", "first_row": opening.first_row, "setting": opening.key, "at": opening.at}
    return json.dumps(said)


def _lock(file: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise BlockingIOError(errno.EAGAIN, "another process does not let go of it") from None
        time.sleep(_GLANCE)
