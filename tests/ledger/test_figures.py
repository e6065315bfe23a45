"""How the ledger writes its figures for people."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hypertui.charts.figures import FigureKind, heading, kinds, row_shown, shown
from hypertui.charts.typeset import typeset
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.journal import Journal
from hypertui.journal.history import History
from hypertui.journal.records import RulesRecord
from hypertui.ledger.reports.markets import instruments
from hypertui.ledger.reports.profit import statement
from hypertui.ledger.reports.statement_words import statement_in_words
from hypertui.ledger.scope import Scope
from tests.ledger.helpers import ID, TRADE

BTC, SOL = KNOWN_INSTRUMENTS["BTC"], KNOWN_INSTRUMENTS["SOL"]
K = FigureKind


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (D("1234567.891"), K.USD, "1,234,567.89"),
        (D("-1234.5"), K.USD, "-1,234.50"),
        (D("-0.004"), K.USD, "0.00"),
        (D("0.006"), K.GAIN, "+0.01"),
        (D("0.004"), K.GAIN, "0.00"),
        (D("-0.004"), K.GAIN, "0.00"),
        (D("-12.345678"), K.GAIN, "-12.35"),
        (D("1234.000000120"), K.EXACT, "1,234.00000012"),
        (D("-0.5"), K.EXACT, "-0.5"),
        (D("5000"), K.EXACT, "5,000"),
        (D("-11.1284"), K.RATIO, "-11.13"),
        (None, K.USD, "–"),
        (True, K.TEXT, "yes"),
        (-3, K.UNIT, "-3"),
        (0, K.UNIT, "0"),
        (4, K.UNIT, "+4"),
        (9, K.HOUR, "09:00"),
        (12_345, K.COUNT, "12,345"),
        (59, K.SECONDS, "59 s"),
        (3_599, K.SECONDS, "59 min"),
        (3_600 * 2 + 300, K.SECONDS, "2 h 05 min"),
        (86_400 * 3 + 3_600 * 4, K.SECONDS, "3 d 04 h"),
        ("2026-01-31T23:59:59.999Z", K.TIME, "2026-01-31 23:59:59"),
        ("LADDER_STOP", K.WORDS, "ladder stop"),
        ("accountClassTransfer", K.WORDS, "account class transfer"),
        (1_700_000_000_003, K.TEXT, "1700000000003"),  # a number of an order is none that is counted
    ],
)
def test_figures(value: object, kind: FigureKind, text: str) -> None:
    assert shown(value, kind) == text


def test_prices_and_sizes_have_the_decimals_of_their_market() -> None:
    assert shown(D("64321.27"), K.PRICE, BTC) == "64,321"
    assert shown(D("150.5"), K.PRICE, SOL) == "150.50"
    assert shown(D("99.98765"), K.PRICE, SOL) == "99.988"
    assert shown(D("13.2"), K.COINS, SOL) == "13.20"
    assert shown(D("13.205"), K.COINS, SOL) == "13.205", "nothing is rounded away of what is held"
    assert shown(D("64321.27"), K.PRICE) == "64,321.27", "of a market that is not known"


def test_rules_of_the_newest_start_go_before_what_is_known(file_url: str) -> None:
    with Journal.open(file_url) as journal:
        journal.begin(replace(TRADE, symbol="NEW"))
        journal.add(
            *(
                RulesRecord(ID, at, decimals, 10, D(10), False, 2_000, 5_000)
                for at, decimals in ((1, 0), (2, 3))
            )
        )
    with History.open(file_url) as history:
        found = instruments(Scope(history, "paper"))
    assert found["NEW"].sz_decimals == 3
    assert found["BTC"] == BTC


def test_a_slippage_is_of_a_coin_for_a_fill_and_of_all_for_an_exit() -> None:
    fill, exit_ = kinds(("slippage", "slippage_bps")), kinds(("slippage",))
    assert heading("slippage", fill["slippage"]) == "slippage USD per coin"
    assert shown(D("0.000012"), fill["slippage"]) == "0.000012"
    assert heading("slippage", exit_["slippage"]) == "slippage USD"
    assert shown(D("0.5"), exit_["slippage"]) == "+0.50"


def test_a_cycle_that_has_not_ended_is_open() -> None:
    row = {"ended": None, "trigger": None}
    assert row_shown(row, kinds(row), {}) == {"ended": "open", "trigger": "–"}


def test_only_the_minus_of_a_number_is_set() -> None:
    assert typeset("-1.50 USD, unit -2, 2026-01-31, stop-market, a-1, (-3)") == (
        "−1.50 USD, unit −2, 2026-01-31, stop-market, a-1, (−3)"
    )


def test_what_nobody_can_know_is_said(file_url: str) -> None:
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
    with History.open(file_url) as history:
        lines = dict(statement_in_words(statement(Scope(history, "paper"))))
    assert lines["net result"] == "0.00 USD, of a capital that is not known"
    assert (lines["capital"], lines["Sharpe ratio"], lines["  profit factor"]) == ("–", "–", "–")
    assert lines["  win share"] == "– of those that won or lost"
