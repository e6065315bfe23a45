"""Whether the best setting of a grid stands alone: what its neighbours give, and how far the plateau reaches.

A place is a setting's index along each dimension of the grid, in order of size (unit size, position size …).
What has no order, such as the reinvestment, makes a grid of its own for each of its values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from statistics import median
from typing import TypeAlias

GridPlace: TypeAlias = tuple[int, ...]

_NEAR = 0.2  # of the way from the best down to the median of all


def neighbours_median(figures: Mapping[GridPlace, float], place: GridPlace) -> float | None:
    """The median of the settings next to one, diagonally too, without itself; None where there are none. A
    best setting that is far above it is a peak of chance rather than a property of the market."""
    found = [figures[each] for each in _around(figures, place)]
    return median(found) if found else None


def best_place(figures: Mapping[GridPlace, float]) -> GridPlace:
    """The setting with the highest figure, the first of equals. Raises ValueError where there are none."""
    if not figures:
        raise ValueError("there are no settings to choose from")
    return max(figures, key=lambda place: (figures[place], tuple(-index for index in place)))


def plateau(figures: Mapping[GridPlace, float], near: float = _NEAR) -> frozenset[GridPlace]:
    """The settings around the best that are about as good, from neighbour to neighbour: those that lose at
    most a share of `near`, from 0 to 1, of the way from the best figure down to the median of all. The best
    is one of them. Raises ValueError where there are none."""
    best = best_place(figures)
    least = figures[best] - near * (figures[best] - median(figures.values()))
    reached = {best}
    edge = [best]
    while edge:
        for place in _around(figures, edge.pop()):
            if place not in reached and figures[place] >= least:
                reached.add(place)
                edge.append(place)
    return frozenset(reached)


def _around(figures: Mapping[GridPlace, float], place: GridPlace) -> Iterator[GridPlace]:
    for steps in product((-1, 0, 1), repeat=len(place)):
        each = tuple(index + step for index, step in zip(place, steps, strict=True))
        if each != place and each in figures:
            yield each
