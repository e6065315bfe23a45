"""The page of `hypertui ledger report`: its figures are the statement's, and it needs nothing else."""

from __future__ import annotations

import re
import shutil
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.charts import style
from hypertui.charts.price_chart import price_chart
from hypertui.charts.price_track import PriceTrack, TrackedFill
from hypertui.console.theme import THEMES
from hypertui.core.market import Side
from hypertui.journal import Journal
from hypertui.journal.history import History
from hypertui.journal.records import MarkRecord, SettingsRecord, StepRecord
from hypertui.ledger.check import check
from hypertui.ledger.reports.lists import booked_fills
from hypertui.ledger.reports.page import page
from hypertui.ledger.reports.profit import CROSS, statement
from hypertui.ledger.scope import Scope
from tests.ledger.facts import fill, told
from tests.ledger.helpers import ID, TRADE
from tests.replay.recorded import record

AT = 1_800_000_000_000


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of a paper hour that an engine has traded."""
    folder = tmp_path_factory.mktemp("page")
    record("hour 231", folder)
    return folder / "journal.db"


@pytest.fixture
def scope(traded: Path) -> Iterator[Scope]:
    with History.open(f"sqlite:///{traded}") as history:
        yield Scope(history, "paper")


def written(scope: Scope) -> str:
    return page(scope, statement(scope), check(scope), AT)


def parsed(text: str) -> ET.Element:
    """The page as a tree; its markup is XML as well."""
    begin, _, rest = text.partition("\n")
    assert begin == "<!doctype html>"
    return ET.fromstring(rest)


def words(element: ET.Element) -> str:
    return "".join(element.itertext())


def amount(text: str) -> D:
    return D(text.replace("−", "-").replace(",", "").removesuffix(" USD"))


def cents(value: object) -> D:
    assert isinstance(value, D)
    return round(value, 2)


def rows(table: ET.Element) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in table.iter("tr")]


def table_below(tree: ET.Element, title: str) -> list[list[str]]:
    """The rows of the table below a heading that begins so."""
    for section in tree.iter("section"):
        parts = list(section)
        for number, part in enumerate(parts):
            if part.tag == "h3" and words(part).startswith(title):
                return rows(parts[number + 1])
    raise AssertionError(f"no {title}")


def test_the_headline_says_what_the_statement_says(scope: Scope) -> None:
    found = statement(scope)
    parts = [list(each) for each in parsed(written(scope)).findall(".//dl[@class='headline']/div")]
    lines = {words(label): (words(figure), words(about)) for label, figure, about in parts}
    summary = found.summary()
    for name, value in (
        ("net result", summary["net_profit"]),
        ("fees", summary["fees"]),
        ("funding", summary["funding"]),
        ("whipsaw cost", summary["whipsaw_cost"]),
    ):
        assert amount(lines[name][0]) == cents(value), name
    assert amount(lines["largest drawdown"][0]) == -cents(summary["max_drawdown"])
    assert lines["round trips"][0] == str(summary["round_trips"])
    share = cents(D(100) * found.curve.made / D(10_000))
    assert lines["net result"][1].startswith(
        f"{share:+} % of the capital of 10,000.00 USD, since 2026-11-28 23:"
    )
    assert (
        lines["win share"][0]
        == f"{cents(D(100) * found.results.wins / (found.results.wins + found.results.losses))} %"
    )
    assert lines["net result"][0][0] == "+"


@pytest.mark.parametrize(
    ("group", "title"),
    [
        (CROSS, "By source and reason"),
        ("reason", "By reason"),
        ("day", "By day"),
        ("hour", "By hour"),
        ("unit", "By unit"),
    ],
)
def test_every_row_of_the_tables_is_the_statements_to_the_cent(scope: Scope, group: str, title: str) -> None:
    found = statement(scope)
    head, *body, foot = table_below(parsed(written(scope)), title)
    columns = {"volume USD": "volume", "fees USD": "fees", "pnl USD": "pnl", "net USD": "net"}
    expected: list[Mapping[str, object]] = [*found.rows(group), found.totals.figures()]
    for shown, exact in zip([*body, foot], expected, strict=True):
        named = dict(zip(head, shown, strict=True))
        assert named["fills"] == str(exact["fills"])
        for heading, name in columns.items():
            assert heading not in named or amount(named[heading]) == cents(exact[name])
    assert ("net USD" in head) == (group in ("day", "hour", CROSS)), (
        "funding belongs to no reason and no unit"
    )


def test_older_rows_are_one_row_and_the_sum_stays(file_url: str) -> None:
    day = 86_400_000
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
        sides = (Side.BUY, Side.SELL)
        journal.add(
            *told(
                [
                    fill(
                        sides[number % 2],
                        "1",
                        100 + number % 3,
                        at=TRADE.started_at + number * day,
                        fee="0.01",
                    )
                    for number in range(70)
                ]
            )
        )
    with History.open(file_url) as history:
        scope = Scope(history, "paper")
        found = statement(scope)
        head, *body, foot = table_below(parsed(written(scope)), "By day")
    assert len(body) == 61
    assert body[0][0] == "10 before them"
    for name, total in (
        ("net USD", found.totals.pnl),
        ("fees USD", D("0.70")),
        ("volume USD", found.totals.volume),
    ):
        column = head.index(name)
        assert sum(amount(row[column]) for row in body) == amount(foot[column]) == total


def marks(text: str) -> list[str]:
    return re.findall(r'<path class="((?:bought|sold)[^"]*)"', text)


def test_the_price_has_every_fill_and_the_units_of_the_ladder(scope: Scope) -> None:
    text = written(scope)
    fills = list(scope.history.fills(scope.history.trades()[0].id))
    drawn = marks(text)
    assert len(drawn) == len(fills)
    assert sum(kind.startswith("bought") for kind in drawn) == sum(each.side is Side.BUY for each in fills)
    closed = [booked.pnl for _, booked in booked_fills(scope) if booked.allocations]
    assert drawn.count("sold gain") == sum(made > 0 for made in closed)
    assert drawn.count("sold loss") == sum(made < 0 for made in closed)
    assert "2026-11-28 23:32:25 bought 0.09810 at 40,777, entry, unit 0" in text
    units = [words(each) for each in parsed(text).findall(".//svg/text[@class='number']")]
    assert {"0", "+14", "−28"} <= set(units)
    assert "every 2nd of them" in text
    prices = [
        price
        for table, column in (("marks", "mark"), ("steps", "price"), ("fills", "price"))
        for (price,) in sqlite3.connect(scope.history.place).execute(f"SELECT {column} FROM {table}")
    ]
    low, high = min(map(D, prices)), max(map(D, prices))
    assert f"BTC from {low:,.0f} to {high:,.0f} USD" in text
    assert "has no prices" not in text


def test_where_the_prices_are_gone_the_fills_make_the_line_and_the_page_says_so(
    traded: Path, tmp_path: Path
) -> None:
    pruned = shutil.copy(traded, tmp_path / "pruned.db")
    with sqlite3.connect(pruned) as connection:
        connection.execute("DELETE FROM marks")
        connection.execute("DELETE FROM steps")
    with History.open(f"sqlite:///{pruned}") as history:
        text = written(Scope(history, "paper"))
        count = len(list(history.fills(history.trades()[0].id)))
    assert "Of some of this time the journal has no prices" in text
    (line,) = re.findall(r'<path class="line" d="([^"]*)"', text)[:1]
    assert line.count("L") == count - 1


@pytest.mark.parametrize("kind", [MarkRecord, StepRecord])
def test_prices_are_thinned_out_by_the_database_without_their_peaks(
    url: str, kind: type[MarkRecord] | type[StepRecord]
) -> None:
    start = TRADE.started_at
    prices = [D("20.5")] * 1_000
    prices[333], prices[777] = D("9"), D("1000.25")  # as text the other way round
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.add(
            *(
                MarkRecord(ID, start + number * 1_000, price, None)
                if kind is MarkRecord
                else StepRecord(ID, number + 1, start + number * 1_000, price, "up", 0, {})
                for number, price in enumerate(prices)
            )
        )
    with History.open(url) as history:
        spans = history.prices(ID, kind, range(2**62), 10)
        assert len(spans) == 10
        assert [span.at for span in spans] == sorted(span.at for span in spans)
        assert (min(span.low for span in spans), max(span.high for span in spans)) == (D(9), D("1000.25"))
        assert (spans[0].at, spans[0].low, spans[0].high) == (start, D("20.5"), D("20.5"))
        part = history.prices(ID, kind, range(start + 777_000, start + 778_000), 10)
        assert [(span.low, span.high) for span in part] == [(D("1000.25"), D("1000.25"))]
        assert history.prices(ID, kind, range(start), 10) == []


def test_of_very_many_fills_some_are_drawn_and_the_page_says_which() -> None:
    track = PriceTrack(TRADE.symbol)
    for number in range(1, 4_301):
        at, price = TRADE.started_at + number * 1_000, D(100 + number % 7)
        track.add(TrackedFill(ID, at, price, Side.BUY, D(1), "ENTRY", 0, None))
    text = price_chart(track, None).html()
    assert len(marks(text)) == 1_075
    assert "Every 4th of 4,300 fills is drawn." in text


def test_it_is_one_file_that_needs_nothing_else(scope: Scope) -> None:
    text = written(scope)
    assert not re.search(r"https?://|<script|<link|@import|url\(|<img|<iframe|\son\w+=", text)
    tree = parsed(text)
    assert len(tree.findall(".//figure//svg")) == 2
    assert "Checked: 167 fills, 132 allocations, 22 flat points; nothing is wrong." in text


def test_people_read_words_and_signs(scope: Scope) -> None:
    tree = parsed(written(scope))
    body = tree.find("body")
    assert body is not None
    assert not re.search(r"[A-Z]{2,}_[A-Z]|[a-z]_[a-z]|0x[0-9a-f]{8}", words(body))
    assert "ladder stop" in words(body)
    judged = [each for each in tree.iter() if {"gain", "loss"} & set(each.get("class", "").split())]
    amounts = [words(each) for each in judged if each.tag in ("td", "dd")]
    assert len(amounts) > 50
    assert {text[0] for text in amounts} == {"+", "−"}
    for each in judged:
        if each.tag in ("td", "dd"):
            assert ("gain" in each.get("class", "")) == words(each).startswith("+")


def test_foreign_text_is_shown_and_not_obeyed(file_url: str) -> None:
    bad = "<script>alert(1)</script>&\"'\x1b[2J"
    with Journal.open(file_url) as journal:
        journal.begin(replace(TRADE, symbol=bad))
        journal.add(
            *(replace(each, symbol=bad, reason=bad, source=bad) for each in told(EXAMPLE)),
            SettingsRecord(
                ID,
                1,
                "cd" * 32,
                {"trade": {"symbol": bad, "</td>": bad, "account": TRADE.account}, "state_dir": "/home/ann"},
            ),
        )
    with History.open(file_url) as history:
        text = written(Scope(history, "paper"))
    assert "<script" not in text
    assert "\x1b" not in text
    body = words(parsed(text))
    assert body.count("<script>alert(1)</script>&\"'") > 5
    assert "cd" * 32 in body
    assert "/home/ann" not in text, "it may be sent to anybody"
    assert TRADE.account not in text


def test_the_limits_that_it_ran_with_are_listed(file_url: str) -> None:
    guards = {
        "daily_loss": "500",
        "drawdown_warn": "8%",
        "drawdown": "",
        "max_leverage": "3",
        "frozen_price": 60,
    }
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
        journal.add(
            *told(EXAMPLE),
            SettingsRecord(ID, 1, "cd" * 32, {"trade": {"symbol": "BTC"}, "guards": guards}),
        )
    with History.open(file_url) as history:
        tree = parsed(written(Scope(history, "paper")))
    rows = [[words(cell) for cell in row] for row in tree.iter("tr")]
    assert [row for row in rows if row[0].startswith("guards")] == [
        ["guards daily loss", "500 USD"],
        ["guards drawdown warn", "8%"],
        ["guards drawdown", "–"],
        ["guards max leverage", "3 ×"],
        ["guards frozen price", "60 s"],
    ]


EXAMPLE = [
    fill(Side.BUY, "1", 100, at=TRADE.started_at + 1_000),
    fill(Side.SELL, "1", 110, at=TRADE.started_at + 2_000),
]


def test_a_printer_gets_no_dark_ground_and_cuts_no_table() -> None:
    printed = "".join(re.findall(r"@media print\{((?:[^{}]*\{[^{}]*\})*)", style.STYLE))
    for rule in (
        "section{break-before:page}",
        "section.first{break-before:auto}",
        "tr,figure,.headline>div{break-inside:avoid}",
        "thead{display:table-header-group}",
        ".scroll{overflow:visible}",
        "--ground:#ffffff",
    ):
        assert rule in printed, rule
    assert not any(colour in printed for colour in (style.DARK["ground"], style.DARK["text"]))
    assert style.STYLE.count("prefers-color-scheme:dark") == 1
    assert "@media screen and (prefers-color-scheme:dark)" in style.STYLE


@pytest.mark.parametrize(("name", "colours"), [("dark", style.DARK), ("light", style.LIGHT)])
def test_the_colours_are_the_consoles(name: str, colours: dict[str, str]) -> None:
    theme = THEMES[name]
    assert colours == {
        "ground": theme.background,
        "surface": theme.surface,
        "text": theme.foreground,
        "alarm": theme.error,
        **{name: theme.variables[name] for name in ("edge", "quiet", "strong", "gain", "loss")},
    }


def test_nothing_traded_is_a_page_too(file_url: str) -> None:
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
    with History.open(file_url) as history:
        for scope in (Scope(history, "paper"), Scope(history, "mainnet")):
            assert "nothing has happened yet" in words(parsed(written(scope)))
