"""Starts and ends the console: environment, signals, exit status. Loads Textual only when it runs."""

from __future__ import annotations

import gc
import getpass
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hypertui.console.keymap import remap
from hypertui.console.keys import KEYS, Key, offered
from hypertui.console.terminal.last_position import last_position
from hypertui.core.clock import CLOCK
from hypertui.core.shutdown import FAILED, signal_when_gone, wind_down_on_signals
from hypertui.port.commands import Stop, StopReason
from hypertui.port.engine import EnginePort
from hypertui.port.replay import ReplayPort

if TYPE_CHECKING:
    from hypertui.console.app import HyperTui
    from hypertui.console.terminal.options import ConsoleOptions
    from hypertui.port.work import WorkPort


def run_console(
    engine: EnginePort,
    stop: Stop,
    *,
    refresh_hz: float = 4.0,
    who: str | None = None,
    mouse: bool = False,
    ascii: bool = False,
    theme: str = "dark",
    local_times: bool = False,
    keys: Mapping[str, str] | None = None,
    shots: Path | None = None,
    replay: ReplayPort | None = None,
    guided: bool = False,
    clock: Callable[[], int] = CLOCK,
) -> StopReason:
    """Run engine and console until the operator, a signal or a failure ends them.

    Returns how the engine's run ended, after its wind-down and with the terminal given back; status 70 if the
    console itself failed. `keys` are other keys for actions, by the actions' ids; `shots` is the folder for
    screenshots; `replay` are the controls of an engine that replays; `guided` says whether the guide is
    shown. Raises ValueError with one line for keys that cannot be.
    """
    bound = remap(keys or {}, replay=replay is not None)
    look = Look(ascii, theme, local_times, bound, refresh_hz, shots)
    settle_environment()
    from hypertui.console.frame import Frame
    from hypertui.console.opening import opened, palette_of

    view, now = engine.view, clock()
    keys_shown = offered(bound, view)
    first = Frame(view.first, now, view.trades, ascii=ascii, keys=keys_shown, zone=look.zone)
    stop.by = who or operator()
    apps: list[HyperTui] = []

    def leave() -> None:
        stop.request()
        for app in apps:
            app.leave_now()

    words = partial(_last_position, engine) if replay is None else lambda: "a replay was shown"
    with (
        wind_down_on_signals(leave, words),
        signal_when_gone(sys.stdin.fileno()),
        opened(first, palette_of(theme, os.environ)),
    ):
        from hypertui.console.app import HyperTui
        from hypertui.console.command_sender import CommandSender

        options = look.options(replay, guided=guided)
        # What is loaded and what a screen is made of stays: to look through it for garbage holds screen and
        # engine up for 50 ms each time.
        sender = CommandSender(clock, stop.by)
        app = HyperTui(engine, stop, clock=clock, sender=sender, options=options, built=gc.freeze)
        apps.append(app)
        gc.freeze()
        app.run(mouse=mouse)
    if app.words:
        return StopReason(FAILED, app.words.splitlines()[0])
    if not app.started:
        return StopReason(0, "left before the engine was started")
    return app.ended or StopReason(FAILED, "the engine did not say how it ended")


def run_work_console(work: WorkPort, look: Look, *, mouse: bool, clock: Callable[[], int] = CLOCK) -> str:
    """Show some work until the operator or a signal ends that; returns how the console failed, in words,
    empty where it did not."""
    settle_environment()
    from hypertui.console.work_app import WorkConsole

    app = WorkConsole(work, clock=clock, options=look.options(), built=gc.freeze)

    def leave() -> None:
        app.request_stop()
        app.leave_now()

    with wind_down_on_signals(leave, lambda: "a backtest was shown"), signal_when_gone(sys.stdin.fileno()):
        app.run(mouse=mouse)
    return app.words.splitlines()[0] if app.words else ""


@dataclass(frozen=True, slots=True)
class Look:
    """How a screen looks and how often it is drawn; `bound` are its keys, `shots` the folder for
    screenshots."""

    ascii: bool = False
    theme: str = "dark"
    local_times: bool = False
    bound: tuple[Key, ...] = KEYS
    refresh_hz: float = 4.0
    shots: Path | None = None

    @property
    def zone(self) -> tzinfo | None:
        """Whose times are shown; None for the machine's own."""
        return None if self.local_times else UTC

    def options(self, replay: ReplayPort | None = None, *, guided: bool = False) -> ConsoleOptions:
        """The console's options in this terminal."""
        from rich.console import Console

        from hypertui.console.terminal.options import ConsoleOptions

        colour = not os.environ.pop("NO_COLOR", "")
        # Sixteen colours are the terminal's own: what would be nearest among them is told apart no more.
        few = Console(force_terminal=True).color_system in (None, "standard")
        return ConsoleOptions(
            self.ascii,
            "ansi" if few or not colour else self.theme,
            colour,
            self.zone,
            self.bound,
            self.refresh_hz,
            self.shots,
            replay,
            guided,
        )


def settle_environment() -> None:
    """Make the terminal's variables ready; to be called before Textual is imported."""
    # Frozen terminal sizes would keep the screen from following the window.
    os.environ.pop("COLUMNS", None)
    os.environ.pop("LINES", None)
    # Textual reads these when it is imported.
    os.environ["TEXTUAL_FPS"] = "10"
    os.environ["TEXTUAL_ANIMATIONS"] = "none"


def _last_position(engine: EnginePort) -> str:
    return "; ".join(map(last_position, engine.view.trades))


def operator() -> str:
    """Who sits at this terminal, for the audit: user@tty, or the user alone where there is none."""
    try:
        tty = "@" + os.ttyname(sys.stdin.fileno()).removeprefix("/dev/")
    except (OSError, ValueError):
        tty = ""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}{tty}"
