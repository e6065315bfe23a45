"""What counts as over: a bracket's stays and a ladder's cycles, and that nothing is lost between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.market import Side
from hypertui.journal import Journal
from hypertui.journal.history import History
from hypertui.journal.records import FillRecord, FundingRecord, Record, StepRecord, TradeRecord
from hypertui.ledger.derivation import MarketBook, derive
from hypertui.ledger.reports.profit import statement
from hypertui.ledger.samples import Samples, TradeSample, samples
from hypertui.ledger.scope import Scope
from tests.ledger.facts import fill, told
from tests.ledger.helpers import ID, TRADE

BUY, SELL = Side.BUY, Side.SELL
T = TRADE.started_at
BRACKET = replace(TRADE, settings={"strategy": "bracket"})
LADDER = replace(TRADE, settings={"strategy": "ladder"})


def found(
    tmp_path: Path, trade: TradeRecord, *rows: Record, since: int = 0, until: int | None = None
) -> list[TradeSample]:
    """By the command's way and by the report's, which have to agree."""
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with Journal.open(url) as journal:
        journal.begin(replace(trade, ended_at=None))
        journal.add(*rows)
        if trade.ended_at is not None:
            journal.end(trade.id, trade.ended_at, "sold")
    with History.open(url) as history:
        scope = Scope(history, "paper", since=since, **({} if until is None else {"until": until}))
        over = list(samples(scope))
        assert statement(scope).samples == over
    return over


def figures(over: Sequence[TradeSample]) -> list[tuple[int, int, D, D, D]]:
    return [(each.began_at - T, each.ended_at - T, each.gross, each.fees, each.net) for each in over]


def test_a_stay_lasts_from_the_first_coin_until_there_is_none(tmp_path: Path) -> None:
    fills = told(
        [
            replace(fill(BUY, "1", 100, at=T + 1, fee="0.1"), source="webhook:tv"),
            replace(fill(BUY, "1", 102, at=T + 2, fee="0.1"), source="operator"),
            replace(fill(SELL, "1", 110, at=T + 3, fee="0.2"), source="exit:trailing-stop"),
            fill(SELL, "1", 90, at=T + 4, fee="0.2"),
            replace(fill(BUY, "2", 100, at=T + 5, fee="0.3"), source="signal:dip"),
            fill(SELL, "2", 99, at=T + 6, fee="0.4"),
            fill(BUY, "1", 50, at=T + 7, fee="0.4"),  # open, whatever it is worth
        ]
    )
    over = found(tmp_path, BRACKET, *fills, FundingRecord(ID, T + 2, D("-0.25")))
    assert figures(over) == [
        (1, 4, D(-2), D("0.6"), D("-2.85")),
        (5, 6, D(-2), D("0.7"), D("-2.7")),
    ]
    assert [each.source for each in over] == ["webhook:tv", "signal:dip"]


def test_what_turns_round_ends_one_and_begins_another(tmp_path: Path) -> None:
    fills = told(
        [
            replace(fill(BUY, "1", 100, at=T + 1, fee="0.1"), source="a"),
            replace(fill(SELL, "3", 110, at=T + 2, fee="0.3"), source="b"),
            replace(fill(BUY, "2", 100, at=T + 3, fee="0.2"), source="c"),
        ]
    )
    over = found(tmp_path, BRACKET, *fills)
    assert figures(over) == [(1, 2, D(10), D("0.2"), D("9.8")), (2, 3, D(20), D("0.4"), D("19.6"))]
    assert [each.source for each in over] == ["a", "b"]


def step(seq: int, at: int, direction: str, phase: str) -> StepRecord:
    return StepRecord(ID, seq, T + at, D(100), direction, 0, {"phase": phase})


CYCLES: list[Record] = [
    *told(
        [
            replace(fill(BUY, "2", 100, at=T + 1, fee="0.2"), source="ladder", reason="ENTRY"),
            fill(SELL, "2", 95, at=T + 3, fee="0.2"),  # flat, and not over: it is bought back
            fill(BUY, "2", 97, at=T + 5, fee="0.2"),
            fill(SELL, "1", 105, at=T + 11, fee="0.1"),
            fill(SELL, "1", 106, at=T + 12, fee="0.1"),
        ]
    ),
    step(1, 2, "down", "decline"),
    step(2, 6, "up", "advance"),
    FundingRecord(ID, T + 10, D("0.5")),
]


def test_a_ladder_counts_by_cycles_and_its_last_one_as_far_as_it_came(tmp_path: Path) -> None:
    over = found(tmp_path, replace(LADDER, ended_at=T + 20), *CYCLES)
    assert figures(over) == [(1, 6, D(-10), D("0.4"), D("-10.4")), (10, 12, D(17), D("0.4"), D("17.1"))]
    assert [each.source for each in over] == ["ladder", "ladder"]


@pytest.mark.parametrize(
    ("options", "ends"), [({"until": T + 20}, [6]), ({"since": T + 7}, [12]), ({"until": T + 6}, [])]
)
def test_only_what_ended_within_the_scope_counts(
    tmp_path: Path, options: dict[str, int], ends: list[int]
) -> None:
    over = found(tmp_path, replace(LADDER, ended_at=T + 20), *CYCLES, **options)
    assert [each.ended_at - T for each in over] == ends


def test_the_last_cycle_of_a_trade_that_goes_on_is_not_over(tmp_path: Path) -> None:
    assert [each.ended_at - T for each in found(tmp_path, LADDER, *CYCLES)] == [6]


def test_what_ended_with_coins_left_is_not_over(tmp_path: Path) -> None:
    given_up = [row for row in CYCLES if not (isinstance(row, FillRecord) and row.time == T + 12)]
    over = found(tmp_path, replace(LADDER, ended_at=T + 20), *given_up)
    assert [each.ended_at - T for each in over] == [6]


def test_a_cycle_without_a_sale_is_none_and_what_it_paid_goes_on(tmp_path: Path) -> None:
    rows = told([fill(BUY, "1", 100, at=T + 1), fill(SELL, "1", 103, at=T + 9)])
    steps = [step(1, 2, "down", "decline"), step(2, 3, "up", "advance")]
    paid = FundingRecord(ID, T + 2, D("-0.5"))
    over = found(tmp_path, replace(LADDER, ended_at=T + 20), *rows, *steps, paid)
    assert figures(over) == [(1, 9, D(3), D(0), D("2.5"))]


def test_a_missing_fill_is_told_of(tmp_path: Path) -> None:
    whole = told(
        [
            fill(BUY, "1", 100, at=T + 1),
            fill(BUY, "1", 100, at=T + 2),
            fill(SELL, "2", 110, at=T + 3),
            fill(BUY, "1", 100, at=T + 4),
            fill(SELL, "1", 101, at=T + 5),
        ]
    )
    over = found(tmp_path, BRACKET, *whole[:1], *whole[2:])
    assert [(each.ended_at - T, each.adds_up) for each in over] == [(3, False), (5, True)]


SIZES = st.decimals("0.1", 3, places=1)
DEALS = st.lists(st.tuples(st.sampled_from(Side), SIZES, st.integers(90, 110)), min_size=1, max_size=30)


@given(DEALS, st.booleans())
def test_all_that_was_realised_is_in_a_sample_once_it_is_flat(
    deals: list[tuple[Side, D, int]], in_cycles: bool
) -> None:
    made: list[FillRecord] = [
        fill(side, size, price, at=T + number, fee="0.01") for number, (side, size, price) in enumerate(deals)
    ]
    held = sum((each.size * each.side.sign for each in made), D(0))
    if held:
        made.append(fill(SELL if held > 0 else BUY, abs(held), 100, at=T + len(made), fee="0.01"))
    trade = replace(LADDER if in_cycles else BRACKET, ended_at=T + 1_000)
    over, book = Samples([trade]), MarketBook()
    for booked in derive(told(made), book):
        over.on_fill(booked)
        over.on_funding(FundingRecord(ID, booked.fill.time, D("0.1")))
    over.close(T + 2_000)
    assert sum((each.gross - each.fees for each in over.over), D(0)) == book.realized_pnl
    assert len(over.over) == 1 or not in_cycles
    for before, after in zip(over.over, over.over[1:], strict=False):
        assert before.ended_at <= after.began_at
