"""The other end of the control socket, for a command line: find the engines, ask, and wait for answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hypertui.core.redaction import printable
from hypertui.port.commands import CommandState, Verb
from hypertui.port.snapshot import Snapshot
from hypertui.server import addresses, protocol
from hypertui.server.protocol import WireError

_HELLO_WITHIN = 3.0
_STATUS_WITHIN = 10.0
_MOST_ANSWER = 16_000_000


class NoEngine(Exception):
    """There is nobody at the other end, or not any more; the text is one line."""


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """How far a command has come; `took` is ms since the engine heard of it."""

    state: CommandState
    took: int
    text: str


class Silent(NoEngine):
    """The engine is there, and has not answered in time."""


class ControlClient:
    """A connection to one engine, to be closed. Raises NoEngine where there is none; so does every request
    when the engine has gone or does not answer."""

    def __init__(self, path: Path) -> None:
        try:
            self._connection: socket.socket = addresses.connect(path, _HELLO_WITHIN)
        except OSError as error:
            raise NoEngine(f"no engine answers at {path}: {error.strerror or error}") from None
        self._file = self._connection.makefile("rb")
        try:
            hello = self._answer("hello")
            self.network, self.account = str(hello["network"]), str(hello["account"])
            self.symbol, self.mode, self.pid = str(hello["symbol"]), str(hello["mode"]), int(hello["pid"])
        except (KeyError, TypeError, ValueError) as error:
            self.close()
            raise NoEngine(f"the engine at {path} speaks another language: {printable(str(error))}") from None
        except NoEngine:
            self.close()
            raise

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

    def status(self) -> tuple[Snapshot, dict[str, Any]]:
        """The newest snapshot, and the JSON that it came as."""
        self._connection.settimeout(_STATUS_WITHIN)
        self._send({"type": "status", "id": "status"})
        found: dict[str, Any] = self._answer("status").get("snapshot", {})
        try:
            return protocol.snapshot_from_json(found), found
        except WireError as error:
            raise NoEngine(str(error)) from None

    def command(self, id: str, verb: Verb, position: str | None, patience: float) -> Iterator[CommandAnswer]:
        """Hand a command over; yields each state up to the last one. `patience` in seconds for each. Raises
        Silent where the next one does not come in that time."""
        self._connection.settimeout(patience)
        args = {} if position is None else {"position": position}
        self._send({"type": "command", "id": id, "verb": verb.value, "args": args})
        while True:
            answer = self._answer("ack")
            try:
                state = CommandState(answer["state"])
                said = CommandAnswer(state, int(answer["took"]), str(answer["text"]))
            except (KeyError, TypeError, ValueError, OverflowError) as error:
                raise NoEngine(f"the engine's answer cannot be read: {printable(str(error))}") from None
            yield said
            if state is not CommandState.ACKNOWLEDGED:
                return

    def _send(self, message: dict[str, object]) -> None:
        try:
            self._connection.sendall(protocol.line(message))
        except OSError as error:
            raise NoEngine(f"the engine has gone: {error.strerror or error}") from None

    def _answer(self, kind: str) -> dict[str, Any]:
        try:
            data = self._file.readline(_MOST_ANSWER)
        except TimeoutError:
            raise Silent("the engine does not answer") from None
        except OSError as error:
            raise NoEngine(f"the engine has gone: {error.strerror or error}") from None
        if not data.endswith(b"\n"):
            raise NoEngine("the engine has gone")
        try:
            found = protocol.message(data)
        except WireError as error:
            raise NoEngine(f"the engine's answer cannot be read: {error}") from None
        if found.get("type") != kind:
            raise NoEngine(f"the engine answered: {printable(str(found.get('text', found.get('type'))))}")
        return found


def engines(state: Path, symbol: str | None, account: str | None) -> Iterator[ControlClient]:
    """A connection to each engine whose socket is in a network's state folder; to those alone that have this
    symbol and account, where one is given (of an account, its beginning or its end is enough)."""
    for path, its_account, its_symbol in addresses.found(state):
        if symbol is not None and its_symbol != symbol:
            continue
        if account is not None and not _is_part(account.lower(), its_account):
            continue
        try:
            client = ControlClient(path)
        except NoEngine:
            continue  # a dead one's socket: its next start puts a new one there
        yield client


def _is_part(part: str, account: str) -> bool:
    return account.startswith(part) or account.endswith(part)
