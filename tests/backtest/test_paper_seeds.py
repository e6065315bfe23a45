"""The seed of the paper market: chosen by a rule, and the default still is what the rule chose."""

from __future__ import annotations

from decimal import Decimal

import pytest

from benchmarks.paper_seeds import MOMENTS, ORDER, Course, chosen, courses, furthest, summary
from hypertui.settings import PaperSettings
from hypertui.strategy.ladder.ladder import Phase

ADVANCE, RETRACEMENT, DECLINE, RECOVERY = ORDER
WHOLE = [(ADVANCE, 60.0), (RETRACEMENT, 40.0), (DECLINE, 40.0), (RECOVERY, 40.0)]
PACED = [6.0 * number for number in range(1, 30)]


def course(
    phases: list[tuple[Phase, float]] = WHOLE, steps: list[float] = PACED, net: str = "-3", seed: int = 7
) -> Course:
    return Course(seed, phases, sorted(steps), Decimal(net))


def test_the_default_seed_shows_all_phases_and_ends_near_nothing() -> None:
    played = list(courses(PaperSettings().seed))
    assert len(played) == len(MOMENTS)
    most = furthest(played)
    assert most is not None and most < 10
    at_once = played[0]
    assert [phase for phase, _ in at_once.phases][:5] == [ADVANCE, RETRACEMENT, ADVANCE, RETRACEMENT, DECLINE]
    assert sum(seconds for _, seconds in at_once.phases) == pytest.approx(180)


def test_a_seed_always_makes_the_same() -> None:
    assert next(courses(1)) == next(courses(1)) != next(courses(2))


@pytest.mark.parametrize(
    ("phases", "steps"),
    [
        (WHOLE[:3], PACED),
        ([WHOLE[0], WHOLE[1], WHOLE[3], WHOLE[2]], PACED),
        ([*WHOLE[:3], (RECOVERY, 9.9)], PACED),
        ([*WHOLE, (ADVANCE, 1.0)], [8.2 * number for number in range(1, 22)]),
        (WHOLE, [2.9 * number for number in range(1, 63)]),
        (WHOLE, [*PACED, 100.1, 100.5, 101.0]),
    ],
)
def test_what_cannot_be_followed_or_is_not_whole_does_not_fit(
    phases: list[tuple[Phase, float]], steps: list[float]
) -> None:
    assert course().fits and course([*WHOLE, (DECLINE, 0.2)], [*PACED, 100.1, 100.5]).fits
    assert not course(phases, steps).fits


def test_the_furthest_end_counts_and_the_nearest_seed_is_chosen() -> None:
    assert furthest([course(net="-3"), course(net="2")]) == 3
    assert furthest([course(net="-3"), course(WHOLE[:3])]) is None
    assert chosen({4: Decimal(9), 5: Decimal(2), 6: Decimal(3)}) == [5, 6, 4]


def test_a_course_and_many_in_words() -> None:
    assert str(course()) == (
        "seed 7: advance 60, retracement 40, decline 40, recovery 40 s; 29 steps; net -3.00 USD"
    )
    said = summary([course(net=str(net)) for net in range(-10, 11)])
    assert said == (
        "21 seeds: net after 180 s +0.00 USD in the middle, -9.00 to +9.00 from 5 % to 95 %, "
        "a gain in 47.6%; a step every 6.2 s; all four phases in 100.0%"
    )
