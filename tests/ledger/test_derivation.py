"""The ledger derived from fills: exact, the same however they arrive, and honest about what it cannot
know."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.market import ZERO, Side
from hypertui.journal.errors import LedgerError
from hypertui.journal.fill_order import key_of, merged
from hypertui.journal.records import FillRecord
from hypertui.journal.rows import Matter
from hypertui.ledger.derivation import MarketBook, derive
from tests.ledger.facts import fill, told

BUY, SELL = Side.BUY, Side.SELL


def test_the_example_of_first_in_first_out() -> None:
    fills = told(
        [fill(BUY, "1", 50_000, at=1), fill(BUY, "1", 55_000, at=2), fill(SELL, "1.5", 60_000, at=3)]
    )
    book = MarketBook()
    *_, sale = derive(fills, book)
    assert [(row.opened, row.size, row.pnl) for row in sale.allocations] == [
        (fills[0], 1, 10_000),
        (fills[1], D("0.5"), 2_500),
    ]
    assert (sale.pnl, book.realized_pnl, book.position) == (12_500, 12_500, D("0.5"))
    assert book.unrealized_pnl(D(60_000)) == 2_500
    # By average cost the same coins cost 52,500 each: other amounts, the same sum.
    assert book.average.realized_pnl == 11_250
    assert book.average.unrealized_pnl(D(60_000)) == 3_750


def test_an_allocation_names_both_sides_with_their_fees() -> None:
    fills = told([fill(BUY, "2", 100, at=1, fee="0.90"), fill(SELL, "0.5", 120, at=5, fee="0.30")])
    *_, sale = derive(fills)
    (row,) = sale.allocations
    assert (row.buy, row.sale, row.held_ms) == (fills[0], fills[1], 4)
    assert (row.cost_basis, row.proceeds, row.net_proceeds) == (D("50.225"), 60, D("59.70"))
    assert row.pnl == D("9.475") == row.gross_pnl - D("0.225") - D("0.30")


def test_a_short_is_opened_by_its_sale() -> None:
    fills = told([fill(SELL, "1", 110, at=1, fee="0.1"), fill(BUY, "1", 100, at=2, fee="0.2")])
    *_, cover = derive(fills)
    (row,) = cover.allocations
    assert (row.is_long, row.sale, row.buy) == (False, fills[0], fills[1])
    assert (row.cost_basis, row.net_proceeds, row.pnl) == (D("100.2"), D("109.9"), D("9.7"))
    assert not any(each.review for each in derive(fills))


def test_a_sale_of_coins_that_were_never_seen_is_put_aside() -> None:
    fills = told([fill(BUY, "1", 100, at=1), fill(BUY, "3", 90, at=2), fill(SELL, "2", 110, at=3, fee="0.4")])
    book = MarketBook()
    *_, sale = derive([fills[0], fills[2]], book)  # the second buy is missing
    assert [(row.matter, row.expected, row.found) for row in sale.review] == [
        (Matter.GAP, 1, 4),
        (Matter.UNMATCHED, 0, 1),
    ]
    assert (sale.unmatched, sale.pnl) == (1, D("9.8"))  # and its fee stays with the coin it was paid for
    assert (book.position, list(book.lots())) == (0, [])
    *_, again = derive(fills)
    assert again.review == ()
    assert again.unmatched == ZERO


def test_a_gap_is_told_of_once_and_closes_by_itself() -> None:
    fills = told(
        [
            fill(BUY, "2", 100, at=1),
            fill(SELL, "1", 101, at=2),
            fill(SELL, "1", 102, at=3),
            fill(BUY, "1", 103, at=4),
            fill(SELL, "1", 104, at=5),
        ]
    )
    booked = list(derive(fills[1:]))
    matters = [[row.matter for row in each.review] for each in booked]
    assert matters == [[Matter.GAP, Matter.UNMATCHED], [Matter.UNMATCHED], [], []]
    assert booked[-1].pnl == 1


def test_a_difference_below_the_smallest_order_is_dust() -> None:
    fills = told([fill(BUY, "0.0002", 40_000, at=1), fill(SELL, "0.0002", 40_000, at=2)])
    (sale,) = derive(fills[1:])
    assert [row.is_dust for row in sale.review] == [True, True]
    book = MarketBook()
    list(derive(told([fill(BUY, "0.0002", 40_000, at=1), fill(BUY, "1", 40_000, at=2)]), book))
    assert [lot.is_dust for lot in book.lots()] == [True, False]


def test_a_fill_without_a_start_position_follows_its_order() -> None:
    (sale,) = derive([fill(SELL, "1", 100, at=1)])  # a stop can only reduce
    assert (sale.unmatched, sale.position) == (1, 0)
    (opening,) = derive([replace(fill(SELL, "1", 100, at=1), role="adopted")])
    assert (opening.unmatched, opening.position) == (0, -1)


def test_the_venue_realised_another_amount() -> None:
    fills = told([fill(BUY, "1", 100, at=1), fill(SELL, "1", 110, at=2)])
    fills[1] = replace(fills[1], closed_pnl=D("10.00001"))
    *_, sale = derive(fills)
    assert [(row.matter, row.difference) for row in sale.review] == [(Matter.CLOSED_PNL, D("0.00001"))]


def test_ties_count_by_order_id_then_trade_id() -> None:
    one, two, three = fill(BUY, "1", 100, at=1), fill(BUY, "1", 90, at=1), fill(SELL, "1", 95, at=2)
    fills = [replace(one, order_id=7), replace(two, order_id=6), three]
    *_, sale = derive(sorted(fills, key=key_of))
    assert sale.pnl == 5  # the buy of order 6 goes first
    fills[1] = replace(two, order_id=7, trade_number=0)
    assert next(iter(sorted(fills, key=key_of))).trade_number == 0


def test_within_a_millisecond_the_sale_may_be_listed_first() -> None:
    bought, sold = told([fill(BUY, "1", 100, at=1, number=9), fill(SELL, "1", 101, at=1, number=5)])
    first, second = derive([sold, bought])
    assert (first.review, second.review, second.pnl, second.position) == ((), (), 1, 0)


@pytest.mark.parametrize("before", [ZERO, D(4)])
def test_within_a_millisecond_lots_follow_the_order_that_the_start_positions_tell(before: D) -> None:
    """Ids say the opposite: by them the sale would open a short, and the dearer coins would go first."""
    fills = told(
        [
            fill(BUY, "1", 100, at=1, number=9),
            fill(BUY, "2", 110, at=1, number=8),
            fill(SELL, "2.5", 120, at=1, number=7),
            fill(BUY, "3", 130, at=2),
        ]
    )
    # With coins from before the first fill that is known, the moment follows on from those.
    fills = [replace(each, start_position=(each.start_position or ZERO) + before) for each in fills]
    book = MarketBook()
    booked = list(derive(sorted(fills, key=key_of), book))
    assert [each.fill.order_id for each in booked] == [9, 8, 7, 2]
    sale = booked[2]
    assert [(row.opened.order_id, row.size, row.is_long) for row in sale.allocations] == [
        (9, 1, True),
        (8, D("1.5"), True),
    ]
    assert sale.pnl == 35
    assert [(lot.opened.order_id, lot.size) for lot in book.lots()] == [(8, D("0.5")), (2, 3)]
    matters = [row.matter for each in booked for row in each.review]
    assert matters == ([Matter.GAP] if before else [])


def test_two_different_fills_of_one_key_are_refused() -> None:
    one = fill(BUY, "1", 100, at=1)
    again = replace(one, client_id="0x1", role="adopted")  # as another trade booked it
    assert len(list(derive([one, again]))) == 1
    with pytest.raises(
        LedgerError, match="fill 1 of order 1 is there twice and not the same: 1 at 100 and 2"
    ):
        list(derive([one, replace(one, size=D(2))]))
    with pytest.raises(LedgerError, match="twice"):
        list(derive([one, replace(one, price=D(101))]))
    with pytest.raises(LedgerError, match="after a later one"):
        list(derive([fill(BUY, "1", 100, at=2), one]))


def test_streams_are_opened_when_their_turn_comes() -> None:
    opened: list[int] = []

    def stream(number: int, times: range) -> tuple[tuple[int, int, int], object]:
        def read() -> object:
            opened.append(number)
            return iter([fill(BUY, "1", 1, at=time) for time in times])

        return (times[0], times[0], times[0]), read

    found = merged([stream(2, range(50, 60)), stream(1, range(1, 9)), stream(3, range(55, 58))])  # type: ignore[list-item]
    assert [next(found).time for _ in range(8)] == list(range(1, 9))
    assert opened == [1]
    rest = [each.time for each in found]
    assert rest == sorted([*range(50, 60), *range(55, 58)])
    assert opened == [1, 2, 3]


amounts = st.decimals(min_value=D("0.00001"), max_value=D(30), places=5)
prices = st.decimals(min_value=D("0.1"), max_value=D(60_000), places=1)
fees = st.decimals(min_value=D("-0.5"), max_value=D(30), places=6)  # a rebate is a negative fee


@st.composite
def legal(draw: st.DrawFn) -> list[FillRecord]:
    """Fills as a venue would make them, several in a millisecond now and then, order ids in no order."""
    made, at = [], 1
    for number in range(draw(st.integers(1, 25))):
        at += draw(st.sampled_from((0, 1, 1, 7)))
        side, size = draw(st.sampled_from(Side)), draw(amounts)
        each = fill(side, size, draw(prices), at=at, number=number + 1, fee=draw(fees))
        made.append(replace(each, order_id=draw(st.integers(1, 9))))
    return told(made)


@given(legal(), st.integers(1, 60_000))
def test_legal_fills_need_no_review_and_both_ways_of_counting_agree(
    fills: list[FillRecord], price: int
) -> None:
    book, cash = MarketBook(), ZERO
    booked = list(derive(sorted(fills, key=key_of), book))
    assert not any(each.review for each in booked)
    cash = -sum((each.size * each.price * each.side.sign + each.fee for each in fills), ZERO)
    assert book.realized_pnl + book.unrealized_pnl(D(price)) - book.open_fees == cash + book.position * price
    fees = sum((each.fee for each in fills), ZERO)
    average = book.average
    assert average.realized_pnl + average.unrealized_pnl(D(price)) - fees == cash + book.position * price
    assert average.position == book.position
    assert book.position == sum((lot.size for lot in book.lots()), ZERO)


@given(legal(), st.integers(0, 24))
def test_a_missing_fill_never_passes_unnoticed(fills: list[FillRecord], missing: int) -> None:
    fills = sorted(fills, key=key_of)
    gone = fills.pop(missing % len(fills))
    if any(each.time > gone.time for each in fills):
        assert any(each.review for each in derive(fills))


def test_a_position_that_was_taken_over_is_compared_only_once_it_has_gone() -> None:
    whole = told(
        [
            fill(BUY, "3", D(100) / 3, at=1),
            fill(SELL, "3", 40, at=5),
            fill(BUY, "1", 50, at=6),
            fill(SELL, "1", 60, at=7),
        ]
    )
    adopted = replace(whole[0], price=D("33.3"), role="adopted", start_position=None)  # as the venue shows it
    whole[3] = replace(whole[3], closed_pnl=D(11))
    booked = list(derive([adopted, *whole[1:]]))
    assert [[row.matter for row in each.review] for each in booked] == [[], [], [], [Matter.CLOSED_PNL]]
    assert booked[1].pnl == D("20.1")
