"""Running the app in a test: one event loop per scenario, no waiting but for the app to be idle."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from hypertui.console.app import HyperTui
from hypertui.port.commands import StopReason

Scenario = Callable[[Pilot[StopReason]], Awaitable[None]]


def drive(app: HyperTui, scenario: Scenario, size: tuple[int, int] = (120, 40)) -> None:
    """Start the app, wait until it has painted, play the scenario."""

    async def play() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(pilot)

    asyncio.run(play())


async def until(pilot: Pilot[StopReason], condition: Callable[[], bool]) -> None:
    """Let the app work until something holds that another thread brings about."""
    for _ in range(200):
        if condition():
            return
        await pilot.pause()
    raise AssertionError("it never came")


def screen_text(app: HyperTui) -> str:
    """The terminal's text, line by line."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips()) + "\n"
