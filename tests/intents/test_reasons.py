"""Why nothing came of an intent: each reason of the closed list is come by, and none is a guess."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hypertui.core.intents import IntentReason, IntentState
from hypertui.execution.refusal import StartRefused
from hypertui.intents.gate import SourceRules, not_of_now
from hypertui.intents.outcome import outcome
from hypertui.journal.intents import IntentJournal
from hypertui.journal.records import IntentRecord
from hypertui.port.snapshot import Mode, Snapshot
from hypertui.port.views import BracketView
from hypertui.risk.rules import GuardRules
from hypertui.webhook.message import Misunderstood, alert_of
from tests.console import states
from tests.intents.alerts import WAITING, alerted, now_text
from tests.intents.test_gate import CLOSE, FLAT, OPEN, RULES, running, verdict
from tests.support.ladders import changed
from tests.support.local_venue import LocalVenue
from tests.support.stage import NOW

SENT = IntentRecord("id", "paper", "webhook:tv", "key", "open", "BTC", NOW, NOW, NOW + 30_000, "SENT")
LATER = NOW + 2_000


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue() as venue:
        yield venue


@pytest.mark.parametrize(
    ("terms", "reason", "says"),
    [
        ({"position_size": Decimal(10_000_000)}, "no-margin", "USD free"),
        ({"guards": GuardRules(max_leverage=Decimal("0.1"))}, "guard:max_leverage", "would hold the trade"),
        ({"unit_size": Decimal("0.0000001")}, "preflight", ""),
    ],
)
def test_what_cannot_be_opened_waits_again_and_says_why(
    venue: LocalVenue, tmp_path: Path, terms: dict[str, object], reason: str, says: str
) -> None:
    with alerted(venue, tmp_path, config=changed(WAITING, **terms)) as engine:
        row = engine.ends_as(engine.alert("open")[1]["id"], "FAILED")
        assert (row.reason, says in row.text) == (reason, True), row
        engine.wait_until_it_waits()
        assert "came to nothing" in engine.live.snapshot.reason
        assert not engine.live.held()


def test_an_entry_that_finds_nobody_is_the_exchanges_refusal(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path) as engine:
        venue.fail("market-empty")
        venue.call(venue.server.step)  # the books are empty from the next tick on
        row = engine.ends_as(engine.alert("open")[1]["id"], "FAILED")
        assert row.reason == "exchange-refused"
        assert "refused the entry" in row.text
        assert not engine.live.held()


def trade(**fields: object) -> Snapshot:
    given = {
        "position": 0,
        "waits": True,
        "mode": Mode.STARTING,
        "findings": (),
        "reason": "why",
        "at": LATER,
    } | fields
    return replace(states.running(), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("view", "state", "reason"),
    [
        (trade(not_begun="expired"), IntentState.EXPIRED, "expired"),
        (trade(not_begun="blind"), IntentState.FAILED, "blind"),
        (trade(not_begun="unfilled", waits=False, over=True), IntentState.FAILED, "unfilled"),
        (trade(not_begun=""), IntentState.FAILED, "not-running"),
        (None, IntentState.FAILED, "unknown"),
        (trade(bracket=BracketView("flat", given_up="moved 5 times")), IntentState.FAILED, "unfilled"),
    ],
)
def test_what_the_trade_says_of_it(view: Snapshot | None, state: IntentState, reason: str) -> None:
    found = outcome(SENT, view, NOW, LATER)
    assert found is not None
    assert (found.state, found.reason) == (state, reason)


def test_what_the_trade_says_is_of_the_signal_that_began_it() -> None:
    own = outcome(SENT, trade(not_begun="blind", begun_by=SENT.command_id), NOW, NOW)
    assert own is not None and own.reason == "blind", "it is shown already"
    assert outcome(SENT, trade(not_begun="blind", begun_by="another"), NOW, NOW) is None
    others = outcome(SENT, trade(not_begun="blind", begun_by="another"), NOW, LATER)
    assert outcome(SENT, trade(not_begun="blind", begun_by="another", at=NOW - 1), NOW, LATER) is None, (
        "it is old"
    )
    assert others is not None and others.text == "another signal came before its outcome was seen"


def duplicate(folder: Path) -> str:
    journal = IntentJournal.open(f"sqlite:///{folder / 'journal.db'}", "paper")
    try:
        journal.receive(SENT)
        journal.receive(replace(SENT, id="again"))
        return journal.newest(1)[0].reason
    finally:
        journal.close()


def message(**fields: object) -> str:
    body = json.dumps({"action": "open", "time": now_text(), **fields}).encode()
    with pytest.raises(Misunderstood) as found:
        alert_of(body, "webhook:tv", "BTC", (), hodl=("ETH",))
    return found.value.reason


def of_a_bracket(rules: SourceRules = RULES, **fields: Any) -> str:
    return verdict(OPEN, running(**{"position": 0, "bracket": FLAT, **fields}), rules)[1]


def of_the_outcome(**fields: object) -> str:
    found = outcome(SENT, trade(**fields), NOW, LATER)
    assert found is not None
    return found.reason


REACHED: Mapping[IntentReason, Callable[[Path], str]] = {
    IntentReason.DUPLICATE: duplicate,
    IntentReason.STALE: lambda _: IntentReason.STALE if not_of_now(NOW - 60_001, NOW) else "",
    IntentReason.NOT_ALLOWED: lambda _: message(network="mainnet"),
    IntentReason.HODL: lambda _: message(action="sell", symbol="ETH"),
    IntentReason.SCHEMA: lambda _: message(note="?"),
    IntentReason.NOT_ARMED: lambda _: verdict(OPEN, running(), armed=False)[1],
    IntentReason.GUARD: lambda _: of_a_bracket(guards=states.tripped().guards).partition(":")[0],
    IntentReason.COOLDOWN: lambda _: of_a_bracket(bracket=replace(FLAT, cools_until=NOW + 1)),
    IntentReason.DESYNC: lambda _: verdict(OPEN, running(waits=True, position=0), before="long")[1],
    IntentReason.PREFLIGHT: lambda _: StartRefused("").because,
    IntentReason.NO_MARGIN: lambda _: of_the_outcome(not_begun="no-margin"),
    IntentReason.EXCHANGE_REFUSED: lambda _: of_the_outcome(not_begun="exchange-refused"),
    IntentReason.UNFILLED: lambda _: of_the_outcome(bracket=FLAT),
    IntentReason.EXPIRED: lambda _: of_the_outcome(not_begun="expired"),
    IntentReason.ALREADY_OPEN: lambda _: verdict(OPEN, running())[1],
    IntentReason.NOTHING_OPEN: lambda _: verdict(CLOSE, running(waits=True, position=0))[1],
    IntentReason.PAUSED: lambda _: of_a_bracket(mode=Mode.PAUSED),
    IntentReason.HALTED: lambda _: of_a_bracket(mode=Mode.HALTED),
    IntentReason.BLIND: lambda _: of_a_bracket(known_at=None),
    IntentReason.NOT_RUNNING: lambda _: of_a_bracket(over=True),
    IntentReason.UNPROVEN: lambda _: of_a_bracket(rules=replace(RULES, needs_proof=True)),
    IntentReason.UNKNOWN: lambda _: _of_nobody(),
}


def _of_nobody() -> str:
    found = outcome(SENT, None, NOW, LATER)
    assert found is not None
    return found.reason


@pytest.mark.parametrize("reason", IntentReason)
def test_each_reason_is_come_by(reason: IntentReason, tmp_path: Path) -> None:
    assert REACHED[reason](tmp_path) == reason
