"""Plays one seed from its entry to its exit and says what was wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypertui.port.engine import Event
from tests.simulation.game import Game
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.scenario import Scenario, draw


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a seed. No problems is what is wanted. `counts` says what happened how often."""

    scenario: Scenario
    problems: tuple[str, ...]
    events: tuple[Event, ...]
    seconds: float  # of virtual time
    counts: Counter[str]


def play(seed: int, drawn: Callable[[int], Scenario] = draw, twins: bool = True) -> Verdict:
    """Play a seed, which takes a third less time without `twins`; see `Game`."""
    scenario = drawn(seed)
    loop = VirtualLoop(scenario.to_full_hour)
    with TemporaryDirectory() as folder:
        game = Game(scenario, loop, Path(folder), twins)
        run(loop, game.play())
    return Verdict(
        scenario,
        tuple(game.problems),
        tuple(event for process in game.processes for event in process.events),
        loop.now,
        game.counts(),
    )
