"""A start that is refused: the reason, and the exit status. Loads nothing, so that whoever only refuses
need not load what trades."""

from __future__ import annotations


class StartRefused(Exception):
    """A trade that cannot begin; the text is one line for the operator, `status` the exit status."""

    def __init__(self, text: str, status: int = 2) -> None:
        super().__init__(text)
        self.status = status
