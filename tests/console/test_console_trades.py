"""Several trades in one console: the desk, which trade is shown, and whom a key is for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from hypertui.console.screens.dialog import DEAF_FOR
from hypertui.port.commands import OnExit, StopReason, Verb
from hypertui.port.snapshot import Mode, Network
from tests.console import parts, states
from tests.console.desk import Desk
from tests.console.driving import drive, until

SIZES = [(120, 40), (80, 24), (200, 60)]


def desk_of(network: Network = Network.PAPER, scene: str = "desk") -> Desk:
    first, *beside = states.scene(scene, network).trades
    return Desk(snapshot=first, beside=beside)


def meant(desk: Desk) -> list[tuple[Verb, str]]:
    return [(command.verb, command.trade) for command in desk.engine.commands]


@pytest.mark.parametrize("size", SIZES)
def test_the_desk_has_a_row_for_each_trade(size: tuple[int, int]) -> None:
    desk = desk_of()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot, "0")
        rows = [
            line for line in text.splitlines() if line[1:].lstrip("► ").startswith(("BTC", "ETH", "sol-"))
        ]
        assert len(rows) == 3, text
        assert "►BTC" in rows[0] and "+189.85" in rows[1] and "−4.12" in rows[2]
        assert "‼ " in rows[2] and "none" in rows[1]
        together = next(line for line in text.splitlines() if "positions " in line)
        assert "net +" in together or "net −" in together

    drive(desk.app, scenario, size)


def test_the_row_under_the_cursor_is_the_trade_that_keys_act_on() -> None:
    desk = desk_of()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "0")
        assert "►ETH" in await desk.press(pilot, "down")
        await desk.press(pilot, "p")
        assert meant(desk) == [(Verb.PAUSE, "ETH")]
        text = await desk.press(pilot, "enter")
        assert "1 unit = " in text and "ETH 10x 2/3" in text
        await desk.press(pilot, "c")
        assert meant(desk)[1:] == [(Verb.RECONCILE, "ETH")]
        assert "►ETH" in await desk.press(pilot, "0")
        assert "1 unit = " in await desk.press(pilot, "escape")

    drive(desk.app, scenario)


def test_the_next_trade_and_the_one_before_are_a_key_away_on_every_screen() -> None:
    desk = desk_of()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "BTC 5x 1/3" in desk.text
        assert "ETH 10x 2/3" in await desk.press(pilot, "greater_than_sign")
        assert "SOL 20x sol-swing 3/3" in await desk.press(pilot, "2", "greater_than_sign")
        assert "BTC 5x 1/3" in await desk.press(pilot, "greater_than_sign")
        assert "SOL 20x sol-swing 3/3" in await desk.press(pilot, "less_than_sign")

    drive(desk.app, scenario)


def test_a_dialog_is_for_the_trade_that_was_shown_and_nobody_leaves_it_by_the_way() -> None:
    desk = desk_of()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "greater_than_sign")
        await desk.open(pilot, "F")
        assert "PAPER  ETH" in desk.text
        await pilot.press("greater_than_sign", "y")
        await until(pilot, lambda: meant(desk) == [(Verb.FLATTEN, "ETH")])

    drive(desk.app, scenario)


@pytest.mark.parametrize("network", Network)
def test_flatten_on_the_desk_is_for_all_and_is_typed_on_every_network(network: Network) -> None:
    desk = desk_of(network, "over")

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "0")
        await desk.open(pilot, "F")
        assert "FLATTEN 2 trades" in desk.text and "FLAT ALL" in desk.text
        await pilot.press("y", "enter")
        assert desk.asking and not desk.verbs
        await pilot.press("backspace", *"FLAT ALL", "enter")
        await until(pilot, lambda: meant(desk) == [(Verb.FLATTEN, "BTC"), (Verb.FLATTEN, "ETH")])

    drive(desk.app, scenario)


def test_a_trade_that_is_over_is_started_again_beside_the_others() -> None:
    desk = desk_of(scene="over")
    begin = {
        "ETH": "with what it holds; paused, where it was halted",
        "sol-swing": "as it was to: a new trade buys its position",
        "HYPE": "a new trade: it buys its position anew",
    }

    async def scenario(pilot: Pilot[StopReason]) -> None:
        for begins in begin.values():
            await desk.press(pilot, "greater_than_sign")
            await desk.open(pilot, "r")
            assert "START the trade again" in desk.text and begins in desk.text
            await pilot.press("y")
        await until(pilot, lambda: meant(desk) == [(Verb.START, name) for name in begin])

    drive(desk.app, scenario)


def test_a_trade_that_is_over_is_no_trouble_of_those_that_go_on() -> None:
    desk = desk_of(scene="over")

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "‼" not in desk.text
        await desk.press(pilot, "greater_than_sign")
        text = await desk.press(pilot, "greater_than_sign")
        assert "SOL 20x sol-swing 3/4" in text and "‼" not in text
        assert f"Halted: the account {parts.ACCOUNT} holds 1 SOL already" in text
        text = await desk.press(pilot, "greater_than_sign")
        assert "ENDED −26.81 USD" in text and "‼" not in text
        assert "the trade is not running" in await desk.press(pilot, "F")

    drive(desk.app, scenario)
    assert desk.rung == []


def test_prices_that_move_do_not_ask_for_the_flattening_of_all_anew_a_mode_does() -> None:
    desk = desk_of()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "0")
        await desk.open(pilot, "F")
        first, second = desk.engine.beside
        # Each of the two by itself: no market moves one thing alone.
        desk.engine.beside = (replace(first, position=first.position * 2), second)
        await pilot.press(*"FLAT ALL")
        desk.engine.beside = (replace(first, mode=Mode.HALTED), second)
        await pilot.press("enter")
        await pilot.pause()
        assert desk.asking and "read again" in desk.text
        desk.wait(DEAF_FOR)
        await pilot.press(*"FLAT ALL", "enter")
        await until(pilot, lambda: len(desk.verbs) == 3)

    drive(desk.app, scenario)


def test_trouble_of_a_trade_that_is_not_shown_is_in_the_header_and_rings() -> None:
    desk = desk_of()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "‼ sol-swing" in desk.text
        assert desk.rung
        text = await desk.press(pilot, "less_than_sign")
        assert "‼ sol-swing" not in text and "unprotected" in text

    drive(desk.app, scenario)


def test_leaving_says_what_all_of_them_hold() -> None:
    desk = desk_of()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "q")
        for text in ("3 trades", "ETH       4.1680 ETH", "sol-swing 10.02 SOL", "of all orders"):
            assert text in desk.text, desk.text
        await pilot.press("B")
        await until(pilot, lambda: desk.app.stop.requested)
        assert desk.app.stop.on_exit is OnExit.BUYS

    drive(desk.app, scenario)


def test_events_are_those_of_the_trade_and_of_the_engine() -> None:
    desk = desk_of()
    first = desk.engine.events[0]
    desk.engine.events = [
        replace(first, seq=1, text="of bitcoin.", trade="BTC"),
        replace(first, seq=2, text="of ether.", trade="ETH"),
        replace(first, seq=3, text="of all.", trade=""),
    ]

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "6")
        assert "of bitcoin." in desk.text and "of all." in desk.text and "of ether." not in desk.text
        text = await desk.press(pilot, "greater_than_sign")
        assert "of ether." in text and "of all." in text and "of bitcoin." not in text

    drive(desk.app, scenario)


def test_one_trade_alone_has_no_desk() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        before = desk.text
        assert await desk.press(pilot, "0", "greater_than_sign", "less_than_sign") == before
        assert "Desk" not in before and "1/1" not in before

    drive(desk.app, scenario)
