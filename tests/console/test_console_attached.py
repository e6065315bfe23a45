"""The console of an engine that runs elsewhere: who writes, and how it leaves."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from hypertui.port.commands import Stop, StopReason, Verb
from hypertui.port.engine import Attachment
from tests.console import states
from tests.console.desk import Desk
from tests.console.driving import drive

HOLDER = "ann@pts/3 by attach (uid 1, pid 2)"


def desk_of(attachment: Attachment, pen: str = HOLDER) -> Desk:
    desk = Desk(snapshot=states.running())
    desk.engine.attachment, desk.engine.pen = attachment, pen
    return desk


def test_an_observer_is_asked_whether_to_take_the_pen() -> None:
    desk = desk_of(Attachment.OBSERVER)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "ann@pts/3 writes" in await desk.press(pilot)
        await desk.open(pilot, "p")
        assert "TAKE THE PEN" in desk.text and "ann@pts/3 by attach" in desk.text
        assert desk.verbs == []
        await desk.press(pilot, "escape")
        assert desk.engine.attachment is Attachment.OBSERVER
        await desk.open(pilot, "F")  # not the question of what to sell: that is for who writes
        assert "TAKE THE PEN" in desk.text
        assert "you have the pen" in await desk.press(pilot, "y")
        assert "you write" in desk.text
        await desk.press(pilot, "p")
        assert desk.verbs == [Verb.PAUSE]
        desk.engine.attachment = Attachment.OBSERVER  # somebody takes it over
        assert "ann@pts/3 has the pen now" in await desk.press(pilot)

    drive(desk.app, scenario)


@pytest.mark.parametrize(
    ("attachment", "says"),
    [
        (Attachment.READ_ONLY, "attached to read only"),
        (Attachment.CUT, "there is no connection to the engine"),
    ],
)
def test_what_cannot_be_said_is_not_sent(attachment: Attachment, says: str) -> None:
    desk = desk_of(attachment, pen="")

    async def scenario(pilot: Pilot[StopReason]) -> None:
        for key in ("p", "F", "c"):
            assert says in await desk.press(pilot, key)
            assert not desk.asking
        assert desk.verbs == []

    drive(desk.app, scenario)


def test_leaving_claims_nothing_of_an_engine_that_is_not_heard() -> None:
    desk = desk_of(Attachment.CUT, pen="")

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "q")
        assert "whether it trades on is not known here" in desk.text
        assert "elsewhere and" not in desk.text

    drive(desk.app, scenario)


def test_leaving_leaves_the_engine_trading() -> None:
    desk = desk_of(Attachment.WRITER)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "q")
        assert "DETACH" in desk.text and "trades on" in desk.text
        assert "cancel the buys" not in desk.text and "leave flat" not in desk.text
        await desk.press(pilot, "escape")
        assert not desk.app.stop.requested
        await desk.open(pilot, "q")
        await pilot.press("y")
        await pilot.pause()
        assert desk.app.stop.requested
        assert desk.app.stop.on_exit is Stop().on_exit  # nothing is said of the orders

    drive(desk.app, scenario)


def test_the_engines_own_console_shows_who_writes_too() -> None:
    desk = desk_of(Attachment.OWNER)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "ann@pts/3 writes too" in await desk.press(pilot, "p")
        assert desk.verbs == [Verb.PAUSE]

    drive(desk.app, scenario)
