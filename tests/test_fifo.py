"""First in, first out: the only one there is, so it had better be right."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.fifo import FifoBook
from hypertui.core.market import ZERO, Fill, Side
from tests.strategy.driver import book_of, fifo_realized, fill_of

D = Decimal
BUY, SELL = Side.BUY, Side.SELL


def test_the_oldest_coins_are_sold_first() -> None:
    book = book_of([fill_of(BUY, 1, 50_000, number=1), fill_of(BUY, 1, 55_000, number=2)])
    sale = fill_of(SELL, "1.5", 60_000, number=3)
    allocations = book.book(sale)
    assert [(a.opened.trade_id, a.size, a.pnl) for a in allocations] == [(1, 1, 10_000), (2, D("0.5"), 2_500)]
    assert all(a.closed is sale for a in allocations)
    assert book.realized_pnl == 12_500
    assert (book.position, book.cost) == (D("0.5"), 27_500)
    assert book.unrealized_pnl(D(60_000)) == 2_500


def test_fees_of_both_sides_belong_to_the_coins() -> None:
    book = book_of([fill_of(BUY, 2, 100, "0.90"), fill_of(BUY, 2, 110, "1.00")])
    (first, second) = book.book(fill_of(SELL, 3, 120, "1.80"))
    assert (first.open_fee, first.close_fee) == (D("0.90"), D("1.20"))
    assert (second.open_fee, second.close_fee) == (D("0.50"), D("0.60"))
    assert first.gross_pnl == 40
    assert first.pnl == 40 - D("2.10")
    assert book.realized_pnl == 50 - D("3.20")
    assert book.open_fees == D("0.50")
    assert book.fees == D("3.70")


def test_through_zero_a_book_opens_the_other_side() -> None:
    book = book_of([fill_of(BUY, 1, 100, "0.1")])
    (closed,) = book.book(fill_of(SELL, 3, 110, "0.3"))
    assert closed.pnl == 10 - D("0.1") - D("0.1")
    assert (book.position, book.cost, book.open_fees) == (-2, -220, D("0.2"))
    assert book.unrealized_pnl(D(100)) == 20
    (covered,) = book.book(fill_of(BUY, 2, 105, "0.2"))
    assert covered.gross_pnl == 10  # sold at 110, bought back at 105
    assert book.position == 0
    assert list(book) == []


def test_one_sale_over_many_fills_is_the_same_as_one() -> None:
    entry = [fill_of(BUY, 3, 100, "0.3"), fill_of(BUY, 3, 90, "0.3")]
    whole = book_of([*entry, fill_of(SELL, 5, 95, "0.5")])
    parts = book_of([*entry, *[fill_of(SELL, 1, 95, "0.1")] * 5])
    assert whole.realized_pnl == parts.realized_pnl
    assert whole.position == parts.position == 1


def test_a_sale_before_the_buy_that_it_closes_makes_the_same_profit() -> None:
    buy, sale = fill_of(BUY, 2, 97, "0.1"), fill_of(SELL, 2, 96, "0.1")
    assert book_of([buy, sale]).realized_pnl == book_of([sale, buy]).realized_pnl == D("-2.2")


def test_shares_of_a_fee_that_does_not_divide_add_up_to_it() -> None:
    book = book_of([fill_of(BUY, 7, 100, "0.45")])
    shares = [book.book(fill_of(SELL, size, 100))[0].open_fee for size in ("0.03", "3.97", "2", "1")]
    assert sum(shares) == D("0.45")
    assert book.open_fees == 0


fills = st.lists(
    st.builds(
        fill_of,
        st.sampled_from(Side),
        st.decimals(min_value=D("0.00001"), max_value=D(30), places=5),
        st.decimals(min_value=D("0.1"), max_value=D(60_000), places=1),
        st.decimals(min_value=D("-0.5"), max_value=D(30), places=6),  # a rebate is a negative fee
    ),
    min_size=1,
    max_size=25,
)


@given(fills)
def test_nothing_is_lost(fills: list[Fill]) -> None:
    book = FifoBook()
    opened_left: dict[int, Decimal] = {}
    open_shares = close_shares = ZERO
    for fill in fills:
        before = book.position
        allocations = book.book(fill)
        closed = sum((a.size for a in allocations), ZERO)
        against = before * fill.side.sign < 0
        assert closed == (min(abs(before), fill.size) if against else 0)
        assert all(a.size > 0 for a in allocations)
        opened_left[id(fill)] = fill.size - closed
        for allocation in allocations:
            opened_left[id(allocation.opened)] -= allocation.size
        open_shares += sum((a.open_fee for a in allocations), ZERO)
        close_shares += sum((a.close_fee for a in allocations), ZERO)
        assert book.position == before + fill.size * fill.side.sign
    assert all(left >= 0 for left in opened_left.values())
    assert sum(opened_left.values()) == abs(book.position)
    assert len({lot.size > 0 for lot in book}) <= 1  # never both sides at once
    assert open_shares + close_shares + book.open_fees == book.fees == sum((f.fee for f in fills), ZERO)


@given(fills, st.integers(1, 60_000))
def test_realized_and_unrealized_are_the_cash_and_the_position(fills: list[Fill], price: int) -> None:
    book = book_of(fills)
    cash = -sum((fill.value * fill.side.sign + fill.fee for fill in fills), ZERO)
    worth = book.realized_pnl + book.unrealized_pnl(D(price)) - book.open_fees
    assert worth == pytest.approx(cash + book.position * price, abs=D("1e-15"))
    assert abs(Fraction(book.realized_pnl) - fifo_realized(fills)) < Fraction(1, 10**12)


@given(fills)
def test_once_flat_any_order_of_matching_makes_the_same_profit(fills: list[Fill]) -> None:
    """First in, first out and average cost differ on the way, never at the end."""
    position = sum((fill.size * fill.side.sign for fill in fills), ZERO)
    if position:
        fills = [*fills, fill_of(SELL if position > 0 else BUY, abs(position), 100, "0.5")]
    book = book_of(fills)
    assert book.position == book.cost == book.open_fees == 0
    average = average_cost_profit(fills) - sum((Fraction(fill.fee) for fill in fills), Fraction(0))
    assert Fraction(book.realized_pnl) == average


def average_cost_profit(fills: list[Fill]) -> Fraction:
    held, cost, profit = Fraction(0), Fraction(0), Fraction(0)
    for fill in fills:
        size, price = Fraction(fill.size) * fill.side.sign, Fraction(fill.price)
        if held * size < 0:
            closed = -held if abs(size) > abs(held) else size
            profit += -closed * (price - cost / held)
            cost += closed * cost / held
            held += closed
            size -= closed
        held += size
        cost += size * price
    return profit
