"""The words of the control socket: one JSON object per line, both ways.

The server begins with `hello` (version, network, account, symbol, mode, pid). A client may then ask
`{"type": "status", "id": …}` and gets `{"type": "status", "id": …, "snapshot": {…}}`, or command
`{"type": "command", "id": …, "verb": …, "args": {…}}` and gets one or more
`{"type": "ack", "id": …, "state": …, "took": ms, "text": …}`, the last of which says confirmed, refused or
failed. What cannot be understood is answered by `{"type": "error", "text": …}`, and the line is cut.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hypertui.core.market import parse_amount
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Snapshot

VERSION = 1
MOST_BYTES = 65_536  # of a line from a client
_MOST_ID = 64


class WireError(ValueError):
    """A line that means nothing; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """Asks for the newest snapshot."""

    id: str


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """Asks for a verb. `position` is what the operator was shown (coins); with another one at hand the
    command is refused."""

    id: str
    verb: Verb
    position: Decimal | None = None


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


def request(data: bytes) -> StatusRequest | CommandRequest:
    """What a client asks for. Raises WireError."""
    found = message(data)
    id = found.get("id")
    if not isinstance(id, str) or not 0 < len(id) <= _MOST_ID or not id.isascii() or not id.isprintable():
        raise WireError(f"id must be 1 to {_MOST_ID} printable ASCII characters")
    kind = found.get("type")
    if kind == "status":
        return StatusRequest(id)
    if kind != "command":
        raise WireError("type must be command or status")
    try:
        verb = Verb(str(found.get("verb")))
    except ValueError:
        raise WireError(f"verb must be one of {', '.join(Verb)}") from None
    args = found.get("args", {})
    if not isinstance(args, dict) or not args.keys() <= {"position"}:
        raise WireError("args may hold position only")
    return CommandRequest(id, verb, _amount(args.get("position")))


def _amount(text: object) -> Decimal | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise WireError("position must be a decimal amount as text")
    try:
        return parse_amount(text)
    except ValueError:
        raise WireError("position must be a decimal amount within reason, as text") from None


@cache
def _snapshots() -> TypeAdapter[Snapshot]:
    return TypeAdapter(Snapshot)


def snapshot_to_json(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as JSON has it: amounts as decimal strings, times in ms."""
    found: dict[str, Any] = _snapshots().dump_python(snapshot, mode="json")
    return found


def snapshot_from_json(found: object) -> Snapshot:
    """The snapshot that `snapshot_to_json` made this of. Raises WireError."""
    try:
        return _snapshots().validate_python(found)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise WireError(f"the engine's status cannot be read (another version?): {where}") from None
