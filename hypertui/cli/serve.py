"""`hypertui serve`: an attached console as a page, for a browser of this machine."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import socket
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from hypertui.cli import streams
from hypertui.cli.child import environment_of_a_console
from hypertui.cli.values import typed
from hypertui.cli.which_engine import the_engine
from hypertui.core.redaction import printable
from hypertui.server.client import ControlClient, NoEngine

if TYPE_CHECKING:
    from hypertui.web.page import ConsolePage

_NOT_REACHED = 4
_PORTS = range(65_536)
# What is handed on to each page's console as it was given.
_GIVEN = ("state_dir", "config", "refresh_hz", "theme", "times")
_SAID = ("mouse", "ascii")


def serve(arguments: argparse.Namespace) -> int:
    """Show the engine on a page until a signal ends that; returns the exit status. Raises ValueError with one
    line for bad input."""
    if find_spec("textual_serve") is None:
        raise ValueError("serve needs the extra 'web': pip install 'hypertui[web]'")
    port = _port(arguments.port)
    try:
        with the_engine(arguments) as found:
            command, title = _console(arguments, found), _title(found)
    except NoEngine as error:
        streams.complain(printable(str(error)))
        return _NOT_REACHED
    from hypertui.web.page import HOST, ConsolePage

    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        raise ValueError(f"port {port} cannot be listened on: {error.strerror}") from None
    token, port = secrets.token_urlsafe(32), listening.getsockname()[1]
    page = ConsolePage(command, environment_of_a_console(), title, token, port)
    may = "give commands" if arguments.write else "look, and give no command"
    streams.say(f"{title}: whoever has this address can {may}")
    streams.say(page.url)
    asyncio.run(_until_told(page, listening))
    return 0


async def _until_told(page: ConsolePage, listening: socket.socket) -> None:
    from aiohttp import web

    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    runner = web.AppRunner(page.app(), access_log=None)  # its lines would hold the token
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        await told.wait()
    finally:
        await runner.cleanup()


def _console(arguments: argparse.Namespace, engine: ControlClient) -> Sequence[str]:
    """The command that shows this engine in a terminal."""
    first = engine.hello.trades[0]
    command = [sys.executable, "-m", "hypertui", "attach"]
    command += ["--network", engine.hello.network, "--symbol", first.symbol, "--account", first.account]
    if not arguments.write:
        command.append("--read-only")
    for name in _GIVEN:
        value = getattr(arguments, name, None)
        if value is not None:
            command += [f"--{name.replace('_', '-')}", str(value)]
    return command + [f"--{name}" for name in _SAID if getattr(arguments, name, None)]


def _title(engine: ControlClient) -> str:
    names = ", ".join(trade.name for trade in engine.hello.trades)
    return f"{engine.hello.network.upper()} {printable(names)}"


def _port(said: str) -> int:
    number = int(said) if said.isdecimal() and len(said) <= 5 else -1
    if number not in _PORTS:
        raise ValueError(f"--port {typed(said)} is not a port: a number from 0 to 65535")
    return number
