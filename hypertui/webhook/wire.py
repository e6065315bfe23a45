"""What the process with the door and the engine's say to each other: one line of JSON each.

The door faces the world, so that the engine believes nothing of what it says that it can look after itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from hypertui.core.intents import IntentReason
from hypertui.intents.gate import Alert
from hypertui.intents.received import Received
from hypertui.webhook.hook_settings import HookSettings
from hypertui.webhook.origin import AddressRange
from hypertui.webhook.taker import Denial

MOST_AT_ONCE = 32  # wishes that are not answered yet
LONGEST_LINE = 65_536  # bytes of the door's
LONGEST_OPENING = 16 * 2**20  # bytes: there may be many webhooks, of many addresses
LONGEST_WORD, LONGEST_TEXT = 64, 1_000  # characters

_Word = Annotated[str, Field(max_length=LONGEST_WORD)]
_Text = Annotated[str, Field(max_length=LONGEST_TEXT)]


@dataclass(frozen=True, slots=True)
class DoorOpening:
    """The first line, from the engine: how the door is to be opened. `secrets` is the file of the webhooks'
    secrets, `pace` the seconds between two connections that are let in."""

    secrets: Path
    hooks: Mapping[str, HookSettings]
    trusted: tuple[AddressRange, ...] = ()
    pace: float = 0.01


@dataclass(frozen=True, slots=True)
class AlertWish:
    """An alert of a source, which asks for an answer."""

    nr: int
    name: _Word
    alert: Alert
    kind: Literal["wish"] = "wish"


@dataclass(frozen=True, slots=True)
class Rejection:
    """What a source wanted comes to nothing, which is to be written down. Asks for an answer."""

    nr: int
    name: _Word
    verb: _Word
    reason: IntentReason
    text: _Text
    kind: Literal["rejection"] = "rejection"


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """The door is open, and so many were turned away since the last one, by why."""

    denied: Mapping[Denial, Annotated[int, Field(ge=0)]] = field(default_factory=dict)
    kind: Literal["life"] = "life"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A line for the log."""

    text: _Text
    kind: Literal["trouble"] = "trouble"


@dataclass(frozen=True, slots=True)
class WishAnswer:
    """What came of a wish or a rejection; without `received` it could not be written down, and why."""

    nr: int
    received: Received | None = None
    why: str = ""


Said: TypeAlias = AlertWish | Rejection | SignOfLife | Trouble

_OPENING = TypeAdapter(DoorOpening)
_SAID: TypeAdapter[Said] = TypeAdapter(Annotated[Said, Field(discriminator="kind")])
_ANSWER = TypeAdapter(WishAnswer)


def opening_line(opening: DoorOpening) -> bytes:
    """The engine's first line."""
    return _OPENING.dump_json(opening) + b"\n"


def opening_of(line: bytes) -> DoorOpening:
    """What that line says."""
    return _OPENING.validate_json(line)


def said_line(said: Said) -> bytes:
    """A line of the door's."""
    return _SAID.dump_json(said) + b"\n"


def said_of(line: bytes) -> Said:
    """What that line says. Raises ValueError, which repeats nothing of it."""
    try:
        return _SAID.validate_json(line)
    except ValidationError as error:
        raise ValueError(f"a line of {len(line)} bytes with {error.error_count()} faults") from None


def answer_line(answer: WishAnswer) -> bytes:
    """A later line of the engine's."""
    return _ANSWER.dump_json(answer) + b"\n"


def answer_of(line: bytes) -> WishAnswer:
    """What that line says."""
    return _ANSWER.validate_json(line)
