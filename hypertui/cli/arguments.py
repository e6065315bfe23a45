"""The command line: what can be said, and where in the settings it belongs."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from hypertui.cli.ledger_arguments import add_ledger, add_notices, add_replay, add_status
from hypertui.cli.operator_arguments import (
    add_attach,
    add_console_flags,
    add_ctl,
    add_health,
    add_probe,
    add_safe,
    add_serve,
)
from hypertui.cli.setup_arguments import add_completion, add_config, add_key
from hypertui.cli.source_arguments import add_sources
from hypertui.cli.trade_arguments import ENTRY_FLAGS, EXIT_FLAGS, add_entry_and_exits
from hypertui.cli.values import file_path
from hypertui.core.redaction import HIDDEN, printable, without_secrets

_DESCRIPTION = """\
Trade the unit ladder on Hyperliquid perpetuals. Without a command: the console, on paper by default, with the
settings of config.toml."""

_STATUS = """\
exit status: 0 done, 2 bad input (before anything was traded), 3 halted (the reason is in the last line),
4 exchange not reached, 70 defect or watchdog, 74 the output could not be written"""

_DOCTOR_STATUS = "exit status: 0 nothing is red, 2 something is, or bad input, 4 exchange not reached"

# How somebody would call a flag for a secret, and a word that may be a key with a mistake in it. Addresses
# (40 hex digits) and client ids (32) are not taken for one.
_SECRET_FLAG = re.compile(r"--?[\w-]*(secret|private|mnemonic|passw|passphrase|key)[\w-]*", re.IGNORECASE)
_NEARLY_A_KEY = re.compile(r"[0-9a-zA-Z]{44,}")
_LONGEST = 300

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
}

# where the settings have it -> how the flag is written
FLAG_NAMES = {path: f"--{flag.replace('_', '-')}" for flag, path in _TRADE_FLAGS.items()}
FLAG_NAMES["network",] = "network"


class _Parser(argparse.ArgumentParser):
    """Refuses in one line, as everything here does."""

    def error(self, message: str) -> NoReturn:
        words = _NEARLY_A_KEY.sub(HIDDEN, without_secrets(message))
        self.exit(2, f"hypertui: {printable(words, _LONGEST)}; {self.prog} --help says what there is\n")


def refuse_secrets(argv: Sequence[str] | None) -> None:
    """Refuse a secret in a flag without repeating it: everybody on the machine can read a command line.
    Raises SystemExit."""
    for word in sys.argv[1:] if argv is None else argv:
        flag = word.partition("=")[0]
        if _SECRET_FLAG.fullmatch(flag):
            _Parser(prog="hypertui").exit(
                2,
                f"hypertui: {flag} is no flag: others can read a command line; set HYPERTUI_SECRET_KEY, or "
                "account.key_file in the config\n",
            )


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    top = _Parser(prog="hypertui", description=_DESCRIPTION, epilog=_STATUS)
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
    _add_venue(commands.add_parser("venue", help="run a local exchange that speaks Hyperliquid's protocol"))
    add_ledger(
        commands.add_parser("ledger", help="what the journal knows: PnL, lots, reports, why ORDER, backup")
    )
    add_replay(commands.add_parser("replay", help="show a trade of the past in the console, by its journal"))
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
    add(
        guards,
        "--daily-loss",
        metavar="LIMIT",
        help="of the account at which no buys follow: 5%%, or 500 (USD)",
    )

    network = parser.add_argument_group("network")
    which = network.add_mutually_exclusive_group()
    for name in ("paper", "testnet", "mainnet"):
        add(which, f"--{name}", dest="network", action="store_const", const=name, help=_NETWORKS[name])
    add(network, "--confirm-mainnet", metavar="SYMBOLS", help="say without a terminal what --mainnet asks")
    add(network, "--base-url", metavar="URL", help="use an exchange that runs already (paper)")

    paper = parser.add_argument_group("paper market")
    _add_market_flags(paper, default)
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
    add(
        engine,
        "--state-dir",
        metavar="DIR",
        help="where everything is kept; default: the user's state folder",
    )

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


def _add_market_flags(group: Any, default: Any = None) -> None:
    group.add_argument("--seed", default=default, metavar="N", help="of the price path; same seed, same path")
    group.add_argument("--speed", default=default, metavar="X", help="market seconds per second")
    group.add_argument("--prices", default=default, metavar="FILE", help="replay a price file")
    group.add_argument("--faucet", default=default, metavar="USD", help="what a new account owns; 0: nothing")


def _add_backtest(parser: argparse.ArgumentParser) -> None:
    parser.description = "Replay a price file through the ladder, with fills the moment a trigger is touched."
    parser.add_argument(
        "prices", type=file_path, metavar="PRICES", help="prices or candles: CSV or JSON, plain or packed"
    )
    same = argparse.SUPPRESS  # these may stand before the command as well
    parser.add_argument(
        "--only",
        default=same,
        metavar="NAME",
        help="walk this trade of the config, flags before its settings",
    )
    parser.add_argument(
        "--config", type=file_path, default=same, metavar="FILE", help="the settings it is in"
    )
    parser.add_argument("--symbol", metavar="NAME")
    parser.add_argument("--unit-size", metavar="USD", help="or of the first price: 0.4%%")
    parser.add_argument("--position-size", metavar="USD")
    parser.add_argument("--risk", metavar="USD", help="instead of that: what a straight decline may cost")
    parser.add_argument("--leverage", metavar="X", help="default 1, or that of --only")
    parser.add_argument("--fee-rate", default="0.00045", metavar="FRACTION", help="taker fee (0.00045)")
    parser.add_argument("--slippage", default="0", metavar="FRACTION", help="on top of each fill (0)")
    parser.add_argument("--sz-decimals", metavar="N", help="decimals of a size, for an unlisted symbol")
    parser.add_argument("--reinvest", metavar="WHEN", help="recovery (the default), continuous or off")
    parser.add_argument(
        "--guards", action="store_true", help="let the guards on the result watch it, and act"
    )
    parser.add_argument("--equity", metavar="USD", help="of its account; default: position size / leverage")
    parser.add_argument("--trace", type=file_path, metavar="FILE", help="write one JSON object per step")
    parser.add_argument("--force", action="store_true", help="let --trace overwrite a file")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def _add_venue(parser: argparse.ArgumentParser) -> None:
    parser.description = "A local exchange for rehearsal and tests, on 127.0.0.1 only."
    parser.add_argument("--port", default="3001", metavar="N", help="default 3001; 0: any free one")
    parser.add_argument("--symbol", metavar="NAME", help="the market that --prices drives; default BTC")
    _add_market_flags(parser)
    parser.add_argument(
        "--markets",
        choices=["three", "dozen"],
        help="what is listed: BTC, ETH and SOL (the default, or what --state has), or nine more",
    )
    parser.add_argument(
        "--market",
        action="append",
        default=[],
        metavar="SPEC",
        help="list one more: NAME:szDecimals:maxLeverage:price[:onlyIsolated]; may be repeated",
    )
    parser.add_argument("--loop", action="store_true", help="replay the price file again and again")
    parser.add_argument(
        "--preset", metavar="NAME", help="the synthetic path: usual, calm, trending, crash or whipsaw"
    )
    parser.add_argument(
        "--past", metavar="HOURS", help="invent candles of so many hours before the first price; default 0"
    )
    parser.add_argument("--manual", action="store_true", help="prices stand until the control door sets them")
    parser.add_argument(
        "--follow", metavar="URL", help="take another exchange's live prices: its URL, or mainnet; read only"
    )
    parser.add_argument("--follow-price", choices=["mark", "mid"], help="which price of it; default mark")
    parser.add_argument(
        "--rate-limits", choices=["real", "off"], help="throttle clients as Hyperliquid does; default real"
    )
    _add_rules(parser)
    parser.add_argument(
        "--control-port", metavar="N", help="open the control door there; 0: any free one; default: none"
    )
    parser.add_argument(
        "--state", type=file_path, metavar="FILE", help="go on from this file, and keep everything in it"
    )
    parser.add_argument("--until-eof", action="store_true", help="leave when standard input ends")


def _add_rules(parser: argparse.ArgumentParser) -> None:
    rules = parser.add_argument_group(
        "rules of the real exchange that are not established", "hypertui probe asks its testnet"
    )
    rules.add_argument(
        "--passed-trigger",
        choices=["fire", "reject"],
        help="a new trigger that the price has passed: it fires at once (the default), or is refused",
    )
    rules.add_argument(
        "--flat-reduce-only",
        choices=["keep", "reject"],
        help="a reduce-only trigger with nothing to reduce: it waits (the default), or is refused",
    )
    rules.add_argument(
        "--tp-limit-side",
        choices=["any", "far"],
        help="where the limit of a market take-profit may be: on any side of its trigger (the default), or "
        "only on the far one, where it can fill at the price that wakes it",
    )


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from hypertui.cli.version import version_line

        print(version_line())
        parser.exit()
