"""What comes out of a running engine is a defect, whatever its type: bad input was refused before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Defect(Exception):
    """Something failed that only a mistake of this program explains; `cause` is what was raised."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


@contextmanager
def running() -> Iterator[None]:
    """For the time that an engine runs: what it raises is a Defect."""
    try:
        yield
    except Exception as error:
        raise Defect(error) from error
