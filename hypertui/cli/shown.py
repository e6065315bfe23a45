"""An engine in the console, as the settings want the screen."""

from __future__ import annotations

from pathlib import Path

from hypertui.cli import streams
from hypertui.console.launch import run_console
from hypertui.core.clock import CLOCK
from hypertui.port.commands import Stop, StopReason
from hypertui.port.engine import EnginePort
from hypertui.port.replay import ReplayPort
from hypertui.settings import ConsoleSettings


def show(
    engine: EnginePort,
    stop: Stop,
    view: ConsoleSettings,
    shots: Path,
    replay: ReplayPort | None = None,
    *,
    guided: bool = False,
) -> StopReason:
    """Run engine and console until either ends. `shots` is the folder for screenshots; a replay is its own
    engine; `guided` says whether the guide is shown."""
    with streams.screen():
        return run_console(
            engine,
            stop,
            refresh_hz=view.refresh_hz,
            mouse=view.mouse,
            ascii=view.ascii or not streams.speaks_utf8(),
            theme=view.theme,
            local_times=view.times == "local",
            keys=view.keys,
            shots=shots,
            clock=CLOCK,
            replay=replay,
            guided=guided,
        )
