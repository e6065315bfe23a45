"""The signing key: its expiry and revocation, with an alarm in time.

An API wallet that has expired, or was revoked, can place and cancel nothing any more. What rests at the
exchange protects the coins all the same, but no stop follows them, so an operator must know before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from hypertui.exchange.protocol import Signer
from hypertui.port.snapshot import Severity
from hypertui.runtime.alarms import Alarms

WARNED_DAYS = 7
_DAY = 86_400_000  # ms
_ALARM = "key"


def named(signer: Signer) -> str:
    """The key in words: what it is, and its address."""
    short = f"{signer.address[:6]}…{signer.address[-4:]}"
    return f"API wallet {signer.name} ({short})" if signer.name else f"API wallet {short}"


def date(time: int) -> str:
    """A time (ms) for messages."""
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def days_left(until: int, now: int) -> int:
    """Whole days from `now` until a time (both ms); negative after it."""
    return (until - now) // _DAY


def ends_soon(until: int, now: int) -> bool:
    """Whether a key that may act until then (ms) should be renewed."""
    return days_left(until, now) < WARNED_DAYS


class KeyWatch:
    """Looks at the key now and then, and when the exchange has refused it. `protected` says in words what
    protects the coins, `clock` gives ms."""

    def __init__(self, alarms: Alarms, clock: Callable[[], int], protected: Callable[[], str]) -> None:
        self._alarms = alarms
        self._clock = clock
        self._protected = protected
        self._refusal = ""  # the exchange's words, while it refuses the key
        self._signer: Signer | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the exchange has refused the key and taken nothing from it since."""
        return bool(self._refusal)

    def learned(self, signer: Signer) -> None:
        """The exchange has said what it knows of the key."""
        self._signer = signer
        self.say()

    def refused(self, words: str) -> bool:
        """The exchange has refused an action because of the key; returns whether that is news."""
        news, self._refusal = not self._refusal, words
        self.say()
        return news

    def accepted(self) -> None:
        """The exchange has taken an action that the key signed."""
        if self._refusal:
            self._refusal = ""
            self.say()

    def say(self) -> None:
        """Sound the alarm, or end it, by what is known now."""
        signer, now = self._signer, self._clock()
        key = "the key that signs" if signer is None else named(signer)
        until = None if signer is None else signer.valid_until
        lost = signer is not None and not signer.may_act
        expired = until is not None and until <= now
        if expired or lost or self._refusal:
            how = f"is refused: {self._refusal.rstrip('.')}"
            if until is not None and (expired or lost):
                how = (
                    f"expired on {date(until)}"
                    if expired
                    else f"was revoked (it was good until {date(until)})"
                )
            elif lost:
                how = "was revoked"
            text = f"{key} {how}. Nothing is placed or cancelled any more; {self._protected()}. "
            self._alarms.sound(_ALARM, Severity.CRITICAL, f"{text}Approve a new one and start again with it")
        elif until is not None and ends_soon(until, now):
            left = days_left(until, now)
            text = f"{key} signs until {date(until)}, {left} days more: approve a new one before that"
            self._alarms.sound(_ALARM, Severity.WARNING, text)
        else:
            self._alarms.clear(_ALARM)
