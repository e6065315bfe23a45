"""The screen of signals: sources of alerts, armed or not, and what became of what they wanted."""

from __future__ import annotations

from textual.pilot import Pilot

from hypertui.port.commands import StopReason, Verb
from tests.console import states
from tests.console.desk import Desk
from tests.console.driving import drive


def test_it_shows_who_is_armed_and_why_nothing_came_of_an_alert() -> None:
    desk = Desk(intents=states.intents())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "8")
        text = desk.text
        assert "3 requests turned away" in text
        assert "● 11h02 left" in text
        assert "no: w arms" in text
        assert "3m ago" in text
        assert "desync: an alert was missed" in text
        assert "DUPLICATE" in text

    drive(desk.app, scenario)


def test_an_alarm_of_a_source_is_on_the_bar_of_the_trade_that_it_speaks_to() -> None:
    desk = Desk(intents=states.intents())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.press(pilot)
        assert "‼ ALARM" in text
        assert "CRITICAL webhook tv-btc: open held" in text
        assert len(desk.rung) == 1
        assert "1 active, 1 not acknowledged" in await desk.press(pilot, "7")
        text = await desk.press(pilot, "a")
        assert [command.alarms for command in desk.engine.commands] == [("webhook tv-btc",)]
        assert "‼ ALARM" not in text
        assert "1 active, 0 not acknowledged" in text

    drive(desk.app, scenario)


def test_w_arms_a_source_and_the_command_names_it() -> None:
    desk = Desk(intents=states.intents())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "w")
        assert "disarm tv-btc" in desk.text
        await desk.press(pilot, "2")
        (command,) = desk.engine.commands
        assert (command.verb, command.guard) == (Verb.ARM, "own")

    drive(desk.app, scenario)


def test_there_is_no_such_screen_without_sources() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "8")
        assert desk.app.current_mode == "main"
        assert "Signals" not in desk.text

    drive(desk.app, scenario)
