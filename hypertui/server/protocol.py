"""The words of the control socket: one JSON object per line, both ways.

The server begins with `hello` (protocol, program, network, pid, and of each trade name, account, symbol and
mode). A client may then ask

- `{"type": "status", "id": …}` and gets `{"type": "status", "id": …, "view": {"trades": […], …}}`;
- `{"type": "command", "id": …, "verb": …, "trade": …, "args": {…}}` and gets one or more
  `{"type": "ack", "id": …, "state": …, "took": ms, "text": …}`, the last of which says confirmed, refused or
  failed. The trade may be left out where there is only one;
- `{"type": "subscribe", "id": …, "hz": 4, "after": 0, "read_only": false, "takeover": false}`, once, and gets
  `{"type": "update", "from": 0, "to": …, "names": […], "pen": …, "intents": {…},
  "trades": {name: {field: …}}, "writes": …, "lost": 0, "events": […]}`: all of it first, then up to `hz`
  times a second what has changed `from` the last one, with the events after number `after` and how many of
  these are `lost`. `{"type": "end"}` is the last, when the engine leaves. Who subscribes is an attached
  console, whose commands need the pen;
- `{"type": "takeover", "id": …}`, subscribed, and gets an ack: it has the pen, or is refused.

A request may say by `protocol` which version it is written in. What cannot be understood, another version
too, is answered by `{"type": "error", "text": …}`, and the line is cut.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hypertui.core.market import parse_amount
from hypertui.core.redaction import printable
from hypertui.port.commands import Verb
from hypertui.port.engine import EngineView

PROTOCOL = 6
MOST_BYTES = 65_536  # of a line from a client
LEAST_HZ, MOST_HZ = 0.1, 30.0  # updates a second
MOST_REASON = 300  # characters
_MOST_ID = 64


class WireError(ValueError):
    """A line that means nothing; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """Asks for the newest view."""

    id: str


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """Asks for a verb. `trade` is the one that is meant, empty for the only one. `position` is what the
    operator was shown (coins); with another one at hand the command is refused. `alarms` are keys of those to
    acknowledge; without any, all that hold. `guard` is the one to re-arm, `reason` why."""

    id: str
    verb: Verb
    trade: str = ""
    position: Decimal | None = None
    alarms: tuple[str, ...] = ()
    guard: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SubscribeRequest:
    """Asks to be sent what changes, up to `hz` times a second, and the events after number `after`; for the
    pen too, if it is free or is to be taken over, unless it is to read only."""

    id: str
    hz: float
    after: int = 0
    read_only: bool = False
    takeover: bool = False


@dataclass(frozen=True, slots=True)
class PenRequest:
    """Asks for the pen, whoever holds it."""

    id: str


Request = StatusRequest | CommandRequest | SubscribeRequest | PenRequest


@cache
def program() -> str:
    """The version of this program."""
    return version("hypertui")


def line(message: Mapping[str, object]) -> bytes:
    """A message as it is sent."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def message(data: bytes) -> dict[str, Any]:
    """A message as it was received. Raises WireError."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise WireError("that is not JSON") from None
    if not isinstance(value, dict):
        raise WireError("that is not a JSON object")
    return value


def request(data: bytes) -> Request:
    """What a client asks for. Raises WireError."""
    found = message(data)
    spoken = found.get("protocol", PROTOCOL)
    if spoken != PROTOCOL:
        raise WireError(
            f"this engine (hypertui {program()}) speaks version {PROTOCOL} of the protocol, not "
            f"{printable(str(spoken), 20)}: use the hypertui that it was started with"
        )
    id = found.get("id")
    if not isinstance(id, str) or not 0 < len(id) <= _MOST_ID or not id.isascii() or not id.isprintable():
        raise WireError(f"id must be 1 to {_MOST_ID} printable ASCII characters")
    match found.get("type"):
        case "status":
            return StatusRequest(id)
        case "command":
            return _command(id, found)
        case "subscribe":
            return _subscribe(id, found)
        case "takeover":
            return PenRequest(id)
    raise WireError("type must be command, status, subscribe or takeover")


def _subscribe(id: str, found: Mapping[str, object]) -> SubscribeRequest:
    hz, after = found.get("hz", 4), found.get("after", 0)
    if isinstance(hz, bool) or not isinstance(hz, int | float) or not LEAST_HZ <= hz <= MOST_HZ:
        raise WireError(f"hz must be from {LEAST_HZ} to {MOST_HZ}")
    if isinstance(after, bool) or not isinstance(after, int) or after < 0:
        raise WireError("after must be the number of an event")
    read_only, takeover = found.get("read_only", False), found.get("takeover", False)
    if not isinstance(read_only, bool) or not isinstance(takeover, bool) or (read_only and takeover):
        raise WireError("read_only and takeover must be true or false, and not both true")
    return SubscribeRequest(id, float(hz), after, read_only, takeover)


def _command(id: str, found: Mapping[str, object]) -> CommandRequest:
    try:
        verb = Verb(str(found.get("verb")))
    except ValueError:
        raise WireError(f"verb must be one of {', '.join(Verb)}") from None
    trade = found.get("trade", "")
    if not isinstance(trade, str):
        raise WireError("trade must be a text")
    args = found.get("args", {})
    if not isinstance(args, dict) or not args.keys() <= {"position", "alarms", "guard", "reason"}:
        raise WireError("args may hold position, alarms, guard and reason only")
    alarms = args.get("alarms", [])
    if not isinstance(alarms, list) or not all(isinstance(key, str) for key in alarms):
        raise WireError("alarms must be a list of their keys")
    guard, reason = args.get("guard", ""), args.get("reason", "")
    if not isinstance(guard, str) or not isinstance(reason, str) or len(reason) > MOST_REASON:
        raise WireError(f"guard and reason must be texts, a reason of up to {MOST_REASON} characters")
    position = _amount(args.get("position"))
    return CommandRequest(id, verb, trade, position, tuple(alarms), guard, printable(reason, MOST_REASON))


def _amount(text: object) -> Decimal | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise WireError("position must be a decimal amount as text")
    try:
        return parse_amount(text)
    except ValueError:
        raise WireError("position must be a decimal amount within reason, as text") from None


@dataclass(frozen=True, slots=True)
class TradeNamed:
    """One trade of an engine, as its hello names it."""

    name: str
    account: str
    symbol: str
    mode: str


@dataclass(frozen=True, slots=True)
class Hello:
    """Who an engine is: `program` is its version of hypertui, `pid` its process."""

    program: str
    network: str
    pid: int
    trades: tuple[TradeNamed, ...]


class OtherProtocol(WireError):
    """The engine speaks another version of the protocol."""


def hello(view: EngineView, pid: int) -> dict[str, object]:
    """What an engine says first."""
    return {
        "type": "hello",
        "protocol": PROTOCOL,
        "program": program(),
        "network": view.first.network.value,
        "pid": pid,
        "trades": [
            {
                "name": trade.name,
                "account": trade.account,
                "symbol": trade.instrument.symbol,
                "mode": trade.mode.value,
            }
            for trade in view.trades
        ],
    }


def hello_from_json(found: Mapping[str, Any]) -> Hello:
    """Who an engine says it is. Raises OtherProtocol for another version, WireError for
    what is none."""
    if found.get("type") != "hello":
        raise WireError(printable(str(found.get("text", "it does not say who it is"))))
    if found.get("protocol") != PROTOCOL:
        raise OtherProtocol(
            printable(
                f"hypertui {found.get('program', 'of another version')}, process {found.get('pid', '?')}, "
                f"speaks version {found.get('protocol', '?')} of the protocol, and this one ({program()}) "
                f"version {PROTOCOL}: use the hypertui that the engine was started with"
            )
        )
    try:
        return _hellos().validate_python({name: found.get(name) for name in Hello.__slots__})
    except ValidationError as error:
        raise WireError(f"its hello cannot be read: {_where(error)}") from None


@cache
def _hellos() -> TypeAdapter[Hello]:
    return TypeAdapter(Hello)


@cache
def _views() -> TypeAdapter[EngineView]:
    return TypeAdapter(EngineView)


def view_from_json(found: object) -> EngineView:
    """The view that was sent whole: amounts as decimal strings, times in ms. Raises WireError."""
    try:
        view = _views().validate_python(found)
    except ValidationError as error:
        raise WireError(f"the engine's status cannot be read: {_where(error)}") from None
    if not view.trades:
        raise WireError("the engine's status cannot be read: it has no trade")
    return view


def _where(error: ValidationError) -> str:
    return printable(".".join(str(part) for part in error.errors()[0]["loc"]))
