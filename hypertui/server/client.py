"""The other end of the control socket, for a command line: find the engines, ask, and wait for answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hypertui.core.redaction import printable
from hypertui.port.commands import CommandState, Verb
from hypertui.port.engine import EngineView
from hypertui.server import addresses, protocol
from hypertui.server.protocol import OtherProtocol, TradeNamed, WireError

_HELLO_WITHIN = 3.0
_STATUS_WITHIN = 10.0
_MOST_ANSWER = 16_000_000


class NoEngine(Exception):
    """There is nobody at the other end, or not any more; the text is one line."""


class OtherEngine(NoEngine):
    """The engine is there, and speaks another version of the protocol."""


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """How far a command has come; `took` is ms since the engine heard of it."""

    state: CommandState
    took: int
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A command for one trade (empty: the only one). `position` is what the operator was shown (coins),
    `alarms` are keys of those to acknowledge, `guard` is the one to re-arm and `reason` why."""

    id: str
    verb: Verb
    trade: str = ""
    position: str | None = None
    alarms: tuple[str, ...] = ()
    guard: str = ""
    reason: str = ""


class Silent(NoEngine):
    """The engine is there, and has not answered in time."""


class ControlClient:
    """A connection to one engine, to be closed. Raises NoEngine where there is none, OtherEngine for one of
    another version; every request raises NoEngine when the engine has gone or does not answer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._connection: socket.socket = addresses.connect(path, _HELLO_WITHIN)
        except OSError as error:
            raise NoEngine(f"no engine answers at {path}: {error.strerror or error}") from None
        self._file = self._connection.makefile("rb")
        try:
            self.hello = protocol.hello_from_json(self._message())
        except OtherProtocol as error:
            self.close()
            raise OtherEngine(f"the engine of {error}") from None
        except WireError as error:
            self.close()
            raise NoEngine(f"the engine at {path} speaks another language: {error}") from None
        except NoEngine:
            self.close()
            raise

    def trades(self, symbol: str | None = None, account: str | None = None) -> list[TradeNamed]:
        """Its trades, those alone that have this symbol and account, where one is given (of an account, its
        beginning or its end is enough)."""
        return [
            trade
            for trade in self.hello.trades
            if (symbol is None or trade.symbol == symbol)
            and (account is None or _is_part(account.lower(), trade.account.lower()))
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connection go."""
        self._file.close()
        self._connection.close()

    def status(self) -> tuple[EngineView, dict[str, Any]]:
        """The newest view, and the JSON that it came as."""
        self._connection.settimeout(_STATUS_WITHIN)
        self._send({"type": "status", "id": "status"})
        found: dict[str, Any] = self._answer("status").get("view", {})
        try:
            return protocol.view_from_json(found), found
        except WireError as error:
            raise NoEngine(str(error)) from None

    def commands(self, asked: Sequence[Asked], patience: float) -> Iterator[tuple[str, CommandAnswer]]:
        """Hand commands over, all at once; yields each state of each, by its id, up to their last ones.
        `patience` in seconds for each next one. Raises Silent where that does not come in time."""
        self._connection.settimeout(patience)
        for each in asked:
            args: dict[str, object] = {} if each.position is None else {"position": each.position}
            if each.alarms:
                args["alarms"] = each.alarms
            if each.guard:
                args |= {"guard": each.guard, "reason": each.reason}
            said = {"id": each.id, "verb": each.verb.value, "trade": each.trade, "args": args}
            self._send({"type": "command", **said})
        left = {each.id for each in asked}
        while left:
            answer = self._answer("ack")
            try:
                id, state = str(answer["id"]), CommandState(answer["state"])
                told = CommandAnswer(state, int(answer["took"]), str(answer["text"]))
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                raise NoEngine(f"the engine's answer cannot be read: {printable(str(error))}") from None
            yield id, told
            if state is not CommandState.ACKNOWLEDGED:
                left.discard(id)

    def command(self, asked: Asked, patience: float) -> Iterator[CommandAnswer]:
        """The same for one command."""
        return (answer for _, answer in self.commands([asked], patience))

    def _send(self, message: dict[str, object]) -> None:
        try:
            self._connection.sendall(protocol.line({"protocol": protocol.PROTOCOL, **message}))
        except OSError as error:
            raise NoEngine(f"the engine has gone: {error.strerror or error}") from None

    def _message(self) -> dict[str, Any]:
        try:
            data = self._file.readline(_MOST_ANSWER)
        except TimeoutError:
            raise Silent("the engine does not answer") from None
        except OSError as error:
            raise NoEngine(f"the engine has gone: {error.strerror or error}") from None
        if not data.endswith(b"\n"):
            raise NoEngine("the engine has gone")
        try:
            return protocol.message(data)
        except WireError as error:
            raise NoEngine(f"the engine's answer cannot be read: {error}") from None

    def _answer(self, kind: str) -> dict[str, Any]:
        found = self._message()
        if found.get("type") != kind:
            raise NoEngine(f"the engine answered: {printable(str(found.get('text', found.get('type'))))}")
        return found


def engines(state: Path, symbol: str | None = None, account: str | None = None) -> Iterator[ControlClient]:
    """A connection to each engine whose socket is in a network's state folder; to those alone that have a
    trade of this symbol and account, where one is given. Raises OtherEngine at the end where there is none
    but one of another version."""
    understood, stranger = False, None
    for path in addresses.found(state):
        try:
            client = ControlClient(path)
        except OtherEngine as error:
            stranger = error
            continue
        except NoEngine:
            continue  # a dead one's socket: the next start takes it away
        if not client.trades(symbol, account):
            client.close()
            continue
        understood = True
        yield client
    if stranger is not None and not understood:
        raise stranger


def _is_part(part: str, account: str) -> bool:
    return account.startswith(part) or account.endswith(part)
