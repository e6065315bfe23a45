"""Whether a trade's end is as it has to be."""

from __future__ import annotations

from hypertui.core.market import ZERO
from hypertui.port.commands import OnExit, StopReason
from hypertui.port.snapshot import Mode
from tests.simulation.books import problems_of_fills
from tests.simulation.course import Course
from tests.simulation.rest import covered_by, describe


def judge_flat(course: Course) -> None:
    """The operator has flattened, however many outages and processes ago."""
    working, position = course.market.working(), course.market.position
    if position != 0 or working:
        runner = course.host.process.runner(course.title)
        why = "" if runner is None else runner.context.reason
        course.auditor.complain("flatten", f"holds {position}, {len(working)} orders work: {why}")
    if course.host.file is not None and course.host.lives(course):
        course.auditor.complain("flatten", "the journal knows of no end")


def judge_end(course: Course, reason: StopReason) -> None:
    """The trade has ended by itself, sold out."""
    course.oracle.judge_last_words(reason.text)
    working, position = course.market.working(), course.market.position
    # An outage of the journal may outlast the engine, which then says what is lost.
    lost = reason.status == 3 and "are lost: the database is out of reach" in reason.text
    if (reason.status and not lost) or position != 0 or working:
        course.auditor.complain("sold out", f"holds {position}, {len(working)} orders work: {reason}")
    if course.host.file is not None and course.host.lives(course) and not lost:
        course.auditor.complain("sold out", "the journal knows of no end")


def judge_exit(course: Course, reason: StopReason | None) -> None:
    """The engine was told to leave; without a reason it has not done so in time."""
    if reason is None:
        course.auditor.complain("exit", f"the engine does not leave: {describe(course.trade)}")
        return
    course.oracle.judge_last_words(reason.text)
    scenario = course.scenario
    if reason.status and scenario.hasty:
        return  # what was under way could not be proven in time, and that is what it says
    market, working, on_exit = course.market, course.market.working(), course.host.process.stop.on_exit
    runner = course.host.process.runner(course.title)  # none where it was over before its last engine began
    trade = None if runner is None else runner.trade
    halted = trade is not None and trade.context.mode is Mode.HALTED
    hears_all = on_exit is OnExit.FLATTEN and not scenario.forgetful
    if course.host.file is not None and (hears_all or not scenario.hasty):
        # Whoever leaves orders working in the middle of it all has not heard of every fill.
        for text in problems_of_fills(course.host.file, market):
            course.auditor.complain("exit", text)
    if on_exit is OnExit.FLATTEN and (market.position != 0 or working):
        course.auditor.complain("exit", f"not flat: {market.position}, {len(working)} orders, {reason}")
    elif on_exit is OnExit.BUYS and not halted:
        if any(not order.request.reduce_only for order in working):
            course.auditor.complain("exit", f"buys work on: {reason}")
        loose = ZERO if trade is None else trade.tracker.target().loose
        stops = covered_by(working, market.position) + loose
        # A slot's coins that are too few for an order are given up only when nothing of it is alive any more,
        # and whoever leaves may be quicker than that.
        bare = (market.position - stops) * market.book.mark
        dust = trade is not None and 0 < bare < trade.instrument.min_order_value
        if bare and not dust and not scenario.hasty:
            course.auditor.complain("exit", f"stops cover {stops} of {market.position}")
