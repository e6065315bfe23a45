"""What the gate says of an intent, by a trade's snapshot alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hypertui.core.intents import IntentState, IntentVerb
from hypertui.intents.gate import Alert, SourceRules, judge
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Mode, Snapshot
from hypertui.port.views import BracketView
from tests.console import states
from tests.support.stage import NOW

RULES = SourceRules("tv", "BTC", frozenset(IntentVerb))
OPEN, CLOSE, RESUME, PAUSE = IntentVerb.OPEN, IntentVerb.CLOSE, IntentVerb.RESUME, IntentVerb.PAUSE
FLAT = BracketView("flat")
IN_SIGHT: dict[str, Any] = {"known_at": NOW, "guards": (), "refusals": ()}


def verdict(
    verb: IntentVerb, trade: Snapshot | None, rules: SourceRules = RULES, armed: bool = True, **alert: Any
) -> tuple[str, str]:
    said = judge(Alert(verb, "key", NOW, **alert), rules, trade, NOW + 30_000, NOW, armed=armed)
    return said.state.value, said.reason


def running(**fields: Any) -> Snapshot:
    return replace(states.running(), **{**IN_SIGHT, **fields})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"mode": Mode.PAUSED, "reason": "by webhook:tv"}, ("ACCEPTED", "")),
        ({"mode": Mode.PAUSED, "reason": "since before the restart (by webhook:tv)"}, ("ACCEPTED", "")),
        ({"mode": Mode.PAUSED, "reason": "by webhook:tv2"}, ("HELD", "paused")),
        ({"mode": Mode.PAUSED, "reason": "by root"}, ("HELD", "paused")),
        ({"mode": Mode.RUNNING}, ("REJECTED", "not-allowed")),
        ({"mode": Mode.HALTED, "reason": "by root"}, ("HELD", "halted")),
        ({"mode": Mode.PAUSED, "reason": "by webhook:tv", "known_at": NOW - 60_000}, ("HELD", "blind")),
        (
            {"mode": Mode.PAUSED, "reason": "by webhook:tv", "guards": states.tripped().guards},
            ("HELD", "guard:daily_loss"),
        ),
    ],
)
def test_a_source_lifts_its_own_pause_alone(fields: dict[str, Any], said: tuple[str, str]) -> None:
    assert verdict(RESUME, running(**fields)) == said


@pytest.mark.parametrize("verb", [CLOSE, PAUSE, IntentVerb.SELL_OUT, IntentVerb.CANCEL_BUYS])
def test_nothing_holds_back_what_takes_no_risk(verb: IntentVerb) -> None:
    blind = running(known_at=None, guards=states.tripped().guards, mode=Mode.PAUSED, reason="by root")
    assert verdict(verb, blind, before="flat") == ("ACCEPTED", "")


def test_a_ladder_is_opened_where_it_waits() -> None:
    waiting = running(waits=True, position=0, mode=Mode.STARTING)
    assert verdict(OPEN, waiting) == ("ACCEPTED", "")
    assert verdict(OPEN, waiting, before="long") == ("HELD", "desync")
    assert verdict(OPEN, waiting, most=Decimal(5)) == ("REJECTED", "not-allowed")
    assert verdict(OPEN, running()) == ("REJECTED", "already-open")
    assert verdict(CLOSE, waiting) == ("REJECTED", "nothing-open")
    assert verdict(OPEN, running(position=0, over=True, mode=Mode.STOPPED)) == ("REJECTED", "not-allowed")
    assert verdict(OPEN, running(position=0, over=True, mode=Mode.HALTED)) == ("HELD", "halted")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"bracket": FLAT}, ("ACCEPTED", "")),
        ({"bracket": replace(FLAT, state="buying")}, ("REJECTED", "already-open")),
        ({"bracket": replace(FLAT, cools_until=NOW + 1)}, ("HELD", "cooldown")),
        ({"bracket": FLAT, "mode": Mode.PAUSED}, ("HELD", "paused")),
        ({"bracket": FLAT, "known_at": None}, ("HELD", "blind")),
        ({"bracket": FLAT, "guards": states.tripped().guards}, ("HELD", "guard:daily_loss")),
        ({"bracket": FLAT, "refusals": ((Verb.OPEN, "no price has come yet"),)}, ("HELD", "not-allowed")),
    ],
)
def test_a_bracket_is_told_to_enter(fields: dict[str, Any], said: tuple[str, str]) -> None:
    assert verdict(OPEN, running(position=0, **fields)) == said


def test_who_may_act_at_all() -> None:
    waiting = running(waits=True, position=0)
    assert verdict(OPEN, waiting, replace(RULES, verbs=frozenset({CLOSE}))) == ("REJECTED", "not-allowed")
    assert verdict(OPEN, waiting, replace(RULES, is_live=False)) == ("REJECTED", "not-allowed")
    assert verdict(OPEN, waiting, armed=False) == ("HELD", "not-armed")
    assert verdict(OPEN, None) == ("REJECTED", "not-allowed")
    late = judge(Alert(OPEN, "key", NOW), RULES, waiting, NOW, NOW, armed=True)
    assert late.state is IntentState.EXPIRED
