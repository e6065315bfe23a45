"""The venue's JSON as our types. Amounts come from strings, never from floats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from hypertui.exchange import (
    AccountState,
    CancelOutcome,
    Collateral,
    Filled,
    FundingPayment,
    OpenOrder,
    OrderReport,
    OrderState,
    Placed,
    Pooling,
    Quote,
    Refused,
    Resting,
    Transfer,
)
from hypertui.hyperliquid.errors import brief, refused
from hypertui.market import ZERO, Fill, Instrument, Side, parse_amount

Json = Any  # what json.loads gives; its shape is proven by reading it

_USDC = 0  # its token number

_P = ParamSpec("_P")
_T = TypeVar("_T")

_SIDES = {"B": Side.BUY, "A": Side.SELL}
_ISOLATED_MODES = ("strictIsolated", "noCross")
_POOLINGS = {"unifiedAccount": Pooling.UNIFIED, "portfolioMargin": Pooling.PORTFOLIO}
_STATES = {"open": OrderState.OPEN, "triggered": OrderState.TRIGGERED, "filled": OrderState.FILLED}


class Malformed(ValueError):
    """JSON that does not have the form it should have."""


def reader(read: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let `read` take the form it wants for granted: what fails on any other form becomes Malformed."""

    @wraps(read)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return read(*args, **kwargs)
        except Malformed:
            raise
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Malformed(f"{read.__name__}: {type(error).__name__}: {brief(error)}") from error

    return checked


def _integer(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"not an integer: {value!r}")
    return value


def optional_integer(value: Json) -> int | None:
    """An integer where there is one. Raises ValueError for anything else that stands there."""
    return None if value is None else _integer(value)


def _optional(value: Json) -> Decimal | None:
    return None if value is None else parse_amount(value)


def _client_id(value: Json) -> str | None:
    return None if value is None else str(value).lower()


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
    return {
        str(entry["name"]): Instrument(
            str(entry["name"]),
            _integer(entry["szDecimals"]),
            _integer(entry["maxLeverage"]),
            only_isolated=bool(entry.get("onlyIsolated")) or entry.get("marginMode") in _ISOLATED_MODES,
        )
        for entry in meta["universe"]
        if not entry.get("isDelisted", False)
    }


@reader
def delisted(meta: Json) -> frozenset[str]:
    """The symbols that trade no more."""
    return frozenset(str(entry["name"]) for entry in meta["universe"] if entry.get("isDelisted", False))


@reader
def quote_of(context: Json, last: Decimal | None = None) -> Quote:
    """The prices in a market's context; the venue keeps the last traded price elsewhere."""
    return Quote(parse_amount(context["markPx"]), _optional(context.get("midPx")), last)


@reader
def quote_in(meta_and_contexts: Json, symbol: str) -> Quote | None:
    """The prices of `symbol` among those of all markets, or None if it is not there."""
    meta, contexts = meta_and_contexts
    for market, context in zip(meta["universe"], contexts, strict=True):
        if market["name"] == symbol:
            return quote_of(context)
    return None


@reader
def last_trade(trades: Json, symbol: str) -> tuple[int, Decimal] | None:
    """Time (ms) and price of the newest of `trades` in `symbol`, or None."""
    found = [(_integer(t["time"]), parse_amount(t["px"])) for t in trades if t["coin"] == symbol]
    return max(found, key=lambda trade: trade[0], default=None)


@reader
def pooling(answer: Json) -> Pooling:
    """How an account keeps its collateral. Modes that are not known keep it apart, as all did before."""
    return _POOLINGS.get(str(answer), Pooling.APART)


@reader
def spot_usdc(answer: Json) -> Decimal | None:
    """The USDC beside the perpetuals; None where there is no spot balance of anything."""
    totals = {balance["token"]: parse_amount(balance["total"]) for balance in answer["balances"]}
    return totals.get(_USDC, ZERO) if any(totals.values()) else None


@reader
def available(answer: Json) -> Decimal:
    """The margin (USD) with which the account could buy the market that was asked about."""
    buying, _ = answer["availableToTrade"]
    return parse_amount(buying)


@reader
def account_state(state: Json, symbol: str, shared: Decimal | None = None) -> AccountState:
    """The account and its position in `symbol`; the leverage reads 0 without a position. `shared` is the spot
    USDC of an account whose perpetuals have no collateral of their own: what their summaries then say of
    their value means nothing."""
    summary, cross = state["marginSummary"], state["crossMarginSummary"]
    positions = [entry["position"] for entry in state["assetPositions"]]
    held = [position for position in positions if position["coin"] == symbol]
    position = held[0] if held else None
    equity, backing = parse_amount(summary["accountValue"]), parse_amount(cross["accountValue"])
    if shared is not None:
        own = [each for each in positions if each["leverage"]["type"] == "isolated"]
        backing = shared + sum(
            (parse_amount(each["unrealizedPnl"]) for each in positions if each not in own), ZERO
        )
        equity = backing + sum((parse_amount(each["marginUsed"]) for each in own), ZERO)
    return AccountState(
        equity=equity,
        margin_used=parse_amount(summary["totalMarginUsed"]),
        position=ZERO if position is None else parse_amount(position["szi"]),
        entry_price=None if position is None else _optional(position["entryPx"]),
        liquidation_price=None if position is None else _optional(position.get("liquidationPx")),
        leverage=0 if position is None else _integer(position["leverage"]["value"]),
        # The venue counts what the position has paid.
        funding=ZERO if position is None else ZERO - parse_amount(position["cumFunding"]["sinceOpen"]),
        time=_integer(state["time"]),
        cross=Collateral(
            backing, parse_amount(cross["totalMarginUsed"]), parse_amount(state["crossMaintenanceMarginUsed"])
        ),
        isolated=position is not None and position["leverage"]["type"] == "isolated",
        position_margin=ZERO if position is None else parse_amount(position["marginUsed"]),
    )


@reader
def open_orders(orders: Json, symbol: str) -> Sequence[OpenOrder]:
    """The orders that work in `symbol`."""
    return tuple(_open_order(order) for order in orders if order["coin"] == symbol)


def _open_order(order: Json) -> OpenOrder:
    return OpenOrder(
        symbol=str(order["coin"]),
        order_id=_integer(order["oid"]),
        client_id=_client_id(order.get("cloid")),
        side=_SIDES[order["side"]],
        remaining=parse_amount(order["sz"]),
        limit=parse_amount(order["limitPx"]),
        trigger=parse_amount(order["triggerPx"]) if order.get("isTrigger") else None,
        reduce_only=bool(order.get("reduceOnly", False)),
        time=_integer(order["timestamp"]),
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
    order, status = row["order"], str(row["status"])
    return OrderReport(
        symbol=str(order["coin"]),
        order_id=_integer(order["oid"]),
        client_id=_client_id(order.get("cloid")),
        side=_SIDES[order["side"]],
        state=order_state(status),
        status=status,
        size=parse_amount(order["origSz"]),
        remaining=parse_amount(order["sz"]),
        time=_integer(row["statusTimestamp"]),
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
        symbol=str(row["coin"]),
        side=_SIDES[row["side"]],
        size=parse_amount(row["sz"]),
        price=parse_amount(row["px"]),
        fee=parse_amount(row["fee"]),
        time=_integer(row["time"]),
        order_id=_integer(row["oid"]),
        trade_id=_integer(row["tid"]),
        client_id=_client_id(row.get("cloid")),
        closed_pnl=parse_amount(row.get("closedPnl", "0")),
        start_position=_optional(row.get("startPosition")),
        liquidated=_liquidated(row.get("liquidation")),
    )


def _liquidated(liquidation: Json) -> str | None:
    """Whom a liquidation closed, from a fill's `liquidation` (Hyperliquid's docs, WsFill)."""
    user = None if liquidation is None else liquidation.get("liquidatedUser")
    return None if user is None else str(user).lower()


@reader
def fills(rows: Json) -> Sequence[Fill]:
    """A list of fills, as it comes."""
    return tuple(fill(row) for row in rows)


@reader
def funding(rows: Json, symbol: str) -> Sequence[FundingPayment]:
    """The funding of one market, oldest first."""
    payments = [
        FundingPayment(_integer(row["time"]), parse_amount(row["delta"]["usdc"]))
        for row in rows
        if row["delta"]["coin"] == symbol
    ]
    return tuple(sorted(payments, key=lambda payment: payment.time))


@reader
def transfers(rows: Json) -> Sequence[Transfer]:
    """What else moved the account's money, oldest first."""
    moved = [
        Transfer(
            _integer(row["time"]),
            str(row["hash"]),
            str(row["delta"]["type"]),
            dict(sorted(row["delta"].items())),
        )
        for row in rows
    ]
    return tuple(sorted(moved, key=lambda transfer: transfer.time))


@reader
def request_budget(answer: Json) -> tuple[int, int]:
    """How many actions the account has used, and how many it may use."""
    return _integer(answer["nRequestsUsed"]), _integer(answer["nRequestsCap"])


@reader
def taker_fee(answer: Json) -> Decimal:
    """What a taker pays of a trade's value, as a fraction."""
    return parse_amount(answer["userCrossRate"])


@reader
def statuses(response: Json) -> Sequence[Json]:
    """The answers to the parts of an action; their number need not be that of the parts."""
    found = response["data"]["statuses"]
    if not isinstance(found, list):
        raise ValueError("not a list")
    return found


def shared_error(answers: Sequence[Json], asked: int) -> str | None:
    """The one error that stands for all `asked` parts of an action: it was refused as a whole."""
    if len(answers) == 1 and asked != 1 and isinstance(answers[0], dict):
        error = answers[0].get("error")
        return None if error is None else str(error)
    return None


@reader
def placed(answers: Sequence[Json], asked: int) -> Sequence[Placed]:
    """What became of `asked` orders, in order."""
    error = shared_error(answers, asked)
    if error is not None:
        return (refused(error),) * asked
    _same_number(answers, asked)
    return tuple(_placed_one(answer) for answer in answers)


def _placed_one(answer: Json) -> Resting | Filled | Refused:
    if "error" in answer:
        return refused(str(answer["error"]))
    if "filled" in answer:
        part = answer["filled"]
        return Filled(_integer(part["oid"]), parse_amount(part["totalSz"]), parse_amount(part["avgPx"]))
    return Resting(_integer(answer["resting"]["oid"]))


@reader
def cancelled(answers: Sequence[Json], asked: int) -> Sequence[CancelOutcome]:
    """What became of `asked` cancels, in order. A refused one proves nothing, whatever its text says."""
    _same_number(answers, asked)
    return tuple(_cancelled_one(answer) for answer in answers)


def _cancelled_one(answer: Json) -> CancelOutcome:
    if answer == "success":
        return CancelOutcome.CANCELLED
    if "error" in answer:
        return CancelOutcome.NOT_WORKING
    raise ValueError(f"unknown answer {answer!r}")


def _same_number(answers: Sequence[Json], asked: int) -> None:
    if len(answers) != asked:
        raise ValueError(f"{len(answers)} answers for {asked}")
