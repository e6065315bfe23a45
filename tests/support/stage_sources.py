"""The sources on a stage: the real desk of intents with its journal, and the real door, in virtual time. What
somebody sends is what is left of a request after HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from hypertui.alert_source.desk_taker import DeskTaker
from hypertui.engine.engine import EmbeddedEngine
from hypertui.intents.arming import Arming
from hypertui.intents.desk import IntentDesk
from hypertui.journal.intents import IntentJournal
from hypertui.webhook.hook_settings import HookSettings
from hypertui.webhook.requests import Door, HookAnswer, HookRequest
from hypertui.webhook.secrets import HookKind, Hooks
from tests.support.alert_times import time_text

_PLACE = "http://127.0.0.1:9465/hook/"
_SENDER, _STRANGER = "52.89.214.238", "203.0.113.9"


class StageSources:
    """Webhooks of the engines of one play, on this network; `clock` gives ms. Their journal and their secrets
    are in `folder`, and outlive each engine."""

    def __init__(
        self, hooks: Sequence[HookSettings], network: str, clock: Callable[[], int], folder: Path
    ) -> None:
        self._settings = {each.rules.name: each for each in hooks}
        self._network = network
        self._clock = clock
        self._url = f"sqlite:///{folder / 'journal.db'}"
        self._ids = Random("intents")
        self._hooks = Hooks(folder / "webhooks.json")
        self._secrets = {name: self._hooks.add(name, HookKind.PATH, clock()) for name in self._settings}

    def begin(self, engine: EmbeddedEngine) -> None:
        """Serve this engine."""
        arming = Arming([each.rules for each in self._settings.values()], self._clock)
        self._desk = IntentDesk(
            engine,
            lambda: IntentJournal.open(self._url, self._network),
            self._network,
            arming,
            self._clock,
            new_id=lambda: f"{self._ids.getrandbits(128):032x}",
        )
        self._desk.place = _PLACE
        taker = DeskTaker(self._desk, self._settings, self._clock)
        self._door = Door(taker, self._hooks, self._settings, (), self._clock, self._clock)
        self._serving = asyncio.create_task(self._desk.run(), name="desk")
        engine.sources = self._desk

    async def leave(self) -> None:
        """The engine is gone."""
        self._serving.cancel()
        (end,) = await asyncio.gather(self._serving, return_exceptions=True)
        await self._desk.close()
        assert isinstance(end, asyncio.CancelledError), f"the desk has ended by itself: {end!r}"

    async def alert(self, source: str, action: str, ago: float = 0.0, **fields: str) -> HookAnswer:
        """The answer to an alert of what happened so many seconds `ago`."""
        time = time_text(self._clock() - round(ago * 1000))
        body = json.dumps({"action": action, "time": time, **fields}).encode()
        return await self._answer(source, self._secrets[source], _SENDER, body)

    async def intrude(self, source: str, secret: str) -> HookAnswer:
        """The answer to a stranger who guesses a secret."""
        return await self._answer(source, secret, _STRANGER, b"{}")

    async def _answer(self, source: str, secret: str, peer: str, said: bytes) -> HookAnswer:
        async def body(most: int) -> bytes | None:
            return said if len(said) <= most else None

        return await self._door.answer(HookRequest("POST", f"/hook/{source}/{secret}", peer), body)
