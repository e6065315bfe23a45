"""The `hypertui` command. Only the parser is loaded before the command is known: `--help` has to be quick."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from hypertui.cli.arguments import parser
from hypertui.redaction import without_secrets
from hypertui.signals import FAILED

BAD_INPUT = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 done, 1 the ledger's check found
    something, 2 bad input, 3 halted, 4 venue not reached, 70 defect
    or watchdog."""
    arguments = parser().parse_args(argv)
    try:
        match arguments.command:
            case "backtest":
                from hypertui.cli.backtest import backtest

                return backtest(arguments)
            case "venue":
                from hypertui.cli.venue import venue

                return venue(arguments)
            case "ctl":
                from hypertui.cli.ctl import ctl

                return ctl(arguments)
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
                from hypertui.cli.show import show

                return show(arguments)
            case "key":
                from hypertui.cli.key import new_key

                return new_key(arguments)
            case "completion":
                from hypertui.cli.completion import completion

                return completion(arguments)
            case "ledger":
                from hypertui.cli.ledger import ledger

                return ledger(arguments)
            case "status":
                from hypertui.cli.status import status

                return status(arguments)
            case "run" if arguments.headless:
                from hypertui.cli.trade import headless

                return headless(arguments)
            case _:
                from hypertui.cli.trade import console

                return console(arguments)
    except ValueError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read has left. What is still buffered must not fail a second time on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        import logging

        # The last words of a defect are one line; the log has the rest.
        logging.getLogger(__name__).exception("a defect")
        print(f"hypertui: a defect: {type(error).__name__}: {_one_line(error)}", file=sys.stderr)
        return FAILED


def _refuse(text: str) -> int:
    print(f"hypertui: {_one_line(text)}", file=sys.stderr)
    return BAD_INPUT


def _one_line(words: object) -> str:
    return without_secrets(" ".join(str(words).split()))
