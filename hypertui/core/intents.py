"""Intents: what a source wants, how far that has come, and why nothing came of it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class IntentVerb(StrEnum):
    """All that a source may want of a trade."""

    OPEN = "open"
    CLOSE = "close"
    SELL_OUT = "sell-out"
    PAUSE = "pause"
    RESUME = "resume"  # lifts the source's own pause alone
    CANCEL_BUYS = "cancel-buys"

    @property
    def adds_risk(self) -> bool:
        """Whether it may lead to a buy: what does not is never held back."""
        return self in (IntentVerb.OPEN, IntentVerb.RESUME)

    @property
    def sells(self) -> bool:
        """Whether it leads to sales."""
        return self in (IntentVerb.CLOSE, IntentVerb.SELL_OUT)


# How the id of a command begins that an intent has led to; the intent's follows.
COMMAND_OF_INTENT = "intent-"


def verbs_in_words(verbs: Iterable[str], *, needs_proof: bool) -> str:
    """What a source may want."""
    proven = " if proven" if needs_proof else ""
    return " ".join(f"{verb}{proven if verb == IntentVerb.OPEN else ''}" for verb in verbs)


class IntentState(StrEnum):
    """How far an intent has come."""

    RECEIVED = "RECEIVED"  # it is in the journal
    DUPLICATE = "DUPLICATE"  # the same was received before
    REJECTED = "REJECTED"  # its source may not want that, or not in that way
    EXPIRED = "EXPIRED"  # it came too late, or nothing was done about it in time
    HELD = "HELD"  # sound, and something here stood against it; it is not done later either
    ACCEPTED = "ACCEPTED"
    SENT = "SENT"  # the trade has it as a command
    PARTIAL = "PARTIAL"  # a part of it is done
    DONE = "DONE"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        """Whether nothing comes after it."""
        return self not in (
            IntentState.RECEIVED,
            IntentState.ACCEPTED,
            IntentState.SENT,
            IntentState.PARTIAL,
        )


class IntentReason(StrEnum):
    """Why nothing came of an intent. That of a guard names it too: `guard:daily-loss`."""

    DUPLICATE = "duplicate"
    STALE = "stale"  # it is of another time than now
    NOT_ALLOWED = "not-allowed"
    SCHEMA = "schema"  # it cannot be understood
    NOT_ARMED = "not-armed"
    GUARD = "guard"
    COOLDOWN = "cooldown"  # its last stay in the market has just ended
    DESYNC = "desync"  # its sender believes in another position than there is
    PREFLIGHT = "preflight"  # the check before a trade refused it
    NO_MARGIN = "no-margin"  # the account has too little for it
    EXCHANGE_REFUSED = "exchange-refused"
    UNFILLED = "unfilled"  # its entry was given up
    EXPIRED = "expired"
    ALREADY_OPEN = "already-open"
    NOTHING_OPEN = "nothing-open"
    PAUSED = "paused"
    HALTED = "halted"
    UNPROVEN = "unproven"  # its market has not earned surely enough for a source that needs that
    BLIND = "blind"  # the exchange is out of sight
    HODL = "hodl"  # nothing closes or reduces that coin
    NOT_RUNNING = "not-running"  # the trade does not run, or has been left
    UNKNOWN = "unknown"  # what became of it was never seen; it is not tried again


def because_of_guard(guard: str) -> str:
    """The reason of an intent that this guard stands against."""
    return f"{IntentReason.GUARD}:{guard}"
