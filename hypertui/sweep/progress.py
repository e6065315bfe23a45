"""How a sweep fares, in one line: what is done, how quickly, how long the rest takes, the best so far."""

from __future__ import annotations

from hypertui.core.phrases import lasting
from hypertui.sweep.ranking import RankBy
from hypertui.sweep.results import setting_texts
from hypertui.sweep.sweeping import SweepCourse


def progress_line(course: SweepCourse, seconds: float) -> str:
    """The line after so many seconds of work."""
    tally = course.tally
    parts = [f"{tally.done:,} of {tally.total:,} walks"]
    if tally.known:
        parts[0] += f" ({tally.known:,} known already)"
    worked = tally.done - tally.known
    if worked and seconds > 0:
        parts.append(f"{rate_words(tally.walked / seconds)} tick-settings/s")
        left = (tally.total - tally.done) * seconds / worked
        parts.append(f"{lasting(round(left))} left" if tally.done < tally.total else "done")
    if tally.best is not None:
        by = course.plan.by
        figure = by.of(tally.best.found)
        assert figure is not None, "it was ranked by it"
        unit = setting_texts(tally.best.setting)["unit_size"]
        said = f"{figure:+,.2f} USD" if by is RankBy.NET_PNL else f"{figure:+.3f}"
        parts.append(f"best so far: unit {unit}, {by.words} {said}")
    return " · ".join(parts)


def rate_words(rate: float) -> str:
    """So many a second, in three figures: 1.25 G, 340 M."""
    for size, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if rate >= size:
            return f"{rate / size:.3g} {name}"
    return f"{rate:.3g}"
