"""A backtest or a sweep on the screen: the work in a thread, the page over it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from threading import Thread

from hypertui.cli import streams
from hypertui.cli.arguments import FLAG_NAMES
from hypertui.cli.places import state_folder
from hypertui.console.keymap import remap
from hypertui.console.launch import Look, run_work_console
from hypertui.core.shutdown import FAILED
from hypertui.port.work import WorkPort
from hypertui.settings import load_settings


def require_terminal(arguments: argparse.Namespace) -> None:
    """Raise ValueError where no page can be shown."""
    if not (streams.are_watched() and streams.can_move_its_cursor()):
        raise ValueError("--tui needs a terminal")
    if arguments.json:
        raise ValueError("--tui shows a page, and --json prints for programs: give one of them")


def show_work(work: WorkPort, run: Callable[[], None], arguments: argparse.Namespace) -> int:
    """Let `run` work in a thread, and show it until the operator leaves; returns the exit status. `run` ends
    soon after the work was stopped."""
    settings = load_settings(arguments.config, {}, FLAG_NAMES)
    console = settings.console
    look = Look(
        console.ascii or not streams.speaks_utf8(),
        console.theme,
        console.times == "local",
        remap(console.keys),
        console.refresh_hz,
        state_folder(settings),
    )
    thread = Thread(target=run, name="work", daemon=True)
    thread.start()
    with streams.screen():
        failed = run_work_console(work, look, mouse=console.mouse)
    work.stop()
    thread.join()
    if failed:
        streams.complain(failed)
        return FAILED
    return 0
