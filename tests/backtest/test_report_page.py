"""The page of a backtest: its figures are the run's, and it needs nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal as D
from importlib.resources import files

import pytest

from hypertui.backtest.report import RunTime
from hypertui.backtest.report_page import report_page, report_picture
from hypertui.backtest.told import HOLD, OTHER_WAY, ToldRun
from hypertui.charts import picture as pictures
from hypertui.core.price_series import Series
from tests.backtest.walks import random_candles, random_prices, told_of, walk_of

AT = 1_800_000_000_000
TIMING = RunTime(0.1, 0.2)
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def told() -> ToldRun:
    return told_of(walk_of(random_candles(700, 5)))


def tree_of(text: str) -> ET.Element:
    """The page as a tree; its markup is XML as well."""
    begin, _, rest = text.partition("\n")
    assert begin == "<!doctype html>"
    return ET.fromstring(rest)


def words(element: ET.Element) -> str:
    return "".join(element.itertext())


def amount(text: str) -> D:
    return D(text.replace("−", "-").replace(",", "").removesuffix(" USD"))


def table_below(tree: ET.Element, title: str) -> list[list[str]]:
    """The rows of the table below a heading that begins so."""
    for section in tree.iter("section"):
        parts = list(section)
        for number, part in enumerate(parts):
            if part.tag in ("h2", "h3") and words(part).startswith(title):
                return [[words(cell) for cell in row] for row in parts[number + 1].iter("tr")]
    raise AssertionError(f"no {title}")


def cents(value: D) -> D:
    return round(value, 2)


def test_the_headline_and_the_tables_are_the_runs_to_the_cent(told: ToldRun) -> None:
    tree, run = tree_of(report_page(told, TIMING, AT)), told.run
    lines = {
        words(label): words(figure)
        for label, figure, _ in (list(each) for each in tree.findall(".//dl[@class='headline']/div"))
    }
    assert amount(lines["net PnL"]) == cents(run.net_pnl)
    assert amount(lines["largest drawdown"]) == -cents(run.max_drawdown)
    assert amount(lines["fees"]) == cents(run.fees)
    assert amount(lines["slippage and gaps"]) == cents(run.slippage_cost)
    assert amount(lines["whipsaw cost"]) == cents(run.whipsaw_cost)
    assert amount(lines["funding"]) == cents(run.funding)
    _, *phases, whole = table_below(tree, "By phase")
    assert {name: amount(net) for name, _, net, _ in phases} == {
        name: cents(run.phase_pnl.get(name, D(0))) for name, *_ in phases
    }
    assert (whole[1], amount(whole[2])) == (f"{run.steps:,}", cents(run.net_pnl))
    _, *costs, total = table_below(tree, "What it cost")
    assert amount(total[1]) == cents(run.fees + run.slippage_cost - run.funding)
    assert [name for name, *_ in costs] == ["fees", "slippage", "gaps", "funding paid"]
    _, *units, total = table_below(tree, "By unit")
    assert sum(int(row[1]) for row in units) == int(total[1].replace(",", "")) == run.fills
    assert words(tree).count(f"{run.ticks:,} prices in 0.20 s") == 1


def test_the_chart_has_every_fill_and_what_the_script_draws_from(told: ToldRun) -> None:
    tree = tree_of(report_page(told, TIMING, AT))
    figure = tree.find(".//figure[@class='course']")
    assert figure is not None
    marks = figure.findall(".//g[@class='fills']/path")
    assert len(marks) == told.run.fills
    columns = json.loads(words(figure.findall("script")[0]))
    assert columns["others"] == [HOLD, OTHER_WAY]
    lengths = {
        len(columns[name]) for name in ("at", "low", "high", "net", "drawdown", "unit", "phase", "other1")
    }
    assert lengths == {len(told.curve)}
    assert columns["net"][-1] == pytest.approx(float(told.run.net_pnl))
    other = told.other
    assert other is not None
    assert columns["other1"][-1] == pytest.approx(float(other.run.net_pnl))
    assert columns["first"] + columns["at"][-1] == told.run.series.times[-1]


def test_candles_say_how_far_both_ways_are_apart(told: ToldRun) -> None:
    other = told.other
    assert other is not None
    apart = abs(told.run.net_pnl - other.run.net_pnl)
    assert apart > 1, "this series tells the two ways apart"
    assert f"{cents(apart):,.2f} USD apart" in told.spread
    assert told.spread.replace("-", "−") in words(tree_of(report_page(told, TIMING, AT)))
    assert told_of(walk_of(random_prices(50, 1))).spread == ""


def test_it_is_one_file_that_needs_nothing_else(told: ToldRun) -> None:
    text = report_page(told, TIMING, AT)
    assert not re.search(r"https?://|<link|@import|url\((?!#)|<img|<iframe|\son\w+=|\bfetch\(|\bsrc=", text)
    body = tree_of(text).find("body")
    assert body is not None
    shown = "".join(words(each) for each in body.findall("section")).replace(
        "".join(words(each) for each in body.iter("script")), ""
    )
    assert not re.search(r"[A-Z]{2,}_[A-Z]", shown)


def test_without_times_nothing_tells_of_hours() -> None:
    series = random_prices(300, 2)
    counted = Series(series.prices, tuple(range(300)), timed=False)
    walk = walk_of(counted)
    free = replace(walk, attempt=replace(walk.attempt, costs=replace(walk.attempt.costs, funding=D(0))))
    text = report_page(told_of(free), TIMING, AT)
    assert "By hour" not in text
    assert "1970" not in text
    assert "UTC" not in text.replace("Written 2027-01-15 08:00:00 UTC", "").partition("<script>")[0]


def test_a_series_of_one_price_is_a_page_too() -> None:
    told = told_of(walk_of(random_prices(1, 1)))
    assert "1 price in 0.20 s" in report_page(told, TIMING, AT)
    assert report_picture(told).startswith(PNG)


def test_the_picture_has_its_text(told: ToldRun, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = report_picture(told)
    assert whole.startswith(PNG)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pictures, "escaped", lambda text: "")
        assert len(report_picture(told)) < len(whole) - 5_000, "the words of the headline are pixels"
    monkeypatch.setattr(pictures, "_FONTS", "a font that nobody has")
    monkeypatch.setattr(pictures, "_png", lambda svg: b"the same")
    with pytest.raises(ValueError, match="needs a font, and this machine has none"):
        report_picture(told)


def test_without_its_library_a_picture_is_refused_in_one_line(
    told: ToldRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypertui.core.extras.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"a report as PNG needs resvg_py: pip install 'hypertui\[png\]'"):
        report_picture(told)


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_the_script_is_one() -> None:
    script = files("hypertui.charts").joinpath("charts.js").read_text("utf-8")
    ended = subprocess.run(["node", "--check", "-"], input=script, text=True, capture_output=True)
    assert not ended.stderr
    assert "]]>" not in script and "</script" not in script
