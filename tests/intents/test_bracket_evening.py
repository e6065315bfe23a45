"""A trader's evening end to end: an alert that a guard holds, one that enters a bracket by a limit, fills in
parts, a stop from the first of them on that trails and closes it, and a second stay that an alert closes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.cli.journal import journals
from hypertui.core.market import Reason
from hypertui.execution.input_codec import JournalledInput, decode
from hypertui.execution.trade_inputs import ExitBegan
from hypertui.journal.history import History
from hypertui.journal.records import IntentRecord
from hypertui.ledger import order_history, order_history_text
from hypertui.ledger.order_history import Story
from hypertui.port.commands import Command, Verb
from hypertui.risk.rules import GuardRules
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from hypertui.strategy.exits.trailing import TrailingTerms
from tests.execution.test_bracket import PATIENT, config, is_flat, prices
from tests.execution.test_guards import pay_out, read_account, said
from tests.execution.test_second_strategy import held, liquidity
from tests.execution.test_trailing_stop import trailing
from tests.intents.alerts import AlertedEngine
from tests.support.by_hand import sold_by_another
from tests.support.live_engine import LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue

# Armed at a gain of 3.5 %; under the peak by an ATR, which its limits make about 1.2 % of it.
TRAILS = TrailingTerms(D("0.035"), D(1), D("0.5"), D("0.0119"), D("0.0121"))
RULES = ExitRules(hard_stop=D("0.05"), signal_exit=True, trailing_stop=TRAILS)
TOLD = replace(config(RULES, enters_at_start=False), guards=GuardRules(daily_loss_usd=D(500)))


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}, past=48) as venue:
        yield venue


def may_be_told(live: LiveEngine) -> bool:
    """Whether it is in sight of the exchange, and nothing stands against an entry."""
    return live.snapshot.known_at is not None and not dict(live.snapshot.refusals).get(Verb.OPEN)


def lose(venue: LocalVenue, live: LiveEngine, usd: D) -> None:
    """Money goes in a way that nobody understands: a loss."""
    venue.call(lambda: pay_out(venue, live.key.address.lower(), usd, {"type": "taken"}))
    read_account(live)


def rearm(live: LiveEngine, reason: str) -> None:
    command = Command("rearm-1", Verb.REARM, "ann@tty", guard="daily_loss", reason=reason)
    assert asyncio.run(live.engine.command(command)).accepted


def test_from_the_alert_to_the_exit(venue: LocalVenue, tmp_path: Path) -> None:
    assert PATIENT.entry_price == D(149)
    with (
        journals(tmp_path, None, wall_clock) as journal,
        AlertedEngine(venue, tmp_path, TOLD, journal=journal, sized=True) as engine,
    ):
        live = engine.live
        live.opened()
        live.wait_for(lambda: may_be_told(live), "the bracket to be ready")
        assert engine.ends_as(engine.alert("close", id="early")[1]["id"], "REJECTED").reason == "nothing-open"
        stopped = _held_by_a_guard(venue, engine)
        opened = _entered_in_parts(venue, engine)
        _trailed(venue, engine)
        closed = _closed_by_an_alert(venue, engine)
        live.wait_for(lambda: is_flat(live), "the exit")
    with History.open(engine.url) as history:
        _why_tells_all_of_it(history, opened, closed)
    rows = {row.id: row for row in engine.rows()}
    assert (rows[stopped.id].command_id, rows[stopped.id].state) == ("", "HELD")


def _held_by_a_guard(venue: LocalVenue, engine: AlertedEngine) -> IntentRecord:
    live = engine.live
    lose(venue, live, D(600))
    live.wait_for(lambda: bool(said(live)), "the guard")
    row = engine.ends_as(engine.alert("buy", id="held")[1]["id"], "HELD")
    assert row.reason == "guard:daily_loss"
    assert not live.working()
    rearm(live, "it was not mine")
    live.wait_for(lambda: may_be_told(live), "the bracket to be ready again")
    status, answer = engine.alert("buy", id="held")
    assert (status, answer) == (200, {"id": row.id, "state": "HELD"}), "what was held is not done later"
    return row


def _entered_in_parts(venue: LocalVenue, engine: AlertedEngine) -> IntentRecord:
    live = engine.live
    alert = {"id": "in", "prev_market_position": "flat", "market_position": "long", "size": 5_000}
    status, answer = engine.alert("buy", **alert)
    assert status == 202
    engine.ends_as(answer["id"], "SENT")
    live.wait_for(lambda: prices(live) == ["149"], "the entry")
    assert engine.alert("buy", **alert)[0] == 200
    other = engine.alert("buy", id="twice")[1]["id"]
    assert engine.ends_as(other, "REJECTED").reason == "already-open"
    liquidity(venue, D(20))
    venue.set_price("SOL", D("149.1"))
    sold_by_another(live, "0.9", "148.9")
    live.wait_for(lambda: prices(live) == ["141.64", "149"] and live.settled, "its stop beside the rest")
    assert "bought" in engine.ends_as(answer["id"], "PARTIAL").text
    liquidity(venue, D(1_000_000))
    venue.set_price("SOL", D("148.8"))
    row = engine.ends_as(answer["id"], "DONE")
    assert held(live) == D("2.01"), "the plan's size, although the alert says more"
    assert engine.alert("buy", **alert) == (200, {"id": row.id, "state": "DONE"})
    return row


def _trailed(venue: LocalVenue, engine: AlertedEngine) -> None:
    """Up until its stop trails, twice, then down into it; no alert comes before that."""
    live = engine.live
    live.wait_for(lambda: trailing(live).atr is not None, "the ATR")
    for price in (D(155), D(158)):
        venue.set_price("SOL", price)
        live.wait_for(lambda p=price: trailing(live).peak == p, "the peak")  # type: ignore[misc]
        live.wait_for(lambda: prices(live) == [str(trailing(live).stop)] and live.settled, "the stop")
    noted = engine.ends_as(engine.alert("sell", id="early exit", market_position="flat")[1]["id"], "DONE")
    assert "while a stop trails no signal acts" in noted.text
    venue.set_price("SOL", trailing(live).stop)
    live.wait_for(lambda: is_flat(live), "the trailing stop")


def _closed_by_an_alert(venue: LocalVenue, engine: AlertedEngine) -> IntentRecord:
    """The second stay of the evening."""
    live = engine.live
    live.wait_for(lambda: may_be_told(live), "the bracket to be ready once more")
    again = engine.alert("buy", id="in again", prev_market_position="flat", size="100.50")[1]["id"]
    live.wait_for(lambda: prices(live) == ["149"], "the second entry")
    venue.set_price("SOL", D("148.8"))
    assert engine.ends_as(again, "DONE").text == "holds 0.67 at 149 on average"
    venue.set_price("SOL", D(152))  # a signal closes nothing at a loss
    row = engine.ends_as(engine.alert("sell", id="out", market_position="flat")[1]["id"], "DONE")
    venue.set_price("SOL", D("152.1"))  # it acts with the next price
    return row


def _why_tells_all_of_it(history: History, opened: IntentRecord, closed: IntentRecord) -> None:
    (trade,) = history.trades()
    told: dict[str, list[Story]] = {}
    for order in history.orders(trade.id):
        story = order_history.tell(history, order_history.find(history, order.client_id))
        told.setdefault(order.reason, []).append(story)
    entry, out = told[Reason.ENTRY][0], told[Reason.SIGNAL_EXIT][0]
    first, _, trailed = sorted(told[Reason.HARD_STOP] + told[Reason.TRAILING_STOP], key=_sent_at)[:3]
    assert (entry.intent, out.intent) == (opened, closed)
    assert (first.intent, first.opened_by, trailed.opened_by) == (None, (), (opened,))
    assert [fill.source for fill in entry.fills] == ["webhook:tv-sol"] * 2
    assert {(fill.reason, fill.source) for fill in trailed.fills} == {("TRAILING_STOP", "exit:trailing_stop")}
    words = {
        name: "\n".join(order_history_text.in_words(story))
        for name, story in (("entry", entry), ("trailed", trailed))
    }
    assert "buy 2.01 SOL at 149 or better" in words["entry"]
    assert f"webhook:tv-sol wanted: open (intent {opened.id}), done: holds 2.01 at 149" in words["entry"]
    assert "told to enter by webhook:tv-sol" in words["entry"]
    assert words["entry"].count("  bought ") == 2, "a line for each part"
    assert f"webhook:tv-sol had it opened (intent {opened.id})" in words["trailed"]
    assert "decided: the trailing stop under the peak of 158, with 2.01 held" in words["trailed"]
    assert "realised +" in words["trailed"]
    assert "fired" in words["trailed"] and "fired" not in words["entry"]
    given = [decode(JournalledInput(row.kind, row.at, row.data)) for row in history.inputs(trade.id)]
    verdicts = [{each.rule: each.due for each in one.verdicts} for one in given if isinstance(one, ExitBegan)]
    assert [[rule for rule, due in said.items() if due] for said in verdicts] == [
        [ExitRule.TRAILING_STOP],
        [ExitRule.SIGNAL_EXIT],
    ]
    assert all(len(said) == 3 for said in verdicts), "what each rule said is written down"


def _sent_at(story: Story) -> int:
    assert story.order is not None
    return story.order.sent_at
