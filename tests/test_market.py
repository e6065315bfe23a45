"""Price and size rules, exact rounding, amounts as text."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.market import KNOWN_INSTRUMENTS, Instrument, Side, parse_amount, plain
from tests.strategy.driver import fill_of

D = Decimal
instruments = st.builds(Instrument, st.just("COIN"), st.integers(0, 5), st.just(20))
prices = st.decimals(min_value=D("0.00001"), max_value=D(10_000_000), places=8, allow_nan=False)


@pytest.mark.parametrize(
    ("sz_decimals", "price", "rounded"),
    [
        (5, "46319.04", "46319"),  # five figures
        (5, "4631.94", "4631.9"),
        (5, "463.194", "463.2"),  # at most 6 - 5 decimals
        (5, "123456", "123456"),  # integers are always allowed
        (5, "1234567.5", "1234568"),  # half to even
        (5, "1234566.5", "1234566"),
        (2, "100.00005", "100.00"),
        (2, "100.015", "100.02"),
        (2, "100.025", "100.02"),
        (2, "99.9996", "100"),
        (2, "0.12345", "0.1234"),  # half to even at the fourth decimal
        (2, "0.12355", "0.1236"),
        (0, "0.00123456", "0.001235"),
        (0, "1.23456", "1.2346"),
    ],
)
def test_prices_round_to_the_rule_of_the_venue(sz_decimals: int, price: str, rounded: str) -> None:
    assert Instrument("COIN", sz_decimals, 20).round_price(D(price)) == D(rounded)


@pytest.mark.parametrize(
    ("sz_decimals", "price", "good"),
    [
        (1, "1234.5", True),
        (1, "1234.56", False),  # six figures
        (1, "0.01234", True),
        (1, "0.012345", False),  # six decimals, five allowed
        (0, "0.001234", True),
        (0, "0.0012345", False),
        (5, "123456", True),
        (5, "123456.5", False),
        (2, "100.0", True),
        (2, "0", False),
        (2, "-1", False),
    ],
)
def test_what_the_venue_takes_for_a_price(sz_decimals: int, price: str, good: bool) -> None:
    assert Instrument("COIN", sz_decimals, 20).is_price(D(price)) is good


@given(instruments, prices)
def test_a_rounded_price_is_the_nearest_allowed_one(instrument: Instrument, price: Decimal) -> None:
    rounded = instrument.round_price(price)
    tick = instrument.tick(price)
    assert tick <= 1
    assert rounded % tick == 0
    assert abs(rounded - price) * 2 <= tick
    assert rounded == instrument.round_price(rounded)  # once is enough
    assert rounded == 0 or instrument.is_price(rounded)
    assert -rounded.normalize().as_tuple().exponent <= 6 - instrument.sz_decimals or rounded == int(rounded)
    figures = len(rounded.normalize().as_tuple().digits)
    assert figures <= 5 or rounded == int(rounded)


@given(instruments, prices)
def test_halves_go_to_the_even_neighbour(instrument: Instrument, price: Decimal) -> None:
    tick = instrument.tick(price)
    below = price.quantize(tick, ROUND_HALF_EVEN)
    middle = below + tick / 2
    if instrument.tick(middle) == tick:
        rounded = instrument.round_price(middle)
        assert rounded in (below, below + tick)
        assert Fraction(rounded) / Fraction(tick) % 2 == 0


@given(instruments, st.integers(1, 10**9))
def test_integers_are_always_prices(instrument: Instrument, price: int) -> None:
    assert instrument.is_price(D(price))


@given(instruments, st.decimals(min_value=0, max_value=10**6, places=9))
def test_sizes_are_floored_to_whole_lots(instrument: Instrument, size: Decimal) -> None:
    floored = instrument.floor_size(size)
    assert floored % instrument.lot == 0
    assert 0 <= size - floored < instrument.lot
    assert instrument.is_size(floored) is (floored > 0)
    assert instrument.is_size(floored + instrument.lot / 2) is False


def test_known_markets() -> None:
    assert KNOWN_INSTRUMENTS["BTC"].lot == D("0.00001")
    assert KNOWN_INSTRUMENTS["ETH"].lot == D("0.0001")
    assert KNOWN_INSTRUMENTS["SOL"].lot == D("0.01")
    assert all(symbol == instrument.symbol for symbol, instrument in KNOWN_INSTRUMENTS.items())


@pytest.mark.parametrize("text", ["1", "-0.5", "1e3", 7, D("0.1"), "123456789.123456789", "0"])
def test_amounts_are_read_exactly(text: str | int | Decimal) -> None:
    assert parse_amount(text) == D(text)


@pytest.mark.parametrize(
    "text",
    [
        *("NaN", "sNaN", "Infinity", "-inf", "", "ten", "1,5", "0x10", "1e15", "1e999999", "1e-19"),
        *(1.5, True, None, [], D("NaN"), 10**15),
    ],
)
def test_what_is_no_amount_is_refused_in_one_line(text: object) -> None:
    with pytest.raises(ValueError, match="amount") as caught:
        parse_amount(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1E+3", "1000"), ("1.500", "1.5"), ("100", "100"), ("-0.00", "0"), ("-0", "0"), ("1E-7", "0.0000001")],
)
def test_plain_text(amount: str, text: str) -> None:
    assert plain(D(amount)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=12))
def test_plain_text_is_exact(amount: Decimal) -> None:
    text = plain(amount)
    assert D(text) == amount
    assert "E" not in text
    assert text != "-0"
    assert not ("." in text and text.endswith("0"))


def test_sides_and_fills() -> None:
    fill = fill_of(Side.SELL, "0.5", "100", number=3)
    assert (Side.BUY.sign, fill.side.sign) == (1, -1)
    assert fill.value == 50
    assert fill.key == (3, 3, 3)
