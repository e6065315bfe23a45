"""What was worked out last, for views that are asked for the same again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class Kept(Generic[_Given, _Made]):
    """A pure function that is not called again as long as its arguments are equal to the last ones."""

    def __init__(self, make: Callable[_Given, _Made]) -> None:
        self._make = make
        self._last: tuple[object, _Made] | None = None

    def of(self, *given: _Given.args, **named: _Given.kwargs) -> _Made:
        """What the function makes of these."""
        asked = (given, named)
        if self._last is None or self._last[0] != asked:
            self._last = asked, self._make(*given, **named)
        return self._last[1]
