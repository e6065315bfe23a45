"""From forty columns and twelve rows on, every screen says what counts; no size has a cliff."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from hypertui.port.commands import StopReason, Verb
from hypertui.port.snapshot import Snapshot
from tests.console import states
from tests.console.desk import Desk
from tests.console.driving import drive

SMALL = [(40, 12), (40, 20), (60, 15), (79, 40), (200, 22)]


@pytest.mark.parametrize("size", SMALL)
def test_it_says_what_counts(size: tuple[int, int]) -> None:
    desk = Desk()
    view = desk.engine.snapshot

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = desk.text
        assert "RUNNING" in text and "100 % protected" in text and "Next: " in text
        assert f"{view.position} BTC" in text and "net " in text and "to all stops" in text
        for slot in view.slots:
            assert f"{slot.trigger:,.0f} {slot.size}" in text
        assert len(text.splitlines()) <= size[1]
        assert "Quit" in text.splitlines()[-1]
        await desk.press(pilot, "p")
        assert desk.verbs == [Verb.PAUSE]
        assert "✓ pause" in desk.text or "○ pause" in desk.text

    drive(desk.app, scenario, size)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (states.broken, "unprotected"),
        (states.stale, "BLIND"),
        (states.flat, "FLAT"),
        (states.selling_out, "SELLING OUT"),
        (states.paused, "PAUSED"),
    ],
)
def test_trouble_is_said_first(state: Callable[[], Snapshot], words: str) -> None:
    desk = Desk(snapshot=state())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert words in "\n".join(desk.text.splitlines()[:4])

    drive(desk.app, scenario, (40, 12))


def test_below_it_says_that_trading_continues() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "Trading continues" in " ".join(desk.text.split())

    drive(desk.app, scenario, (39, 20))
