"""The venue's JSON becomes our types, exactly, or is refused as malformed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from hypertui.core.market import Fill, Grouping, Instrument, OrderType, Side, TimeInForce
from hypertui.exchange.hyperliquid import holdings, messages
from hypertui.exchange.hyperliquid.checks import MalformedJson
from hypertui.exchange.hyperliquid.errors import refused
from hypertui.exchange.protocol import (
    AccountState,
    CancelOutcome,
    Collateral,
    Filled,
    OpenOrder,
    OrderState,
    Pooling,
    Quote,
    Refusal,
    Refused,
    Resting,
    Waiting,
)

CLIENT_ID = "0x" + "ab" * 16

META = {
    "universe": [
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 56},
        {"name": "OLD", "szDecimals": 2, "maxLeverage": 3, "isDelisted": True},
        {"name": "SOL", "szDecimals": 2, "maxLeverage": 20},
    ]
}

ORDER = {
    "coin": "SOL",
    "side": "A",
    "limitPx": "90.0",
    "sz": "1.5",
    "oid": 77,
    "timestamp": 1_700_000_000_000,
    "origSz": "2.0",
    "cloid": CLIENT_ID.upper().replace("X", "x"),
    "reduceOnly": True,
    "isTrigger": True,
    "triggerPx": "99.5",
    "unheardOf": {},
}

FILL = {
    "coin": "SOL",
    "px": "100.25",
    "sz": "1.50",
    "side": "B",
    "time": 1_700_000_000_001,
    "oid": 77,
    "tid": 5,
    "fee": "0.067669",
    "closedPnl": "-1.5",
    "cloid": CLIENT_ID,
    "dir": "Open Long",
    "startPosition": "-0.50",
}


def test_delisted_markets_do_not_trade() -> None:
    assert messages.instruments(META) == {
        "BTC": Instrument("BTC", 5, 40),
        "SOL": Instrument("SOL", 2, 20),
    }


def test_quotes_come_from_the_place_of_the_market() -> None:
    contexts = [{"markPx": "60000.5", "midPx": "60001"}, {"markPx": "1"}, {"markPx": "100.1", "midPx": None}]
    assert messages.quote_in([META, contexts], "BTC") == Quote(Decimal("60000.5"), Decimal(60001), None)
    assert messages.quote_in([META, contexts], "SOL") == Quote(Decimal("100.1"), None, None)
    assert messages.quote_in([META, contexts], "NONE") is None
    with pytest.raises(MalformedJson):
        messages.quote_in([META, contexts[1:]], "SOL")


def test_the_newest_trade_decides_the_last_price() -> None:
    trades = [{"coin": "SOL", "time": t, "px": str(p)} for t, p in ((5, 1), (9, 2), (7, 3))]
    assert messages.last_trade(trades, "SOL") == (9, Decimal(2))
    assert messages.last_trade(trades, "BTC") is None
    assert messages.last_trade([], "SOL") is None


def account(positions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "marginSummary": {"accountValue": "1000.5", "totalMarginUsed": "20.25"},
        "crossMarginSummary": {"accountValue": "700.5", "totalMarginUsed": "10.25"},
        "crossMaintenanceMarginUsed": "4.5",
        "assetPositions": [{"type": "oneWay", "position": position} for position in positions],
        "time": 17,
    }


def test_account_with_a_position_and_funding_paid() -> None:
    position = {
        "coin": "SOL",
        "szi": "-0.5",
        "entryPx": "101.5",
        "liquidationPx": None,
        "leverage": {"type": "cross", "value": 20},
        "marginUsed": "2.5",
        "cumFunding": {"allTime": "9", "sinceOpen": "1.25", "sinceChange": "0"},
    }
    assert messages.account_state(account([{**position, "coin": "BTC"}, position]), "SOL") == AccountState(
        equity=Decimal("1000.5"),
        margin_used=Decimal("20.25"),
        position=Decimal("-0.5"),
        entry_price=Decimal("101.5"),
        liquidation_price=None,
        leverage=20,
        funding=Decimal("-1.25"),
        time=17,
        cross=Collateral(Decimal("700.5"), Decimal("10.25"), Decimal("4.5")),
        isolated=False,
        position_margin=Decimal("2.5"),
    )


def test_one_answer_tells_each_market_its_own_position() -> None:
    def held(coin: str, size: str) -> dict[str, Any]:
        return {
            "coin": coin,
            "szi": size,
            "entryPx": "100",
            "leverage": {"type": "cross", "value": 3},
            "marginUsed": "33",
            "cumFunding": {"sinceOpen": "0"},
        }

    state = account([held("SOL", "1"), held("BTC", "2"), held("ODD", "much")])
    told = messages.account_states(state, ("SOL", "BTC", "ETH"))
    assert told == {symbol: messages.account_state(state, symbol) for symbol in ("SOL", "BTC", "ETH")}
    assert [told[symbol].position for symbol in ("SOL", "BTC", "ETH")] == [1, 2, 0]
    assert messages.account_states(state, ("ODD", "BTC")) == {"BTC": told["BTC"]}
    assert messages.account_states(state, ()) == {}
    with pytest.raises(MalformedJson):
        messages.account_states(state, ("ODD",))


def test_what_backs_a_shared_collateral_is_the_spot_balance_and_the_open_profit() -> None:
    def held(coin: str, kind: str, profit: str) -> dict[str, Any]:
        return {
            "coin": coin,
            "szi": "1",
            "entryPx": "100",
            "leverage": {"type": kind, "value": 3},
            "unrealizedPnl": profit,
            "marginUsed": "33",
            "cumFunding": {"sinceOpen": "0"},
        }

    state = account([held("SOL", "cross", "5"), held("BTC", "isolated", "-7"), held("ETH", "cross", "-1")])
    told = messages.account_state(state, "SOL", Decimal(500))
    assert told.cross == Collateral(Decimal(504), Decimal("10.25"), Decimal("4.5"))
    assert told.equity == 504 + 33, "with what the isolated position has for itself"
    assert messages.account_state(state, "BTC").isolated


def test_the_spot_balance() -> None:
    usdc = {"coin": "USDC", "token": 0, "hold": "0.0", "total": "12.5"}
    hype = {"coin": "HYPE", "token": 150, "hold": "0.0", "total": "3"}
    assert holdings.spot_usdc({"balances": [hype, usdc]}) == Decimal("12.5")
    assert holdings.spot_usdc({"balances": [hype]}) == 0
    assert holdings.spot_usdc({"balances": [usdc | {"total": "0.0"}]}) is None
    assert holdings.spot_usdc({"balances": []}) is None
    modes = ("unifiedAccount", "portfolioMargin", "default", "tomorrows")
    told = [Pooling.UNIFIED, Pooling.PORTFOLIO, Pooling.APART, Pooling.APART]
    assert [holdings.pooling(mode) for mode in modes] == told


def test_account_without_a_position() -> None:
    state = messages.account_state(account([]), "SOL")
    assert (state.position, state.leverage, state.funding, state.entry_price) == (0, 0, 0, None)


def test_open_orders_of_one_market() -> None:
    plain = {key: ORDER[key] for key in ("coin", "side", "limitPx", "sz", "oid", "timestamp", "origSz")}
    resting = {**plain, "oid": 78, "side": "B", "isTrigger": False, "triggerPx": "0.0", "cloid": None}
    assert messages.open_orders([ORDER, {**ORDER, "coin": "BTC"}, resting], "SOL") == (
        OpenOrder(
            "SOL",
            77,
            CLIENT_ID,
            Side.SELL,
            Decimal("1.5"),
            Decimal(90),
            Decimal("99.5"),
            True,
            ORDER["timestamp"],
        ),
        OpenOrder("SOL", 78, None, Side.BUY, Decimal("1.5"), Decimal(90), None, False, ORDER["timestamp"]),
    )


@pytest.mark.parametrize(
    ("word", "tif", "kind", "time_in_force"),
    [
        ("Limit", "Gtc", OrderType.LIMIT, TimeInForce.GTC),
        ("Limit", "Alo", OrderType.LIMIT, TimeInForce.ALO),
        ("Limit", "Ioc", OrderType.LIMIT, TimeInForce.IOC),
        ("Stop Market", None, OrderType.STOP_MARKET, None),
        ("Stop Limit", None, OrderType.STOP_LIMIT, None),
        ("Take Profit Market", None, OrderType.TAKE_PROFIT, None),
        ("Take Profit Limit", None, OrderType.TAKE_PROFIT_LIMIT, None),
        ("Market", "FrontendMarket", None, None),
        ("Something New", "Fok", None, None),
        (None, None, None, None),
    ],
)
def test_an_open_order_is_told_by_the_venue_s_words(
    word: str | None, tif: str | None, kind: OrderType | None, time_in_force: TimeInForce | None
) -> None:
    (order,) = messages.open_orders([{**ORDER, "orderType": word, "tif": tif}], "SOL")
    assert (order.type, order.tif) == (kind, time_in_force)


CHILD = {**ORDER, "oid": 78, "cloid": None, "orderType": "Stop Market", "tif": None, "children": []}


def parents(answer: list[Any]) -> dict[int, int | None]:
    return {order.order_id: order.parent for order in messages.open_orders(answer, "SOL")}


def test_children_know_their_parent_and_are_there_once() -> None:
    parent = {**ORDER, "children": [CHILD]}
    assert parents([parent, CHILD]) == parents([CHILD, parent]) == {77: None, 78: 77}
    assert parents([parent]) == {77: None, 78: 77}, "also those that stand there alone"
    assert parents([{**ORDER, "children": None}, CHILD]) == {77: None, 78: None}


def test_an_order_of_the_position_may_have_no_size_of_its_own() -> None:
    whole = {**CHILD, "sz": "0.0", "origSz": "0.0", "isPositionTpsl": True}
    (order,) = messages.open_orders([whole], "SOL")
    assert (order.position_tpsl, order.remaining) == (True, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"children": {}},
        {"children": [None]},
        {"children": [{**CHILD, "oid": None}]},
        {"isPositionTpsl": 1},
        {"orderType": []},
        {"tif": {}},
    ],
)
def test_malformed_open_orders_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedJson):
        messages.open_orders([{**ORDER, **change}], "SOL")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("open", OrderState.OPEN),
        ("triggered", OrderState.TRIGGERED),
        ("filled", OrderState.FILLED),
        ("canceled", OrderState.CANCELLED),
        ("marginCanceled", OrderState.CANCELLED),
        ("siblingFilledCanceled", OrderState.CANCELLED),
        ("liquidatedCanceled", OrderState.CANCELLED),
        ("scheduledCancel", OrderState.CANCELLED),
        ("internalCancel", OrderState.CANCELLED),
        ("somethingNewCanceled", OrderState.CANCELLED),
        ("rejected", OrderState.REJECTED),
        ("iocCancelRejected", OrderState.REJECTED),
        ("tooManyOpenOrdersRejected", OrderState.REJECTED),
        ("somethingNew", OrderState.OPEN),
        ("", OrderState.OPEN),
    ],
)
def test_states_are_told_by_their_ending(word: str, state: OrderState) -> None:
    assert messages.order_state(word) is state


def test_order_answers() -> None:
    report = messages.order_answer(
        {"status": "order", "order": {"order": ORDER, "status": "reduceOnlyCanceled", "statusTimestamp": 9}}
    )
    assert report is not None
    assert (report.client_id, report.state, report.status) == (
        CLIENT_ID,
        OrderState.CANCELLED,
        "reduceOnlyCanceled",
    )
    assert (report.size, report.remaining, report.time) == (2, Decimal("1.5"), 9)
    assert messages.order_answer({"status": "unknownOid"}) is None
    with pytest.raises(MalformedJson):
        messages.order_answer({"status": "news"})


def test_fills() -> None:
    assert messages.fill(FILL) == Fill(
        symbol="SOL",
        side=Side.BUY,
        size=Decimal("1.5"),
        price=Decimal("100.25"),
        fee=Decimal("0.067669"),
        time=1_700_000_000_001,
        order_id=77,
        trade_id=5,
        client_id=CLIENT_ID,
        closed_pnl=Decimal("-1.5"),
        start_position=Decimal("-0.5"),
    )
    older = {name: value for name, value in FILL.items() if name != "startPosition"}
    assert messages.fill(older).start_position is None


def test_transfers_come_out_oldest_first_with_all_that_was_said() -> None:
    late, early = (
        {"time": time, "hash": f"0x{time}", "delta": {"usdc": "5.0", "type": "withdraw", "fee": "1.0"}}
        for time in (9, 8)
    )
    moved = messages.transfers([late, early])
    assert [(row.time, row.hash, row.kind) for row in moved] == [
        (8, "0x8", "withdraw"),
        (9, "0x9", "withdraw"),
    ]
    assert moved[0].delta == {"fee": "1.0", "type": "withdraw", "usdc": "5.0"}
    with pytest.raises(MalformedJson):
        messages.transfers([{"time": 1, "hash": "0x1", "delta": {}}])


def test_a_fill_names_whom_it_liquidated() -> None:
    said = {"liquidatedUser": "0x" + "Ab" * 20, "markPx": "98.1", "method": "market"}
    assert messages.fill({**FILL, "liquidation": said}).liquidated == "0x" + "ab" * 20


@pytest.mark.parametrize(
    "change",
    [
        {"px": 100.25},
        {"px": "NaN"},
        {"sz": None},
        {"side": "?"},
        {"time": "1"},
        {"oid": True},
        {"tid": 1.0},
        {"liquidation": "x"},
    ],
)
def test_malformed_fills_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedJson):
        messages.fill({**FILL, **change})


@pytest.mark.parametrize("garbage", [None, 1, "text", [], {}, [1], {"universe": None}, {"universe": [{}]}])
def test_any_garbage_is_malformed_and_nothing_else(garbage: Any) -> None:
    readers = [
        messages.checked_contexts,
        messages.order_answer,
        messages.fill,
        messages.order_report,
        messages.quote_of,
        messages.statuses,
        lambda value: messages.account_state(value, "SOL"),
    ]
    for read in readers:
        with pytest.raises(MalformedJson):
            read(garbage)


def response(*answers: Any) -> Any:
    return messages.statuses(json.loads(json.dumps({"type": "order", "data": {"statuses": answers}})))


def test_one_answer_for_each_order() -> None:
    answers = response(
        {"resting": {"oid": 1, "cloid": CLIENT_ID}},
        {"filled": {"totalSz": "0.02", "avgPx": "1891.4", "oid": 2}},
        {"error": "Order must have minimum value of $10. asset=1"},
    )
    assert messages.placed(answers, 3) == (
        Resting(1),
        Filled(2, Decimal("0.02"), Decimal("1891.4")),
        Refused(Refusal.MINIMUM, "Order must have minimum value of $10. asset=1"),
    )


def test_one_error_may_stand_for_all_orders() -> None:
    assert messages.placed(response({"error": "Price too far from oracle asset=4"}), 3) == (
        (Refused(Refusal.OTHER, "Price too far from oracle asset=4"),) * 3
    )


def test_the_orders_of_a_group_wait_without_an_id() -> None:
    answers = response({"resting": {"oid": 1}}, "waitingForFill", "waitingForFill")
    assert messages.placed(answers, 3, Grouping.NORMAL) == (Resting(1), *[Waiting(armed=False)] * 2)
    answers = response("waitingForTrigger", {"error": "Invalid TP/SL price. asset=0"})
    assert messages.placed(answers, 2, Grouping.POSITION) == (
        Waiting(armed=True),
        Refused(Refusal.PASSED, "Invalid TP/SL price. asset=0"),
    )
    for answer in ("waitingForGodot", "", "resting", None, 1):
        with pytest.raises(MalformedJson):
            messages.placed(response(answer), 1, Grouping.POSITION)


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [{"resting": {"oid": 1}}],
        [{"error": "x"}] * 3,
        ["waitingForTrigger"] * 2,
        [{"error": {}}],
        [{"error": 7}] * 2,
    ],
)
def test_other_numbers_and_forms_are_malformed(answers: list[Any]) -> None:
    with pytest.raises(MalformedJson):
        messages.placed(response(*answers), 2)


def test_cancels() -> None:
    gone = {"error": "Order was never placed, already canceled, or filled. asset=1"}
    assert messages.cancelled(response("success", gone), 2) == (
        CancelOutcome.CANCELLED,
        CancelOutcome.NOT_WORKING,
    )
    for answers in ([], ["success"], ["success", "odd"], ["success", {}]):
        with pytest.raises(MalformedJson):
            messages.cancelled(response(*answers), 2)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Reduce only order would increase position. asset=1", Refusal.FLAT),
        ("Invalid TP/SL price. asset=0", Refusal.PASSED),
        ("Only post-only orders allowed immediately after network upgrade asset=0", Refusal.POST_ONLY),
        ("Only post-only orders allowed immediately after a network upgrade", Refusal.POST_ONLY),
        ("Post only order would have immediately matched, bbo was 1@2. asset=0", Refusal.WOULD_MATCH),
        ("Insufficient margin to place order. asset=0", Refusal.MARGIN),
        ("Order would cause position to exceed margin tier limit at current leverage", Refusal.MARGIN),
        ("Order must have minimum value of $10.", Refusal.MINIMUM),
        ("Order could not immediately match against any resting orders. asset=3", Refusal.NO_MATCH),
        ("No liquidity available for market order.", Refusal.NO_MATCH),
        ("Price must be divisible by tick size.", Refusal.OTHER),
    ],
)
def test_refusals_are_told_apart(text: str, kind: Refusal) -> None:
    assert refused(text) == Refused(kind, text)
