"""How much of a day's profit moves."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.accumulation.amount import LEAST, portion
from hypertui.core.accumulation import DAY, DUE, day_name, due_day

MONEY = st.decimals(D(-100_000), D(100_000), places=6)
HUNDRED, ROOM = "20 % of 500.00 USD is 100.00 USD, and", "USD of margin are free beside what the trades need"
SHARE = st.decimals(D("0.001"), D(1), places=3)


@given(MONEY, SHARE, st.none() | MONEY)
def test_it_is_a_share_of_a_gain_in_whole_cents_and_leaves_what_the_trades_need(
    net: D, share: D, free: D | None
) -> None:
    found = portion(net, share, free)
    assert found.text
    if found.amount:
        assert net > 0
        assert LEAST <= found.amount <= net * share < found.amount + D("0.01")
        assert found.amount * 100 == int(found.amount * 100)
        assert free is None or found.amount <= free
    else:
        part = net * share
        assert (
            net <= 0 or part < LEAST or (free is not None and part.quantize(D("0.01"), "ROUND_DOWN") > free)
        )


@given(MONEY, MONEY, SHARE)
def test_more_profit_never_moves_less(one: D, other: D, share: D) -> None:
    low, high = sorted((one, other))
    assert portion(low, share).amount <= portion(high, share).amount


@pytest.mark.parametrize(
    ("net", "free", "amount", "text"),
    [
        ("321.07", "100", "64.21", "20 % of 321.07 USD"),
        ("-12.3", "100", "0", "the net result is -12.30 USD, no gain"),
        ("0", "100", "0", "the net result is 0.00 USD, no gain"),
        ("4.99", "100", "0", "20 % of 4.99 USD is 0.99 USD, less than 1.00"),
        ("5", "1", "1", "20 % of 5.00 USD"),
        (
            "500",
            "99.999",
            "0",
            f"{HUNDRED} 99.99 {ROOM}",
        ),
        (
            "500",
            "-3",
            "0",
            f"{HUNDRED} 0.00 {ROOM}",
        ),
    ],
)
def test_what_it_says(net: str, free: str, amount: str, text: str) -> None:
    found = portion(D(net), D("0.2"), D(free))
    assert (found.amount, found.text) == (D(amount), text)


@given(st.integers(20_000, 30_000), st.integers(0, DAY - 1))
def test_a_day_is_due_from_five_past_midnight_on(day: int, later: int) -> None:
    found = due_day(day * DAY + later)
    assert found == (None if later < DUE else (day - 1) * DAY)


def test_a_day_has_its_name() -> None:
    assert day_name(1_700_000_000_000) == "2023-11-14"
