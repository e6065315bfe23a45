"""The screens beside the main one: lists, filters, details, zoom, copies, screenshots, the palette."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.strip import Strip

from hypertui.console.keys import KEYS
from hypertui.console.screens.dialog import DEAF_FOR
from hypertui.port.commands import StopReason, Verb
from hypertui.port.engine import Event
from hypertui.port.snapshot import Network, Severity
from tests.console import parts, states
from tests.console.desk import Desk
from tests.console.driving import drive, until

SIZES = [(120, 40), (80, 24)]
PAGES = {"2": "ORDERS", "3": "FILLS", "4": "POSITION MAP", "6": "OPERATOR", "7": "RISK", "9": "EXITS"}


@pytest.mark.parametrize("size", SIZES)
def test_every_screen_has_the_header_and_leads_back(size: tuple[int, int]) -> None:
    view = states.broken()
    desk = Desk(snapshot=view)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        main = desk.text
        for key, title in PAGES.items():
            text = await desk.press(pilot, key)
            assert title in text
            assert view.invariant is not None
            fault = f"‼ {view.invariant.fault}"
            for always in ("MAINNET", "UNPROTECTED", "66.4 % UNPROTECTED", fault, "? Help", "q Quit"):
                assert always in text, (key, always)
        assert await desk.press(pilot, "1") == main
        await desk.press(pilot, "3")
        assert await desk.press(pilot, "escape") == main

    drive(desk.app, scenario, size)


def test_pressing_a_screens_key_twice_changes_nothing() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        once = await desk.press(pilot, "4")
        assert await desk.press(pilot, "4", "4") == once

    drive(desk.app, scenario)


def test_verbs_work_on_every_screen() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        for key in PAGES:
            await desk.press(pilot, key)
            await desk.open(pilot, "F")
            assert "sells" in desk.text
            await desk.press(pilot, "escape")
            assert not desk.asking
        await pilot.press("p")
        await until(pilot, lambda: desk.verbs == [Verb.PAUSE])

    drive(desk.app, scenario)


def test_screens_cannot_be_changed_under_a_dialog() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "b")
        await desk.press(pilot, "2", "slash", "s", "z", "ctrl+p")
        assert desk.asking
        assert desk.app.current_mode == "main"

    drive(desk.app, scenario)


def test_orders_that_differ_are_named_and_explained() -> None:
    view = states.broken()
    desk = Desk(snapshot=view)
    first, second, *_ = (str(order.client_id) for order in view.orders)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "2")
        assert "5  3 DIFFER" in text
        for fault in ("live with another size", "not placed", "not in our books"):
            assert f"✗ {fault}" in text
        text = await desk.press(pilot, "down", "enter")
        assert "DETAILS" in text
        assert first in text and second not in text
        assert second in await desk.press(pilot, "down")
        assert "DETAILS" not in await desk.press(pilot, "enter")

    drive(desk.app, scenario)


def test_a_guard_says_what_it_does_and_how_it_ends_and_can_be_copied() -> None:
    desk = Desk(snapshot=states.tripped())
    worst = next(guard for guard in states.tripped().guards if guard.tripped)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "9")
        assert "u Re-arm" in text.splitlines()[-1]
        text = await desk.press(pilot, "tab", "down", "enter")
        assert "DETAILS" in text
        assert f"{worst.words} TRIPPED: {worst.text}" in text
        assert f"At its limit: no new buys. Resets {worst.resets}" in text
        text = await desk.press(pilot, "down")
        assert f"At its limit: no new buys. Resets {worst.resets}" not in text
        assert "At its limit: " in text
        assert "u Re-arm" not in (await desk.press(pilot, "enter", "7")).splitlines()[-1]

    drive(desk.app, scenario)


def test_slots_are_counted_from_one_and_none_beyond_the_four() -> None:
    # The buy of the first was placed while a sale was not proven yet: it has a slot of its own.
    desks = {
        Desk(): ("1 ▼ stop", "2 ▼ stop", "3 ▼ stop", "+ ▲ buy"),
        Desk(snapshot=states.advance()): ("1 ▼ stop", "2 ▼ stop", "3 ▼ stop", "4 ▼ stop"),
    }
    for desk, orders in desks.items():

        async def scenario(
            pilot: Pilot[StopReason], desk: Desk = desk, orders: tuple[str, ...] = orders
        ) -> None:
            for order in orders:
                assert order in desk.text

        drive(desk.app, scenario, (200, 60))


def test_wanted_orders_without_a_level_are_rows_of_their_own() -> None:
    view = states.running()  # the ladder's have a level: these are another strategy's
    unplaced = replace(
        view.orders[0], level=None, working=None, listed=None, state=None, client_id=None, order_id=None
    )
    both = (replace(unplaced, key="stop/0"), replace(unplaced, key="stop/1", trigger=D(63_250)))
    desk = Desk(snapshot=replace(view, orders=both))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "2", "down", "down")
        row = desk.lists[0].current
        assert row is not None
        told = json.loads(row.copied)
        assert (told["unit"], told["trigger"]) == (None, "63250")

    drive(desk.app, scenario)


def test_a_unit_shows_its_history() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "4", "enter")
        assert "filled 0.09866 at 64,992" in text
        assert "14:02:54.435 filled" in text
        text = await desk.press(pilot, "pageup", "pageup")
        assert "nothing was ever ordered here" in text

    drive(desk.app, scenario)


def test_a_cursor_stays_on_its_row_while_new_ones_come() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "6", "down", "down")
        row = desk.lists[0].current
        assert row is not None
        newest = desk.engine.events[-1].seq
        desk.engine.events.append(Event(newest + 1, parts.NOW, "state", Severity.INFO, "something new"))
        assert "something new" in await desk.press(pilot)
        assert desk.lists[0].current == row
        await desk.press(pilot, "home")
        now = desk.lists[0].current
        assert now is not None
        assert "something new" in now.copied

    drive(desk.app, scenario)


def test_a_row_that_is_gone_leaves_the_cursor_on_another() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "2", "down", "down", "down", "enter")
        desk.engine.snapshot = states.selling_out()
        await desk.press(pilot, "up", "down", "y")
        desk.engine.snapshot = states.emptied()
        assert "no order is live" in await desk.press(pilot, "up", "down", "enter", "y")

    drive(desk.app, scenario)


def test_a_filter_is_typed_and_taken_back() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "6", "slash", "b", "u", "Y", "space", "q")
        assert " / buY q▏" in text
        assert "nothing contains" in text
        text = await desk.press(pilot, "backspace", "backspace", "enter")
        assert "buy +3 0.09565 at 65,500 live" in text
        assert "the feed broke" not in text
        assert "/ buY" in text
        assert "the feed broke" in await desk.press(pilot, "escape")
        text = await desk.press(pilot, "slash", "x", "x", "escape")
        assert "the feed broke" in text
        assert "xx" not in text

    drive(desk.app, scenario)
    assert desk.verbs == []


def test_levels_and_kinds_pick_events() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "6", "l")
        assert "warnings and worse" in text
        assert "the feed broke" in text
        assert "buy +3" not in text
        assert "no such event" in await desk.press(pilot, "l")
        text = await desk.press(pilot, "l", "k")
        assert "k: step" in text
        assert "▼ +3 → +2 at 65,000" in text
        assert "the feed broke" not in text
        assert "belong to the log" in await desk.press(pilot, "1", "l")

    drive(desk.app, scenario)


def test_tab_moves_between_lists_and_zoom_gives_one_the_screen() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        whole = await desk.press(pilot, "3")
        assert "► FILLS" in whole
        text = await desk.press(pilot, "tab")
        assert "► LOTS" in text
        text = await desk.press(pilot, "z")
        assert "LOTS" in text
        assert "FILLS" not in text
        assert "q Quit" in text or "focus" in text
        assert "100 % protected" in text
        assert "CYCLES" in await desk.press(pilot, "tab")
        desk.wait(6_000)
        text = await desk.press(pilot, "escape")
        assert "FILLS" in text
        assert "TOTALS" in text

    drive(desk.app, scenario)


@pytest.mark.parametrize("size", SIZES)
def test_zoom_on_the_main_screen(size: tuple[int, int]) -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "z")
        assert ("live" if size[0] == 80 else "4 orders live") in text
        assert "100 % protected" in text
        assert "the feed broke" not in text
        text = await desk.press(pilot, "tab")
        assert "the feed broke" in text
        desk.wait(6_000)
        assert "Next: ▲ buys" in await desk.press(pilot, "escape")

    drive(desk.app, scenario, size)


def test_a_row_is_copied_by_the_terminals_own_sequence() -> None:
    desk = Desk()
    written: list[str] = []

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert desk.app._driver is not None
        desk.app._driver.write = written.append  # type: ignore[method-assign]
        text = await desk.press(pilot, "2", "y")
        assert "copied to the terminal's clipboard" in text
        sequence = next(each for each in written if each.startswith("\x1b]52;c;"))
        copied = json.loads(base64.b64decode(sequence[7:].rstrip("\a")))
        assert copied["order_id"] == desk.engine.snapshot.orders[0].order_id
        assert copied["wanted"] == copied["booked"] == copied["exchange"] == "0.09789"
        written.clear()
        assert "no row to copy" in await desk.press(pilot, "1", "y")
        assert not any("]52;" in each for each in written)

    drive(desk.app, scenario)


@pytest.mark.parametrize("ascii", [False, True])
def test_a_screenshot_has_no_address(tmp_path: Path, ascii: bool) -> None:
    desk = Desk(Network.MAINNET, shots=tmp_path, ascii=ascii)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert f"saved {tmp_path}"[:60] in await desk.press(pilot, "s")

    drive(desk.app, scenario)
    (path,) = tmp_path.iterdir()
    assert path.name == "hypertui-20251120-140431-000.svg"
    svg = path.read_text(encoding="utf-8")
    assert "MAINNET" in svg
    assert "0xab" not in svg
    assert parts.ACCOUNT[-4:] not in svg.partition("MAINNET")[2][:800]
    assert "xxxxxxxxx" in svg


def test_a_screenshot_that_cannot_be_written_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    desk = Desk(shots=tmp_path / "nowhere")

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "saved" in await desk.press(pilot, "s")
        assert list((tmp_path / "here").iterdir())

    drive(desk.app, scenario)


async def _found(desk: Desk, pilot: Pilot[StopReason], words: str) -> None:
    await pilot.press("ctrl+p")
    await pilot.pause()
    assert isinstance(desk.app.screen, CommandPalette)
    await pilot.press(*words)
    await until(pilot, lambda: words.capitalize() in desk.text)
    await pilot.press("down", "enter")
    await until(pilot, lambda: not isinstance(desk.app.screen, CommandPalette))
    await pilot.pause()


def test_the_palette_asks_before_it_does_what_is_dangerous() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await _found(desk, pilot, "flatten")
        await until(pilot, lambda: desk.asking)
        assert desk.verbs == []
        desk.wait(DEAF_FOR)
        await desk.press(pilot, "escape")
        await _found(desk, pilot, "orders")
        await until(pilot, lambda: desk.app.current_mode == "orders")
        assert "palette" not in [key.id for key in KEYS if key.palette]

    drive(desk.app, scenario)
    assert desk.verbs == []


def test_a_theme_put_on_later_looks_as_one_from_the_start() -> None:
    def painted(*themes: str) -> list[list[Strip]]:
        desk, screens = Desk(theme=themes[0]), list[list[Strip]]()

        async def scenario(pilot: Pilot[StopReason]) -> None:
            await desk.press(pilot, "7", "1")
            for theme in themes[1:]:
                desk.app.theme = theme
                await pilot.pause()
            screens.append(desk.app.screen._compositor.render_strips())
            await desk.press(pilot, "7")
            screens.append(desk.app.screen._compositor.render_strips())

        drive(desk.app, scenario)
        return screens

    light = painted("light")
    assert painted("dark", "contrast", "ansi", "light") == light
    assert painted("dark") != light


def test_help_shows_the_keys_as_they_are_bound() -> None:
    from hypertui.console.keymap import remap

    desk = Desk(keys=remap({"pause": "f5", "mute": ""}))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "question_mark")
        assert "f5" in text
        await desk.press(pilot, "escape", "p", "m")
        assert desk.verbs == []
        await pilot.press("f5")
        await until(pilot, lambda: desk.verbs == [Verb.PAUSE])

    drive(desk.app, scenario)
