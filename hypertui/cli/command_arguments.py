"""What can be said after each command. Only that of the commands that are meant is loaded."""

from __future__ import annotations

import argparse

from hypertui.cli.trade_arguments import add_metrics, add_trade_flags

STATUS = """\
exit status: 0 done, 2 bad input (before anything was traded), 3 halted (the reason is in the last line),
4 exchange not reached, 70 defect or watchdog, 74 the output could not be written"""

_DOCTOR_STATUS = "exit status: 0 nothing is red, 2 something is, or bad input, 4 exchange not reached"
_SAME = argparse.SUPPRESS  # a flag given before the command is not reset by the command's own default


def add_arguments(command: str, parser: argparse.ArgumentParser) -> None:
    """Add what a command understands to its parser."""
    match command:
        case "run":
            _add_run(parser)
        case "safe":
            from hypertui.cli.operator_arguments import add_safe

            add_trade_flags(parser, default=_SAME)
            add_safe(parser)
        case "doctor":
            parser.epilog = _DOCTOR_STATUS
            add_trade_flags(parser, default=_SAME)
            parser.add_argument("--json", action="store_true", help="print one JSON object")
        case "probe":
            from hypertui.cli.operator_arguments import add_probe

            add_trade_flags(parser, default=_SAME)
            add_probe(parser)
        case "config":
            from hypertui.cli.setup_arguments import add_config

            for config in add_config(parser):
                add_trade_flags(config, default=_SAME)
        case _:
            _add_of_its_own(command, parser)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.epilog = STATUS
    add_trade_flags(parser, default=_SAME)
    add_metrics(parser, default=_SAME)
    parser.add_argument(
        "--headless",
        action="store_true",
        help="no screen; print one JSON object per event on stdout, or plain lines on a terminal",
    )
    parser.add_argument(
        "--for", dest="run_for", metavar="SECONDS", help="stop by itself, at a settled moment (headless only)"
    )


def _add_of_its_own(command: str, parser: argparse.ArgumentParser) -> None:
    """That of a command which takes no flags of a trade."""
    match command:
        case "ctl":
            from hypertui.cli.operator_arguments import add_ctl

            add_ctl(parser)
        case "attach":
            from hypertui.cli.operator_arguments import add_attach

            add_attach(parser)
        case "serve":
            from hypertui.cli.operator_arguments import add_serve

            add_serve(parser)
        case "health":
            from hypertui.cli.operator_arguments import add_health

            add_health(parser)
        case "key":
            from hypertui.cli.setup_arguments import add_key

            add_key(parser)
        case "completion":
            from hypertui.cli.setup_arguments import add_completion

            add_completion(parser)
        case "backtest":
            from hypertui.cli.backtest_arguments import add_backtest

            add_backtest(parser)
        case "data":
            from hypertui.cli.data_arguments import add_data

            add_data(parser)
        case "record":
            from hypertui.cli.data_arguments import add_record

            add_record(parser)
        case "sweep":
            from hypertui.cli.sweep_arguments import add_sweep

            add_sweep(parser)
        case "swept":
            from hypertui.cli.sweep_arguments import add_swept

            add_swept(parser)
        case "venue":
            from hypertui.cli.venue_arguments import add_venue

            add_venue(parser)
        case "ledger":
            from hypertui.cli.ledger_arguments import add_ledger

            add_ledger(parser)
        case "leaderboard":
            from hypertui.cli.ledger_arguments import add_leaderboard

            add_leaderboard(parser)
        case "replay":
            from hypertui.cli.ledger_arguments import add_replay

            add_replay(parser)
        case "accumulate":
            from hypertui.cli.ledger_arguments import add_accumulate

            add_accumulate(parser)
        case "notices":
            from hypertui.cli.ledger_arguments import add_notices

            add_notices(parser)
        case "status":
            from hypertui.cli.ledger_arguments import add_status

            add_status(parser)
        case "signals":
            from hypertui.cli.signal_arguments import add_signals
            from hypertui.cli.source_arguments import add_signal_log

            add_signal_log(add_signals(parser))
        case "webhook":
            from hypertui.cli.source_arguments import add_webhook

            add_webhook(parser)
        case "intents":
            from hypertui.cli.source_arguments import add_intents

            add_intents(parser)
        case _:
            raise AssertionError(f"nothing can be said after {command}")
