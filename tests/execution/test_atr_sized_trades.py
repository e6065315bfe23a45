"""A live trade whose unit is a multiple of the ATR: measured of the closed hours before it, and a figure from
its opening on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.cli.journal import journals, live_trade, look
from hypertui.core import volatility
from hypertui.core.candles import Interval
from hypertui.core.clock import wall_ms
from hypertui.core.findings import Level
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.core.phrases import time_of_day
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.execution.account_context import AccountContext
from hypertui.execution.preflight.checks import findings
from hypertui.execution.preflight.facts import Survey, market
from hypertui.execution.preflight.margin import Ground
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Mode
from hypertui.strategy.ladder.sizing import Sizing
from hypertui.strategy.ladder.terms import LadderTerms
from hypertui.venue.market.candles import Candles
from tests.execution.test_gate import holder
from tests.support.desk_engine import DeskEngine
from tests.support.ladders import ladder_of, terms_of
from tests.support.live_engine import SOL, LiveEngine, wait_until, wall_clock
from tests.support.local_venue import LocalVenue

HOUR = Interval.HOUR


def with_atr(multiple: str, risk: str | None = "20", size: str = "0", symbol: str = "SOL") -> TradeConfig:
    sizing = Sizing(None, None if risk is None else D(risk), unit_atr=D(multiple))
    return replace(SOL, symbol=symbol, strategy=LadderTerms(D(0), D(size), sizing=sizing))


RULE = with_atr("0.5")


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150), "ETH": D(3000)}) as venue:
        yield venue


def hours(venue: LocalVenue, span: str, count: int = 20, ended: int = 0, symbol: str = "SOL") -> int:
    """The market has had so many hours of one range (USD), the newest over `ended` hours ago; returns when.
    The hour that grows is wilder."""

    def trade() -> int:
        book = venue.core.books[symbol]
        book.candles = candles = Candles(symbol)
        now, price, half = wall_ms(), book.mark, D(span) / 2
        newest = HOUR.beginning(now) - ended * HOUR
        for at in range(newest - count * HOUR, newest, HOUR):
            for minute, each in enumerate((price, price - half, price + half, price)):
                candles.trade(at + minute * 60_000, each, D(1))
        if not ended:
            candles.trade(now, price * 2, D(1))
        return newest

    return venue.call(trade)


def ladder_of_live(live: LiveEngine) -> tuple[D, D]:
    ladder = live.on_engine(lambda trade: ladder_of(trade.tracker), None)
    assert ladder is not None
    return ladder.grid.unit_size, ladder.entry_coins


def test_the_preflight_shows_the_arithmetic_and_the_trade_has_its_figures(venue: LocalVenue) -> None:
    until = hours(venue, "1.31")
    with LiveEngine(venue, RULE) as live:
        live.opened()
        said = {event.data["name"]: event.text for event in live.events("preflight")}
        assert said["sizing"] == (
            f"sizing: unit 0.5 × ATR 1.31 (until {time_of_day(until)}) = 0.66 USD; risk 20.00 USD / "
            "(2.5 units of 0.44 % + fees 0.09 % + slippage 0 %) = 1,680.67 USD"
        )
        assert "ATR" not in said
        assert live.snapshot.unit_size == D("0.66")
        assert ladder_of_live(live) == (D("0.66"), D("11.2"))
        live.go_to(-1)
        assert live.unit_price(0) - live.unit_price(-1) in (D("0.65"), D("0.66"), D("0.67"))


def test_a_resumed_trade_has_the_figures_it_was_opened_with(venue: LocalVenue, tmp_path: Path) -> None:
    def start(config: TradeConfig, before: LiveEngine | None = None) -> LiveEngine:
        live = LiveEngine(venue, config, journal=opened)
        if before is not None:
            live.key = before.key
        return live

    until = hours(venue, "1.31")
    with journals(tmp_path, None, wall_clock) as opened:
        with start(RULE) as first:
            first.opened()
        hours(venue, "4")
        with start(RULE, first) as again:
            again.opened()
            assert ladder_of_live(again) == (D("0.66"), D("11.2"))
            assert again.snapshot.unit_size == D("0.66")
        hours(venue, "4", count=3)  # of which no trade could begin
        with start(replace(SOL, strategy=LadderTerms(D("0.66"), D("1680.67"))), again) as by_figures:
            by_figures.opened()
        for other, words in (
            (with_atr("0.6"), "with unit_size 0.5atr is open in this account, 0.6atr was asked for"),
            (SOL, "with unit_size 0.5atr is open in this account, 0.5 was asked for"),
            (with_atr("0.5", "30"), "with risk 20 is open in this account, 30 was asked for"),
        ):
            with start(other, by_figures) as refused:
                assert words in refused.reason.text
                assert refused.reason.status == 2
        account = venue.call(lambda: next(iter(venue.core.accounts)))
    with live_trade(RULE, account, tmp_path, None) as found:
        assert found is not None
        kept = terms_of(found.config)
        assert (kept.unit_size, kept.position_size) == (D("0.66"), D("1680.67"))
        assert kept.sizing is not None
        assert kept.sizing.unit_atr == D("0.5")
        assert kept.sizing.atr == volatility.AtrReading(D("1.31"), until)
    there = asyncio.run(look(RULE, KNOWN_INSTRUMENTS["SOL"], tmp_path, None, account))
    assert "a start resumes it" in there[1] and there[2] == ""
    # Another trade begins by the hours of now.
    hours(venue, "4")
    with LiveEngine(venue, RULE) as new:
        new.opened()
        assert new.snapshot.unit_size == D(2)


@pytest.mark.parametrize(
    ("count", "ended", "line"),
    [
        (14, 0, "a unit in ATR needs 15 closed candles of one hour, SOL has 14: set it in USD or as a perc"),
        (20, 4, "a unit in ATR needs a candle that ended in the last 3 h, the newest of SOL ended 4 h "),
    ],
)
def test_nothing_is_bought_without_an_atr_to_rely_on(
    venue: LocalVenue, count: int, ended: int, line: str
) -> None:
    hours(venue, "1.31", count, ended)
    with LiveEngine(venue, RULE) as live:
        assert live.reason.text.startswith(line)
        assert "\n" not in live.reason.text
        assert live.reason.status == 2
        assert live.held() == 0
        said = {event.data["name"]: event.data for event in live.events("preflight")}
        assert said["ATR"]["level"] == Level.RED.value
        assert said["leverage"]["level"] == Level.GREEN.value
        assert said["ATR"]["limit"] == ("3 h" if ended else "15")
        assert not said.keys() & {"sizing", "unit", "margin", "plan"}, "nothing is known of these"


def test_a_trade_that_goes_on_needs_no_candles(venue: LocalVenue) -> None:
    async def found(goes_on: str) -> tuple[Ground, set[str]]:
        exchange = HyperliquidExchange(paper(venue.base_url), SigningKey.throwaway())
        try:
            instrument = await market(exchange, "SOL")
            survey = Survey(AccountContext(exchange), RULE, instrument, wall_clock)
            ground = await survey.look(None, goes_on)
        finally:
            await exchange.close()
        return ground, {each.name for each in findings(ground) if each.level is Level.RED}

    ground, red = asyncio.run(found("a trade of SOL is open"))
    assert (ground.terms, ground.atr, red) == (None, None, set())
    ground, red = asyncio.run(found(""))
    assert (ground.terms, red) == (None, {"ATR"}), "there is no candle, and nothing can begin"


def test_a_range_of_less_than_a_tick_is_a_unit_of_one(venue: LocalVenue) -> None:
    """The exchange's rules have the last word on such a unit."""
    hours(venue, "0.002")
    with LiveEngine(venue, with_atr("0.5", None, "2000")) as live:
        live.opened()
        assert live.snapshot.unit_size == D("0.01")


def test_a_position_that_is_taken_over_has_units_of_the_hours_before_that(venue: LocalVenue) -> None:
    key = holder(venue)
    venue.set_price("SOL", D(155))
    hours(venue, "1.31")
    live = LiveEngine(venue, with_atr("0.5", None, "2000"), adopt=True)
    live.key = key
    with live:
        live.opened()
        assert live.snapshot.unit_size == D("0.66")
        assert live.unit_price(0) < D(151)


def test_what_trades_beside_it_will_buy_counts_by_the_hours_of_its_own_market(venue: LocalVenue) -> None:
    hours(venue, "1.31")
    hours(venue, "30", symbol="ETH")
    with DeskEngine(venue, [RULE, with_atr("0.5", "30", symbol="ETH")]) as live:
        live.wait_for(live.all_settled, "both to be open")
        said = [event.text for event in live.events("preflight") if event.data["name"] == "margin"]
        beside = [text for text in said if "with what trades of" in text]
        # (20 / 1.19 % + 30 / 1.34 %) / 20, and their fees of 0.045 %; the own position in whole lots.
        assert beside
        assert all("will buy 197.7" in text for text in beside), beside


def test_one_that_waits_to_buy_again_counts_by_its_own_figures(venue: LocalVenue) -> None:
    hours(venue, "30", symbol="ETH")
    with DeskEngine(venue, [SOL, with_atr("0.5", "30", symbol="ETH")]) as live:
        live.wait_for(live.all_settled, "both to be open")
        assert live.order(Verb.FLATTEN, "SOL").accepted
        live.wait_for(lambda: live.trade("SOL").mode is Mode.HALTED, "SOL to be flat")
        venue.set_price("ETH", D(2900))
        live.wait_for(lambda: live.trade("ETH").position == 0, "ETH to be sold")
        shown = len(live.events("preflight"))
        assert live.order(Verb.START, "SOL").accepted
        live.wait_for(lambda: live.trade("SOL").mode is Mode.RUNNING, "SOL again")
        again = [each for each in live.events("preflight")[shown:] if each.data["name"] == "margin"]
        assert "with what trades of ETH will buy 213.82 USD" in again[-1].text, again


def test_a_trade_whose_journal_is_lost_is_not_rebuilt_by_guessing_its_unit(venue: LocalVenue) -> None:
    hours(venue, "1.31")
    with LiveEngine(venue, RULE) as before:
        before.opened()
    hours(venue, "4")
    live = LiveEngine(venue, RULE)
    live.key = before.key
    with live:
        assert live.reason.status == 2
        assert "it cannot be rebuilt: its unit and size followed from the market" in live.reason.text


@pytest.mark.parametrize(("config", "times"), [(RULE, 1), (SOL, 0)])
def test_what_measures_is_loaded_at_once_where_a_unit_is_in_atr(
    venue: LocalVenue, monkeypatch: pytest.MonkeyPatch, config: TradeConfig, times: int
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(volatility, "load", lambda: loaded.append("talipp"))
    with LiveEngine(venue, config) as live:
        wait_until(lambda: live.ended or live.settled, "the start")
    assert len(loaded) == times
