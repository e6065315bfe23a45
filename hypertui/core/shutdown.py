"""Leaving on a signal: a controlled wind-down, with a watchdog behind it."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

# The exit status of a process that its watchdog ended, and of one that failed: a supervisor restarts on it.
FAILED = 70

# How long a wind-down may take; a terminal that does not read can hold the console for ever.
GRACE = 30.0

_LOOK = 500  # ms

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


@contextmanager
def wind_down_on_signals(
    leave: Callable[[], None], last_words: Callable[[], str] = str, grace: float = GRACE
) -> Iterator[None]:
    """For the time of the context, SIGTERM, SIGHUP, SIGINT and SIGQUIT call `leave`; the process ends with
    status 70 and with the `last_words` on standard error when it is still there `grace` seconds after the
    first one. A SIGHUP that was ignored before, as nohup has it, stays so. Once one of them has come, the
    process ignores all further ones, up to its end.

    Plain signal handlers run even while an event loop is stuck, as in a terminal that does not read.
    """
    watchdogs: list[threading.Timer] = []

    ours = [number for number in _SIGNALS if number != signal.SIGHUP or not _ignored(number)]

    def handle(number: int, frame: FrameType | None) -> None:
        for each in ours:
            # Not SIG_IGN: Python complains of a signal that it has noted and then finds nobody for.
            signal.signal(each, _nothing)
        watchdog = threading.Timer(grace, give_up, (last_words, grace))
        watchdog.daemon = True
        watchdogs.append(watchdog)
        watchdog.start()
        leave()

    before = {number: signal.signal(number, handle) for number in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            # To the very end: the interpreter's own end would give each its fatal default back.
            signal.signal(number, signal.SIG_IGN if watchdogs else handler)
        for watchdog in watchdogs:
            watchdog.cancel()


def _nothing(number: int, frame: FrameType | None) -> None:
    """The process leaves already."""


def _ignored(number: signal.Signals) -> bool:
    return signal.getsignal(number) == signal.SIG_IGN


def give_up(last_words: Callable[[], str], waited: float) -> None:
    """End the process, whatever it is doing, with one line on standard error."""
    try:
        text = f"hypertui: did not leave within {waited:g} s, and was ended by its watchdog; {last_words()}"
        os.write(2, " ".join(text.split()).encode("utf-8", "replace") + b"\n")
    finally:
        os._exit(FAILED)


@contextmanager
def signal_when_gone(terminal: int) -> Iterator[None]:
    """For the time of the context, this process gets a SIGHUP when the terminal at that descriptor is gone; a
    SIGTERM where it ignores that one, since a screen has nothing to stay for.

    The kernel sends its own to the leader of the session alone, which may keep it to itself and wait, as make
    does. Without one a screen that nobody can see any more would stand still, and its engine trade on.
    """
    over = threading.Event()

    def watch() -> None:
        poll = select.poll()
        poll.register(terminal, 0)  # that it is gone is told unasked
        while not over.is_set():
            for _, said in poll.poll(_LOOK):
                if said & (select.POLLHUP | select.POLLERR):
                    os.kill(os.getpid(), signal.SIGTERM if _ignored(signal.SIGHUP) else signal.SIGHUP)
                return

    threading.Thread(target=watch, name="terminal", daemon=True).start()
    try:
        yield
    finally:
        over.set()
