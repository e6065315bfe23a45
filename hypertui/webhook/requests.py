"""A request to the door and its answer, in this order: secret, address, size, rate, schema, time, repetition.

What fails before the rate is counted and never written down; what fails after it is a row in the journal. No
answer repeats what was sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hypertui.core.intents import IntentReason, IntentState
from hypertui.intents.gate import not_of_now
from hypertui.intents.received import NotWritten, Received
from hypertui.webhook.hook_settings import HookSettings
from hypertui.webhook.limits import AlertRate, WrongSecrets
from hypertui.webhook.message import Misunderstood
from hypertui.webhook.origin import AddressRange, is_within, origin
from hypertui.webhook.secrets import Hooks
from hypertui.webhook.taker import AlertTaker, Denial

MOST_BYTES = 8_192  # of a body
_LONGEST_PATH = 200
_STATUS = {
    IntentReason.NOT_ALLOWED: 403,
    IntentReason.HODL: 403,
    IntentReason.SCHEMA: 422,
    IntentReason.STALE: 422,
}


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A request, as far as it is read: the body comes later."""

    method: str
    path: str
    peer: str
    forwarded: Sequence[str] = ()
    signature: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """`status` None is no answer at all."""

    status: int | None
    body: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The body as it is sent."""
        return json.dumps(self.body).encode() + b"\n"


class HookBody(Protocol):
    """The body of a request, which may never come."""

    async def __call__(self, most: int) -> bytes | None:
        """All of it, None where it is more than `most` bytes. Raises OSError or TimeoutError."""


class Door:
    """Of the webhooks of one engine; to be used on one loop. `clock` gives ms that nobody sets, `wall` those
    that senders have too."""

    def __init__(
        self,
        taker: AlertTaker,
        hooks: Hooks,
        settings: Mapping[str, HookSettings],
        trusted: Sequence[AddressRange],
        clock: Callable[[], int],
        wall: Callable[[], int],
    ) -> None:
        self._taker = taker
        self._hooks = hooks
        self._settings = settings
        self._trusted = tuple(trusted)
        self._clock = clock
        self._wall = wall
        self._rate = AlertRate()
        self._wrong = WrongSecrets()

    async def answer(self, asked: HookRequest, body: HookBody) -> HookAnswer:
        """The answer to a request."""
        came_from = origin(asked.peer, asked.forwarded, self._trusted)
        parts = asked.path.split("/") if len(asked.path) <= _LONGEST_PATH else []
        if asked.method != "POST" or len(parts) not in (3, 4) or parts[:2] != ["", "hook"]:
            return self._denied("path", came_from)
        name, token = parts[2], parts[3] if len(parts) == 4 else ""
        settings = self._settings.get(name)
        is_signed = len(parts) == 3
        if not is_signed and not (self._hooks.knows_token(name, token) and settings is not None):
            return self._denied("secret", came_from)
        if settings is not None and settings.allowed and not is_within(came_from, settings.allowed):
            self._taker.deny("address")
            return HookAnswer(403, {"error": "not from this address"})
        if asked.length is not None and asked.length > MOST_BYTES:
            return self._too_large()
        said = await body(MOST_BYTES)
        if said is None:
            return self._too_large()
        if is_signed:
            known = self._hooks.knows_signature(name, asked.signature, said, self._wall() / 1_000)
            if not known or settings is None:
                return self._denied("secret", came_from)
        assert settings is not None, "else it was denied"
        if not self._rate.allows(name, self._clock()):
            self._taker.deny("rate")
            return HookAnswer(429, {"error": "too many alerts: 10 a minute"})
        try:
            return await self._taken(settings, said)
        except NotWritten:
            return HookAnswer(503, {"error": "it could not be written down: send it again"})

    async def _taken(self, settings: HookSettings, said: bytes) -> HookAnswer:
        rules = settings.rules
        try:
            alert = settings.alert(said)
            if wrong := not_of_now(alert.event_at, self._wall()):
                raise Misunderstood(IntentReason.STALE, wrong, alert.verb)
            if alert.verb not in rules.verbs:
                text = f"{alert.verb} is not among its verbs"
                raise Misunderstood(IntentReason.NOT_ALLOWED, text, alert.verb)
        except Misunderstood as error:
            received = await self._taker.reject(rules.name, error.verb, error.reason, error.text)
            return _told(_STATUS[error.reason], received, {"reason": error.reason, "error": error.text})
        received = await self._taker.receive(rules.name, alert)
        if received.is_new and received.state is IntentState.REJECTED:  # it has waited behind the door
            return _told(_STATUS[IntentReason.STALE], received)
        return _told(202 if received.is_new else 200, received)

    def _denied(self, why: Denial, came_from: str) -> HookAnswer:
        self._taker.deny(why)
        answers = self._wrong.answers(came_from, self._clock())
        return HookAnswer(401 if answers else None, {"error": "not known here"})

    def _too_large(self) -> HookAnswer:
        self._taker.deny("size")
        return HookAnswer(413, {"error": f"more than {MOST_BYTES} bytes"})


def _told(status: int, received: Received, more: Mapping[str, str] | None = None) -> HookAnswer:
    return HookAnswer(status, {"id": received.id, "state": received.state.value, **(more or {})})
