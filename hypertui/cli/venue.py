"""`hypertui venue`: the local exchange as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypertui.cli import streams
from hypertui.cli.values import amount, integer, typed
from hypertui.core.files import named_path, open_regular
from hypertui.core.redaction import harmless, printable
from hypertui.venue.model.listing import LISTINGS, MARKETS, listed
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.serve import serve
from hypertui.venue.server import HOST
from hypertui.venue.state.store import options_of

_PORTS = range(65536)
_LONGEST_NAME = 300  # of a file, where it is told


def venue(arguments: argparse.Namespace) -> int:
    """Run the command until a signal ends it. Raises ValueError with one line for bad input."""
    port = _port("port", arguments.port)
    control = None if arguments.control_port is None else _port("control port", arguments.control_port)
    state = arguments.state
    _check_state(state)
    options = _options(arguments)
    _log_to_errors()
    try:
        asyncio.run(_serve(options, port, control, state, arguments.until_eof))
    except OSError as error:
        ports = f"port {port}" if control is None else f"port {port} or {control}"
        raise ValueError(f"{ports} of {HOST} cannot be used: {error.strerror or error}") from None
    return 0


class _Harmless(logging.Formatter):
    """Another exchange's words may be in a line, and the line on a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return harmless(super().formatMessage(record))


def _log_to_errors() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Harmless("%(asctime)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.raiseExceptions = False  # a stream that takes no words gets none


def _check_state(file: Path | None) -> None:
    """It is read whole and written anew, which is for files alone."""
    if file is None:
        return
    try:
        os.close(open_regular(file))
    except FileNotFoundError:
        return  # it will be made
    except OSError as error:
        name = printable(str(file), _LONGEST_NAME)
        raise ValueError(f"state file {name} cannot be used: {error.strerror}") from None


def _prices(given: str | None) -> Path | None:
    if given is None:
        return None
    try:
        return named_path(given)
    except ValueError as error:
        raise ValueError(f"prices {typed(given)} {error}") from None


def _port(name: str, given: str) -> int:
    port = integer(name, given)
    if port not in _PORTS:
        raise ValueError(f"{name} {port} is not between 0 and {_PORTS[-1]}")
    return port


def _options(arguments: argparse.Namespace) -> VenueOptions:
    if arguments.symbol is not None and arguments.prices is None:
        raise ValueError(
            f"--symbol {arguments.symbol} names the market that --prices drives, and there is no --prices; "
            "--market lists a further market"
        )
    kept = {} if arguments.state is None else options_of(arguments.state.expanduser())
    listing = kept.get("markets", MARKETS) if arguments.markets is None else LISTINGS[arguments.markets]
    given: dict[str, Any] = {
        "markets": listed(arguments.market, listing),
        "seed": None if arguments.seed is None else integer("seed", arguments.seed),
        "speed": None if arguments.speed is None else float(amount("speed", arguments.speed)),
        "faucet": None if arguments.faucet is None else amount("faucet", arguments.faucet),
        "prices": _prices(arguments.prices),
        "symbol": arguments.symbol,
        "preset": arguments.preset,
        "loop": arguments.loop or None,
        "manual": arguments.manual or None,
        "follow": arguments.follow,
        "follow_price": arguments.follow_price,
        "past": None if arguments.past is None else integer("past", arguments.past),
        "rate_limits": arguments.rate_limits,
        "passed_trigger": arguments.passed_trigger,
        "flat_reduce_only_trigger": arguments.flat_reduce_only,
        "tp_limit_side": arguments.tp_limit_side,
    }
    return VenueOptions(**kept | {name: value for name, value in given.items() if value is not None})


async def _serve(
    options: VenueOptions, port: int, control: int | None, state: Path | None, until_eof: bool
) -> None:
    loop = asyncio.get_running_loop()
    serving = asyncio.create_task(serve(options, port, _announce, state, control))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as by nohup
            loop.add_signal_handler(number, serving.cancel)
    if until_eof:
        # Whoever started this venue holds the other end: when that process dies, however it dies, so do we.
        try:
            loop.add_reader(sys.stdin.fileno(), _read_to_end, loop, serving)
        except PermissionError:  # a file or /dev/null, whose end is there already
            serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


def _read_to_end(loop: asyncio.AbstractEventLoop, serving: asyncio.Task[None]) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        loop.remove_reader(sys.stdin.fileno())
        serving.cancel()


def _announce(port: int, control: int | None) -> None:
    listening = {"listening": f"http://{HOST}:{port}"}
    if control is not None:
        listening["control"] = f"http://{HOST}:{control}"
    streams.say(json.dumps(listening))
    if sys.stderr.isatty():
        streams.complain(
            f"a local exchange for rehearsal: no real market, no real money. Point a client at "
            f"http://{HOST}:{port}; Ctrl-C ends it."
        )
