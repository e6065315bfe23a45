"""Questions: fields, pages and bounds."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.market import Side
from hypertui.venue.accounts.funding import funding_rate
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from hypertui.venue.market.candles import INTERVALS, KEPT_CANDLES, Candles, bounds
from hypertui.venue.model.log import HistoryLog
from hypertui.venue.model.messages import MalformedError
from hypertui.venue.model.orders import Tif
from tests.venue.helpers import ALICE, START, Venue, resting

HOUR = 3_600_000
NOBODY = "0x" + "9" * 40
USER_LISTS = (
    "openOrders",
    "frontendOpenOrders",
    "historicalOrders",
    "userFills",
    "userFunding",
    "extraAgents",
    "approvedBuilders",
)


def ask(venue: Venue, kind: str, **terms: Any) -> Any:
    info = Info(venue.core, Gateway(venue.core).asked_about)
    return info.answer({"type": kind, **terms})


def test_a_user_nobody_knows_is_no_error() -> None:
    venue = Venue(faucet=Decimal(0))
    for kind in USER_LISTS:
        assert ask(venue, kind, user=NOBODY) == []
    assert ask(venue, "userFillsByTime", user=NOBODY, startTime=0) == []
    assert ask(venue, "subAccounts", user=NOBODY) is None
    assert ask(venue, "userRole", user=NOBODY) == {"role": "missing"}
    assert ask(venue, "maxBuilderFee", user=NOBODY, builder=ALICE) == 0
    assert ask(venue, "orderStatus", user=NOBODY, oid=1) == {"status": "unknownOid"}
    state = ask(venue, "clearinghouseState", user=NOBODY)
    assert state["marginSummary"] == state["crossMarginSummary"]
    assert set(state["marginSummary"].values()) == {"0.0"} and state["assetPositions"] == []
    assert not venue.core.accounts


@pytest.mark.parametrize(
    "question",
    [
        {"type": "Meta"},
        {"type": "outcomemeta"},
        {"type": "userFills"},
        {"type": "userFills", "user": "0x12"},
        {"type": "userFillsByTime", "user": ALICE},
        {"type": "orderStatus", "user": ALICE, "oid": "17"},
        {"type": "candleSnapshot", "req": {"coin": "SOL", "interval": "7m", "startTime": 0}},
        {"type": "candleSnapshot", "coin": "SOL", "interval": "1m", "startTime": 0},
        {"type": "fundingHistory", "coin": "DOGE", "startTime": 0},
        {"type": "activeAssetData", "user": ALICE, "coin": "DOGE"},
        {"type": "marginTable", "id": 77},
    ],
)
def test_questions_that_are_not_understood(question: dict[str, Any]) -> None:
    venue = Venue()
    with pytest.raises(MalformedError):
        Info(venue.core, Gateway(venue.core).asked_about).answer(question)


def test_reference_data_belongs_together() -> None:
    venue = Venue()
    meta = ask(venue, "meta")
    assert [each["name"] for each in meta["universe"]] == ["BTC", "ETH", "SOL"]
    tables = dict(meta["marginTables"])
    for each in meta["universe"]:
        tiers = tables[each["marginTableId"]]["marginTiers"]
        assert tiers[0] == {"lowerBound": "0.0", "maxLeverage": each["maxLeverage"]}
        assert ask(venue, "marginTable", id=each["marginTableId"])["marginTiers"] == tiers
    assert tables[56]["marginTiers"][1] == {"lowerBound": "150000000.0", "maxLeverage": 20}
    again, contexts = ask(venue, "metaAndAssetCtxs")
    assert again == meta == ask(venue, "allPerpMetas")[0] and len(contexts) == len(meta["universe"])
    assert ask(venue, "perpDexs") == [None]
    coin, venues = ask(venue, "predictedFundings")[2]
    name, predicted = venues[0]
    assert (coin, name, predicted["fundingRate"]) == ("SOL", "HlPerp", "0.0000125")
    assert predicted["nextFundingTime"] % HOUR == 0 and predicted["nextFundingTime"] > START


def test_the_spot_markets_are_idle_and_belong_together() -> None:
    venue = Venue()
    meta, contexts = ask(venue, "spotMetaAndAssetCtxs")
    assert meta == ask(venue, "spotMeta")
    assert [pair["name"] for pair in meta["universe"]] == ["PURR/USDC", "@1"]
    assert [context["coin"] for context in contexts] == ["PURR/USDC", "@1"]
    tokens = {token["index"]: token for token in meta["tokens"]}
    assert all(index in tokens for pair in meta["universe"] for index in pair["tokens"])
    assert tokens[0]["name"] == "USDC" and tokens[0]["tokenId"] == "0xeb62eee3685fc4c43992febcd9e75443"
    assert all("deployerTradingFeeShare" in token for token in meta["tokens"])
    assert ask(venue, "outcomeMeta") == {"outcomes": [], "questions": []}
    assert set(ask(venue, "allMids")) == {"BTC", "ETH", "SOL"}, "no price of what nobody trades"


def test_what_the_site_shows_in_one_answer() -> None:
    venue = Venue()
    venue.buy("1", "105", Tif.IOC)
    resting(venue.sell("1", "80", trigger="95", reduce_only=True))
    shown = ask(venue, "webData2", user=ALICE)
    assert shown["clearinghouseState"] == ask(venue, "clearinghouseState", user=ALICE)
    assert shown["openOrders"] == ask(venue, "frontendOpenOrders", user=ALICE)
    assert [shown["meta"], shown["assetCtxs"]] == ask(venue, "metaAndAssetCtxs")
    assert shown["spotState"] == ask(venue, "spotClearinghouseState", user=ALICE)
    assert (shown["user"], shown["cumLedger"], shown["serverTime"]) == (ALICE, "10000.0", venue.now)


def test_a_coarse_book_tells_its_spread() -> None:
    venue = Venue()
    assert "spread" not in ask(venue, "l2Book", coin="SOL")
    for figures, spread in ((5, "0.02"), (4, "0.11"), (2, "11.0")):
        shown = ask(venue, "l2Book", coin="SOL", nSigFigs=figures)
        (bid, *_), (ask_price, *_) = shown["levels"]
        assert Decimal(shown["spread"]) == Decimal(ask_price["px"]) - Decimal(bid["px"])
        assert shown["spread"] == spread
    venue.core.books["SOL"].offer(Decimal(0))
    assert "spread" not in ask(venue, "l2Book", coin="SOL", nSigFigs=5), "nothing to take it from"


def test_one_row_for_each_status_newest_first() -> None:
    venue = Venue()
    stop = resting(venue.buy("1", "110", trigger="101")).order
    other = resting(venue.buy("2", "90")).order
    venue.price("101")
    venue.core.cancel(venue.account(), venue.core.by_symbol["SOL"], other.oid)
    rows = ask(venue, "historicalOrders", user=ALICE)
    assert [(row["order"]["oid"], row["status"], row["order"]["sz"]) for row in rows] == [
        (other.oid, "canceled", "2.0"),
        (stop.oid, "filled", "0.0"),
        (stop.oid, "triggered", "1.0"),
        (other.oid, "open", "2.0"),
        (stop.oid, "open", "1.0"),
    ]
    shown = ask(venue, "orderStatus", user=ALICE, oid=stop.oid)
    assert shown["order"]["order"]["origSz"] == "1.0" and shown["order"]["status"] == "filled"


def test_histories_are_bounded() -> None:
    venue = Venue()
    for _ in range(2_100):
        venue.buy("0", "100")
    assert len(ask(venue, "historicalOrders", user=ALICE)) == 2_000
    assert len(venue.account().orders) == 2_000


def trades(venue: Venue, count: int) -> None:
    for index in range(count):
        venue.now += 1_000
        venue.place(Side.SELL if index % 2 else Side.BUY, "1", "95" if index % 2 else "105", Tif.IOC)


def test_fills_come_in_pages_with_bounds_included() -> None:
    venue = Venue()
    trades(venue, 2_010)
    newest = ask(venue, "userFills", user=ALICE)
    assert len(newest) == 2_000 and newest[0]["time"] == START + 2_010_000
    page = ask(venue, "userFillsByTime", user=ALICE, startTime=START + 1_000)
    assert [page[0]["time"] - START, page[-1]["time"] - START] == [1_000, 2_000_000]
    rest = ask(venue, "userFillsByTime", user=ALICE, startTime=page[-1]["time"], endTime=None)
    assert len(rest) == 11 and rest[0] == page[-1], "the start is included"
    last = ask(venue, "userFillsByTime", user=ALICE, startTime=START, reversed=True)
    assert last == newest


def test_partial_fills_of_one_order_are_shown_as_one() -> None:
    venue = Venue(faucet=Decimal(1_000_000), depth=Decimal(20_000))
    venue.buy("100", "105", Tif.IOC)
    single = ask(venue, "userFills", user=ALICE)
    (merged,) = ask(venue, "userFills", user=ALICE, aggregateByTime=True)
    assert len(single) > 1
    for key in ("sz", "fee"):
        assert Decimal(merged[key]) == sum(Decimal(fill[key]) for fill in single)
    (forward,) = ask(venue, "userFillsByTime", user=ALICE, startTime=0, aggregateByTime=True)
    assert (forward["sz"], forward["px"]) == (merged["sz"], merged["px"])
    assert forward["startPosition"] == "0.0"


def test_funding_history_has_a_row_for_each_hour() -> None:
    venue = Venue()
    venue.now += 600 * HOUR
    venue.core.tick()
    rows = ask(venue, "fundingHistory", coin="SOL", startTime=0)
    assert len(rows) == 500 and rows[0]["time"] < rows[1]["time"]
    assert rows[0]["coin"] == "SOL" and rows[0]["fundingRate"] == "0.0000125"
    more = ask(venue, "fundingHistory", coin="SOL", startTime=rows[-1]["time"] + 1)
    assert len(more) == 100


def test_longs_pay_more_when_the_book_stands_above_the_oracle() -> None:
    venue = Venue(faucet=Decimal(10_000_000), depth=Decimal(100_000))
    venue.buy("500", "101", Tif.IOC)
    resting(venue.buy("1000", "100.2"))
    venue.now += 5_000
    venue.core.tick()
    context = ask(venue, "metaAndAssetCtxs")[1][2]
    assert Decimal(context["premium"]) > 0
    assert Decimal(context["funding"]) == funding_rate(Decimal(context["premium"])) > Decimal("0.0000125")


@given(st.decimals(-1, 1, places=6))
def test_the_funding_rate_is_bounded_and_rises_with_the_premium(premium: Decimal) -> None:
    rate = funding_rate(premium)
    assert abs(rate) <= Decimal("0.04")
    assert funding_rate(premium + Decimal("0.001")) >= rate
    if Decimal("-0.0004") <= premium <= Decimal("0.0006"):
        assert rate == Decimal("0.0000125")


def test_what_may_be_traded_at_once() -> None:
    venue = Venue(taker_fee=Decimal(0))
    data = ask(venue, "activeAssetData", user=ALICE, coin="SOL")
    assert data["availableToTrade"] == ["10000.0", "10000.0"] and data["maxTradeSzs"] == ["2000.0", "2000.0"]
    assert data["leverage"] == {"type": "cross", "value": 20}
    venue.buy("100", "105", Tif.IOC)
    data = ask(venue, "activeAssetData", user=ALICE, coin="SOL")
    assert Decimal(data["maxTradeSzs"][1]) - Decimal(data["maxTradeSzs"][0]) == 200


def test_a_portfolio_tells_value_pnl_and_volume() -> None:
    venue = Venue()
    venue.buy("100", "105", Tif.IOC)
    venue.price("110")
    for _ in range(30):
        venue.now += HOUR
        venue.core.tick()
    parts = dict(ask(venue, "portfolio", user=ALICE))
    assert list(parts)[:4] == ["day", "week", "month", "allTime"] and "perpDay" in parts
    present = venue.core.margin(venue.account()).value
    assert Decimal(parts["day"]["accountValueHistory"][-1][1]) == present
    assert Decimal(parts["allTime"]["pnlHistory"][-1][1]) == present - venue.account().deposits
    assert parts["week"]["vlm"] == "10001.0" and len(parts["day"]["pnlHistory"]) == 26
    assert Decimal(parts["day"]["pnlHistory"][0][1]) == 0


def test_candles_hold_what_was_traded() -> None:
    venue = Venue()
    venue.now = START - START % HOUR
    first = venue.now
    for minute in range(130):
        venue.now = first + minute * 60_000
        venue.price(str(100 + minute % 7))
    for interval in INTERVALS:
        request = {"coin": "SOL", "interval": interval, "startTime": first, "endTime": venue.now}
        candles = ask(venue, "candleSnapshot", req=request)
        assert sum(candle["n"] for candle in candles) == len([b for b in venue.batches if b.trades]), interval
        assert all(a["T"] < b["t"] for a, b in pairwise(candles))
        high = max(Decimal(candle["h"]) for candle in candles)
        assert high == Decimal("106.02") and candles[0]["s"] == "SOL" and candles[0]["i"] == interval
    hour = ask(venue, "candleSnapshot", req={"coin": "SOL", "interval": "1h", "startTime": first + 1})
    assert [candle["t"] for candle in hour] == [first, first + HOUR, first + 2 * HOUR]


PRICES = st.lists(
    st.tuples(st.integers(1, 200_000_000), st.integers(1, 500), st.integers(1, 9)), min_size=1, max_size=40
)


@given(PRICES, st.sampled_from(INTERVALS))
def test_every_interval_sums_up_the_trades_within_it(
    steps: list[tuple[int, int, int]], interval: str
) -> None:
    candles, time = Candles("SOL"), START
    wanted: dict[int, list[tuple[int, int]]] = {}
    for later, price, size in steps:
        time += later
        candles.trade(time, Decimal(price), Decimal(size))
        wanted.setdefault(bounds(interval, time)[0], []).append((price, size))
    found = {row["t"]: row for row in candles.between(interval, 0, time)}
    assert list(found) == sorted(wanted)
    for start, parts in wanted.items():
        prices = [price for price, _ in parts]
        row = {key: Decimal(found[start][key]) for key in "ochlv"}
        assert (row["o"], row["c"], row["h"], row["l"]) == (prices[0], prices[-1], max(prices), min(prices))
        assert row["v"] == sum(size for _, size in parts) and found[start]["n"] == len(parts)
        assert found[start]["T"] == bounds(interval, start)[1]


def test_candles_end_after_five_thousand() -> None:
    candles = Candles("SOL")
    for minute in range(KEPT_CANDLES + 10):
        candles.trade(START + minute * 60_000, Decimal(1), Decimal(1))
    rows = candles.between("1m", 0, START + 10**10)
    assert len(rows) == KEPT_CANDLES and rows[-1] == candles.latest("1m")


@given(st.lists(st.integers(0, 20)), st.integers(0, 20), st.integers(0, 20), st.integers(0, 9))
def test_a_log_finds_what_lies_between(times: list[int], start: int, end: int, count: int) -> None:
    log, rows = HistoryLog(15), [{"time": time, "row": index} for index, time in enumerate(sorted(times))]
    log.extend(rows)
    kept = rows[-15:]
    within = [row for row in kept if start <= row["time"] <= end]
    assert log.between(start, end, count) == within[:count]
    assert log.between(start, end, count, newest=True) == within[::-1][:count]
    assert log.latest(count) == kept[::-1][:count] and list(log) == kept


def test_a_market_with_an_empty_book_has_no_middle() -> None:
    venue = Venue()
    venue.core.books["SOL"].offer(Decimal(0))
    context = ask(venue, "metaAndAssetCtxs")[1][2]
    assert [context[name] for name in ("midPx", "impactPxs", "premium")] == [None] * 3
    assert context["markPx"] == "100.0"
    assert ask(venue, "allMids")["SOL"] == "100.0"


def test_an_account_younger_than_a_period_began_it_with_nothing() -> None:
    venue = Venue()
    venue.buy("100", "105", Tif.IOC)
    for _ in range(2):
        venue.now += HOUR
        venue.core.tick()
    parts = dict(ask(venue, "portfolio", user=ALICE))
    assert parts["day"]["pnlHistory"] == parts["allTime"]["pnlHistory"]
    assert Decimal(parts["day"]["pnlHistory"][0][1]) < 0
