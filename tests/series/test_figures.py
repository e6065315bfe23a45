"""Times and prices in every notation, and which market they are of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from hypertui.core.price_series import SeriesError
from tests.series.helpers import (
    SEVERAL,
    SNAPSHOT,
    TIMES,
    Load,
    at,
    table,
)


@pytest.mark.parametrize(
    "form",
    [
        "%Y%m%d%H%M%S",
        "%Y%m%d%H%M",
        "%Y%m%d %H%M%S",
        "%Y%m%dT%H%M%SZ",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S.123456789Z",
        "%Y-%m-%d %H:%M:%S UTC",
        "%Y-%m-%d %H:%M:%S+00:00",
        "%Y-%m-%d %H:%M:%S +0000 UTC",
        "%Y/%m/%d %H:%M:%S",
        "%d.%m.%Y %H:%M",
        "%m/%d/%Y %H:%M",
        "%d/%m/%Y, %H:%M:%S",
        "%m/%d/%Y %I:%M:%S %p",
        "%Y-%m-%d %I:%M-%p",
        "%d-%b-%Y %H:%M",
        "%b %d, %Y %H:%M",
    ],
)
def test_dates_of_every_form(load: Load, form: str) -> None:
    content = table("time,price", lambda i, ohlc: f'"{at(i, form)}",{ohlc[3]}')
    assert [time // 1000 * 1000 for time in load(content).times] == TIMES


@pytest.mark.parametrize(
    ("times", "days"),
    [
        (["20241230", "20241231", "20250101"], ["2024-12-30", "2024-12-31", "2025-01-01"]),
        (["2024-12-30", "2024-12-31", "2025-01-01"], ["2024-12-30", "2024-12-31", "2025-01-01"]),
        (["12/30/2024", "12/31/2024", "01/01/2025"], ["2024-12-30", "2024-12-31", "2025-01-01"]),
        (["30/12/2024", "31/12/2024", "01/01/2025"], ["2024-12-30", "2024-12-31", "2025-01-01"]),
        # Only the order tells: in the other reading they go forth and back.
        (["01/02/2025", "02/02/2025", "01/03/2025"], ["2025-02-01", "2025-02-02", "2025-03-01"]),
        (["02/01/2025", "02/02/2025", "03/01/2025"], ["2025-02-01", "2025-02-02", "2025-03-01"]),
    ],
)
def test_days(load: Load, times: list[str], days: list[str]) -> None:
    content = "date,price\n" + "".join(f"{time},{100 + i}\n" for i, time in enumerate(times))
    found = load(content)
    assert [datetime.fromtimestamp(time / 1000, UTC).date().isoformat() for time in found.times] == days


def test_within_one_day_it_does_not_matter_which_of_day_and_month_is_first(load: Load) -> None:
    found = load("time,price\n02/01/2025 10:00,1\n02/01/2025 10:01,2\n")
    assert found.times[1] - found.times[0] == 60_000
    assert found.notes == ("dates such as '02/01/2025 10:00' begin with the month",)


@pytest.mark.parametrize(
    ("cells", "prices"),
    [
        (['"1,234.5"', "987"], ["1234.5", "987"]),
        (['"1,234"', '"12,345,678"'], ["1234", "12345678"]),
        (["1.5e2", "15E1"], ["150", "150"]),
        (["0.00001234", "1.5E-5"], ["0.00001234", "0.000015"]),
        (["\uff11\uff15.\uff15", "16"], ["15.5", "16"]),
    ],
)
def test_figures(load: Load, cells: list[str], prices: list[str]) -> None:
    assert load("price\n" + "\n".join(cells) + "\n").prices == tuple(map(Decimal, prices))


def test_decimal_commas_explain_each_other(load: Load) -> None:
    assert load("time;price\n60;1.234,5\n120;1.235\n180;1.236,123\n").prices == (
        Decimal("1234.5"),
        Decimal(1235),
        Decimal("1236.123"),
    )


def test_the_symbol_chooses_among_several(load: Load) -> None:
    found = load(SEVERAL, "SOL")
    assert list(found.prices) == [150, 151, 152]
    assert found.notes == ("holds 4 symbols, 'SOLUSDT' is taken",)
    assert load(SEVERAL, "BTC").prices[0] == 90_000


def test_prices_of_another_symbol_are_told(load: Load) -> None:
    found = load(json.dumps(SNAPSHOT), "BTC")
    assert found.notes == ("its prices are said to be of 'SOL', taken for those of BTC",)


def test_a_symbol_that_is_not_there_is_refused(load: Load) -> None:
    with pytest.raises(SeriesError, match="holds 4 symbols, none of them DOGE: 'BTCUSDT'"):
        load(SEVERAL, "DOGE")


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (
            "open,high,low,close\n1,1,1,1\n1,1,1,1\n",
            ["no column of time: walked from top to bottom, a row a second"],
        ),
        (
            "time,price\n1735689600,1\n1735689600,1\n1735689601,1\n",
            ["1 row is of the same time as the row before: walked as they come"],
        ),
        (
            "time,price\n45658.5,1\n45659.5,1\n",
            ["line 2: time '45658.5' is taken for 1970-01-01 12:40:58 UTC"],
        ),
        (
            "time,price\n1735689600,182.5\n1735689601,18\n1735689602,17\n",
            ["the price goes from 182.5 to 18 at once"],
        ),
    ],
)
def test_what_is_not_self_evident_is_told(load: Load, content: str, notes: list[str]) -> None:
    assert list(load(content).notes) == notes
