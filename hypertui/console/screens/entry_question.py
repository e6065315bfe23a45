"""The question before a flat bracket is told to enter: what it buys, how, and where its stop will be."""

from __future__ import annotations

from hypertui.console import format as fmt
from hypertui.console.lines import Line, Tone
from hypertui.console.screens import questions
from hypertui.console.screens.question import Question, fact, question
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Snapshot
from hypertui.port.views import EntryPlan


def refused(snapshot: Snapshot) -> str:
    """Why nothing would come of it now, in words; empty where it may be asked for."""
    why = questions.refused(snapshot, Verb.OPEN)
    if why or (snapshot.bracket is not None and snapshot.bracket.plan is not None):
        return why
    return f"{Verb.OPEN} is refused: nothing is known yet of what it would buy"


def enter(snapshot: Snapshot) -> Question:
    """What is bought for how much, by which order, where the stop will stand, and what follows."""
    plan = None if snapshot.bracket is None else snapshot.bracket.plan
    body = [] if plan is None else _figures(snapshot, plan)
    return question(snapshot, "OPEN a position", body, "enter", f"OPEN {_symbol(snapshot)}")


def _symbol(snapshot: Snapshot) -> str:
    return fmt.clean(snapshot.instrument.symbol, 12)


def _figures(snapshot: Snapshot, plan: EntryPlan) -> list[Line]:
    instrument = snapshot.instrument
    coins = f"{fmt.size(plan.size, instrument)} {_symbol(snapshot)}"
    away = (plan.stop - plan.price) / plan.price
    where = f"near {fmt.price(plan.stop, instrument)} ({fmt.percent(away)}), from the first fill on"
    return [
        fact("buys", f"{coins}, about {fmt.usd(plan.value)} USD at {snapshot.leverage}x", Tone.STRONG),
        fact("by", f"{plan.order} at {fmt.price(plan.price, instrument)}, {plan.rule}"),
        fact("stop", where),
        fact("", f"it loses {fmt.usd(plan.loss)} USD, fees of both ways among it"),
        *_then(snapshot),
    ]


def _then(snapshot: Snapshot) -> list[Line]:
    again = None if snapshot.bracket is None else snapshot.bracket.reenters_after
    if again is None:
        return [fact("then", "an exit sells it, which ends the trade")]
    after = f"{fmt.plain_age(again)} after that it may be told again"
    return [fact("then", "an exit sells it"), fact("", after)]
