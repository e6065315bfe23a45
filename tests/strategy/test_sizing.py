"""Size from risk: what a straight decline costs is the risk that was set, and rules become figures once."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import replay
from hypertui.core.market import KNOWN_INSTRUMENTS, Instrument
from hypertui.core.price_series import Series
from hypertui.core.volatility import AtrReading
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.sizing import Sizing, arithmetic, lost, position_of, unit_of
from hypertui.strategy.ladder.terms import LadderTerms
from hypertui.strategy.plans import PlanError

BTC = KNOWN_INSTRUMENTS["BTC"]
FEE = D("0.00045")
RULE = LadderTerms(D(0), D(0), trust_slots=0, sizing=Sizing(D("0.004"), D(100)))


def test_the_example_of_the_documentation() -> None:
    assert lost(D("0.004"), FEE, D(0)) == D("0.0109")
    assert position_of(D(100), D("0.004"), FEE, D(0)) == D("9174.31")
    settled = RULE.settled(BTC, D(64_000), FEE)
    assert (settled.unit_size, settled.position_size) == (D(256), D("9174.31"))
    assert settled.sizing is not None
    assert arithmetic(settled.sizing, settled.unit_size, settled.position_size) == (
        "unit 0.4 % of 64,000 = 256 USD; risk 100.00 USD / (2.5 units of 0.4 % + fees 0.09 % "
        "+ slippage 0 %) = 9,174.31 USD"
    )


@given(
    entry=st.decimals(D(1), D(100_000), places=2),
    share=st.decimals(D("0.001"), D("0.2"), places=4),
    risk=st.decimals(D(50), D(10_000), places=2),
    fee=st.decimals(D(0), D("0.001"), places=5),
    decimals=st.integers(0, 5),
)
def test_a_straight_decline_costs_the_risk(entry: D, share: D, risk: D, fee: D, decimals: int) -> None:
    instrument = Instrument("COIN", decimals, 50)
    entry = instrument.round_price(entry)
    rule = replace(RULE, sizing=Sizing(share, risk), reinvest=Reinvest.OFF)
    terms = rule.settled(instrument, entry, fee)
    plan = terms.plan(instrument, 1)
    try:
        plan.check_at(entry)
    except PlanError:
        return  # no ladder of this market
    unit = terms.unit_size
    below = tuple(instrument.round_price(entry - unit * number) for number in range(1, 5))
    prices = (entry, *(price for price in below if price > 0))
    run = replay(Series(prices, tuple(range(len(prices)))), plan, Costs(fee, D(0)))
    assert run.ladder.book.position == 0
    loss = -run.ladder.book.net_pnl(prices[-1])
    # Coins come in lots, whose remainder has the lowest stop, and stops stand on ticks.
    coins, tick = run.ladder.entry_coins, instrument.tick(entry)
    odd = D("4.5") * instrument.lot * unit + coins * tick / 2
    assert loss <= risk + odd
    # Short of it by what the sales save of the fee, and by what the lot and the cent leave over.
    left = lost(share, fee, D(0)) * (instrument.lot * entry + 1) + fee * risk * 5
    assert loss >= risk - odd - left - coins * tick * 3


@given(
    share=st.decimals(D("0.00001"), D("0.2"), places=5), entry=st.decimals(D("0.001"), D(200_000), places=5)
)
def test_a_unit_is_whole_ticks_and_never_0(share: D, entry: D) -> None:
    instrument = Instrument("COIN", 0, 50)
    unit, tick = unit_of(share * entry, entry, instrument), instrument.tick(entry)
    assert unit >= tick
    assert unit % tick == 0
    assert unit == tick or abs(unit - share * entry) <= tick / 2


def test_figures_are_worked_out_once() -> None:
    first = RULE.settled(BTC, D(64_000), FEE)
    assert not RULE.is_settled and first.is_settled
    assert first.settled(BTC, D(20_000), D(0)) is first
    fixed = LadderTerms(D(100), D(10_000))
    assert fixed.settled(BTC, D(64_000), FEE) is fixed


ATR = AtrReading(D("412.3049871235"), 1_764_338_400_000)  # 2025-11-28 14:00 UTC


def test_a_unit_in_atr() -> None:
    rule = LadderTerms(D(0), D(0), sizing=Sizing(None, D(100), unit_atr=D("0.5")))
    assert rule.needs_atr and not rule.is_settled
    assert rule.settled(BTC, D(64_000), FEE) is rule, "it hangs on an ATR"
    settled = rule.settled(BTC, D(64_000), FEE, ATR)
    assert settled.is_settled and not settled.needs_atr
    assert settled.unit_size == D(206)
    assert settled.position_size == position_of(D(100), D(206) / D(64_000), FEE, D(0))
    assert settled.settled(BTC, D(64_000), FEE, replace(ATR, atr=D(900))) is settled
    assert settled.sizing is not None
    assert arithmetic(settled.sizing, settled.unit_size, settled.position_size).startswith(
        "unit 0.5 × ATR 412.3 (until 14:00 UTC) = 206 USD; risk 100.00 USD / (2.5 units of 0.3219 % + "
    )


@given(
    multiple=st.decimals(D("0.01"), D(20), places=2),
    atr=st.decimals(D(0), D(2_000), places=10),
    entry=st.decimals(D("0.001"), D(200_000), places=5),
)
def test_a_unit_in_atr_is_whole_ticks_and_never_0(multiple: D, atr: D, entry: D) -> None:
    instrument = Instrument("COIN", 0, 50)
    rule = LadderTerms(D(0), D(2_000), sizing=Sizing(unit_atr=multiple))
    terms, tick = rule.settled(instrument, entry, FEE, AtrReading(atr, 0)), instrument.tick(entry)
    assert terms.position_size == D(2_000)
    assert terms.unit_size >= tick and terms.unit_size % tick == 0
    assert terms.unit_size == tick or abs(terms.unit_size - multiple * atr) <= tick / 2


@pytest.mark.parametrize(
    "sizing",
    [
        Sizing(D("0.004"), D(100), D("0.001")),
        Sizing(D("0.0025")),
        Sizing(None, D(50)),
        Sizing(unit_atr=D("0.5")),
        Sizing(None, D(50), unit_atr=D("1.25")),
    ],
)
def test_what_is_recorded_comes_back(sizing: Sizing) -> None:
    terms = LadderTerms(
        D(0) if sizing.unit_rule else D(100),
        D(0) if sizing.risk is not None else D(9_000),
        sizing=sizing,
    ).settled(BTC, D("64005.5"), FEE, ATR)
    assert terms.sizing is not None
    assert terms.sizing.atr == (ATR if sizing.unit_atr is not None else None)
    assert LadderTerms.recorded(json.loads(json.dumps(terms.record()))) == terms


def test_before_the_price_is_known() -> None:
    record = RULE.record()
    assert "unit_size" not in record and "position_size" not in record
    assert record["sizing"] == {"unit_size": "0.4%", "risk": "100", "risk_slippage": "0"}
    RULE.check(BTC, 40)
    with pytest.raises(PlanError, match="not known yet"):
        RULE.plan(BTC, 40)
    with pytest.raises(PlanError, match="leverage 41 is above the 40 of BTC"):
        RULE.check(BTC, 41)
    in_atr = replace(RULE, sizing=Sizing(None, D(100), unit_atr=D("0.50")))
    assert in_atr.record()["sizing"] == {"unit_size": "0.5atr", "risk": "100", "risk_slippage": "0"}
    in_atr.check(BTC, 40)
    with pytest.raises(PlanError, match="leverage 41 is above the 40 of BTC"):
        in_atr.check(BTC, 41)
    quarter = replace(RULE, sizing=Sizing(D("0.25"), D(100)))
    with pytest.raises(PlanError, match=r"unit size 25% puts the lowest stop at 0 or below it"):
        quarter.check(BTC, 1)
