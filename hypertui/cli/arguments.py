"""The command line: what can be said, and where in the settings it belongs."""

from __future__ import annotations

import argparse
from typing import Any

from hypertui.cli.data_arguments import add_data, add_price_kind, add_record
from hypertui.cli.engine_flag import add_engine
from hypertui.cli.evidence_arguments import add_evidence
from hypertui.cli.ledger_arguments import (
    add_accumulate,
    add_leaderboard,
    add_ledger,
    add_notices,
    add_replay,
    add_status,
)
from hypertui.cli.one_line_parser import OneLineParser
from hypertui.cli.operator_arguments import (
    add_attach,
    add_console_flags,
    add_ctl,
    add_health,
    add_probe,
    add_safe,
    add_serve,
)
from hypertui.cli.page_arguments import add_pages
from hypertui.cli.recorded_arguments import add_recorded
from hypertui.cli.setup_arguments import add_completion, add_config, add_key
from hypertui.cli.source_arguments import add_sources
from hypertui.cli.sweep_arguments import add_sweep, add_swept
from hypertui.cli.trade_arguments import ENTRY_FLAGS, EXIT_FLAGS, add_entry_and_exits
from hypertui.cli.values import file_path
from hypertui.cli.venue_arguments import add_market_flags, add_venue

_DESCRIPTION = """\
Trade the unit ladder on Hyperliquid perpetuals. Without a command: the console, on paper by default, with the
settings of config.toml."""

_STATUS = """\
exit status: 0 done, 2 bad input (before anything was traded), 3 halted (the reason is in the last line),
4 exchange not reached, 70 defect or watchdog, 74 the output could not be written"""

_DOCTOR_STATUS = "exit status: 0 nothing is red, 2 something is, or bad input, 4 exchange not reached"

# flag -> where the settings have it
_TRADE_FLAGS = {
    "symbol": ("trade", "symbol"),
    "strategy": ("trade", "strategy"),
    "wallet": ("trade", "wallet"),
    "unit_size": ("trade", "unit_size"),
    "position_size": ("trade", "position_size"),
    "risk": ("trade", "risk"),
    "leverage": ("trade", "leverage"),
    "reinvest": ("trade", "reinvest"),
    **{flag: ("trade", flag) for flag in ENTRY_FLAGS},
    **{flag: ("trade", flag) for flag in EXIT_FLAGS},
    "daily_loss": ("guards", "daily_loss"),
    "on_exit": ("engine", "on_exit"),
    "network": ("network",),
    "base_url": ("base_url",),
    "state_dir": ("state_dir",),
    "seed": ("paper", "seed"),
    "speed": ("paper", "speed"),
    "faucet": ("paper", "faucet"),
    "prices": ("paper", "prices"),
    "refresh_hz": ("console", "refresh_hz"),
    "mouse": ("console", "mouse"),
    "ascii": ("console", "ascii"),
    "theme": ("console", "theme"),
    "times": ("console", "times"),
    "metrics": ("metrics", "address"),
    "ledger": ("ledger", "url"),
}

# where the settings have it -> how the flag is written
FLAG_NAMES = {path: f"--{flag.replace('_', '-')}" for flag, path in _TRADE_FLAGS.items()}
FLAG_NAMES["network",] = "network"


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    top = OneLineParser(prog="hypertui", description=_DESCRIPTION, epilog=_STATUS)
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    _add_trade_flags(top)
    _add_metrics(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    run = commands.add_parser("run", help="trade, in the console or without a screen", epilog=_STATUS)
    # A flag that was given before the command must not be reset by the command's own default.
    _add_trade_flags(run, default=argparse.SUPPRESS)
    _add_metrics(run, default=argparse.SUPPRESS)
    run.add_argument(
        "--headless",
        action="store_true",
        help="no screen; print one JSON object per event on stdout, or plain lines on a terminal",
    )
    run.add_argument(
        "--for", dest="run_for", metavar="SECONDS", help="stop by itself, at a settled moment (headless only)"
    )

    add_ctl(commands.add_parser("ctl", help="control an engine that runs: pause, flatten, status, …"))
    add_attach(
        commands.add_parser("attach", help="a console for an engine that runs elsewhere on this machine")
    )
    add_serve(commands.add_parser("serve", help="the console of an engine on a page, for a local browser"))
    safe = commands.add_parser("safe", help="without an engine: cancel the buys, cover the position")
    _add_trade_flags(safe, default=argparse.SUPPRESS)
    add_safe(safe)
    doctor = commands.add_parser(
        "doctor", help="look at plan, account, key, clock and disk, and place nothing", epilog=_DOCTOR_STATUS
    )
    _add_trade_flags(doctor, default=argparse.SUPPRESS)
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    probe = commands.add_parser("probe", help="ask the testnet with tiny orders how it treats triggers")
    _add_trade_flags(probe, default=argparse.SUPPRESS)
    add_probe(probe)
    for config in add_config(commands.add_parser("config", help="show the settings, or check them")):
        _add_trade_flags(config, default=argparse.SUPPRESS)
    add_key(commands.add_parser("key", help="make a key for an API wallet"))
    add_health(commands.add_parser("health", help="how the engine that runs fares: one line and a status"))
    add_completion(commands.add_parser("completion", help="print a shell's completion script"))

    _add_backtest(commands.add_parser("backtest", help="replay a price file through the ladder"))
    add_data(commands.add_parser("data", help="price series: fetch candles, check a file, generate prices"))
    add_record(commands.add_parser("record", help="keep every public frame of some markets"))
    add_sweep(commands.add_parser("sweep", help="backtests of many settings, and what the best is worth"))
    add_swept(commands.add_parser("swept", help="what a sweep has found, by its file; a report of it"))
    add_venue(commands.add_parser("venue", help="run a local exchange that speaks Hyperliquid's protocol"))
    add_ledger(
        commands.add_parser("ledger", help="what the journal knows: PnL, lots, reports, why ORDER, backup")
    )
    add_leaderboard(
        commands.add_parser(
            "leaderboard", help="what has earned, by market, source or settings, and how surely"
        )
    )
    add_replay(commands.add_parser("replay", help="show a trade of the past in the console, by its journal"))
    add_accumulate(commands.add_parser("accumulate", help="the share of each day's profit that is put aside"))
    add_notices(commands.add_parser("notices", help="try the channels of the notices; what was sent"))
    add_sources(commands)
    add_status(commands.add_parser("status", help="the trade as the journal has it, and who trades it"))
    return top


def setting_flags(arguments: argparse.Namespace, *, of_a_trade: bool = True) -> dict[str, Any]:
    """The flags that were given, nested as the settings have them; those of a trade too, unless it is
    nothing to the command what is traded."""
    nested: dict[str, Any] = {}
    for flag, path in _TRADE_FLAGS.items():
        value = getattr(arguments, flag, None)
        if value is None or (path[0] == "trade" and not of_a_trade):
            continue
        section = nested
        for part in path[:-1]:
            section = section.setdefault(part, {})
        section[path[-1]] = value
    return nested


def _add_trade_flags(parser: argparse.ArgumentParser, default: Any = None) -> None:
    def add(group: Any, *names: str, **options: Any) -> None:
        group.add_argument(*names, default=default, **options)

    trade = parser.add_argument_group("trade", "of the only one that is configured, or that --only leaves")
    add(trade, "--only", metavar="NAMES", help="which of the configured trades, by name: BTC,SOL")
    add(trade, "--symbol", metavar="NAME", help="the perpetual market, such as BTC")
    add(trade, "--strategy", metavar="NAME", help="ladder (the default) or bracket; see docs/bracket.md")
    add(trade, "--wallet", choices=["long"], help="the side of the ladder; long is the only one")
    add(
        trade,
        "--unit-size",
        metavar="USD",
        help="price distance of one unit, or 0.4%% (of the entry price), 0.5atr",
    )
    add(trade, "--position-size", metavar="USD", help="what the opening order buys")
    add(trade, "--risk", metavar="USD", help="instead of that: what a straight decline may cost")
    add(trade, "--leverage", metavar="X", help="cross leverage")
    add(trade, "--reinvest", metavar="WHEN", help="recovery, continuous or off")

    add_entry_and_exits(parser, default)

    guards = parser.add_argument_group("guards", "limits on the risk; see docs/guards.md")
    text = "of the account at which no buys follow: 5%%, or 500 (USD)"
    add(guards, "--daily-loss", metavar="LIMIT", help=text)

    network = parser.add_argument_group("network")
    which = network.add_mutually_exclusive_group()
    for name in ("paper", "testnet", "mainnet"):
        add(which, f"--{name}", dest="network", action="store_const", const=name, help=_NETWORKS[name])
    add(network, "--confirm-mainnet", metavar="SYMBOLS", help="say without a terminal what --mainnet asks")
    add(network, "--base-url", metavar="URL", help="use an exchange that runs already (paper)")

    paper = parser.add_argument_group("paper market")
    add_market_flags(paper, default)
    add(
        paper,
        "--fresh",
        action="store_const",
        const=True,
        help="start the kept market anew; the old one is moved aside",
    )

    start = parser.add_argument_group("start")
    add(
        start,
        "--adopt",
        action="store_const",
        const=True,
        help="begin with the long position that is there, at the exchange's entry price",
    )
    add(
        start,
        "--accept-warnings",
        action="store_const",
        const=True,
        help="start without a terminal on mainnet although the preflight warns",
    )

    again = "reset a guard of the account that would hold a new trade; may be repeated"
    add(start, "--rearm", action="append", metavar="GUARD=REASON", help=again)

    engine = parser.add_argument_group("engine")
    add(engine, "--on-exit", metavar="WHAT", help="buys (cancel the buys, keep the stops), leave, flatten")
    add(
        engine,
        "--config",
        type=file_path,
        metavar="FILE",
        help="settings; default ./config.toml, if there is one",
    )
    kept = "where everything is kept; default: the user's state folder"
    add(engine, "--state-dir", metavar="DIR", help=kept)

    add_console_flags(parser, default)


def _add_metrics(parser: argparse.ArgumentParser, default: Any = None) -> None:
    parser.add_argument(
        "--metrics",
        default=default,
        metavar="HOST:PORT",
        help="answer /metrics, /healthz and /readyz there (of 127.0.0.1:9464 either may be left out)",
    )


_NETWORKS = {
    "paper": "a local market, no real money (the default)",
    "testnet": "Hyperliquid's testnet",
    "mainnet": "real money; asks for the symbols of what is traded",
}


def _add_backtest(parser: argparse.ArgumentParser) -> None:
    parser.description = "Replay a price file through the ladder, with fills the moment a trigger is touched."
    parser.add_argument(
        "prices", type=file_path, nargs="?", metavar="PRICES", help="as docs/data.md lists them"
    )
    add_price_kind(parser)
    same = argparse.SUPPRESS  # these may stand before the command as well
    configured = "walk this trade of the config, flags before its settings"
    parser.add_argument("--only", default=same, metavar="NAME", help=configured)
    parser.add_argument("--config", type=file_path, default=same, metavar="FILE", help="its settings")
    parser.add_argument("--symbol", metavar="NAME")
    parser.add_argument("--unit-size", metavar="USD", help="or of the first price: 0.4%%")
    parser.add_argument("--position-size", metavar="USD")
    parser.add_argument("--risk", metavar="USD", help="instead of that: what a straight decline may cost")
    parser.add_argument("--leverage", metavar="X", help="default 1, or that of --only")
    parser.add_argument("--fee-rate", default="0.00045", metavar="FRACTION", help="taker fee (0.00045)")
    parser.add_argument("--slippage", default="0", metavar="FRACTION", help="of each fill (0), or journal")
    parser.add_argument("--funding", default="0", metavar="FRACTION", help="paid an hour of what is held (0)")
    add_engine(parser)
    parser.add_argument("--sz-decimals", metavar="N", help="decimals of a size, for an unlisted symbol")
    parser.add_argument("--reinvest", metavar="WHEN", help="recovery (the default), continuous or off")
    parser.add_argument("--guards", action="store_true", help="let the guards on the result watch it")
    parser.add_argument("--equity", metavar="USD", help="of its account; default: position size / leverage")
    add_evidence(parser)
    parser.add_argument("--trace", type=file_path, metavar="FILE", help="write one JSON object per step")
    add_pages(parser, "--trace and --report")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    add_recorded(parser)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from hypertui.cli.version import version_line

        print(version_line())
        parser.exit()
