"""What a trade holds and has made, beside the same added up from its fills."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.market import ZERO, Fill, Side
from hypertui.core.trade_book import Execution, TradeBook
from tests.strategy.driver import fifo_realized, fill_of

D = Decimal
NEARLY = D("1e-12")

cents = st.integers(1, 20_000).map(lambda number: D(number) / 100)
fees = st.integers(-300, 300).map(lambda number: D(number) / 100)
all_fills = st.lists(st.builds(fill_of, st.sampled_from(Side), cents, cents, fees), max_size=30)


def booked(fills: list[Fill]) -> tuple[TradeBook, list[Decimal]]:
    book = TradeBook()
    return book, [book.book(fill) for fill in fills]


@given(all_fills, fees, fees, cents)
def test_the_figures_are_those_of_the_fills(
    fills: list[Fill], funding: Decimal, corrected: Decimal, price: Decimal
) -> None:
    book, gains = booked(fills)
    book.funding += funding
    book.corrected += corrected
    position = sum((fill.size * fill.side.sign for fill in fills), ZERO)
    assert book.position == position == sum((lot.size for lot in book.lots), ZERO)
    assert book.held == position + corrected
    assert book.fees == sum((fill.fee for fill in fills), ZERO)
    assert abs(Fraction(book.realized_pnl) - fifo_realized(fills) - Fraction(funding)) < Fraction(NEARLY)
    assert abs(sum(gains, ZERO) + funding - book.realized_pnl) < NEARLY
    cash = funding - sum((fill.value * fill.side.sign + fill.fee for fill in fills), ZERO)
    assert abs(book.net_pnl(price) - cash - position * price) < NEARLY
    assert book.unrealized_pnl(price) == sum(((price - lot.price) * lot.size for lot in book.lots), ZERO)


@given(all_fills)
def test_the_average_price_is_what_the_coins_held_cost(fills: list[Fill]) -> None:
    book, _ = booked(fills)
    assert abs(book.average_price * book.position - book.fifo.cost) < NEARLY
    if book.position == 0:
        assert book.average_price == 0


def test_funding_and_corrections_are_beside_the_fills() -> None:
    book, _ = booked([fill_of(Side.BUY, "10", "100", "1")])
    book.funding += D("-0.25")
    book.corrected += D("-0.01")
    assert (book.position, book.held, book.average_price) == (10, D("9.99"), 100)
    assert (book.realized_pnl, book.fees) == (D("-0.25"), 1)
    assert book.unrealized_pnl(D(101)) == 10  # of the coins by fills alone
    assert book.net_pnl(D(101)) == D("8.75")


def test_a_fill_answers_with_what_it_realised_net_of_both_fees() -> None:
    book, gains = booked(
        [
            fill_of(Side.BUY, "10", "100", "1"),
            fill_of(Side.BUY, "10", "110", "1"),
            fill_of(Side.SELL, "15", "108", "1.5"),
        ]
    )
    assert gains == [0, 0, 80 - 10 - 1 - D("0.5") - D("1.5")]
    assert [(lot.size, lot.price) for lot in book.lots] == [(5, 110)]


def test_an_execution_tells_where_it_was_meant_to_fill() -> None:
    book = TradeBook()
    buy, sale = fill_of(Side.BUY, "1", "100"), fill_of(Side.SELL, "1", "98.5")
    book.book(buy)
    book.book(sale, -1, D(99))
    assert list(book.executions) == [Execution(buy, None, None, ZERO), Execution(sale, -1, D(99), D("-1.5"))]


def test_the_newest_200_executions_are_kept_and_every_coin_is_counted() -> None:
    fills = [fill_of(Side.BUY, "1", "100", number=number) for number in range(205)]
    book, _ = booked(fills)
    assert [each.fill.trade_id for each in book.executions] == list(range(5, 205))
    assert book.position == 205
