"""Every key, and the dialogs behind them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from textual.pilot import Pilot

from hypertui.console.app import FAILED, HyperTui
from hypertui.console.keys import KEYS
from hypertui.console.screens.dialog import CLOSES_AFTER, DEAF_FOR
from hypertui.console.screens.main import MainPage
from hypertui.port.commands import Ack, CommandState, CommandView, OnExit, StopReason, Verb
from hypertui.port.snapshot import Network
from tests.console import fakes, parts, states
from tests.console.desk import Desk
from tests.console.driving import drive, screen_text, until


def test_pause_needs_no_answer() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await pilot.press("p")
        await until(pilot, lambda: desk.verbs == [Verb.PAUSE])
        await pilot.pause()
        assert desk.engine.commands[0].who == "mk@pts/3"
        assert desk.engine.commands[0].id == "a"
        assert "acknowledged" in desk.text

    drive(desk.app, scenario)


@pytest.mark.parametrize(
    ("key", "verb"),
    [
        ("r", Verb.RESUME),
        ("b", Verb.CANCEL_BUYS),
        ("o", Verb.SELL_OUT),
        ("F", Verb.FLATTEN),
        ("X", Verb.CANCEL_ALL),
        ("H", Verb.HALT),
    ],
)
@pytest.mark.parametrize("network", [Network.PAPER, Network.TESTNET])
def test_a_verb_is_confirmed_with_y(key: str, verb: Verb, network: Network) -> None:
    desk = Desk(network)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, key)
        await pilot.press("y")
        await until(pilot, lambda: desk.verbs == [verb])
        assert not desk.asking

    drive(desk.app, scenario)


@pytest.mark.parametrize(
    ("key", "verb", "phrase"),
    [
        ("F", Verb.FLATTEN, "FLAT BTC"),
        ("X", Verb.CANCEL_ALL, "UNPROTECT {held:.5f}"),
        ("H", Verb.HALT, "HALT"),
    ],
)
def test_on_mainnet_a_dangerous_verb_is_typed(key: str, verb: Verb, phrase: str) -> None:
    desk = Desk(Network.MAINNET)
    phrase = phrase.format(held=desk.engine.snapshot.position)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, key)
        await pilot.press("y", "enter")
        assert desk.asking
        assert "not the phrase" in desk.text
        await pilot.press("backspace", *("space" if char == " " else char for char in phrase), "enter")
        await until(pilot, lambda: desk.verbs == [verb])
        assert not desk.asking

    drive(desk.app, scenario)


@pytest.mark.parametrize(("key", "verb"), [("r", Verb.RESUME), ("b", Verb.CANCEL_BUYS), ("o", Verb.SELL_OUT)])
def test_on_mainnet_a_safe_verb_takes_y(key: str, verb: Verb) -> None:
    desk = Desk(Network.MAINNET)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, key)
        await pilot.press("y")
        await until(pilot, lambda: desk.verbs == [verb])

    drive(desk.app, scenario)


@pytest.mark.parametrize("network", list(Network))
@pytest.mark.parametrize("key", ["r", "b", "o", "F", "X", "H"])
@pytest.mark.parametrize("answer", ["enter", "escape"])
def test_cancel_has_the_focus(key: str, answer: str, network: Network) -> None:
    desk = Desk(network)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, key)
        await pilot.press(answer)
        await pilot.pause()
        assert not desk.asking

    drive(desk.app, scenario)
    assert desk.verbs == []


def test_what_was_typed_before_the_dialog_does_not_answer_it() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await pilot.press("F", "y", "F", "enter", "escape")
        assert desk.asking
        desk.wait(DEAF_FOR - 1)
        await pilot.press("y")
        assert desk.asking
        desk.wait(1)
        await pilot.press("y", "y")
        await until(pilot, lambda: desk.verbs == [Verb.FLATTEN])
        assert not desk.asking

    drive(desk.app, scenario)
    assert desk.verbs == [Verb.FLATTEN]


def test_keys_in_a_dialog_are_not_commands() -> None:
    desk = Desk(Network.MAINNET)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "H")
        await pilot.press("p", "q", "b", "question_mark", "ctrl+q", "ctrl+c")
        await pilot.pause()
        assert desk.asking
        assert "pqb?▏" in desk.text

    drive(desk.app, scenario)
    assert desk.verbs == []


def test_a_position_that_changed_is_asked_for_again() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "F")
        view = desk.engine.snapshot
        assert f"{view.position:.5f} BTC, about {view.position_value:,.2f} USD" in desk.text
        desk.engine.snapshot = other = states.advance()
        await pilot.press("y")
        await pilot.pause()
        assert desk.asking
        assert "has changed meanwhile" in desk.text
        assert other.position != view.position
        assert f"{other.position:.5f} BTC, about {other.position_value:,.2f} USD" in desk.text
        await pilot.press("y")
        assert desk.verbs == []
        desk.wait(DEAF_FOR)
        await pilot.press("y")
        await until(pilot, lambda: desk.verbs == [Verb.FLATTEN])

    drive(desk.app, scenario)


def test_a_market_that_never_rests_is_asked_about_once() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "F")
        for state in ("advance", "recovery"):
            desk.engine.snapshot = states.scene(state, Network.PAPER).snapshot
            await pilot.press("y")
            desk.wait(DEAF_FOR)
        await until(pilot, lambda: desk.verbs == [Verb.FLATTEN])

    drive(desk.app, scenario)


def test_prices_and_orders_that_moved_are_no_reason_to_ask_again() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "F")
        # All of them at once, and nothing else: so no market moves.
        desk.engine.snapshot = replace(
            desk.engine.snapshot, mark=D(65_190), position_value=D("19557.00"), slots=()
        )
        await pilot.press("y")
        await until(pilot, lambda: desk.verbs == [Verb.FLATTEN])

    drive(desk.app, scenario)


def test_a_dialog_nobody_answers_closes_itself() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "F")
        desk.wait(CLOSES_AFTER)
        desk.app.show_frame()
        await pilot.pause()
        assert not desk.asking
        assert "no answer in 30 s" in desk.text
        await pilot.press("y")

    drive(desk.app, scenario)
    assert desk.verbs == []


def test_choices_can_be_walked() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "b")
        await pilot.press("up", "enter")
        await until(pilot, lambda: desk.verbs == [Verb.CANCEL_BUYS])

    drive(desk.app, scenario)


@pytest.mark.parametrize(
    ("keys", "on_exit"),
    [("B", OnExit.BUYS), ("L", OnExit.LEAVE), ("F", OnExit.FLATTEN), ("enter", OnExit.BUYS)],
)
def test_quit_leaves_with_the_engine(keys: str, on_exit: OnExit) -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "q")
        await pilot.press(keys)
        await until(pilot, lambda: desk.app.return_value is not None)

    drive(desk.app, scenario)
    assert desk.engine.wound_down
    assert desk.app.stop.on_exit is on_exit
    assert desk.app.return_value == StopReason(0, "done")


def test_quit_and_flatten_is_typed_on_mainnet() -> None:
    desk = Desk(Network.MAINNET)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "q")
        await pilot.press("F")
        await pilot.pause()
        assert desk.asking
        assert not desk.app.stop.requested
        desk.wait(DEAF_FOR)
        await pilot.press(*"FLAT", "space", *"BTC", "enter")
        await until(pilot, lambda: desk.app.return_value is not None)

    drive(desk.app, scenario)
    assert desk.app.stop.on_exit is OnExit.FLATTEN


def test_a_quit_taken_back_leaves_nothing_behind() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "q")
        await pilot.press("escape")
        await pilot.pause()
        assert not desk.asking
        assert not desk.app.stop.requested

    drive(desk.app, scenario)


def test_ctrl_c_only_says_how_to_quit() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert "press q to quit" in desk.text
        desk.wait(6_000)
        desk.app.show_frame()
        await pilot.pause()
        assert "press q to quit" not in desk.text

    drive(desk.app, scenario)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_help_names_every_key(size: tuple[int, int]) -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        assert "cancel the buys, keep the stops" in desk.text
        await pilot.press("end")
        await pilot.pause()
        assert "settling" in desk.text
        await pilot.press("p", "escape")
        await pilot.pause()
        assert "HELP" not in desk.text

    drive(desk.app, scenario, size)
    assert desk.verbs == []


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_the_map_scrolls_and_returns(size: tuple[int, int]) -> None:
    desk = Desk()
    many = parts.stretched_map(desk.engine.snapshot, -40, 40)
    desk.engine.snapshot = replace(desk.engine.snapshot, position_map=many)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        panel = desk.app.query_one("#picture" if size[0] == 120 else "#c-map")
        text = lambda: getattr(panel, "text")  # noqa: B009, E731
        before = text()
        await pilot.press("pagedown", *["pagedown"] * 40)
        assert "−40" in text()
        await pilot.press("up")
        assert "−40" not in text()
        await pilot.press("home")
        assert text() == before
        await pilot.press("down")
        assert text() != before

    drive(desk.app, scenario, size)


def test_a_refused_command_says_why() -> None:
    desk = Desk()
    desk.engine.ack = Ack("", False, "already [/paused]")

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await pilot.press("p")
        await until(pilot, lambda: "refused" in desk.text)
        assert "already [/paused]" in desk.text

    drive(desk.app, scenario)


def test_a_command_that_fails_is_shown_and_not_fatal() -> None:
    desk = Desk()
    desk.engine.ack = RuntimeError("queue [/closed]")

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await pilot.press("p")
        await until(pilot, lambda: "failed" in desk.text)
        assert "RuntimeError: queue [/closed]" in desk.text

    drive(desk.app, scenario)


def test_the_engines_account_replaces_the_consoles() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await pilot.press("p")
        await until(pilot, lambda: "acknowledged" in desk.text)
        view = CommandView("a", Verb.PAUSE, "mk@pts/3", parts.NOW, CommandState.CONFIRMED, 431)
        desk.engine.snapshot = replace(desk.engine.snapshot, commands=(view,))
        desk.app.show_frame()
        await pilot.pause()
        assert desk.text.count("acknowledged") == 1, "in the toast, which tells the whole course"
        assert "confirmed 431ms" in desk.text

    drive(desk.app, scenario)


def test_a_trade_that_never_began_takes_the_screen_with_it() -> None:
    engine = fakes.FakeEngine(states.starting())
    engine.leaves, engine.reason = True, StopReason(2, "no such market")
    app = fakes.console(engine)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await until(pilot, lambda: app.return_value is not None)

    drive(app, scenario)
    assert app.return_value == StopReason(2, "no such market")


def test_an_engine_that_stops_by_itself_leaves_the_screen_up() -> None:
    engine = fakes.FakeEngine(states.halted())
    engine.leaves, engine.reason = True, StopReason(3, "the fragment is too small")
    app = fakes.console(engine)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await until(pilot, lambda: "the fragment is too small" in screen_text(app))
        assert "UNATTENDED" in screen_text(app), "its orders are live, and nothing follows the price"
        await pilot.press("p")
        await pilot.pause()
        assert "takes no commands" in screen_text(app)
        await pilot.press("q")

    drive(app, scenario)
    assert app.return_value == StopReason(3, "the fragment is too small")
    assert engine.commands == []


def test_a_failed_engine_is_loud() -> None:
    engine = fakes.FakeEngine(states.running())
    engine.failure = ValueError("key 0x" + "ab" * 32)
    app = fakes.console(engine)
    rung: list[bool] = []
    app.bell = lambda: rung.append(True)  # type: ignore[method-assign]

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await until(pilot, lambda: "FAILED" in screen_text(app))
        assert "ValueError: key 0xab…abab" in screen_text(app)
        assert "q and start again" in screen_text(app)
        assert rung
        await pilot.press("q")

    drive(app, scenario)
    assert app.return_value is not None
    assert app.return_value.status == FAILED


def test_an_engine_that_falls_silent_is_noticed() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        desk.clock.now = desk.engine.snapshot.at + 3_300
        desk.app.show_frame()
        desk.app.show_frame()
        await pilot.pause()
        assert "ENGINE SILENT 3.3s" in desk.text
        assert len(desk.rung) == 1
        desk.wait(0)
        desk.app.show_frame()
        await pilot.pause()
        assert "SILENT" not in desk.text

    drive(desk.app, scenario)


def test_the_dialog_is_built_once() -> None:
    desk = Desk()

    async def scenario(pilot: Pilot[StopReason]) -> None:
        dialogs: set[int] = set()
        for _ in range(5):
            await desk.open(pilot, "b")
            dialogs.add(id(desk.app.screen))
            await pilot.press("escape")
            await pilot.pause()
            assert not desk.asking
        assert len(dialogs) == 1

    drive(desk.app, scenario)


def test_every_key_has_an_action() -> None:
    for key in KEYS:
        name = key.action.split("(")[0]
        owner = MainPage if name.startswith("screen.") else HyperTui
        assert hasattr(owner, f"action_{name.removeprefix('screen.')}"), key
