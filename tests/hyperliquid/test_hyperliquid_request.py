"""Orders as the SDK takes them: every legal amount reaches the wire unchanged, any other is never sent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hyperliquid.utils.signing import float_to_wire, order_request_to_order_wire
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.market import Grouping, Instrument, Order, OrderType, Side, TimeInForce, plain
from hypertui.exchange.hyperliquid.request import cloid_of, exact_float, order_request, order_requests
from hypertui.exchange.protocol import Rejected

CLIENT_ID = "0x" + "0a" * 16


@st.composite
def legal_prices(draw: st.DrawFn) -> Decimal:
    instrument = Instrument("X", draw(st.integers(0, 5)), 10)
    raw = draw(st.decimals("0.0001", "9999999", allow_nan=False, allow_infinity=False))
    price = instrument.round_price(raw)
    return price if price > 0 else instrument.tick(raw)


@st.composite
def legal_sizes(draw: st.DrawFn) -> Decimal:
    decimals = draw(st.integers(0, 5))
    return Decimal(draw(st.integers(1, 10**9))).scaleb(-decimals)


@given(st.one_of(legal_prices(), legal_sizes()))
def test_legal_amounts_survive_the_float(amount: Decimal) -> None:
    assert Decimal(float_to_wire(exact_float(amount))) == amount


@given(st.one_of(legal_prices(), legal_sizes()))
def test_the_wire_has_no_trailing_zeros(amount: Decimal) -> None:
    assert float_to_wire(exact_float(amount)) == plain(amount)


@pytest.mark.parametrize(
    "amount", ["0.123456785", "1e-9", "12345678901234567.1", "0.1000000001", "1e400", "1000000000.00000001"]
)
def test_other_amounts_are_never_sent(amount: str) -> None:
    with pytest.raises(Rejected, match="without rounding"):
        exact_float(Decimal(amount))


def order(type: OrderType, trigger: str | None, **changes: object) -> Order:
    values: dict[str, object] = {
        "client_id": CLIENT_ID,
        "symbol": "SOL",
        "side": Side.SELL,
        "size": Decimal("1.50"),
        "type": type,
        "limit": Decimal("90"),
        "trigger": None if trigger is None else Decimal(trigger),
        "reduce_only": True,
    }
    return Order(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type", "trigger", "wire"),
    [
        (OrderType.IOC, None, {"limit": {"tif": "Ioc"}}),
        (OrderType.STOP_MARKET, "99.5", {"trigger": {"isMarket": True, "triggerPx": "99.5", "tpsl": "sl"}}),
        (OrderType.STOP_LIMIT, "99.50", {"trigger": {"isMarket": False, "triggerPx": "99.5", "tpsl": "sl"}}),
        (OrderType.TAKE_PROFIT, "99.5", {"trigger": {"isMarket": True, "triggerPx": "99.5", "tpsl": "tp"}}),
        (
            OrderType.TAKE_PROFIT_LIMIT,
            "99.5",
            {"trigger": {"isMarket": False, "triggerPx": "99.5", "tpsl": "tp"}},
        ),
    ],
)
def test_each_type_on_the_wire(type: OrderType, trigger: str | None, wire: dict[str, object]) -> None:
    assert order_request_to_order_wire(order_request(order(type, trigger)), 2) == {
        "a": 2,
        "b": False,
        "p": "90",
        "s": "1.5",
        "r": True,
        "t": wire,
        "c": CLIENT_ID,
    }


@pytest.mark.parametrize(("tif", "word"), [("gtc", "Gtc"), ("alo", "Alo"), ("ioc", "Ioc")])
def test_each_time_in_force_of_a_limit_order_on_the_wire(tif: str, word: str) -> None:
    limit = order(OrderType.LIMIT, None, tif=TimeInForce(tif))
    assert order_request_to_order_wire(order_request(limit), 2)["t"] == {"limit": {"tif": word}}
    assert limit.is_immediate == (word == "Ioc")
    ioc = order(OrderType.IOC, None, tif=TimeInForce(tif))
    assert order_request_to_order_wire(order_request(ioc), 2)["t"] == {"limit": {"tif": "Ioc"}}
    assert ioc.is_immediate


@pytest.mark.parametrize("type", OrderType)
def test_a_trigger_is_for_stops_and_take_profits(type: OrderType) -> None:
    right, wrong = ("90", None) if type.has_trigger else (None, "90")
    order_request(order(type, right))
    with pytest.raises(Rejected, match="trigger"):
        order_request(order(type, wrong))


def test_only_orders_of_the_position_may_have_no_size() -> None:
    whole = order(OrderType.STOP_MARKET, "99.5", size=Decimal(0))
    (request,) = order_requests([whole], Grouping.POSITION)
    assert order_request_to_order_wire(request, 2)["s"] == "0"
    adds = order(OrderType.STOP_MARKET, "99.5", size=Decimal(0), reduce_only=False)
    less = order(OrderType.STOP_MARKET, "99.5", size=Decimal(-1))
    for bad, grouping in (
        (whole, Grouping.NONE),
        (whole, Grouping.NORMAL),
        (adds, Grouping.POSITION),
        (less, Grouping.POSITION),
        (less, Grouping.NONE),
    ):
        with pytest.raises(Rejected, match=f"its size is {plain(bad.size)}"):
            order_requests([bad], grouping)


@pytest.mark.parametrize(
    "text", ["", "0x", "0X" + "0a" * 16, "0x" + "0A" * 16, "0x" + "0g" * 16, CLIENT_ID + "\n"]
)
def test_client_ids_have_one_form(text: str) -> None:
    with pytest.raises(Rejected, match="client order id"):
        cloid_of(text)
