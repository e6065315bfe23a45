"""What has been worked out of a series, kept as it comes, so that a sweep that is interrupted goes on.

One folder for each series. Its file is only ever appended to, a line for each evaluation, under a lock that
keeps a second sweep of the series out. A line that a kill has cut off is dropped by the next start: no more
than that one evaluation is made again, and none is there twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from hypertui.backtest.evaluation import Evaluation
from hypertui.core.files import update_private
from hypertui.sweep.results import evaluation_of, evaluation_record

# Another number where the same setting may give another result, so that older ones are not taken for it.
_GENERATION = 1
_FILE = "evaluations.jsonl"


def key_of_evaluation(terms: Mapping[str, object]) -> str:
    """The key of an evaluation by all that decides it but the series, as JSON can say it: 32 hex digits."""
    said = json.dumps({**terms, "generation": _GENERATION}, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


class EvaluationStore:
    """The evaluations of the series with this digest, below `folder`, which is made if need be. A context
    manager, which holds the lock. Entering raises ValueError, one line, where another process holds it or the
    file cannot be used; so does `add` where it cannot be written."""

    def __init__(self, folder: Path, digest: str) -> None:
        self.folder = folder / digest[:32]
        self._path = self.folder / _FILE
        self._found: dict[str, Evaluation] = {}
        self._file = -1

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = update_private(self._path)
            self._lock()
            self._read()
        except OSError as error:
            self._close()
            raise ValueError(f"{self._path}: {error.strerror or error}") from None
        except ValueError:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: str) -> Evaluation | None:
        """The evaluation with this key; None where it was not made yet."""
        return self._found.get(key)

    def add(self, found: Iterable[tuple[str, Evaluation]]) -> None:
        """Keep evaluations by their keys. One that is there already is not kept again."""
        new = {key: each for key, each in found if key not in self._found}
        lines = [json.dumps({"key": key, **evaluation_record(each)}) for key, each in new.items()]
        data = "".join(f"{line}\n" for line in lines).encode()
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise ValueError(f"{self._path} cannot be written: {error.strerror}") from None
        self._found |= new

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"another sweep of this series is running (it holds {self._path}): wait for it, or stop it"
            ) from None

    def _read(self) -> None:
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1
        os.ftruncate(self._file, whole)
        os.lseek(self._file, whole, os.SEEK_SET)
        for number, line in enumerate(data[:whole].splitlines(), start=1):
            try:
                record = json.loads(line)
                key = record.pop("key")
                self._found[key] = evaluation_of(record)
            except (ValueError, TypeError, KeyError, AttributeError):
                raise ValueError(
                    f"{self._path}: line {number} is no evaluation: move the file away to begin anew"
                ) from None

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)  # and with it the lock
            self._file = -1
