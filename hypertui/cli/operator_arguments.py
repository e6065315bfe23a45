"""The command line of what an operator says to an engine that runs, or without one."""

from __future__ import annotations

import argparse
from typing import Any

from hypertui.cli.values import file_path

_VERBS = {
    "status": "what the engine does, holds and waits for",
    "pause": "no new buys; what is held stays protected",
    "resume": "resume trading",
    "cancel-buys": "cancel the buys, keep the stops, pause",
    "sell-out": "no buys any more; the stops trail until all is sold",
    "open": "tell a bracket that is flat to enter",
    "exit": "signal that the trade is to be closed, as soon as it makes no loss (signal_exit)",
    "flatten": "cancel the buys, sell all at market, cancel the stops, halt",
    "cancel-all": "cancel every order, the stops too, and pause",
    "adopt": "import a position opened elsewhere",
    "reconcile": "compare orders and fills with the exchange now",
    "halt": "touch nothing any more, but for an exit that is due",
    "start": "run a trade again that is halted or has ended, beside the others of its engine",
    "guards": "the limits on the risk, and how each stands",
    "rearm": "reset a guard that has tripped: rearm NAME --reason TEXT",
    "arm": "let a signal or a webhook act on mainnet for 12 hours: arm NAME",
    "disarm": "hold again what it wants: disarm NAME",
    "acknowledge": "you know of the alarms that hold: the consoles turn quiet",
}


def add_ctl(parser: argparse.ArgumentParser) -> None:
    """What `hypertui ctl` understands."""
    parser.description = "Control an engine that runs on this machine as this user, from any terminal."
    parser.epilog = "exit status: 0 confirmed, 2 bad input, 3 failed or refused, 4 no engine reached"
    what = "; ".join(f"{verb}: {meaning}" for verb, meaning in _VERBS.items())
    parser.add_argument("verb", choices=list(_VERBS), metavar="VERB", help=what)
    parser.add_argument(
        "guard",
        nargs="?",
        default="",
        metavar="NAME",
        help="of the guard to rearm, the signal or webhook to arm",
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="why it is reset; kept with it")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--yes", action="store_true", help="say yes beforehand, where a y is asked for")
    parser.add_argument("--confirm", metavar="PHRASE", help="say beforehand what has to be typed on mainnet")
    parser.add_argument(
        "--timeout", default="120", metavar="SECONDS", help="how long to wait for an outcome (120)"
    )
    which = _add_which(parser)
    which.add_argument(
        "--trade", metavar="NAME", help="which of its trades, or all: the verb for each, the worst status"
    )


def add_health(parser: argparse.ArgumentParser) -> None:
    """What `hypertui health` understands."""
    parser.description = (
        "Ask an engine that runs on this machine as this user how its trades fare: one line of JSON, for "
        "whoever asks again and again."
    )
    parser.epilog = (
        "exit status, of several trades the worst: 0 ok; 1 degraded: paused, starting, a warning, a stale "
        "source, nothing new placed; 2 bad: no engine, silent, unprotected, halted, a critical alarm; or bad "
        "input"
    )
    parser.add_argument(
        "--max-age", default="60", metavar="SECONDS", help="how old its last word may be (60)"
    )
    parser.add_argument("--trade", metavar="NAME", help="only this one of its trades")
    _add_which(parser)


def _add_which(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """The flags that say which engine is meant."""
    which = parser.add_argument_group("which engine, where several run")
    # The flags that stand before the command as well must not be reset here.
    same = argparse.SUPPRESS
    which.add_argument("--symbol", default=same, metavar="NAME")
    which.add_argument("--account", default=None, metavar="ADDRESS", help="or its beginning or end")
    which.add_argument(
        "--network", default=same, choices=("paper", "testnet", "mainnet"), help="where it trades"
    )
    which.add_argument("--state-dir", default=same, metavar="DIR", help="where that engine keeps everything")
    which.add_argument("--config", type=file_path, default=same, metavar="FILE", help="its settings")
    return which


def add_attach(parser: argparse.ArgumentParser) -> None:
    """What `hypertui attach` understands."""
    parser.description = (
        "Show an engine that runs on this machine as this user, with or without a screen of its own, and "
        "command it. Of the consoles that are attached one has the pen, and gives commands. Leaving leaves "
        "the engine trading."
    )
    parser.epilog = (
        "exit status: 0 detached, or the engine has left in order, 2 bad input, 3 it has left halted, 4 no "
        "engine reached, 70 defect or watchdog"
    )
    pen = parser.add_mutually_exclusive_group()
    pen.add_argument("--read-only", action="store_true", help="watch, and never give a command")
    pen.add_argument("--takeover", action="store_true", help="take the pen from whoever has it")
    _add_which(parser)
    add_console_flags(parser, argparse.SUPPRESS)


def add_serve(parser: argparse.ArgumentParser) -> None:
    """What `hypertui serve` understands."""
    parser.description = (
        "Show the console of an engine that runs on this machine as this user on a page, for a browser of "
        "this machine. Its address holds a secret: whoever has it can look. From elsewhere: ssh -L."
    )
    parser.epilog = "exit status: 0 ended by a signal, 2 bad input, 4 no engine reached, 70 defect"
    parser.add_argument("--port", default="8765", metavar="PORT", help="0 takes any that is free (8765)")
    parser.add_argument("--write", action="store_true", help="let the page give commands; else it only shows")
    _add_which(parser)
    add_console_flags(parser, argparse.SUPPRESS)


def add_console_flags(parser: argparse.ArgumentParser, default: Any) -> None:
    """How a console looks."""

    def add(*names: str, **options: Any) -> None:
        console.add_argument(*names, default=default, **options)

    console = parser.add_argument_group("console")
    add("--refresh-hz", metavar="HZ", help="screen updates per second")
    add("--mouse", action="store_const", const=True, help="let the console have the mouse")
    add("--ascii", action="store_const", const=True, help="plain characters only")
    add("--theme", metavar="NAME", help="dark, light, contrast or ansi")
    add("--times", metavar="ZONE", help="utc or local")


def add_safe(parser: argparse.ArgumentParser) -> None:
    """What `hypertui safe` understands beside the trade's own flags."""
    parser.description = (
        "Without any engine: cancel the buys, see to it that stops cover the position, place what is missing."
    )
    parser.epilog = (
        "exit status: 0 safe, 2 bad input or an engine runs (use hypertui ctl), 3 not safe (the last line "
        "says what is uncovered), 4 exchange not reached"
    )
    parser.add_argument(
        "--stop-distance",
        metavar="USD",
        help="where no trade is known: how far below the price the missing stop goes",
    )


def add_probe(parser: argparse.ArgumentParser) -> None:
    """What `hypertui probe` understands beside the trade's own flags."""
    parser.description = (
        "Place a few tiny orders on the testnet (--testnet, or a local exchange by --base-url) in a market "
        "where the account has nothing, tell what became of each, and leave nothing behind. "
        "It buys for some 15 USD and sells that again. Never on mainnet."
    )
    parser.epilog = (
        "exit status: 0 asked and nothing left behind, 2 bad input or an account that is not fit for it, 3 "
        "something is left behind (the last line says what), 4 stopped before the last question"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
