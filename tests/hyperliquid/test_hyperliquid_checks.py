"""Whatever stands where a number, a text or a list should: it is refused, or it is harmless."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.exchange import AccountState, OpenOrder
from hypertui.hyperliquid import agents, holdings, wire
from hypertui.hyperliquid.checks import Malformed
from tests.hyperliquid.test_hyperliquid_wire import FILL, META, ORDER, account

Json = Any
POSITION = {
    "coin": "SOL",
    "szi": "0.5",
    "entryPx": "101.5",
    "liquidationPx": "90",
    "leverage": {"type": "cross", "value": 20},
    "marginUsed": "2.5",
    "cumFunding": {"allTime": "9", "sinceOpen": "1.25", "sinceChange": "0"},
}
REPORT = {"order": ORDER, "status": "open", "statusTimestamp": 5}
TRANSFER = {"time": 5, "hash": "0xab", "delta": {"type": "deposit", "usdc": "5.0"}}
CONTEXT = {"markPx": "100.5", "midPx": "100.4"}
NONE: tuple[Any, ...] = (None, True, [], {}, "", "x")
NO_INTEGER = (*NONE, "7", 1.5, float("nan"), -1, 2**63, 10**30)
NO_AMOUNT = (*NONE, 1.5, "NaN", "Infinity", "-inf", "1e99", "1e-99", "1" * 41, "0." + "1" * 60, "١x")
NO_PRICE = (*NO_AMOUNT, "0", "-1", "0.0", 0)

FIELDS: list[tuple[str, Callable[[Json], object], Json, tuple[Any, ...]]] = [
    ("time", wire.fill, FILL, NO_INTEGER),
    ("oid", wire.fill, FILL, NO_INTEGER),
    ("tid", wire.fill, FILL, NO_INTEGER),
    ("px", wire.fill, FILL, NO_PRICE),
    ("sz", wire.fill, FILL, NO_PRICE),
    ("fee", wire.fill, FILL, NO_AMOUNT),
    ("closedPnl", wire.fill, FILL, NO_AMOUNT),
    ("startPosition", wire.fill, FILL, NO_AMOUNT[1:]),
    ("side", wire.fill, FILL, (*NONE, "b", "BUY", 7)),
    ("cloid", wire.fill, FILL, (*NONE[1:], 7, "0x12", "0x" + "g" * 32, "0x" + "a" * 33)),
    ("liquidation", wire.fill, FILL, (*NONE[1:3], "x", 7, {"liquidatedUser": 7})),
    ("statusTimestamp", wire.order_report, REPORT, NO_INTEGER),
    ("status", wire.order_report, REPORT, (*NONE[:4], 7)),
    ("markPx", wire.quote_of, CONTEXT, NO_PRICE),
    ("midPx", wire.quote_of, CONTEXT, NO_PRICE[1:]),
    ("userCrossRate", wire.taker_fee, {"userCrossRate": "0.00045"}, (*NO_AMOUNT, "1", "-1")),
    ("nRequestsUsed", wire.request_budget, {"nRequestsUsed": 1, "nRequestsCap": 2}, NO_INTEGER),
    ("role", agents.role, {"role": "user"}, (*NONE[:4], 7)),
    ("time", lambda row: wire.transfers([row]), TRANSFER, NO_INTEGER),
    ("hash", lambda row: wire.transfers([row]), TRANSFER, (*NONE[:4], 7)),
    ("time", lambda row: wire.newest([row]), TRANSFER, NO_INTEGER),
]
FIELDS += [
    (name, lambda row: wire.open_orders([row], "SOL"), ORDER, bad)
    for name, bad in (
        ("oid", NO_INTEGER),
        ("timestamp", NO_INTEGER),
        ("sz", (*NO_AMOUNT, "-1")),
        ("limitPx", (*NO_AMOUNT, "-1")),
        ("triggerPx", NO_PRICE),
        ("isTrigger", (None, 1, "true")),
        ("reduceOnly", (None, 1, "false")),
    )
]
FIELDS += [
    (name, lambda row: wire.order_report({**REPORT, "order": row}), ORDER, (*NO_AMOUNT, "-1"))
    for name in ("sz", "origSz")
]
FIELDS += [
    (name, lambda row: wire.account_state(account([row]), "SOL"), POSITION, bad)
    for name, bad in (
        ("szi", NO_AMOUNT),
        ("entryPx", NO_AMOUNT[1:]),
        ("marginUsed", NO_AMOUNT),
        ("leverage", tuple({"value": value} for value in (*NO_INTEGER, 0))),
        ("cumFunding", tuple({"sinceOpen": value} for value in NO_AMOUNT)),
    )
]
FIELDS += [
    (name, lambda part: wire.placed([{"filled": part}], 1), {"oid": 1, "totalSz": "1", "avgPx": "2"}, bad)
    for name, bad in (("oid", NO_INTEGER), ("totalSz", NO_PRICE), ("avgPx", NO_PRICE))
]
FIELDS += [
    (name, lambda market: wire.instruments({"universe": [market]}), META["universe"][0], bad)
    for name, bad in (
        ("name", (*NONE[:4], 7)),
        ("szDecimals", (*NO_INTEGER, 9)),
        ("maxLeverage", (*NO_INTEGER, 0, 1001)),
    )
]


@pytest.mark.parametrize(("field", "read", "row", "bad"), FIELDS, ids=[str(each[0]) for each in FIELDS])
def test_what_stands_in_a_field_is_what_should_stand_there(
    field: str, read: Callable[[Json], object], row: Json, bad: tuple[Any, ...]
) -> None:
    read(row)
    for value in bad:
        with pytest.raises(Malformed) as error:
            read({**row, field: value})
        assert len(str(error.value)) < 400, value


@pytest.mark.parametrize(
    ("read", "rows"),
    [
        (lambda rows: wire.open_orders(rows, "SOL"), [ORDER, {**ORDER, "sz": "1.0"}]),
        (lambda rows: wire.account_state(account(rows), "SOL"), [POSITION, POSITION]),
        (lambda rows: wire.instruments({"universe": rows}), [META["universe"][0]] * 2),
    ],
)
def test_what_is_there_twice_cannot_be_believed(read: Callable[[Json], object], rows: list[Json]) -> None:
    read(rows[:1])
    with pytest.raises(Malformed):
        read(rows)


@pytest.mark.parametrize(
    "read",
    [
        lambda rows: wire.account_state({**account([]), "assetPositions": rows}, "SOL"),
        lambda rows: wire.open_orders(rows, "SOL"),
        lambda rows: wire.fills(rows, "SOL"),
        wire.newest,
        lambda rows: wire.funding(rows, "SOL"),
        wire.transfers,
        lambda rows: wire.last_trade(rows, "SOL"),
        lambda rows: wire.instruments({"universe": rows}),
        lambda rows: wire.delisted({"universe": rows}),
        lambda rows: wire.quote_in([{"universe": rows}, []], "SOL"),
        lambda rows: wire.quote_in([{"universe": []}, rows], "SOL"),
        lambda rows: holdings.spot_usdc({"balances": rows}),
        agents.named,
        agents.sub_accounts,
    ],
)
def test_what_is_no_list_is_no_empty_one(read: Callable[[Json], object]) -> None:
    read([])
    for wrong in ({}, ""):
        with pytest.raises(Malformed, match="not a list"):
            read(wrong)


def test_an_order_that_is_listed_twice_works_once() -> None:
    assert len(wire.open_orders([ORDER, dict(ORDER)], "SOL")) == 1


def test_rows_of_other_markets_may_be_as_they_like() -> None:
    other = {"coin": "@107", "oid": -1, "px": None}
    assert len(wire.fills([other, FILL], "SOL")) == 1
    assert len(wire.open_orders([other, ORDER], "SOL")) == 1
    assert wire.last_trade([other], "SOL") is None


def test_an_order_that_follows_the_position_has_no_size_of_its_own() -> None:
    (order,) = wire.open_orders([{**ORDER, "sz": "0.0", "limitPx": "0.0"}], "SOL")
    assert (order.remaining, order.limit) == (0, 0)


def test_what_is_kept_of_a_transfer_can_be_stored() -> None:
    delta = {"type": "odd\x1b[31m\ud800", "usdc": "5", "n\x00": [1, 2.5, None, {"a": True}]}
    (moved,) = wire.transfers([{**TRANSFER, "delta": delta}])
    json.dumps(moved.delta, allow_nan=False).encode()
    assert moved.kind == "odd"
    deep: Json = "x"
    for _ in range(20):
        deep = [deep]
    for value in (deep, float("nan"), 2**70, float("inf"), 1e300):
        with pytest.raises(Malformed):
            wire.transfers([{**TRANSFER, "delta": {"type": "send", "odd": value}}])


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1.5", "-0", "1e14", "NaN", "SOL", "B", "open", "0x" + "ab" * 16]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted({*ORDER, *FILL, *POSITION, "order", "status"})), inner)
    ),
    max_leaves=8,
)


@given(st.integers(0, len(FIELDS) - 1), JUNK)
def test_nothing_but_malformed_is_ever_raised(number: int, junk: Json) -> None:
    name, read, row, _ = FIELDS[number]
    for answer in (junk, {**row, name: junk}):
        try:
            found = read(answer)
        except Malformed:
            continue
        assert found is not NotImplemented


@given(st.sampled_from(sorted(POSITION)), st.sampled_from(sorted(ORDER)), JUNK)
def test_what_is_believed_can_be_counted_and_stored(name: str, other: str, junk: Json) -> None:
    found: list[AccountState | OpenOrder] = []
    for read in (
        lambda: [wire.account_state(account([{**POSITION, name: junk}]), "SOL")],
        lambda: wire.open_orders([{**ORDER, other: junk}], "SOL"),
    ):
        try:
            found += read()  # type: ignore[no-untyped-call]
        except Malformed:
            continue
    for each in found:
        for value in asdict(each).values():
            if isinstance(value, Decimal):
                assert value.is_finite()
            elif isinstance(value, int):
                assert 0 <= value < 2**63
            elif isinstance(value, str):
                value.encode()
