"""What has become of a command is told everywhere, and nothing is offered that would be refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from hypertui.console.frame import Frame
from hypertui.console.lines import Tone
from hypertui.console.screens import questions
from hypertui.console.screens.dialog import DEAF_FOR
from hypertui.console.screens.question import Question
from hypertui.console.toasts import Toasts
from hypertui.console.views import status_line
from hypertui.port.commands import CommandState, CommandView, OnExit, StopReason, Verb
from tests.console import parts, states
from tests.console.desk import Desk
from tests.console.driving import drive, until

CLOSED = "the trade is closed; q leaves, and the next start begins a new trade"


def view(state: CommandState, text: str = "", id: str = "one") -> CommandView:
    return CommandView(id, Verb.FLATTEN, "mk@pts/3", parts.NOW, state, 900, text)


def test_a_command_is_told_of_until_some_seconds_after_its_end_and_a_bad_one_for_longer() -> None:
    toasts = Toasts()

    def shown(now: int, *commands: CommandView) -> list[tuple[str, ...]]:
        return [
            (each.command.id, *(state.value for state, _ in each.course))
            for each in toasts.current(commands, now)
        ]

    old = view(CommandState.CONFIRMED, id="old")
    assert shown(0, old) == [], "what was over before is no news"
    waiting, done = view(CommandState.ACKNOWLEDGED), view(CommandState.CONFIRMED)
    assert shown(100, waiting, old) == [("one", "acknowledged")]
    assert shown(60_000, waiting, old) == [("one", "acknowledged")], "as long as it takes"
    assert shown(60_200, done, old) == [("one", "acknowledged", "confirmed")]
    assert shown(66_100, done, old) == [("one", "acknowledged", "confirmed")]
    assert shown(66_300, done, old) == []
    failed = view(CommandState.FAILED, id="two")
    assert shown(67_000, failed, done, old) == [("two", "failed")]
    assert shown(81_000, failed, done, old) == [("two", "failed")]
    assert shown(83_000, failed, done, old) == []


def test_what_ended_in_another_trade_is_no_news_once_that_is_shown() -> None:
    toasts = Toasts()
    mine, other = view(CommandState.CONFIRMED, id="mine"), view(CommandState.ACKNOWLEDGED, id="other")
    refused = replace(other, state=CommandState.REFUSED)

    def shown(now: int, shown: CommandView, beside: CommandView) -> list[str]:
        return [each.command.id for each in toasts.current((shown,), now, (beside,))]

    assert shown(0, mine, other) == []
    assert shown(100, mine, refused) == [], "it is of another trade"
    assert shown(200, refused, mine) == ["other"], "just now refused"
    assert shown(20_000, refused, mine) == []
    assert shown(20_100, mine, refused) == [], "long over, however often the trades are stepped through"
    assert shown(20_200, refused, mine) == []


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_every_screen_tells_it(size: tuple[int, int]) -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        desk.app.show_frame()
        # It fails at the very moment when a screen is looked at.
        failed = view(CommandState.FAILED, "0.1 BTC is left")
        desk.engine.snapshot = replace(desk.engine.snapshot, commands=(failed,))
        for key in "1234":
            await pilot.press(key)
            desk.app.show_frame()
            await pilot.pause()
            assert "✗ flatten  failed 900ms: 0.1 BTC is left" in desk.text.splitlines()[-2], key
        desk.wait(16_000)
        desk.app.show_frame()
        await pilot.pause()
        assert "✗ flatten  failed" not in desk.text.splitlines()[-2]

    drive(desk.app, scenario, size)


def test_what_would_be_refused_is_not_asked() -> None:
    desk = Desk(snapshot=states.flat())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await pilot.press("r")
        await pilot.pause()
        assert not desk.asking
        assert f"resume is refused: {CLOSED}" in desk.text
        await desk.open(pilot, "F")
        assert desk.asking

    drive(desk.app, scenario)
    assert desk.verbs == []


@pytest.mark.parametrize(("key", "on_exit"), [("B", OnExit.BUYS), ("L", OnExit.LEAVE), ("F", OnExit.FLATTEN)])
def test_a_moving_position_only_keeps_a_flatten_from_leaving(key: str, on_exit: OnExit) -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "q")
        desk.engine.snapshot = states.advance()
        await pilot.press(key)
        await pilot.pause()
        assert desk.app.stop.requested == (on_exit is not OnExit.FLATTEN)
        if on_exit is OnExit.FLATTEN:
            assert "has changed meanwhile" in desk.text
            desk.wait(DEAF_FOR)
            await pilot.press(key)
        await until(pilot, lambda: desk.app.return_value is not None)

    drive(desk.app, scenario)
    assert desk.app.stop.on_exit is on_exit


def said(question: Question) -> str:
    return "\n".join("".join(span.text for span in row) for row in question.lines)


def test_cancelling_all_while_flat_promises_no_unprotected_coins() -> None:
    flat = states.decline()  # on mainnet, as the next one
    question = questions.cancel_all(flat)
    assert "UNPROTECTED" not in said(question)
    assert "no position is held" in said(question)
    assert questions.cancel_all(states.on_mainnet()).phrase == "UNPROTECT 0.29758"
    assert questions.cancel_all(flat).phrase == "CANCEL ALL"


def test_leaving_live_buys_behind_is_red() -> None:
    leave = questions.quit_console(states.running()).choices[1]
    assert (leave.answer, leave.role) == (OnExit.LEAVE, Tone.CRITICAL)
    assert "a buy that fills gets NO STOP" in leave.label
    assert questions.quit_console(states.advance()).choices[1].role is Tone.TEXT


def test_resume_says_what_it_resumes_and_what_it_calls_off() -> None:
    question = questions.resume(states.waiting())
    assert question.title == "RESUME selling out"
    assert "calls off flatten by mk@pts/3: waits for an answer to the sale of 0.29758 BTC" in said(question)
    assert "nothing is bought any more" in said(question)
    emptied = questions.resume(states.emptied())
    assert emptied.title == "RESUME selling out"
    assert "the trade ends" in said(emptied)
    assert questions.resume(states.paused()).title == "RESUME trading"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            "restarted",
            "Paused since before the restart (by root). r resumes; no new buys, 1 may fill;",
        ),
        ("emptied", "Paused by mk@pts/3. r resumes selling out; no new buys"),
        (
            "paused",
            "Paused by mk@pts/3. r resumes; no new buys, 1 may fill; if it does, it still gets a stop",
        ),
        (
            "waiting",
            "Paused. Flatten by mk@pts/3: waits for an answer to the sale of 0.29758 BTC; r calls it off",
        ),
        (
            "flat",
            "FLAT. Trade closed at +173.45 USD at {closed}; no order is live; "
            "q leaves, the next start begins a new trade",
        ),
        (
            "halted",
            "Halted: 3 stops stay, none follows the price; F sells all; the buy size of 11.49",
        ),
        (
            "selling_out",
            "Selling out by its stops: ▼ sells 0.09945 at 64,500 (−1.04 %); "
            "no more buys; the stops follow the price up",
        ),
        (
            "broken",
            "0.19734 BTC (12,862.62 USD) unprotected; "
            "F sells all; 7 stops in a row refused, tried again; Next",
        ),
    ],
)
def test_the_sentence(state: str, words: str) -> None:
    view = states.scene(state).snapshot
    frame = Frame(view, parts.NOW)
    closed = "" if view.closed_at is None else frame.clock(view.closed_at)
    assert status_line.waiting(frame).text.startswith(words.format(closed=closed))


def test_orders_that_nothing_was_heard_of_are_those_of_long_ago() -> None:
    # An engine says itself what it lacks; the console does not rely on that.
    long_ago = replace(states.running(), known_at=parts.NOW - 60_000)
    said = status_line.waiting(Frame(long_ago, parts.NOW)).text
    assert said == "Nothing heard for 1 min; 3 stops and 1 buy rested at the exchange 1 min ago"


def test_the_end_of_a_sold_out_trade_is_its_last_words() -> None:
    over = states.sold_out()
    text = status_line.waiting(Frame(over, parts.NOW, ended=StopReason(0, over.reason))).text
    assert text == "Trade ended: all sold. Result −40.13 USD; q closes the console"
