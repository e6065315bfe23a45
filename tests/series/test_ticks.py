"""Long series: the quick loader gives what the exact reader gives, digit by digit, or refuses as it does."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hypertui.core.price_series import PriceKind, SeriesError, load_series
from hypertui.series.columnar import stepped
from hypertui.series.loading import load_ticks
from hypertui.series.prices import load_prices
from hypertui.series.saving import save
from hypertui.series.text_columns import text_ticks
from hypertui.series.ticks import Ticks, series_of, ticks_of
from tests.series.helpers import KLINES, PLAIN, SEVERAL, TIMES, WALK, Content, zipped
from tests.series.test_layouts import AS_CANDLES, AS_PRICES
from tests.series.test_reader import MALFORMED
from tests.series.test_refusals import REFUSED

Write = Callable[[Content], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: Content) -> Path:
        path = tmp_path / "prices.data"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def same(one: Ticks, other: Ticks) -> None:
    assert one.digest == other.digest
    assert (one.decimals, one.per_row, one.timed) == (other.decimals, other.per_row, other.timed)
    assert one.prices.dtype == other.prices.dtype == np.int64
    assert one.notes == other.notes


def both_ways(path: Path) -> None:
    """Whether the two give the same ticks, or refuse in the same words."""
    exact, quick = outcome(lambda: ticks_of(load_series(path))), outcome(lambda: load_ticks(path))
    if isinstance(exact, Ticks) and isinstance(quick, Ticks):
        same(quick, exact)
    else:
        assert quick == exact


def outcome(read: Callable[[], Ticks]) -> Ticks | str:
    try:
        return read()
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize(
    "content",
    [pytest.param(content, id=name) for name, content, _ in [*AS_CANDLES, *AS_PRICES]],
)
def test_every_dialect_gives_what_the_exact_reader_gives(write: Write, content: Content) -> None:
    path = write(content)
    same(load_ticks(path, "SOL"), ticks_of(load_series(path, "SOL")))


@pytest.mark.parametrize(
    "content",
    [pytest.param(content, id=name) for name, content, _ in [*REFUSED, *MALFORMED] if name != "Parquet"],
)
def test_what_the_exact_reader_refuses_is_refused_in_the_same_words(write: Write, content: Content) -> None:
    path = write(content)
    with pytest.raises(SeriesError) as exact:
        load_series(path)
    with pytest.raises(SeriesError) as quick:
        load_ticks(path)
    assert str(quick.value) == str(exact.value)


# What polars would read otherwise, or not refuse.
ODD = [
    "time,price,volume\n1735689600,1,2\n1735689601,2\n",
    "time,price\n2025-01-01 00:00:10,1\n2025-01-01 00:00:60,2\n",
    "time,price\n2025013115,1\n2025013116,2\n",
    "price\n1.25e-5\n1.5e-5\n",
    "time,price\n1735689600,1\n\n1735689601,2\n",
    "time,price\n1735689600,1\n1735689600000,2\n",
    "time,price\n1735689600,12345678901234567.5\n1735689601,2\n",
]


@pytest.mark.parametrize("content", ODD)
def test_what_polars_would_read_otherwise_is_left_to_the_exact_reader(write: Write, content: str) -> None:
    both_ways(write(content))


def test_a_late_digit_behind_the_point_counts_for_all(write: Write) -> None:
    rows = [f"{100 + number % 9}.5" for number in range(6_000)]
    rows[5_500] = "100.125"
    content = "\n".join(["price", *rows, ""])
    same(text_ticks(content.encode(), None, None), ticks_of(load_series(write(content))))


PLAIN_TEXTS = [
    PLAIN + PLAIN.splitlines()[-1].replace("149.00,5", "148.75,5") + "\n",
    PLAIN,
    KLINES,
    PLAIN.replace(",", "\t"),
    PLAIN.replace(",", ";"),
    PLAIN.replace("\n", "\r\n"),
    "# of 2025\n\n" + PLAIN,
    PLAIN + PLAIN.splitlines()[-1] + "\n",
    "time,price\n2025-01-01 00:00:00,1.5\n2025-01-01 00:00:01,1.50\n",
    "time,price\n1735689600,182.5\n1735689601,18\n1735689602,17\n",
    "price\n1.5\n2\n0.125\n",
]


@pytest.mark.parametrize("content", PLAIN_TEXTS)
def test_what_is_plain_goes_the_quick_way(write: Write, content: str) -> None:
    same(text_ticks(content.encode(), None, None), ticks_of(load_series(write(content))))


def test_the_quick_way_chooses_a_symbol_as_the_exact_one_does(write: Write) -> None:
    same(text_ticks(SEVERAL.encode(), "SOL", None), ticks_of(load_series(write(SEVERAL), "SOL")))
    with pytest.raises(SeriesError, match="holds 4 symbols, none of them DOGE"):
        load_ticks(write(SEVERAL), "DOGE")


CELLS = st.one_of(
    st.decimals("0.00001", 99999, places=5).map(str),
    st.decimals("0.01", 9999, places=2).map(lambda price: f"{price.normalize():f}"),
    st.sampled_from(
        ["5.", ".5", "+5", " 5", "5 ", "1e2", "0", "-1", "", "nan", "1_0", "5,5", "9" * 16, "1" * 25]
    ),
)
STAMPS = st.one_of(
    st.integers(1_735_689_600_000, 1_735_689_700_000).map(str),
    st.sampled_from(
        ["1735689650", "20250131", "2025-01-01 00:00:10", "2025-01-01 00:00:60", "", "1735689650.0"]
    ),
)


@given(
    st.lists(st.tuples(STAMPS, CELLS), min_size=1, max_size=6), st.booleans(), st.sampled_from(["\n", "\r\n"])
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_rows_give_the_same_both_ways(
    tmp_path: Path, rows: list[tuple[str, str]], ordered: bool, end: str
) -> None:
    rows = sorted(rows) if ordered else rows
    path = tmp_path / "rows.csv"
    path.write_text(end.join(["time,price", *map(",".join, rows), ""]), newline="")
    both_ways(path)


def test_a_packed_text_goes_the_quick_way_too(write: Write) -> None:
    plain = load_ticks(write(PLAIN))
    for packed in (
        gzip.compress(PLAIN.encode()),
        zstandard.compress(PLAIN.encode()),
        zipped(("a.csv", PLAIN)),
    ):
        same(load_ticks(write(packed)), plain)


def frame() -> pl.DataFrame:
    return pl.read_csv(PLAIN.encode())


@pytest.mark.parametrize(
    "table",
    [
        frame(),
        frame().with_columns(pl.from_epoch("timestamp", time_unit="ms")),
        frame().with_columns(pl.from_epoch("timestamp", time_unit="ms").dt.replace_time_zone("UTC")),
        frame().with_columns(pl.col("timestamp") // 1000),
        frame().cast({name: pl.Decimal(20, 6) for name in ("open", "high", "low", "close")}),
        frame().cast(dict.fromkeys(("open", "high", "low", "close", "timestamp"), pl.String)),
        frame().cast(dict.fromkeys(("open", "high", "low", "close"), pl.Float32)),
        frame()
        .rename({"timestamp": "__index_level_0__"})
        .with_columns(pl.from_epoch("__index_level_0__", time_unit="ms")),
        frame().reverse(),
    ],
)
@pytest.mark.parametrize("ending", ["parquet", "feather"])
def test_tables_of_every_type_give_the_same_prices(tmp_path: Path, table: pl.DataFrame, ending: str) -> None:
    path = tmp_path / f"prices.{ending}"
    (table.write_parquet if ending == "parquet" else table.write_ipc)(path)
    found = load_ticks(path)
    assert [found.price(index) for index in range(len(found))] == [Decimal(price) for price in WALK]
    assert found.times is not None
    assert found.times[::4].tolist() == TIMES
    assert load_prices(path) == series_of(found)


def test_floats_are_taken_for_the_decimals_that_they_were_written_from(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for decimals in (0, 1, 3, 6):
        written = [Decimal(int(each)).scaleb(-decimals) for each in rng.integers(10**6, 10**8, 500)]
        path = tmp_path / "prices.npy"
        np.save(path, np.array([float(price) for price in written]))
        found = load_ticks(path)
        assert [found.price(index) for index in range(len(found))] == written
        assert found.decimals == decimals
    assert found.notes[0] == (
        "prices are binary floats, taken for figures with 6 decimals, which restore every one"
    )


def test_floats_of_all_digits_are_rounded_and_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "prices.npy"
    np.save(path, np.array([100 / 3, 200 / 3, 1e5 / 7]))
    found = load_ticks(path)
    assert found.notes[0].endswith("decimals, rounded: they have more digits than that")
    assert float(found.price(0)) == pytest.approx(100 / 3, abs=1e-11)


def test_whole_prices_of_an_array_are_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "prices.npy"
    np.save(path, np.array([6_000_012, 6_000_013], dtype="<i8").view(stepped(2)))
    found = load_ticks(path)
    assert [found.price(0), found.price(1)] == [Decimal("60000.12"), Decimal("60000.13")]
    base: object = found.prices
    while not isinstance(base, np.memmap):
        assert isinstance(base, np.ndarray)
        base = base.base
    np.save(path, np.array([5, 6]))
    assert load_ticks(path).notes == (
        "whole numbers: taken for prices in USD",
        "no column of time: walked from top to bottom, a row a second",
    )


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.ones((2, 2)), "is an array of 2 dimensions, one is wanted"),
        (np.array([1.0]), "has 1 prices, at least 2 are needed"),
        (np.array([1.0, np.nan]), "row 2: price nan is not above 0 and below 1e+15"),
        (np.array([1e300, 1.0]), "row 1: price 1e+300 is not above 0 and below 1e+15"),
        (np.array([1, 0]), "row 2: a price that is not above 0"),
        (np.array(["1", "2"]), "is an array of <U1, prices are wanted"),
        (np.array([1, 10**16]), "a price of 1e15 or more"),
    ],
)
def test_arrays_that_are_none_of_prices(tmp_path: Path, array: np.ndarray, says: str) -> None:
    path = tmp_path / "prices.npy"
    np.save(path, array)
    with pytest.raises(SeriesError) as caught:
        load_ticks(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_array_does_not_say_which_price_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "prices.npy"
    np.save(path, np.array([1.5, 2.5]))
    with pytest.raises(SeriesError, match="does not say that its prices are mark prices"):
        load_ticks(path, None, PriceKind.MARK)


def test_prices_of_more_digits_than_64_bits_hold_are_refused_by_name(write: Write) -> None:
    path = write("price\n123456789012345\n0.00001\n")
    with pytest.raises(SeriesError, match=r"prices\.data: prices with 5 decimals have more digits than fit"):
        load_ticks(path)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (pl.DataFrame({"when": [1, 2], "worth": [1.0, 2.0]}), "no column 'price' and not all of"),
        (pl.DataFrame({"time": [1735689600, None], "price": [1.0, 2.0]}), "row 2: no time"),
        (pl.DataFrame({"time": [1735689600, 1735689601], "price": [None, 2.0]}), "row 1: no price"),
        (pl.DataFrame({"price": [True, False]}), "prices of type Boolean"),
        (
            pl.DataFrame({"time": [1735689602, 1735689600, 1735689601], "price": [1.0, 1.0, 1.0]}),
            "row 2: time 1735689600000 is before that of the row above, 1735689602000",
        ),
        (
            pl.DataFrame({"o": [2.0, 1.0], "h": [2.0, 1.0], "l": [2.0, 1.5], "c": [2.0, 1.0]}),
            "row 2: open or close lies outside low to high",
        ),
    ],
)
def test_tables_that_cannot_be_walked(tmp_path: Path, table: pl.DataFrame, says: str) -> None:
    path = tmp_path / "prices.parquet"
    table.write_parquet(path)
    with pytest.raises(SeriesError) as caught:
        load_ticks(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.integers(0, 10**6), st.sampled_from([".npy", ".parquet", ".feather"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_damage_breaks_the_loader(
    tmp_path_factory: pytest.TempPathFactory, seed: int, ending: str, cut: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / f"damaged{ending}"
    save(Ticks(np.arange(1, 200), None, 1), path)
    data, random = bytearray(path.read_bytes()), Random(seed)
    if cut:
        del data[random.randrange(len(data)) :]
    else:
        for _ in range(random.randint(1, 6)):
            data[random.randrange(len(data))] = random.randrange(256)
    path.write_bytes(data)
    try:
        assert len(load_ticks(path)) >= 2
    except SeriesError as error:
        assert "\n" not in str(error)


def test_a_kind_of_price_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / "asset_ctxs.csv"
    path.write_text(
        "time,coin,funding,oracle_px,mark_px,mid_px\n"
        "2025-01-01T00:00:00Z,SOL,0.0000125,150,151,152\n"
        "2025-01-01T00:01:00Z,SOL,0.0000125,150,151.5,152.5\n"
    )
    for kind, first in ((None, 151), (PriceKind.MARK, 151), (PriceKind.MID, 152)):
        found = load_ticks(path, "SOL", kind)
        assert found.price(0) == first
        same(found, ticks_of(load_series(path, "SOL", kind)))
    with pytest.raises(SeriesError, match="no column 'price'"):
        load_ticks(path, "SOL", PriceKind.LAST)
    path.write_text("time,price\n1735689600,1\n1735689601,2\n")
    with pytest.raises(SeriesError, match="no column 'mark'"):
        load_ticks(path, None, PriceKind.MARK)
    assert load_ticks(path, None, PriceKind.LAST).price(1) == 2


def test_candles_say_what_they_lose_and_can_be_walked_the_other_way(write: Write) -> None:
    ticks = load_ticks(write(PLAIN))
    assert ticks.caveat.startswith("4 candles hide crossings")
    other = ticks.other_way()
    assert [other.price(index) for index in range(4)] == [
        150,
        Decimal("150.75"),
        Decimal("149.5"),
        Decimal("150.25"),
    ]
    assert other.other_way().prices.tolist() == ticks.prices.tolist()
    assert other.digest != ticks.digest
    single = load_ticks(write("price\n1\n2\n"))
    assert single.caveat == ""
    assert single.other_way() is single
