"""Numbers, times and foreign text as they are written."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from hypertui.console import format as fmt
from hypertui.console.lines import Column, Span, Tone, fit, line, pad, table, width_of, wrap
from hypertui.core.market import Instrument

BTC = Instrument("BTC", 5, 40)
SOL = Instrument("SOL", 2, 20)
PEPE = Instrument("kPEPE", 0, 10)


@pytest.mark.parametrize(
    ("value", "instrument", "order", "mark"),
    [
        ("65500", BTC, "65,500", "65,500.0"),
        ("65180.5", BTC, "65,180", "65,180.5"),
        ("123456.7", BTC, "123,457", "123,456.7"),
        ("153.4567", SOL, "153.46", "153.457"),
        ("0.0123456", PEPE, "0.012346", "0.012346"),
    ],
)
def test_prices_have_the_decimals_of_the_tick(
    value: str, instrument: Instrument, order: str, mark: str
) -> None:
    assert (fmt.price(D(value), instrument), fmt.quote(D(value), instrument)) == (order, mark)


def test_amounts() -> None:
    assert fmt.size(D("0.3"), BTC) == "0.30000"
    assert fmt.size(D("12345"), PEPE) == "12,345"
    assert fmt.usd(D("13482.329")) == "13,482.33"
    assert fmt.usd(None) == "–"
    assert fmt.step(D("500.00")) == "500"
    assert fmt.step(D("0.250")) == "0.25"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("94.05", "+94.05"),
        ("-1.02", "−1.02"),
        ("0", "0.00"),
        ("-0.004", "0.00"),
        ("0.001", "0.00"),
        ("-1234.5", "−1,234.50"),
    ],
)
def test_gains_bear_their_sign_and_nothing_bears_none(value: str, text: str) -> None:
    assert fmt.signed_usd(D(value)) == text


def test_fractions() -> None:
    assert fmt.percent(D("0.0049")) == "+0.49 %"
    assert fmt.percent(D("-0.010438")) == "−1.04 %"
    assert fmt.share(D("0.1974")) == "19.7 %"
    # What is protected is never said to be more than it is, and what is not never less.
    assert (fmt.share_down(D("0.99999")), fmt.share_up(D("0.00001"))) == ("99.9 %", "0.1 %")


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (None, "never"),
        (0, "<1s"),
        (999, "<1s"),
        (1_000, "1s"),
        (59_999, "59s"),
        (41 * 60_000, "41m"),
        (11_400_000, "3h10"),
        (273_600_000, "3d04h"),
    ],
)
def test_ages(ms: int | None, text: str) -> None:
    assert fmt.age(ms) == text


def test_ages_that_matter_and_round_trips() -> None:
    assert fmt.exact_age(12_449) == "12.4s"
    assert fmt.plain_age(12_400) == "12 s"
    assert [fmt.took(ms) for ms in (41, 812, 2_300, 12_000)] == ["41ms", "812ms", "2.3s", "12s"]


def test_names_are_shortened_at_the_end_that_tells_least() -> None:
    assert fmt.account("0x8f3c2a9d1be4570f6a8c3d2e1f0a9b8c7d6e21c4") == "0x8f…21c4"
    assert fmt.order_id(91_238_812) == "…8812"
    assert fmt.order_id(None) == "–"
    assert (fmt.unit(-4), fmt.unit(None)) == ("−4", "–")


@pytest.mark.parametrize(
    ("foreign", "text"),
    [
        ("\x1b[31mred", "�[31mred"),
        ("a\x00b\x7fc\x9bd", "a�b�c�d"),
        ("one\ntwo\tthree", "one two three"),
        ("\u202eevil\u2066", "�evil�"),
        ("zero\u200bwidth\ufeff", "zero�width�"),
        ("e\u0301\u0301", "e"),
        ("[/x] [bold]", "[/x] [bold]"),
        ("\ud800", "�"),
    ],
)
def test_foreign_text_is_harmless(foreign: str, text: str) -> None:
    assert fmt.clean(foreign) == text


def test_foreign_text_is_bounded_and_secrets_are_cut() -> None:
    assert len(fmt.clean("x" * 10_000)) == fmt.MAX_TEXT
    key = "0x" + "ab" * 32
    assert fmt.redact(f"key {key} refused") == "key 0xab…abab refused"


def test_ascii_keeps_every_cell() -> None:
    text = "▲ buy …8812 −1.04 % Σ ● ✓ 日"
    plain = fmt.to_ascii(text)
    assert plain.isascii()
    assert len(plain) == len(text)


def test_lines_are_cut_and_filled_by_cells() -> None:
    spans = line("日本語", Span("abc", Tone.DIM))
    assert width_of(fit(spans, 5)) == 5
    assert width_of(pad(spans, 20)) == 20
    assert fit(spans, 9) == spans
    assert fit(spans, 0) == ()


def test_text_wraps_with_an_indent_and_long_words_are_cut() -> None:
    assert wrap("one two three", 7, 2) == ["one two", "  three"]
    rows = wrap("a " + "x" * 30, 10)
    assert "".join(rows).replace(" ", "") == "a" + "x" * 30
    assert all(len(row) <= 10 for row in rows)
    assert wrap("", 10) == [""]


def test_columns_drop_by_rank_when_room_is_short() -> None:
    columns = (Column("a"), Column("bb", right=True, drop=1), Column("cc", drop=2))
    row = (Span("1"), Span("2"), Span("3"))
    assert ["".join(span.text for span in spans) for spans in table(columns, [row], 7)] == [
        "a bb cc",
        "1  2 3 ",
    ]
    assert ["".join(span.text for span in spans) for spans in table(columns, [row], 4)] == ["a bb", "1  2"]


def test_a_score_is_never_shown_as_more_than_it_is_and_a_statistic_has_its_unit() -> None:
    assert [fmt.score(D(text)) for text in ("0.5999", "0.6", "0", "1")] == ["0.59", "0.60", "0.00", "1.00"]
    assert fmt.score(None) == fmt.statistic(None) == "–"
    assert (fmt.statistic(-0.2449, "%"), fmt.statistic(65_310.25), fmt.statistic(-12.4)) == (
        "−0.24 %", "65,310.2", "−12.4",
    )  # fmt: skip
