"""The script of a report, run by Node where that is installed: its numbers, its places and its tables."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files
from typing import Any

import pytest

NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed")

# The page is empty: the script then only defines.
_EMPTY_PAGE = "const document = {querySelectorAll: () => []};\n"
_TABLE = """
function tableOf(rows) {
  const heading = {classList: {add() {}}, addEventListener(name, does) { this.click = does; }};
  const body = {
    rows: rows.map((text) => ({cells: [{textContent: text}]})),
    append(...sorted) { this.rows = sorted; },
  };
  sortable({tBodies: [body], querySelectorAll: () => [heading]});
  return {click: heading, texts: () => body.rows.map((row) => row.cells[0].textContent)};
}
"""


def told(expression: str, before: str = "") -> Any:
    """What an expression comes to, in the script's own scope."""
    script = files("hypertui.charts").joinpath("charts.js").read_text("utf-8")
    program = f"{_EMPTY_PAGE}{script}\n{_TABLE}\n{before}\nconsole.log(JSON.stringify({expression}));"
    assert NODE is not None, "else it is skipped"
    ended = subprocess.run([NODE, "-"], input=program, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(ended.stdout)


def test_its_numbers_are_those_of_the_page() -> None:
    found = told(
        "[number(-1234.5, 2), number(-0.001, 2), signed(0.004), signed(12), signed(-12), signedUnit(3), "
        "signedUnit(-3), signedUnit(0), moment(1800000000000), roundStep(0.3), roundStep(7), roundStep(20)]"
    )
    assert found == [
        *("−1,234.50", "0.00", "0.00", "+12.00", "−12.00", "+3", "−3", "0", "2027-01-15 08:00:00"),
        *(0.5, 10, 20),
    ]


def test_a_place_on_the_chart_is_the_moment_that_it_shows() -> None:
    before = """
    const chart = Object.create(CourseChart.prototype);
    chart.data = {left: 80, right: 880, timed: true, first: 0};
    chart.times = [0, 10, 20, 40, 100];
    chart.shown = [20, 100];
    """
    found = told(
        "[[0, 4, 6, 29, 31, 71, 999].map((at) => chart.nearest(at)), chart.x(20), chart.x(100), "
        "chart.time(chart.x(63)), chart.y({top: 10, height: 100, low: 0, high: 50}, 25)]",
        before,
    )
    assert found == [[0, 0, 1, 2, 3, 4, 4], 80, 880, 63, 60]


def test_an_axis_has_times_or_counts() -> None:
    before = """
    const chart = Object.create(CourseChart.prototype);
    chart.data = {timed: true};
    const count = Object.create(CourseChart.prototype);
    count.data = {timed: false};
    """
    at = 1_800_000_000_000  # 2027-01-15 08:00:00
    found = told(
        f"[chart.label({at}, HOUR, true), chart.label({at}, HOUR, false), chart.label({at}, SECOND, false), "
        f"chart.label({at}, DAY, true), chart.label({at}, DAY, false), count.label(199999, 1000, true)]",
        before,
    )
    assert found == ["01-15 08:00", "08:00", "08:00:00", "2027-01-15", "01-15", "199,999"]


def test_a_table_is_sorted_by_its_figures_and_the_other_way_by_a_second_click() -> None:
    before = """
    const figures = tableOf(["−5.00", "1,200.00", "+30.00"]);
    figures.click.click();
    const down = figures.texts();
    figures.click.click();
    """
    assert told("[down, figures.texts()]", before) == [
        ["1,200.00", "+30.00", "−5.00"],
        ["−5.00", "+30.00", "1,200.00"],
    ]
