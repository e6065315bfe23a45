"""The mouse does what the words under it say, as their keys do."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from hypertui.port.commands import StopReason, Verb
from tests.console import states
from tests.console.desk import Desk
from tests.console.driving import drive


async def click(desk: Desk, pilot: Pilot[StopReason], words: str, after: str = "") -> str:
    """Click on the first of these words on the screen, below the words `after`."""
    rows = desk.text.splitlines()
    begin = next((index for index, row in enumerate(rows) if after in row), 0)
    y = next(index for index, row in enumerate(rows) if index >= begin and words in row)
    await pilot.click(offset=(rows[y].index(words) + 1, y))
    await pilot.pause()
    desk.app.show_frame()
    await pilot.pause()
    return desk.text


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
@pytest.mark.parametrize("tab", ["Orders", "Ledger", "Map", "Log", "Health"])
def test_a_tab_shows_its_screen(tab: str, size: tuple[int, int]) -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await click(desk, pilot, tab)
        assert desk.app.current_mode == tab.lower()
        await click(desk, pilot, "Main")
        assert desk.app.current_mode == "main"

    drive(desk.app, scenario, size)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_a_key_of_the_bar_does_its_work(size: tuple[int, int]) -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await click(desk, pilot, "Pause")
        assert desk.verbs == [Verb.PAUSE]
        assert "FLATTEN the position" in await click(desk, pilot, "FLAT")
        assert desk.verbs == [Verb.PAUSE], "it asks first"

    drive(desk.app, scenario, size)


def test_a_key_that_nothing_would_come_of_says_why() -> None:
    desk = Desk(snapshot=states.flat())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "refused" in await click(desk, pilot, "Pause") or desk.verbs == []
        assert desk.verbs == []

    drive(desk.app, scenario)


def test_a_click_moves_the_cursor_to_a_row_and_one_more_opens_it() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "2")
        assert "DETAILS" not in await click(desk, pilot, "64,000")
        row = desk.lists[0].current
        assert row is not None and "64,000" in row.text
        assert "DETAILS" in await click(desk, pilot, "64,000")
        assert "client id" in desk.text

    drive(desk.app, scenario)


def test_a_click_on_a_unit_moves_the_cursor_there_and_one_more_shows_its_orders() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await click(desk, pilot, "−1 63,500")
        assert desk.app.current_mode == "main"
        await click(desk, pilot, "−1 63,500")
        assert desk.app.current_mode == "map"

    drive(desk.app, scenario)


def test_a_fill_under_the_pointer_tells_its_story() -> None:
    desk = Desk()
    fill = next(each for each in desk.engine.snapshot.fills if each.realized_pnl)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        rows = desk.text.splitlines()
        axis = next(row.index("65,000") for row in rows if "65,000" in row and "▼" in row)
        y = next(index for index, row in enumerate(rows) if "65,000" in row and "▼" in row[axis:70])
        await pilot.hover(offset=(rows[y].index("▼", axis), y))
        await pilot.pause()
        assert f"▼ sold {fill.size}" in desk.text
        assert "fee" in desk.text
        await pilot.hover(offset=(2, 1))
        await pilot.pause()
        assert "fee " not in desk.text.split("╰")[0].splitlines()[-1]

    drive(desk.app, scenario)
