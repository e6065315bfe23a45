"""The `hypertui` command. Only the parser is loaded before the command is known: `--help` has to be quick."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence

from hypertui.cli import streams
from hypertui.cli.arguments import parser
from hypertui.cli.defects import Defect
from hypertui.cli.one_line_parser import refuse_secrets
from hypertui.core.redaction import printable, without_secrets
from hypertui.core.shutdown import FAILED

BAD_INPUT = 2

_LONGEST = 2_000  # characters of a last line


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 done, 1 a check of the ledger or of signals found something,
    health says degraded, or a channel took no test, 2 bad input, before anything was traded, 3 halted, 4
    exchange not reached, 70 defect or watchdog, 74 the output could not be written. Raises SystemExit, with
    the same statuses, where the command line ends it."""
    streams.settle()
    # Plugins of other packages have no business with the settings, and looking for them delays each start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        said = sys.argv[1:] if argv is None else argv
        refuse_secrets(said)
        return streams.finished(_guarded(parser(said).parse_args(said)))
    except SystemExit as left:
        raise SystemExit(streams.finished(left.code if isinstance(left.code, int) else 0)) from None


def _guarded(arguments: argparse.Namespace) -> int:
    """The command, and one line for whatever it ends by."""
    try:
        return _run(arguments)
    except Defect as defect:
        return _defect(defect.cause)
    except ValueError as error:
        streams.complain(_one_line(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0  # whoever read has left
    except OSError as error:
        return streams.not_written(error) if streams.is_of_the_output(error) else _defect(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the last words are one line
        return _defect(error)


def _run(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "backtest":
            from hypertui.cli.backtest import backtest

            return backtest(arguments)
        case "data":
            from hypertui.cli.data import data

            return data(arguments)
        case "record":
            from hypertui.cli.record import record

            return record(arguments)
        case "swept":
            from hypertui.cli.sweep import swept

            return swept(arguments)
        case "sweep":
            from hypertui.cli.sweep import sweep

            return sweep(arguments)
        case "venue":
            from hypertui.cli.venue import venue

            return venue(arguments)
        case "ctl":
            from hypertui.cli.ctl import ctl

            return ctl(arguments)
        case "health":
            from hypertui.cli.health import health

            return health(arguments)
        case "attach":
            from hypertui.cli.attach import attach

            return attach(arguments)
        case "serve":
            from hypertui.cli.serve import serve

            return serve(arguments)
        case "safe":
            from hypertui.cli.safe import safe

            return safe(arguments)
        case "doctor":
            from hypertui.cli.doctor import doctor

            return doctor(arguments)
        case "probe":
            from hypertui.cli.probe import probe

            return probe(arguments)
        case "config":
            from hypertui.cli.show import check, show

            return check(arguments) if arguments.config_command == "check" else show(arguments)
        case "key":
            from hypertui.cli.key import new_key

            return new_key(arguments)
        case "completion":
            from hypertui.cli.completion import completion

            return completion(arguments)
        case "ledger":
            from hypertui.cli.ledger import ledger

            return ledger(arguments)
        case "leaderboard":
            from hypertui.cli.leaderboard import show_leaderboard

            return show_leaderboard(arguments)
        case "accumulate":
            from hypertui.cli.accumulating import accumulate

            return accumulate(arguments)
        case "notices":
            from hypertui.cli.notices import notices

            return notices(arguments)
        case "replay":
            from hypertui.cli.replay import replay

            return replay(arguments)
        case "signals":
            from hypertui.cli.signals import signals

            return signals(arguments)
        case "webhook":
            from hypertui.cli.webhook import webhook

            return webhook(arguments)
        case "intents":
            from hypertui.cli.intents import intents

            return intents(arguments)
        case "status":
            from hypertui.cli.status import status

            return status(arguments)
        case "run" if arguments.headless:
            gc.disable()  # until the engine is there: what is loaded is no garbage
            from hypertui.cli.trade import headless

            return headless(arguments)
        case _:
            if streams.are_watched():
                streams.complain("loads the engine")
            gc.disable()  # as above
            from hypertui.cli.trade import console

            return console(arguments)


def _defect(error: BaseException) -> int:
    """The last words of a defect are one line; the log has the rest."""
    import logging

    logging.getLogger(__name__).error("a defect", exc_info=error)
    streams.complain(f"a defect: {type(error).__name__}: {_one_line(error)}")
    return FAILED


def _one_line(words: object) -> str:
    return printable(without_secrets(str(words)), _LONGEST)
