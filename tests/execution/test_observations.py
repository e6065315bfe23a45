"""Quiet prices and account states: how many rows they are, and that no commit is made for them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.exchange.protocol import AccountState, Collateral, Quote
from hypertui.execution.observations import Observations
from tests.support.memory_journal import MemoryJournal

_ACCOUNT = AccountState(
    Decimal(1_000), Decimal(100), Decimal(1), None, Decimal(50), 5, ZERO, 1, Collateral(ZERO, ZERO, ZERO)
)


class _Rows(MemoryJournal):
    """Notes what is queued; `waits` says how many rows of other kinds do."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[tuple[int, str]] = []
        self.accounts: list[tuple[int, int, Decimal]] = []
        self.waits = 0

    @property
    def pending(self) -> int:
        return self.waits

    def quote(self, at: int, quote: Quote) -> None:
        self.marks.append((at, f"{quote.mark} {quote.mid}"))

    def account(self, at: int, asked_at: int, account: AccountState) -> None:
        self.accounts.append((at, asked_at, account.equity))


def _quote(mark: int, mid: int | None = None) -> Quote:
    return Quote(Decimal(mark), None if mid is None else Decimal(mid), None)


def test_a_second_leaves_its_newest_price() -> None:
    rows = _Rows()
    seen = Observations(rows)
    for at, mark in ((0, 100), (200, 101), (400, 102), (900, 103), (1_100, 104), (1_900, 105)):
        seen.quote(at, _quote(mark, mark))
    seen.look(3_000)
    seen.quote(4_000, _quote(105, 105))  # no other one
    seen.quote(5_500, _quote(105, 106))
    seen.leave()
    assert rows.marks == [(0, "100 100"), (900, "103 103"), (1_900, "105 105"), (5_500, "105 106")]


def test_the_newest_price_of_a_second_is_written_when_it_is_over() -> None:
    rows = _Rows()
    rows.waits = 1
    seen = Observations(rows)
    seen.quote(0, _quote(100))
    seen.quote(200, _quote(101))
    seen.quote(500, _quote(102))
    seen.look(999)
    assert rows.marks == [(0, "100 None")]
    seen.look(1_000)
    assert rows.marks == [(0, "100 None"), (500, "102 None")]


def test_rows_go_with_others_or_by_themselves_after_five_seconds() -> None:
    rows = _Rows()
    seen = Observations(rows)
    seen.quote(0, _quote(100))
    seen.account(100, 50, _ACCOUNT)
    seen.look(4_999)
    assert not rows.marks
    assert not rows.accounts
    seen.look(5_000)
    assert len(rows.marks) == len(rows.accounts) == 1
    seen.quote(6_000, _quote(101))
    rows.waits = 1
    seen.look(6_001)
    assert len(rows.marks) == 2


def test_an_account_that_does_not_change_is_written_once_a_minute() -> None:
    rows = _Rows()
    seen = Observations(rows)
    for second in range(0, 125, 5):
        seen.account(second * 1_000, second * 1_000, replace(_ACCOUNT, time=second))
    seen.account(125_000, 124_990, replace(_ACCOUNT, equity=Decimal(1_001), time=125))
    seen.leave()
    assert [at for at, _, _ in rows.accounts] == [0, 60_000, 120_000, 125_000]
