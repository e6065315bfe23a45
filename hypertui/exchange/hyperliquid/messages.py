"""The venue's JSON as our types. Amounts come from strings, never from floats."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from hypertui.core.market import ZERO, Fill, Forced, Grouping, Instrument, OrderType, Side
from hypertui.exchange.hyperliquid.checks import (
    Json,
    MalformedJson,
    amount,
    client_id,
    flag,
    integer,
    of_market,
    optional_amount,
    plain_json,
    positive,
    reader,
    rows,
    size_left,
    text_of,
)
from hypertui.exchange.hyperliquid.errors import refused
from hypertui.exchange.hyperliquid.request import TIFS
from hypertui.exchange.protocol import (
    AccountState,
    CancelOutcome,
    Collateral,
    Filled,
    FundingPayment,
    OpenOrder,
    OrderReport,
    OrderState,
    Placed,
    Quote,
    Resting,
    Transfer,
    Waiting,
)

_MOST_DECIMALS, _MOST_LEVERAGE = 8, 1_000

_SIDES = {"B": Side.BUY, "A": Side.SELL}
_FORCED = {"Auto-Deleveraging": Forced.DELEVERAGED, "Settlement": Forced.SETTLED}
_ISOLATED_MODES = ("strictIsolated", "noCross")
_TIFS = {word: tif for tif, word in TIFS.items()}
_TYPES = {
    "Limit": OrderType.LIMIT,
    "Stop Market": OrderType.STOP_MARKET,
    "Stop Limit": OrderType.STOP_LIMIT,
    "Take Profit Market": OrderType.TAKE_PROFIT,
    "Take Profit Limit": OrderType.TAKE_PROFIT_LIMIT,
}
_WAITING = {"waitingForFill": Waiting(armed=False), "waitingForTrigger": Waiting(armed=True)}
_STATES = {"open": OrderState.OPEN, "triggered": OrderState.TRIGGERED, "filled": OrderState.FILLED}


@reader
def checked_contexts(meta_and_contexts: Json) -> Json:
    """The markets and their prices as they come, once the markets have the form that the SDK takes for
    granted."""
    meta, _ = meta_and_contexts
    instruments(meta)
    return meta_and_contexts


@reader
def instruments(meta: Json) -> Mapping[str, Instrument]:
    """The perpetuals that trade, by symbol."""
    entries = {text_of(entry["name"]): entry for entry in rows(meta["universe"])}
    if len(entries) != len(meta["universe"]):
        raise ValueError("a market is there twice")
    for entry in entries.values():
        integer(entry["szDecimals"], most=_MOST_DECIMALS)
    return {
        name: Instrument(
            name,
            entry["szDecimals"],
            integer(entry["maxLeverage"], 1, _MOST_LEVERAGE),
            only_isolated=bool(entry.get("onlyIsolated")) or entry.get("marginMode") in _ISOLATED_MODES,
        )
        for name, entry in entries.items()
        if not entry.get("isDelisted", False)
    }


@reader
def delisted(meta: Json) -> frozenset[str]:
    """The symbols that trade no more."""
    universe = rows(meta["universe"])
    return frozenset(text_of(entry["name"]) for entry in universe if entry.get("isDelisted", False))


@reader
def quote_of(context: Json, last: Decimal | None = None) -> Quote:
    """The prices in a market's context; the venue keeps the last traded price elsewhere."""
    mid = context.get("midPx")
    return Quote(positive(context["markPx"]), None if mid is None else positive(mid), last)


@reader
def quote_in(meta_and_contexts: Json, symbol: str) -> Quote | None:
    """The prices of `symbol` among those of all markets, or None if it is not there."""
    meta, contexts = meta_and_contexts
    for market, context in zip(rows(meta["universe"]), rows(contexts), strict=True):
        if market["name"] == symbol:
            return quote_of(context)
    return None


@reader
def last_trade(trades: Json, symbol: str) -> tuple[int, Decimal] | None:
    """Time (ms) and price of the newest of `trades` in `symbol`, or None."""
    found = [(integer(t["time"]), positive(t["px"])) for t in of_market(trades, symbol)]
    return max(found, key=lambda trade: trade[0], default=None)


@reader
def account_state(state: Json, symbol: str, shared: Decimal | None = None) -> AccountState:
    """The account and its position in `symbol`; the leverage reads 0 without a position. `shared` is the spot
    USDC of an account whose perpetuals have no collateral of their own: what their summaries then say of
    their value means nothing."""
    summary, cross = state["marginSummary"], state["crossMarginSummary"]
    positions = [entry["position"] for entry in rows(state["assetPositions"])]
    held = list(of_market(positions, symbol))
    if len(held) > 1:
        raise ValueError(f"{len(held)} positions in one market")
    position = held[0] if held else None
    equity, backing = amount(summary["accountValue"]), amount(cross["accountValue"])
    if shared is not None:
        own = [each for each in positions if each["leverage"]["type"] == "isolated"]
        backing = shared + sum((amount(each["unrealizedPnl"]) for each in positions if each not in own), ZERO)
        equity = backing + sum((amount(each["marginUsed"]) for each in own), ZERO)
    return AccountState(
        equity=equity,
        margin_used=amount(summary["totalMarginUsed"]),
        position=ZERO if position is None else amount(position["szi"]),
        entry_price=None if position is None else optional_amount(position["entryPx"]),
        liquidation_price=None if position is None else optional_amount(position.get("liquidationPx")),
        leverage=0 if position is None else integer(position["leverage"]["value"], 1, _MOST_LEVERAGE),
        # The venue counts what the position has paid.
        funding=ZERO if position is None else ZERO - amount(position["cumFunding"]["sinceOpen"]),
        time=integer(state["time"]),
        cross=Collateral(
            backing, amount(cross["totalMarginUsed"]), amount(state["crossMaintenanceMarginUsed"])
        ),
        isolated=position is not None and position["leverage"]["type"] == "isolated",
        position_margin=ZERO if position is None else amount(position["marginUsed"]),
    )


def account_states(
    state: Json, symbols: Collection[str], shared: Decimal | None = None
) -> Mapping[str, AccountState]:
    """The account as each of `symbols` sees it, but for those whose own position cannot be read. Raises
    MalformedJson where that goes for all."""
    found: dict[str, AccountState] = {}
    failure: MalformedJson | None = None
    for symbol in symbols:
        try:
            found[symbol] = account_state(state, symbol, shared)
        except MalformedJson as error:
            failure = error
    if failure is not None and not found:
        raise failure
    return found


@reader
def open_orders(orders: Json, symbol: str) -> Sequence[OpenOrder]:
    """The orders that work in `symbol`, each once. Those that wait for another one stand in the list and with
    that other one; what stands only there works all the same."""
    found: dict[int, OpenOrder] = {}
    children: list[OpenOrder] = []
    for row in of_market(orders, symbol):
        order = _open_order(row)
        if found.setdefault(order.order_id, order) != order:
            raise ValueError(f"order {order.order_id} is live in two ways")
        if row.get("children") is not None:
            below = of_market(row["children"], symbol)
            children += [replace(_open_order(each), parent=order.order_id) for each in below]
    for child in children:
        found[child.order_id] = replace(found.get(child.order_id, child), parent=child.parent)
    return tuple(found.values())


def _open_order(order: Json) -> OpenOrder:
    kind, tif = order.get("orderType"), order.get("tif")
    return OpenOrder(
        symbol=text_of(order["coin"]),
        order_id=integer(order["oid"]),
        client_id=client_id(order.get("cloid")),
        side=_SIDES[order["side"]],
        remaining=size_left(order["sz"]),
        limit=size_left(order["limitPx"]),
        trigger=positive(order["triggerPx"]) if flag(order.get("isTrigger", False)) else None,
        reduce_only=flag(order.get("reduceOnly", False)),
        time=integer(order["timestamp"]),
        type=None if kind is None else _TYPES.get(text_of(kind)),
        tif=None if tif is None else _TIFS.get(text_of(tif)),
        position_tpsl=flag(order.get("isPositionTpsl", False)),
    )


def order_state(status: str) -> OrderState:
    """What the venue's word means.

    Only the ending tells: reasons stand before it, and new ones appear over time. A word that is not
    understood counts as open, because an order is never believed ended without proof.
    """
    known = _STATES.get(status)
    if known is not None:
        return known
    word = status.lower()
    if word.endswith("rejected"):
        return OrderState.REJECTED
    if word.endswith(("canceled", "cancelled", "cancel")):
        return OrderState.CANCELLED
    return OrderState.OPEN


@reader
def order_report(row: Json) -> OrderReport:
    """One order with its status, as the feed and the answer about one order give it."""
    order, status = row["order"], text_of(row["status"])
    return OrderReport(
        symbol=text_of(order["coin"]),
        order_id=integer(order["oid"]),
        client_id=client_id(order.get("cloid")),
        side=_SIDES[order["side"]],
        state=order_state(status),
        status=status,
        size=size_left(order["origSz"]),
        remaining=size_left(order["sz"]),
        time=integer(row["statusTimestamp"]),
    )


@reader
def order_answer(answer: Json) -> OrderReport | None:
    """The answer about one order; None when the venue does not know it."""
    if answer["status"] == "unknownOid":
        return None
    if answer["status"] != "order":
        raise ValueError(f"unknown answer {answer['status']!r}")
    return order_report(answer["order"])


@reader
def fill(row: Json) -> Fill:
    """One fill."""
    return Fill(
        symbol=text_of(row["coin"]),
        side=_SIDES[row["side"]],
        size=positive(row["sz"]),
        price=positive(row["px"]),
        fee=amount(row["fee"]),
        time=integer(row["time"]),
        order_id=integer(row["oid"]),
        trade_id=integer(row["tid"]),
        client_id=client_id(row.get("cloid")),
        closed_pnl=amount(row.get("closedPnl", "0")),
        start_position=optional_amount(row.get("startPosition")),
        liquidated=_liquidated(row.get("liquidation")),
        forced=_FORCED.get(row.get("dir"), Forced.NO),
    )


def _liquidated(liquidation: Json) -> str | None:
    """Whom a liquidation closed, from a fill's `liquidation` (Hyperliquid's docs, WsFill)."""
    user = None if liquidation is None else liquidation.get("liquidatedUser")
    return None if user is None else text_of(user).lower()


@reader
def fills(answer: Json, symbol: str) -> Sequence[Fill]:
    """The fills of one market, as they come."""
    return tuple(fill(row) for row in of_market(answer, symbol))


@reader
def newest(answer: Json) -> int:
    """When the newest of these rows was written (ms); 0 without any."""
    return max((integer(row["time"]) for row in rows(answer)), default=0)


@reader
def funding(answer: Json, symbol: str) -> Sequence[FundingPayment]:
    """The funding of one market, oldest first."""
    payments = [
        FundingPayment(integer(row["time"]), amount(row["delta"]["usdc"]))
        for row in rows(answer)
        if row["delta"]["coin"] == symbol
    ]
    return tuple(sorted(payments, key=lambda payment: payment.time))


@reader
def transfers(answer: Json) -> Sequence[Transfer]:
    """What else moved the account's money, oldest first."""
    moved = [
        Transfer(
            integer(row["time"]),
            text_of(row["hash"]),
            text_of(row["delta"]["type"]),
            plain_json(row["delta"]),
        )
        for row in rows(answer)
    ]
    return tuple(sorted(moved, key=lambda transfer: transfer.time))


@reader
def request_budget(answer: Json) -> tuple[int, int]:
    """How many actions the account has used, and how many it may use."""
    return integer(answer["nRequestsUsed"]), integer(answer["nRequestsCap"])


@reader
def taker_fee(answer: Json) -> Decimal:
    """What a taker pays of a trade's value, as a fraction."""
    fee = amount(answer["userCrossRate"])
    if not -1 < fee < 1:
        raise ValueError(f"not a fraction: {fee}")
    return fee


@reader
def statuses(response: Json) -> Sequence[Json]:
    """The answers to the parts of an action; their number need not be that of the parts."""
    return rows(response["data"]["statuses"])


@reader
def shared_error(answers: Sequence[Json], asked: int) -> str | None:
    """The one error that stands for all `asked` parts of an action: it was refused as a whole."""
    if len(answers) == 1 and asked != 1 and isinstance(answers[0], dict):
        error = answers[0].get("error")
        return None if error is None else text_of(error)
    return None


@reader
def placed(answers: Sequence[Json], asked: int, grouping: Grouping = Grouping.NONE) -> Sequence[Placed]:
    """What became of `asked` orders, in order."""
    error = shared_error(answers, asked)
    if error is not None:
        return (refused(error),) * asked
    _same_number(answers, asked)
    return tuple(_placed_one(answer, grouping is not Grouping.NONE) for answer in answers)


def _placed_one(answer: Json, is_grouped: bool) -> Placed:
    if isinstance(answer, str) and is_grouped:
        return _WAITING[answer]
    if "error" in answer:
        return refused(text_of(answer["error"]))
    if "filled" in answer:
        part = answer["filled"]
        return Filled(integer(part["oid"]), positive(part["totalSz"]), positive(part["avgPx"]))
    return Resting(integer(answer["resting"]["oid"]))


@reader
def cancelled(answers: Sequence[Json], asked: int) -> Sequence[CancelOutcome]:
    """What became of `asked` cancels, in order. A refused one proves nothing, whatever its text says."""
    _same_number(answers, asked)
    return tuple(_cancelled_one(answer) for answer in answers)


def _cancelled_one(answer: Json) -> CancelOutcome:
    if answer == "success":
        return CancelOutcome.CANCELLED
    if isinstance(answer, dict) and isinstance(answer.get("error"), str):
        return CancelOutcome.NOT_WORKING
    raise ValueError(f"unknown answer {answer!r}")


def _same_number(answers: Sequence[Json], asked: int) -> None:
    if len(answers) != asked:
        raise ValueError(f"{len(answers)} answers for {asked}")
