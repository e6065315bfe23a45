"""A source that has to be proven: what the ledger says decides whether it opens a trade."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from types import SimpleNamespace

import pytest

from hypertui.cli.journal import journals
from hypertui.cli.proof import proof_of
from hypertui.core.intents import IntentState, IntentVerb
from hypertui.intents.gate import Alert, Proof, SourceRules, judge
from hypertui.intents.proving import Proving
from hypertui.journal import Journal
from hypertui.journal.history import History
from hypertui.ledger.sample_keys import SampleKeys
from hypertui.ledger.samples import TradeSample, samples
from hypertui.ledger.scope import Scope
from hypertui.port.commands import Verb
from hypertui.port.views import BracketView
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules
from hypertui.strategy.exits.rules import ExitRules
from tests.execution.test_bracket import config, is_flat
from tests.intents.alerts import WAITING, AlertedEngine
from tests.intents.test_bracket_evening import may_be_told
from tests.intents.test_gate import NOW, running
from tests.ledger.stays import add_stays, bracket
from tests.support.live_engine import LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue

TOLD = config(
    ExitRules(hard_stop=D("0.05"), signal_exit=True),
    enters_at_start=False,
    entry=EntryRules(EntryOrder.MARKET),
    entry_price=None,
)
PICKY = SourceRules("tv", "BTC", frozenset(IntentVerb), needs_proof=True)
POOR, GOOD = Proof(False, "BTC is not proven: 3 samples"), Proof(True, "BTC is proven")


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


@pytest.mark.parametrize("fields", [{"waits": True}, {"bracket": BracketView("flat")}])
@pytest.mark.parametrize(
    ("proof", "said"),
    [
        (GOOD, ("ACCEPTED", "", "")),
        (POOR, ("HELD", "unproven", POOR.text)),
        (None, ("HELD", "unproven", "nobody has looked whether the market is proven")),
    ],
)
def test_what_opens_needs_proof(
    fields: dict[str, object], proof: Proof | None, said: tuple[str, str, str]
) -> None:
    trade = running(position=D(0), **fields)
    alert = Alert(IntentVerb.OPEN, "key", NOW)
    found = judge(alert, PICKY, trade, NOW + 30_000, NOW, armed=True, proof=proof)
    assert (found.state.value, found.reason, found.text) == said
    anybody = replace(PICKY, needs_proof=False)
    assert judge(alert, anybody, trade, NOW + 1, NOW, armed=True).state is IntentState.ACCEPTED


@pytest.mark.parametrize("verb", [each for each in IntentVerb if not each.adds_risk])
def test_what_closes_needs_none(verb: IntentVerb) -> None:
    found = judge(Alert(verb, "key", NOW), PICKY, running(), NOW + 30_000, NOW, armed=True, proof=POOR)
    assert found.state is IntentState.ACCEPTED


def test_whatever_else_stands_against_it_is_said_first() -> None:
    found = judge(Alert(IntentVerb.OPEN, "key", NOW), PICKY, running(), NOW + 1, NOW, armed=True)
    assert found.reason == "already-open"


def over(url: str) -> list[tuple[TradeSample, str]]:
    """What the ledger counts of the engine's own account, with its source."""
    with History.open(url) as history:
        keys = SampleKeys(history)
        found = samples(Scope(history, "paper"))
        return [
            (each, keys.of(each, "source")) for each in found if each.trade.account != bracket(1, "").account
        ]


def is_held(live: LiveEngine) -> bool:
    """As the gate sees it."""
    return live.snapshot.bracket is not None and live.snapshot.bracket.state == "held"


def made_by_the_venue(live: LiveEngine) -> D:
    """What the venue says of all fills of the account, after fees."""
    return sum((D(row["closedPnl"]) - D(row["fee"]) for row in live.fills()), D(0))


def test_a_market_is_opened_once_it_is_proven(venue: LocalVenue, tmp_path: Path) -> None:
    add_stays(f"sqlite:///{tmp_path / 'journal.db'}", bracket(1, "SOL"), [3, 4] * 9 + [3], before=1_000)
    with (
        journals(tmp_path, None, wall_clock) as journal,
        AlertedEngine(venue, tmp_path, TOLD, journal=journal, needs_proof=True) as engine,
    ):
        live = engine.live
        live.opened()
        live.wait_for(lambda: may_be_told(live), "the bracket to be ready")
        row = engine.ends_as(engine.alert("buy", id="early")[1]["id"], "HELD")
        said = "SOL is not proven: 19 samples in 30 days, lower bound +3.18 USD; it takes 20 samples"
        assert (row.reason, row.text) == ("unproven", said)
        (alarm,) = engine.live.engine.view.intents.alarms
        assert alarm.active and said in alarm.text
        assert live.command(Verb.OPEN).accepted, "the operator needs no proof"
        live.wait_for(lambda: is_held(live) and live.settled, "the entry")
        venue.set_price("SOL", D(160))
        engine.ends_as(engine.alert("sell", id="out")[1]["id"], "DONE")
        live.wait_for(lambda: is_flat(live), "the exit")
        realised = made_by_the_venue(live)
        live.wait_for(lambda: may_be_told(live), "the bracket to be ready")
        engine.ends_as(engine.alert("buy", id="proven")[1]["id"], "DONE")
        assert live.held() > 0
    found = over(engine.url)
    assert [source for _, source in found] == ["operator"]
    assert sum((sample.net for sample, _ in found), D(0)) == realised


def test_a_ladders_cycles_count_for_the_source_that_began_it(venue: LocalVenue, tmp_path: Path) -> None:
    with (
        journals(tmp_path, None, wall_clock) as journal,
        AlertedEngine(venue, tmp_path, WAITING, journal=journal) as engine,
    ):
        engine.wait_until_it_waits()
        engine.ends_as(engine.alert("buy", id="in")[1]["id"], "DONE")
        live = engine.live.opened()
        for unit in (-1, -2, -3, -4, -3, -2, -1, 0, 1, 2):
            live.go_to(unit)
        venue.set_price("SOL", live.unit_price(9))  # a signal closes nothing at a loss
        engine.ends_as(engine.alert("close", id="out")[1]["id"], "DONE")
        engine.wait_until_it_waits()
        realised = made_by_the_venue(live)
    found = over(engine.url)
    assert [source for _, source in found] == ["webhook:tv-sol", "webhook:tv-sol"]
    assert sum((sample.net for sample, _ in found), D(0)) == realised


def test_a_ledger_that_cannot_be_read_holds_and_one_that_does_not_answer_lets_it_expire(
    venue: LocalVenue, tmp_path: Path
) -> None:
    async def never(symbol: str) -> Proof:
        await asyncio.Event().wait()
        return GOOD

    (tmp_path / "2").mkdir()
    nowhere = proof_of(f"sqlite:///{tmp_path / 'elsewhere.db'}", "paper", wall_clock)
    with AlertedEngine(venue, tmp_path, WAITING, prove=nowhere, needs_proof=True, ttl=10_000) as engine:
        engine.wait_until_it_waits()
        row = engine.ends_as(engine.alert("buy", id="1")[1]["id"], "HELD")
        assert (row.reason, row.text.partition(": ")[0]) == ("unproven", "the ledger cannot be read")
    with AlertedEngine(venue, tmp_path / "2", WAITING, prove=never, needs_proof=True, ttl=300) as engine:
        engine.wait_until_it_waits()
        engine.ends_as(engine.alert("buy", id="2")[1]["id"], "EXPIRED")
        assert not engine.live.held()


def test_what_is_read_once_is_read_again_when_there_is_more(tmp_path: Path) -> None:
    file_url = f"sqlite:///{tmp_path / 'journal.db'}"
    prove = proof_of(file_url, "paper", wall_clock)
    Journal.open(file_url).close()
    assert "no sample in 30 days" in asyncio.run(prove("SOL")).text
    add_stays(file_url, bracket(1, "SOL"), [3, 4], before=5_000)
    assert "2 samples" in asyncio.run(prove("SOL")).text
    add_stays(file_url, bracket(1, "SOL"), [3], before=100, is_new=False)
    assert "3 samples" in asyncio.run(prove("SOL")).text
    add_stays(file_url, bracket(2, "BTC"), [3, 4] * 10, before=1_000)
    add_stays(file_url, bracket(3, "SOL", "testnet"), [3, 4] * 10, before=1_000)
    assert "3 samples" in asyncio.run(prove("SOL")).text
    add_stays(file_url, replace(bracket(4, "SOL"), account="0xb2"), [3, 4] * 9, before=1_000)
    assert asyncio.run(prove("SOL")).is_proven


def test_it_is_asked_beforehand_once_a_trade_holds_nothing() -> None:
    asked: list[tuple[int, str]] = []
    now, held = 0, D(1)

    async def prove(symbol: str) -> Proof:
        asked.append((now, symbol))
        return GOOD

    async def looked_at(moments: range) -> None:
        nonlocal now, held
        proving = Proving(engine, prove, lambda: now)  # type: ignore[arg-type]
        for now in moments:
            held = D(1 if now < 400 or 2_000 <= now < 3_000 else 0)
            proving.look([replace(PICKY, name="other", needs_proof=False), PICKY])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        await proving.close()

    engine = SimpleNamespace(view=SimpleNamespace(trade=lambda name: running(position=held)))
    asyncio.run(looked_at(range(0, 6_000, 200)))
    assert asked == [(1_400, "BTC"), (4_000, "BTC")]
