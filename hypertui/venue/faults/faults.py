"""Faults on demand: each has a name, and strikes with a probability, from a seed, so often or for so long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from random import Random
from typing import Any

from hypertui.venue.faults.fault_catalog import MENU, Item
from hypertui.venue.model.orders import Json


@dataclass(slots=True)
class Fault:
    """One fault that is on. `left` is how often it may still strike (None: for ever), `until` (ms) when it
    ends by itself, `only` the kind of request, or the channel, that it is about (empty: all of them)."""

    item: Item
    probability: float
    seed: int
    left: int | None
    until: int | None
    only: str
    figures: Mapping[str, Any]
    struck: int = 0
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def figure(self, name: str) -> Any:
        """One of the fault's figures: seconds, a share, a symbol."""
        return self.figures[name]

    def shown(self) -> Json:
        """The fault for JSON."""
        return {
            "name": self.item.name,
            "probability": self.probability,
            "seed": self.seed,
            "left": self.left,
            "until": self.until,
            "only": self.only,
            "struck": self.struck,
            **self.figures,
        }


class Faults:
    """All faults that are on; none at first. `clock` gives ms."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._on: dict[str, Fault] = {}

    def on(
        self,
        name: str,
        *,
        probability: float = 1.0,
        seed: int = 0,
        count: int | None = None,
        lasts: float | None = None,
        only: str = "",
        **figures: Any,
    ) -> Fault:
        """Switch a fault on, anew if it was on: it strikes with `probability`, at most `count` times, for
        `lasts` seconds. Raises ValueError for a name or a figure that it does not have."""
        item = MENU.get(name)
        if item is None:
            raise ValueError(f"no fault {name!r}; there are {', '.join(MENU)}")
        _check(probability=probability, seed=seed, count=count, lasts=lasts, only=only)
        until = None if lasts is None else self._clock() + int(lasts * 1000)
        fault = Fault(item, probability, seed, count, until, only, item.with_figures(figures))
        self._on[name] = fault
        return fault

    def off(self, name: str) -> None:
        """Switch a fault off; one that is not on is no error. Raises ValueError for a name that is none."""
        if name not in MENU:
            raise ValueError(f"no fault {name!r}; there are {', '.join(MENU)}")
        self._on.pop(name, None)

    def off_all(self) -> None:
        """Switch all faults off."""
        self._on.clear()

    @property
    def quiet(self) -> bool:
        """Whether no fault is on."""
        return not self._on

    def find(self, name: str) -> Fault | None:
        """The fault with this name if it is on."""
        fault = self._on.get(name)
        if fault is not None and fault.until is not None and fault.until <= self._clock():
            del self._on[name]
            return None
        return fault

    def strikes(self, name: str, about: str = "") -> Fault | None:
        """The fault, if it strikes now a request or a message of the kind `about`."""
        fault = self.find(name) if self._on else None
        if fault is None or (fault.only and fault.only != about):
            return None
        if fault.random.random() >= fault.probability:
            return None
        fault.struck += 1
        if fault.left is not None:
            fault.left -= 1
            if not fault.left:
                del self._on[name]
        return fault

    def listing(self) -> list[Json]:
        """The faults that are on, for JSON."""
        found = (self.find(name) for name in tuple(self._on))
        return [fault.shown() for fault in found if fault is not None]


def _check(probability: object, seed: object, count: object, lasts: object, only: object) -> None:
    if not _is_number(probability) or not 0 <= probability <= 1:  # type: ignore[operator]
        raise ValueError(f"probability {probability} is not between 0 and 1")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(f"seed {seed} is not a whole number")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise ValueError(f"count {count} is not a whole number above 0")
    if lasts is not None and (not _is_number(lasts) or not 0 < lasts <= 1e9):  # type: ignore[operator]
        raise ValueError(f"lasts {lasts} is not a number of seconds above 0")
    if not isinstance(only, str):
        raise ValueError("only is not a string")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
