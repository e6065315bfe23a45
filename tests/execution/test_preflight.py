"""The preflight: what is red, amber and green, each with its figure beside its limit."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.findings import Finding, Level
from hypertui.core.market import Instrument, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.exchange.protocol import AccountState, Collateral, OpenOrder, Quote, Signer, Standing
from hypertui.execution.preflight.checks import findings
from hypertui.execution.preflight.margin import Ground
from hypertui.port.snapshot import Network
from hypertui.runtime.clock_sync import ClockSync
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.trade_plan import LadderPlan
from tests.support.local_venue import LocalVenue

ADDRESS = "0x" + "ab" * 20
AGENT = "0x" + "cd" * 20
NOW = 1_700_000_000_000
DAY = 86_400_000
SOL = Instrument("SOL", 2, 20)
PLAN = LadderPlan(SOL, unit_size=D("0.5"), position_size=D(2000), leverage=20)


def backed(equity: int, used: int = 0, maintenance: int = 0) -> AccountState:
    """An account without a position in SOL, whose cross positions elsewhere are backed by `equity`."""
    cross = Collateral(D(equity), D(used), D(maintenance))
    return AccountState(D(equity), D(used), D(0), None, None, 0, D(0), NOW, cross)


ACCOUNT = backed(10_000)
HELD = replace(ACCOUNT, position=D(8), entry_price=D(150), leverage=20, liquidation_price=D(20))
HERE = Standing(Signer(ADDRESS), D("0.00045"), "http://127.0.0.1:3001", "ws://127.0.0.1:3001/ws")
ISOLATED = replace(PLAN, instrument=replace(SOL, only_isolated=True))
LOW = replace(PLAN, leverage=3)
OWN_MARGIN = replace(HELD, isolated=True, position_margin=D(60))
ORDER = OpenOrder("SOL", 1, None, Side.BUY, D(1), D(190), D(180), False, NOW)


def skewed(ms: int) -> ClockSync:
    clock = ClockSync()
    clock.measure(NOW, NOW, NOW + ms)
    return clock


def ground(**changes: Any) -> Ground:
    quote = Quote(D(150), D(150), None)
    base = Ground(PLAN, Network.PAPER, ADDRESS, quote, ACCOUNT, (), HERE, skewed(0), NOW)
    return replace(base, **changes)


def found(name: str, **changes: Any) -> Finding:
    """The one finding of that name that matters most."""
    order = list(Level)
    named = [finding for finding in findings(ground(**changes)) if finding.name == name]
    return min(named, key=lambda finding: order.index(finding.level))


def test_a_good_plan_has_nothing_red_or_amber() -> None:
    shown = findings(ground(disk_free=10**9, journal="sqlite here"))
    assert {finding.level for finding in shown} == {Level.GREEN, Level.INFO}
    assert {finding.name for finding in shown} >= {
        "network", "hosts", "clock", "key", "journal", "disk", "leverage", "smallest stop", "margin",
        "position", "orders", "plan", "unit", "whipsaw", "stops", "liquidation",
    }  # fmt: skip
    assert all("\n" not in finding.text for finding in shown)


def test_what_a_whipsaw_costs() -> None:
    # 3.33 coins are sold at 149.5 and bought back at 150: 1.665 of price and 299.5 · 3.33 · 0.00045 of fees.
    whipsaw = found("whipsaw")
    assert whipsaw.text == "a one-unit whipsaw costs 2.11 USD, of which 21 % fees"
    assert (whipsaw.figure, whipsaw.limit, whipsaw.level) == ("0.5", "0.1348", Level.GREEN)
    inside = found("whipsaw", plan=replace(PLAN, unit_size=D("0.13")))
    assert inside.level is Level.AMBER
    assert "of which 51 % fees: the unit is inside the fees of a round trip, 0.1349 USD a coin" in inside.text
    assert found("unit").text == "a unit is 0.333 % of the price"


BTC = replace(PLAN, instrument=Instrument("BTC", 5, 40), unit_size=D(250), leverage=40)

RED: list[tuple[str, dict[str, Any], list[str]]] = [
    ("leverage", {"plan": replace(PLAN, leverage=21)}, ["leverage 21 is above the 20 of SOL"]),
    ("buy size", {"plan": replace(PLAN, position_size=D(30))}, ["7.5 USD", "10 USD"]),
    ("smallest stop", {"plan": replace(PLAN, position_size=D(42))}, ["worth", "10 USD"]),
    ("price tick", {"plan": replace(PLAN, unit_size=D("0.001"))}, ["0.001", "price tick of 0.01"]),
    ("lowest stop", {"plan": replace(PLAN, unit_size=D(40))}, ["unit size 40", "-10"]),
    ("margin", {"account": backed(10_000, 9_950)}, ["needs 100.8", "50.00 USD free"]),
    # Each of the two would have enough for itself.
    ("margin", {"account": backed(150), "beside": (BTC,)},
     ["needs 100.8", "with what trades of BTC will buy 151.7", "has 150.00 USD free"]),
    ("clock", {"clock_sync": skewed(31_000)}, ["31.0 s behind", "30 s"]),
    ("key", {"standing": replace(HERE, signer=Signer(AGENT, "b", NOW - 1))}, ["wallet b", "on 2023-11-14"]),
    # What isolated positions have for themselves backs nothing else; others need their own maintenance.
    ("liquidation", {"account": replace(backed(60), equity=D(9_000))}, ["148", "too late"]),
    ("liquidation", {"account": backed(1_060, 1_000, 1_000), "available": None}, ["148", "too late"]),
    ("margin", {"plan": ISOLATED, "account": backed(90)}, ["90.00 USD free", "of isolated margin"]),
    ("margin", {"account": replace(HELD, cross=Collateral(D(300), D(60), D(30))), "plan": LOW, "adopt": True},
     ["cross margin at 20x", "lower that to 3x the account lacks 100.00 USD", "--leverage 20"]),
    ("margin", {"account": OWN_MARGIN, "plan": LOW, "adopt": True},
     ["isolated margin at 20x", "3x the position lacks 340.00 USD"]),
    ("margin", {"available": D(99)}, ["99.00 USD free"]),
    ("hosts", {"standing": replace(HERE, feed_url="ws://other:1/ws")}, ["127.0.0.1:3001", "other:1"]),
    ("position", {"account": HELD}, ["holds 8 SOL already", "--adopt"]),
    ("position", {"account": replace(HELD, position=D(-8)), "adopt": True}, ["-8", "cannot be adopted"]),
    ("position", {"account": HELD, "orders": (ORDER,), "adopt": True}, ["1 orders of others"]),
    ("position", {"adopt": True}, ["holds no SOL: there is nothing to adopt"]),
    ("orders", {"orders": (ORDER,)}, ["has 1 live orders in SOL already"]),
    ("liquidation", {"account": backed(60)}, ["148", "too late"]),
    ("liquidation", {"account": replace(HELD, liquidation_price=D(149)), "adopt": True}, ["149.00", "148"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "parts"), RED)
def test_red(name: str, changes: dict[str, Any], parts: list[str]) -> None:
    red = found(name, **changes)
    assert red.level is Level.RED
    for part in parts:
        assert part in red.text


AMBER: list[tuple[str, dict[str, Any], str]] = [
    ("clock", {"clock_sync": skewed(-3_000)}, "3.0 s ahead"),
    ("disk", {"disk_free": 100_000_000}, "100 MB free for journal and log, less than 200 MB"),
    ("key", {"standing": replace(HERE, signer=Signer(AGENT, "bot", NOW + 6 * DAY))}, "6 days more"),
    ("margin", {"account": backed(110)}, "it needs 126."),
    ("liquidation", {"account": backed(80)}, "less than a unit"),
    ("stops", {"account": HELD, "adopt": True, "quote": Quote(D(149), None, None)}, "2 of the stops"),
    ("position", {"account": HELD, "adopt": None}, "the trade imports them"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "part"), AMBER)
def test_amber(name: str, changes: dict[str, Any], part: str) -> None:
    amber = found(name, **changes)
    assert amber.level is Level.AMBER, amber
    assert part in amber.text


def test_an_adopted_position_decides_entry_and_stops() -> None:
    held = replace(HELD, entry_price=D("140.123"))
    assert found("stops", account=held, adopt=True).text == "stops at 138.12, 138.62, 139.12, 139.62"
    assert found("plan", account=held, adopt=True).text.startswith("keeps 8 SOL, 1,120.98 USD at 20x")
    opening = ground(account=held, adopt=True).opening()
    assert (opening.size, opening.price, opening.fee, opening.time) == (D(8), D("140.123"), D(0), NOW + 1)


def test_keys_that_need_no_word() -> None:
    assert found("key").level is Level.GREEN
    assert found("key", standing=replace(HERE, signer=Signer(AGENT))).level is Level.INFO
    lasting = replace(HERE, signer=Signer(AGENT, "bot", NOW + 90 * DAY))
    assert found("key", standing=lasting).level is Level.GREEN


amounts = st.decimals(min_value="0.01", max_value="2000", places=2)


@given(
    unit=amounts,
    size=st.decimals(min_value="1", max_value="100000", places=0),
    price=amounts,
    leverage=st.integers(0, 30),
    equity=st.decimals(min_value="0", max_value="20000", places=2),
    position=st.decimals(min_value="-100", max_value="100", places=2),
    adopt=st.sampled_from([True, False, None]),
)
def test_any_plan_gets_a_word_and_never_an_error(
    unit: D, size: D, price: D, leverage: int, equity: D, position: D, adopt: bool | None
) -> None:
    plan = replace(PLAN, unit_size=unit, position_size=size, leverage=leverage)
    account = replace(
        ACCOUNT,
        equity=equity,
        cross=Collateral(equity, D(0), D(0)),
        position=position,
        entry_price=price if position else None,
    )
    quote = Quote(SOL.round_price(price), None, None)
    shown = findings(ground(plan=plan, account=account, quote=quote, adopt=adopt))
    assert all(finding.text and "\n" not in finding.text for finding in shown)
    red = any(finding.level is Level.RED for finding in shown)
    if position < 0 or (position and adopt is False):
        assert red
    if not position and not red:
        plan.check_at(quote.mark)  # what passes here is what the plan's own rules pass


@pytest.mark.parametrize("equity", [120, 500, 1_500])
def test_the_estimate_of_the_liquidation_is_the_venues_own(equity: int) -> None:
    key = SigningKey.throwaway()

    async def trade(venue: LocalVenue) -> tuple[D | None, AccountState]:
        exchange = HyperliquidExchange(paper(venue.base_url), key)
        try:
            await exchange.set_leverage("SOL", 20, 2**53)
            before = await exchange.account_state("SOL")
            quote = await exchange.quote("SOL")
            standing = await exchange.standing()
            instrument = (await exchange.instruments())["SOL"]
            plan = replace(PLAN, instrument=instrument)
            base = replace(ground(), plan=plan, account=before, quote=quote, standing=standing)
            estimate = base.liquidation()
            await exchange.place([plan.opening("0x" + "1" * 32, quote.mid or quote.mark)], 2**53)
            return estimate, await exchange.account_state("SOL")
        finally:
            await exchange.close()

    with LocalVenue({"SOL": D(150)}, faucet=D(equity)) as venue:
        estimate, after = asyncio.run(trade(venue))
    assert after.position > 0
    assert estimate is not None and after.liquidation_price is not None
    # The entry pays the spread, which the estimate does not know.
    assert abs(estimate - after.liquidation_price) < D("0.05")


def test_exits_that_contradict_each_other_are_red_once_the_price_is_known() -> None:
    assert found("exits", exits=ExitRules(hard_stop=D("0.01"))).level is Level.INFO
    near = found("exits", exits=ExitRules(take_profit=D("0.004")))
    assert near.level is Level.RED
    assert near.text.startswith("take_profit 0.4% is not beyond 0.4234%, a unit of 0.3334%")
    # 100 coins of 150 on 1,000 USD: the exchange would liquidate some 4 % below the entry.
    big = replace(PLAN, position_size=D(15_000))
    late = found("exits", plan=big, account=backed(1_000), exits=ExitRules(hard_stop=D("0.06")))
    assert late.level is Level.RED
    assert "hard_stop 6% acts at 141.14, not above the liquidation near" in late.text
    assert (
        found("exits", plan=big, account=backed(1_000), exits=ExitRules(hard_stop=D("0.02"))).level
        is Level.INFO
    )
