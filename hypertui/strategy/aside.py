"""What goes on beside a trade's deciding state: counts and words for people, of which nothing is decided."""

from __future__ import annotations

from dataclasses import dataclass
from traceback import extract_tb
from types import TracebackType


@dataclass(slots=True)
class Aside:
    """A context in which a defect is kept instead of raised: `fault` says in words what it was, empty while
    there was none, and `since` (ms) when, as far as somebody notes it. What is done inside must not be needed
    by anything that decides."""

    fault: str = ""
    since: int | None = None

    def __enter__(self) -> None:
        """Nothing has to be prepared."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        if not self.fault:
            place = extract_tb(traceback)[-1]
            self.fault = f"{type(error).__name__}: {error} ({place.name} in {place.filename.split('/')[-1]})"
        return True

    def note(self, at: int) -> None:
        """What has become wrong by now did so at `at` (ms)."""
        if self.fault and self.since is None:
            self.since = at
