"""The figures of a run in the log, each hour and at its end, and on the health screen."""

from __future__ import annotations

import json
from dataclasses import replace

from hypertui.console.frame import Frame
from hypertui.console.lines import width_of
from hypertui.console.views import health
from hypertui.engine.figures_log import FiguresLog
from hypertui.port.engine import EventKind
from hypertui.port.health import ExitCount, HealthFigures
from hypertui.port.snapshot import Snapshot
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.health_tally import HealthTally
from tests.console import states
from tests.health.test_verdict import NOW, good

HOUR, MINUTE = 3_600_000, 60_000


def figures() -> HealthFigures:
    tally = HealthTally(NOW)
    tally.feed(True, NOW + 36_000)
    for took in (40, 50, 60):
        tally.booked(NOW + 100_000 - took, NOW + 100_000, NOW + 100_001, compared=True)
    tally.commit_ended(NOW + 100_004, everything=True)
    for order in range(3):
        tally.sold(order, "LADDER_STOP", "ladder")
    tally.sold(9, "MANUAL", "operator")
    for _ in range(1_200):
        tally.order_sent()
    tally.order_refused("stop/0")
    tally.compared(NOW, NOW, {"missing": 2})
    return tally.figures(["live", "live", "live", "pending"])


def shown(later: int) -> Snapshot:
    return replace(good(), at=NOW + later, figures=figures())


def test_an_hour_and_the_end_have_their_figures() -> None:
    log, told = EventLog(lambda: NOW), FiguresLog()
    told.look(replace(good(), figures=None), log)
    for later in (0, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR - 1, 2 * HOUR):
        told.look(shown(later), log)
    assert len(log.after(0)) == 2
    told.look(shown(2 * HOUR + MINUTE - 1), log, at_end=True)
    assert len(log.after(0)) == 2, "what was told a moment ago"
    told.look(shown(2 * HOUR + MINUTE), log, at_end=True)
    again = replace(figures(), began_at=NOW + 3 * HOUR)
    told.look(replace(good(), at=NOW + 3 * HOUR, figures=again), log)
    assert len(log.after(0)) == 3, "another run begins anew"
    told.look(replace(good(), at=NOW + 4 * HOUR, figures=again), log)
    events = log.after(0)
    assert len(events) == 4 and {event.kind for event in events} == {EventKind.STATE}
    assert events[0].text == (
        f"figures of 1 h 0 min: feed up 99.00%, {good().health.connections} connections; 3 fills: "
        "received 50 ms (p99 60 ms), booked 1 ms (p99 1 ms), durable 3 ms (p99 3 ms), "
        "compared 0 ms (p99 0 ms); 1,200 orders sent, 1 refused; exits: 3 ladder stop by ladder, "
        "1 manual by operator; found by checks: 2 missing"
    )
    data = json.loads(json.dumps(events[0].data))["figures"]
    assert data["sent"] == 1_200 and data["states"] == [["live", 3], ["pending", 1]]


def test_a_fills_way_here_is_as_long_as_the_line() -> None:
    known = states.broken().figures  # with an exchange at the end of a line of some 40 ms
    assert known is not None and known.stages[0].name == "received"
    assert 30 <= known.stages[0].middle <= known.stages[0].slow <= 80
    assert known.answers is not None and 50 <= known.answers.middle <= 90


def text(lines: object) -> list[str]:
    return ["".join(span.text for span in row).rstrip() for row in lines]  # type: ignore[attr-defined]


def test_the_health_screen_shows_the_same_figures() -> None:
    frame = Frame(shown(HOUR), NOW + HOUR)
    risk = "\n".join(text(health.risk(frame, 60, 40)))
    assert "own orders      3 live, 1 pending" in risk
    assert "orders sent     1,200, 1 refused" in risk
    assert "exits           4: 3 ladder stop, 1 manual" in risk
    assert "99.0 %" in "\n".join(text(health.engine(frame, 60, 40)))
    assert text(health.fills(frame, 36)) == [
        "fill received 50ms  p99 60ms",
        "fill booked   1ms  p99 1ms",
        "fill durable  3ms  p99 3ms",
        "fill compared 0ms  p99 0ms",
    ]
    assert all(width_of(row) <= 36 for row in health.fills(frame, 36))
    nothing = Frame(replace(good(), figures=None), NOW)
    assert health.fills(nothing, 36) == [] and "own orders" not in "\n".join(
        text(health.risk(nothing, 60, 40))
    )


def test_exits_of_many_reasons_are_the_two_that_there_were_most_of() -> None:
    many = tuple(ExitCount(f"R{number}", source, number) for number in range(1, 5) for source in "ab")
    frame = Frame(replace(good(), figures=HealthFigures(NOW, exits=many)), NOW)
    assert "exits           20: 8 r4, 6 r3" in "\n".join(text(health.risk(frame, 60, 40)))
