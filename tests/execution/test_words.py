"""Amounts in the engine's own words."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from hypertui.core import phrases
from hypertui.core.market import Instrument

BTC = Instrument("BTC", 5, 40)


@pytest.mark.parametrize(
    ("size", "text"),
    [("0.039", "0.03900"), ("-1", "-1.00000"), ("1234.5", "1,234.50000"), ("0.0000012", "0.0000012")],
)
def test_a_size_has_the_markets_decimals_and_never_fewer_than_it_needs(size: str, text: str) -> None:
    assert phrases.coins(D(size), BTC) == text


@pytest.mark.parametrize(
    ("price", "text"),
    [("63842", "63,842"), ("63380.80", "63,380.8"), ("0.00012", "0.00012"), ("999.5", "999.5")],
)
def test_a_price_keeps_every_digit(price: str, text: str) -> None:
    assert phrases.at_price(D(price)) == text


def test_counts_and_units() -> None:
    assert [phrases.counted(count, "buy") for count in (0, 1, 2)] == ["0 buys", "1 buy", "2 buys"]
    assert [phrases.unit(unit) for unit in (-4, 0, 3)] == ["-4", "0", "+3"]
