"""Each key of the key map, pressed once: what it does can be seen, and no key is forgotten here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot

from hypertui.console.keys import KEYS
from hypertui.console.terminal.screen_diff import ScreenDiff
from hypertui.console.widgets.help import Help
from hypertui.port.commands import StopReason, Verb
from hypertui.port.engine import Event, EventKind
from hypertui.port.intents import NO_INTENTS
from hypertui.port.snapshot import Network, Severity
from tests.console import parts, states
from tests.console.desk import Desk
from tests.console.driving import drive, until

_MANY = [Event(n, parts.NOW, EventKind.ORDER, Severity.INFO, f"event {n}.") for n in range(1, 101)]


@dataclass(frozen=True)
class Press:
    """The keys that lead there, and what holds after the key and not before."""

    seen: Callable[[Desk], bool]
    before: tuple[str, ...] = ()


def says(text: str) -> Callable[[Desk], bool]:
    return lambda desk: text in desk.text


def asks(title: str) -> Callable[[Desk], bool]:
    return lambda desk: desk.asking and title in desk.text


def shows(mode: str) -> Callable[[Desk], bool]:
    return lambda desk: desk.app.current_mode == mode


def at(text: str) -> Callable[[Desk], bool]:
    """The row under the cursor."""

    def holds(desk: Desk) -> bool:
        row = desk.lists[0].current
        return row is not None and text in row.text

    return holds


class Forgetting(ScreenDiff):
    """Counts how often the screen was to be written anew."""

    forgets = 0

    def forget(self) -> None:
        self.forgets += 1
        super().forget()


PRESSED = {
    "pause": Press(lambda desk: desk.verbs == [Verb.PAUSE]),
    "resume": Press(asks("RESUME")),
    "cancel_buys": Press(asks("CANCEL THE BUYS")),
    "sell_out": Press(asks("SELL OUT")),
    "open_position": Press(asks("OPEN a position")),
    "adopt": Press(asks("ADOPT")),
    "reconcile": Press(lambda desk: desk.verbs == [Verb.RECONCILE]),
    "flatten": Press(asks("FLATTEN")),
    "cancel_all": Press(asks("CANCEL ALL")),
    "halt": Press(asks("HALT")),
    "main": Press(shows("main"), ("2",)),
    "desk": Press(shows("desk")),
    "next_trade": Press(says("ETH 10x 2/2")),
    "previous_trade": Press(says("ETH 10x 2/2")),
    "orders": Press(shows("orders")),
    "ledger": Press(shows("ledger")),
    "map": Press(shows("map")),
    "log": Press(shows("log")),
    "health": Press(shows("health")),
    "signals": Press(shows("signals")),
    "arm": Press(asks("ARM a source")),
    "exits": Press(shows("exits")),
    "rearm": Press(says("rearm is refused: no guard is tripped that is reset by hand")),
    "acknowledge": Press(lambda desk: desk.verbs == [Verb.ACKNOWLEDGE]),
    "mute": Press(says("bell muted for 10 minutes")),
    "up": Press(at("event 100."), ("6", "down", "down")),
    "down": Press(at("event 99."), ("6", "down")),
    "page_up": Press(at("event 100."), ("6", "pagedown")),
    "page_down": Press(lambda desk: not at("event 100.")(desk), ("6",)),
    "home": Press(at("event 100."), ("6", "pagedown", "pagedown")),
    "open": Press(says("DETAILS"), ("2",)),
    "back": Press(lambda desk: "DETAILS" not in desk.text, ("2", "enter")),
    "focus": Press(says("focus: lots"), ("3",)),
    "zoom": Press(lambda desk: "ALARMS AND COMMANDS" not in desk.text),
    "longer": Press(says("15 min [ ]")),
    "shorter": Press(says("1 min [ ]")),
    "guide": Press(says("there is no guide to hide")),
    "filter": Press(says("enter keeps, esc drops"), ("6",)),
    "level": Press(says("warnings and worse"), ("6",)),
    "kind": Press(says("k: step"), ("6",)),
    "copy": Press(says("copied to the terminal's clipboard"), ("2",)),
    "screenshot": Press(says("saved ")),
    "redraw": Press(lambda desk: desk.app._screen_diff.forgets > 0),  # type: ignore[attr-defined]
    "palette": Press(lambda desk: isinstance(desk.app.screen, CommandPalette)),
    "help": Press(lambda desk: isinstance(desk.app.screen, Help)),
    "quit": Press(asks("QUIT")),
    "interrupt": Press(says("press q to quit")),
}


def test_none_is_forgotten() -> None:
    assert set(PRESSED) == {key.id for key in KEYS}


@pytest.mark.parametrize("key", KEYS, ids=[key.id for key in KEYS])
def test_each_key_does_its_work(key: object, tmp_path: Path) -> None:
    chosen = next(each for each in KEYS if each is key)
    press = PRESSED[chosen.id]
    beside = [states.ether()] if chosen.desk else []
    sources = states.intents() if chosen.sources else NO_INTENTS
    shown = states.alerted() if chosen.sources else states.broken()
    shown = states.bracket() if chosen.bracket else shown
    desk = Desk(snapshot=shown, beside=beside, intents=sources, shots=tmp_path)
    desk.engine.events = _MANY

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, *press.before)
        desk.app._screen_diff = Forgetting()
        assert not press.seen(desk)
        await pilot.press(chosen.key)
        await pilot.pause()
        desk.app.show_frame()
        await until(pilot, lambda: press.seen(desk))

    drive(desk.app, scenario)


def test_a_guard_is_rearmed_once_a_reason_is_typed() -> None:
    desk = Desk(snapshot=states.tripped())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "u")
        desk.app.show_frame()
        assert asks("RE-ARM")(desk)
        await desk.press(pilot, "enter")
        assert asks("RE-ARM")(desk), "what is typed next would be commands"
        assert "A reason is needed." in desk.text
        await desk.press(pilot, "space", "enter")
        assert asks("RE-ARM")(desk), "a blank is no reason"
        await desk.press(pilot, *"mine", "enter")
        await until(pilot, lambda: desk.verbs == [Verb.REARM])
        (command,) = desk.engine.commands
        assert (command.guard, command.reason) == ("daily_loss", "mine")

    drive(desk.app, scenario)


@pytest.mark.parametrize("network", [Network.PAPER, Network.TESTNET])
def test_adopting_is_confirmed_with_y(network: Network) -> None:
    desk = Desk(network)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "A")
        await pilot.press("y")
        await until(pilot, lambda: desk.verbs == [Verb.ADOPT])

    drive(desk.app, scenario)


def test_adopting_is_typed_on_mainnet() -> None:
    desk = Desk(Network.MAINNET)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.open(pilot, "A")
        await pilot.press("y", "enter")
        assert desk.asking
        await pilot.press("backspace", *"ADOPT", "enter")
        await until(pilot, lambda: desk.verbs == [Verb.ADOPT])

    drive(desk.app, scenario)


def test_a_screen_is_built_once() -> None:
    built: list[str] = []
    desk = Desk()
    desk.app.built = lambda: built.append(desk.app.current_mode)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.press(pilot, "6", "1", "6", "4", "1")

    drive(desk.app, scenario)
    assert built == ["log", "map"] or built == ["main", "log", "map"]
