"""Which of several equals speaks for all of them, so that what concerns all is said once."""

from __future__ import annotations

_LEASE = 3  # periods after which one that has said nothing leads no more


class Lead:
    """Whoever asks first leads, for as long as it goes on asking; then the next one that asks."""

    def __init__(self) -> None:
        self._who: object = None
        self._until = 0

    def is_taken_by(self, who: object, now: int, every: int) -> bool:
        """Whether `who`, which asks every so many ms, leads at `now` (ms)."""
        if self._who is who or self._who is None or now >= self._until:
            self._who, self._until = who, now + _LEASE * every
        return self._who is who
