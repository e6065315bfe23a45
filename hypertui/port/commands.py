"""Commands to the engine, what becomes of each, and the order to leave."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hypertui.core.market import OPERATOR, Source


class Verb(StrEnum):
    """What an operator can ask for. OPEN tells a flat trade to enter. EXIT is a signal to close, which
    the trade's rules may hold back. REARM resets a guard that has tripped. ARM and DISARM are of a source of
    intents, and of no trade.
    START and, before the trade is open, ADOPT answer a question of the preflight; of a trade that is over
    START runs it again, beside the others of its engine."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL_BUYS = "cancel-buys"
    SELL_OUT = "sell-out"
    OPEN = "open"
    EXIT = "exit"
    REARM = "rearm"
    FLATTEN = "flatten"
    CANCEL_ALL = "cancel-all"
    HALT = "halt"
    ADOPT = "adopt"
    RECONCILE = "reconcile"
    ACKNOWLEDGE = "acknowledge"
    ARM = "arm"
    DISARM = "disarm"


OF_SOURCES = (Verb.ARM, Verb.DISARM)  # of no trade


class OnExit(StrEnum):
    """What becomes of the working orders when the engine leaves."""

    BUYS = "buys"  # cancel the buys, keep the stops
    LEAVE = "leave"
    FLATTEN = "flatten"


class CommandState(StrEnum):
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"  # the engine works on it
    CONFIRMED = "confirmed"  # the outcome was seen at the venue
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CommandView:
    """An operator's action and how far it has come. `took` is ms from sent to its last state."""

    id: str
    verb: Verb
    who: str
    at: int
    state: CommandState
    took: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A request to the engine; sending the same `id` twice does it once. `who` is for the audit: the login
    and terminal of an operator, whatever names another `source`. `trade` names the one that is meant; empty
    for the only one there is. `alarms` are the keys of those to acknowledge; without any, all that hold.
    `guard` is the one to re-arm, or the source to arm; `reason` why. An OPEN of a source buys for so much
    (USD) at `most`, where it says so."""

    id: str
    verb: Verb
    who: str
    source: Source = OPERATOR
    trade: str = ""
    alarms: tuple[str, ...] = ()
    guard: str = ""
    reason: str = ""
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Ack:
    """The engine's first answer: taken up or refused, with words for the operator. Not yet done."""

    id: str
    accepted: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class StopReason:
    """How a run ended. `status` is the process's exit status: 0 done, 2 bad input, 3 halted, 4 venue not
    reached. `because` is the reason of an intent that wanted it to begin, where nothing came of that."""

    status: int
    text: str
    because: str = ""


# The exit statuses of a run that ended before anything was traded: bad input, venue not reached.
NEVER_STARTED = (2, 4)


class Stop:
    """The order to leave, given from any thread or signal handler, at any time, more than once.

    `on_exit` holds what the engine shall do with its orders; the last request decides. `by` says for the
    audit who runs it.
    """

    def __init__(self, on_exit: OnExit = OnExit.BUYS) -> None:
        self.on_exit = on_exit
        self.by = "nobody"
        self._requested = threading.Event()
        self._wake: Callable[[], None] | None = None

    @property
    def requested(self) -> bool:
        return self._requested.is_set()

    def request(self, on_exit: OnExit | None = None) -> None:
        """Ask the engine to leave; `on_exit` changes what it does on the way."""
        if on_exit is not None:
            self.on_exit = on_exit
        self._requested.set()
        wake = self._wake
        if wake is not None:
            wake()

    def on_request(self, wake: Callable[[], None]) -> None:
        """Register the engine's wake-up; it must be safe to call from any thread. Called at once if the
        request is already there."""
        self._wake = wake
        if self.requested:
            wake()
