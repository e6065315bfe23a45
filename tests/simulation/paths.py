"""Price paths, counted in units from the entry."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.simulation.scenario import Path

HIGHEST, LOWEST = 14.0, -14.0


def walk(path: Path, at: float, steps: int, random: Random) -> Iterator[tuple[float, float]]:
    """Pairs of seconds to wait and the position to move to, from position `at`."""
    run = 0
    direction = 1
    for _ in range(steps):
        if path == "calm":
            wait, move = random.uniform(0.5, 3.0), random.gauss(0, 0.5)
        elif path == "dense":
            wait, move = random.uniform(0.05, 0.8), random.gauss(0, 0.5)
        elif path == "gapping":
            wait, move = random.uniform(0.3, 2.5), random.gauss(0, 0.5)
            if random.random() < 0.1:
                move = random.choice((-1, 1)) * random.uniform(1, 6)
        else:
            if run == 0:
                run, direction = random.randint(3, 14), random.choice((-1, 1))
            run -= 1
            wait, move = random.uniform(0.02, 0.25), direction * random.uniform(0.2, 1.1)
            if run == 0:
                wait = random.uniform(0.5, 8.0)
        # Turning back at the ends keeps the price above nought and the path as lively as in the middle.
        at = at + move if LOWEST < at + move < HIGHEST else at - move
        # A path that stands exactly on a unit price is where touching and passing differ.
        if random.random() < 0.1:
            at = float(round(at))
        yield wait, at
