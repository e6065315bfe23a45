"""The map of a sweep and its report: the figures are the evaluations', the marks where they belong."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from statistics import median

import pytest

from hypertui.charts.heat_map import HeatMap
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.sweep.report_page import SweptReport, swept_page, swept_picture
from hypertui.sweep.result_map import MEASURES, NET, ResultMap, walked
from hypertui.sweep.results import SweepRow
from tests.backtest.walks import random_prices
from tests.sweep.tried import tried

AT = 1_800_000_000_000
UNITS = [*(f"{tenths / 10:g}%" for tenths in range(4, 24, 2)), "10%"]


@pytest.fixture(scope="module")
def rows() -> list[SweepRow]:
    return tried(random_prices(900, 6), UNITS, (Reinvest.RECOVERY, Reinvest.OFF))


def tree_of(text: str) -> ET.Element:
    return ET.fromstring(text.partition("\n")[2])


def words(element: ET.Element) -> str:
    return "".join(element.itertext())


def test_the_map_has_each_setting_in_its_place_and_marks_the_best(rows: list[SweepRow]) -> None:
    found = ResultMap(rows[::-1])
    assert found.units == UNITS, "by size, in whatever order they were tried"
    assert set(found.rows) == {"recovery", "off"}
    for measure in MEASURES:
        values = found.values(measure)
        known = {
            (found.rows[row], unit): value
            for row, each in enumerate(values)
            for unit, value in zip(UNITS, each, strict=True)
        }
        assert known == {
            (each.setting.reinvest.value, each.setting.unit_size): measure.of(each.found) for each in rows
        }
        row, column = found.best(measure)
        assert values[row][column] == max(value for each in values for value in each if value is not None)
        assert (row, column) in found.plateau(measure)
        assert {place[0] for place in found.plateau(measure)} == {row}
    row, column = found.best()
    beside = [found.values(NET)[row][index] for index in (column - 1, column + 1) if 0 <= index < len(UNITS)]
    assert found.neighbours((row, column)) == median(value for value in beside if value is not None)


def test_the_page_ranks_them_and_says_what_the_best_is(rows: list[SweepRow]) -> None:
    report = SweptReport("a sweep", ("1 d", "then to now"), rows, "loses after costs", ["It ends low."])
    tree = tree_of(swept_page(report, AT))
    table = tree.find(".//div[@class='sortable']//tbody")
    assert table is not None
    ranked = [(row[0].text, words(row[2])) for row in table]
    best = sorted(rows, key=lambda each: -each.found.net_pnl)
    assert [unit for unit, _ in ranked] == [each.setting.unit_size for each in best]
    assert ranked[0][1] == f"{best[0].found.net_pnl:+,.2f}".replace("-", "−")
    assert len(tree.findall(".//div[@class='maps']/figure")) == len(MEASURES)
    body = words(tree)
    assert "Verdict: loses after costs" in body
    assert "It ends low." in body
    gains = sum(each.found.net_pnl > 0 for each in rows)
    assert f"{gains} of {len(rows)}" in body
    assert swept_picture(report).startswith(b"\x89PNG")


def test_one_that_could_not_be_walked_is_told_beside_the_others(rows: list[SweepRow]) -> None:
    refused = tried(random_prices(9, 1), ["30%"])
    report = SweptReport("a sweep", ("", ""), [*rows[:3], *refused])
    body = words(tree_of(swept_page(report, AT)))
    assert refused[0].found.refused in body
    assert walked(report.tried) == rows[:3]
    with pytest.raises(ValueError, match="no setting could be walked: unit"):
        swept_page(SweptReport("none", ("", ""), refused), AT)


def test_a_single_setting_is_a_page_too(rows: list[SweepRow]) -> None:
    report = SweptReport("one", ("", ""), rows[:1])
    assert report.profile() is None
    assert swept_page(report, AT).count("<figure>") == len(MEASURES)


def test_cells_tell_a_loss_without_colour_and_the_plateau_by_its_edge() -> None:
    found = HeatMap(
        "t", "a", ["1", "2", "3"], ["r"], [[-5.0, 4.0, None]], "x", frozenset({(0, 1)}), (0, 1), 5.0
    )
    drawn = found.drawing.inner
    assert re.findall(r'<rect class="heat (\w+)"', drawn) == ["loss", "gain", "none"]
    assert drawn.count('class="below"') == 1
    assert "r, x 1: −5.00" in drawn
    assert drawn.count("★") == 1
    (edge,) = re.findall(r'<path class="plateau" d="([^"]*)"', drawn)
    assert edge.count("M") == 4
    wider = replace(found, plateau=frozenset({(0, 0), (0, 1)})).drawing.inner
    (edge,) = re.findall(r'<path class="plateau" d="([^"]*)"', wider)
    assert edge.count("M") == 6, "none between the two"
