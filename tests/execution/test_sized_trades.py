"""A live trade whose unit and size are rules: figures from its opening on, whatever comes later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.cli.journal import journals, live_trade, look
from hypertui.console import format
from hypertui.core.findings import Level
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.engine.blank import blank
from hypertui.execution.trade_config import TradeConfig
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.sizing import Sizing
from hypertui.strategy.ladder.terms import LadderTerms
from tests.execution.test_gate import holder
from tests.support.desk_engine import DeskEngine
from tests.support.ladders import ladder_of, terms_of
from tests.support.live_engine import SOL, LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue
from tests.support.memory_journal import MemoryJournal

RULE = LadderTerms(D(0), D(0), sizing=Sizing(D("0.004"), D(20)))
SIZED = replace(SOL, strategy=RULE)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def with_rules(unit: str | None, risk: str | None, **figures: D) -> TradeConfig:
    sizing = Sizing(None if unit is None else D(unit), None if risk is None else D(risk))
    given = {"unit_size": D(0), "position_size": D(0)} | figures
    return replace(SOL, strategy=LadderTerms(**given, sizing=sizing))


def test_the_preflight_shows_the_arithmetic_and_the_trade_has_its_figures(venue: LocalVenue) -> None:
    with LiveEngine(venue, SIZED) as live:
        live.opened()
        said = {event.data["name"]: event.text for event in live.events("preflight")}
        assert said["sizing"].endswith(
            "unit 0.4 % of 150 = 0.6 USD; risk 20.00 USD / (2.5 units of 0.4 % + fees 0.09 % "
            "+ slippage 0 %) = 1,834.86 USD"
        )
        assert live.snapshot.unit_size == D("0.6")
        ladder = live.on_engine(lambda trade: ladder_of(trade.tracker), None)
        assert ladder is not None
        assert ladder.grid.unit_size == D("0.6")
        assert ladder.entry_coins == D("12.23")  # 1,834.86 / 150, in whole lots
        for unit in range(-1, -5, -1):  # a fall without a gap
            live.go_to(unit)
        live.wait_for(lambda: live.held() == 0, "all to be sold")
        at = live.unit_price(-4)
        net = live.on_engine(lambda trade: trade.book.net_pnl(at), D(0))
        assert D("-20.5") < net < D("-19.9")  # with the spread of the exchange, which no slippage was set for


def test_before_the_price_is_known_no_unit_is_shown() -> None:
    assert format.step(blank(SIZED, 7).unit_size) == format.UNKNOWN


def test_a_resumed_trade_has_the_figures_it_was_opened_with(venue: LocalVenue, tmp_path: Path) -> None:
    def start(config: TradeConfig, before: LiveEngine | None = None) -> LiveEngine:
        live = LiveEngine(venue, config, journal=opened)
        if before is not None:
            live.key = before.key
        return live

    with journals(tmp_path, None, wall_clock) as opened:
        with start(SIZED) as first:
            first.opened()
        venue.set_price("SOL", D(170))  # of which 0.4 % are another unit
        with start(SIZED, first) as again:
            again.opened()
            assert ladder_of_live(again) == (D("0.6"), D("12.23"))
            assert again.snapshot.unit_size == D("0.6")
        # Its figures are its own settings as well as its rules are.
        figures = replace(SOL, strategy=LadderTerms(D("0.6"), D("1834.86")))
        with start(figures, again) as by_figures:
            by_figures.opened()
            assert ladder_of_live(by_figures) == (D("0.6"), D("12.23"))
        for other, words in (
            (with_rules("0.005", "20"), "with unit_size 0.4% is open in this account, 0.5% was asked for"),
            (with_rules("0.004", "30"), "with risk 20 is open in this account, 30 was asked for"),
            (
                with_rules("0.004", None, position_size=D(2000)),
                "with position_size 1834.86 is open in this account, 2000 was asked for",
            ),
            (SOL, "with unit_size 0.4% is open in this account, 0.5 was asked for"),
        ):
            with start(other, by_figures) as refused:
                assert words in refused.reason.text
                assert refused.reason.status == 2
        account = venue.call(lambda: next(iter(venue.core.accounts)))
    with live_trade(SIZED, account, tmp_path, None) as found:
        assert found is not None
        kept = terms_of(found.config)
        assert (kept.unit_size, kept.position_size) == (D("0.6"), D("1834.86"))
        assert kept.sizing == Sizing(D("0.004"), D(20), entry=D(150), taker_fee=D("0.00045"))
    for config, words in ((SIZED, ""), (with_rules("0.005", "20"), "0.5% was asked for")):
        there = asyncio.run(look(config, KNOWN_INSTRUMENTS["SOL"], tmp_path, None, account))
        _, goes_on, refusal, _ = there
        assert "a start resumes it" in goes_on
        assert words in refusal and bool(words) == bool(refusal)


def ladder_of_live(live: LiveEngine) -> tuple[D, D]:
    ladder = live.on_engine(lambda trade: ladder_of(trade.tracker), None)
    assert ladder is not None
    return ladder.grid.unit_size, ladder.entry_coins


def test_a_position_that_is_taken_over_has_units_of_its_own_entry_price(venue: LocalVenue) -> None:
    key = holder(venue)
    venue.set_price("SOL", D(155))
    live = LiveEngine(venue, SIZED, adopt=True)
    live.key = key
    with live:
        live.opened()
        said = {event.data["name"]: event for event in live.events("preflight")}
        assert "unit 0.4 % of 150" in said["sizing"].text
        assert said["risk"].data["level"] == Level.INFO.value  # 8.03 SOL lose less than that
        assert live.snapshot.unit_size == D("0.6")


def test_a_position_that_may_lose_more_than_the_risk_is_amber(venue: LocalVenue) -> None:
    live = LiveEngine(venue, with_rules("0.004", "5"), adopt=True)
    live.key = holder(venue)
    with live:
        live.opened()
        (said,) = (event for event in live.events("preflight") if event.data["name"] == "risk")
        assert said.data["level"] == Level.AMBER.value
        assert "loses 13.13 USD in a straight decline, risk is 5.00 USD" in said.text


def test_what_trades_beside_it_will_buy_counts_by_their_prices_of_now() -> None:
    prices = {"SOL": D(150), "ETH": D(3000)}
    with LocalVenue(prices) as venue:
        eth = replace(with_rules("0.005", "30"), symbol="ETH")
        with DeskEngine(venue, [SIZED, eth]) as live:
            live.wait_for(live.all_settled, "both to be open")
            said = [event.text for event in live.events("preflight") if event.data["name"] == "margin"]
            # (20 / 1.09 % + 30 / 1.34 %) / 20, and their fees; the own position in whole lots.
            beside = [text for text in said if "with what trades of" in text]
            assert beside
            assert all("will buy 205.5" in text for text in beside), beside


def test_a_trade_whose_journal_is_lost_is_not_rebuilt_by_guessing_its_unit(venue: LocalVenue) -> None:
    with LiveEngine(venue, SIZED) as before:
        before.opened()
    live = LiveEngine(venue, SIZED)
    live.key = before.key
    with live:
        assert live.reason.status == 2
        assert "it cannot be rebuilt: its unit and size followed from the market" in live.reason.text
    figures = LiveEngine(venue, replace(SOL, strategy=LadderTerms(D("0.6"), D("1834.86"))))
    figures.key = before.key
    with figures:
        figures.opened()


def test_nothing_is_bought_where_the_figures_cannot_be_written_down(venue: LocalVenue) -> None:
    class Full(MemoryJournal):
        async def keep_terms(self, terms: object) -> str:
            return "the disk is full"

    with LiveEngine(venue, SIZED, journal=lambda *_: nullcontext((7, Full()))) as live:
        assert live.reason.text == "nothing is opened without a journal: the disk is full"
        assert live.held() == 0


def test_exits_that_cannot_be_meant_of_an_open_trade_are_refused_before_anything_is_sold(
    venue: LocalVenue, tmp_path: Path
) -> None:
    """By what its coins were bought for: of a unit in USD nothing is known before."""
    with journals(tmp_path, None, wall_clock) as opened:
        with LiveEngine(venue, SOL, journal=opened) as first:
            first.opened()
        near = replace(SOL, exits=ExitRules(hard_stop=D("0.004")))
        again = LiveEngine(venue, near, journal=opened)
        again.key = first.key
        with again:
            assert "hard_stop 0.4% is not beyond 0.4233%, a unit of 0.3333%" in again.reason.text
            assert again.reason.status == 2
            assert again.held() > 0
    account = venue.call(lambda: next(iter(venue.core.accounts)))
    _, _, refusal, _ = asyncio.run(look(near, KNOWN_INSTRUMENTS["SOL"], tmp_path, None, account))
    assert refusal.startswith("hard_stop 0.4% is not beyond 0.4233%")
