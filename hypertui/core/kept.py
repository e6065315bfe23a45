"""Marks for what is no part of a state that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol, runtime_checkable

# The metadata of a dataclass field that is there without the state that was kept: what a trade's settings and
# its opening give, what belongs to another part, and what is made from the rest.
GIVEN: Final[Mapping[str, bool]] = {"given": True}


@runtime_checkable
class Indexed(Protocol):
    """A part that finds what it has by an index of its own."""

    def index(self) -> None:
        """Make the index from what was restored."""
