"""Somebody outside who sends alerts of one trade: new ones, the same again, late ones, and again what nobody
has answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from hypertui.core.intents import IntentVerb
from hypertui.intents.gate import OLDEST
from hypertui.webhook.requests import HookAnswer
from tests.simulation.alert_audit import AlertAudit, SentAlert
from tests.simulation.scenario import Alerts
from tests.support.alert_times import time_text

# What is sent how often, in a hundred.
_VERBS = {
    IntentVerb.OPEN: 55,
    IntentVerb.CLOSE: 22,
    IntentVerb.PAUSE: 5,
    IntentVerb.RESUME: 14,
    IntentVerb.CANCEL_BUYS: 3,
    IntentVerb.SELL_OUT: 1,
}
_WORDS = {IntentVerb.OPEN: "buy", IntentVerb.CLOSE: "sell"}
_TRIES = 4

Post = Callable[[SentAlert], Awaitable[HookAnswer | None]]


class AlertSender:
    """Of the trade `title`, by these `sources`, each with what it may want. `post` hands an alert over and
    returns the answer, None where there is none; `held` says how many coins there are, `wall` gives the ms of
    the engine's machine. While it is `quiet` nothing new is sent, and only what has been taken is again."""

    def __init__(
        self,
        title: str,
        symbol: str,
        sources: dict[str, frozenset[IntentVerb]],
        terms: Alerts,
        random: Random,
        post: Post,
        held: Callable[[], Decimal],
        wall: Callable[[], int],
        audit: AlertAudit,
    ) -> None:
        self.quiet = False
        self._title = title
        self._symbol = symbol
        self._sources = sources
        self._terms = terms
        self._random = random
        self._post = post
        self._held = held
        self._wall = wall
        self._audit = audit
        self._sent = 0
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await asyncio.sleep(self._random.expovariate(1 / self._terms.every))
                if not self.quiet:
                    self._send()
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    def _send(self) -> None:
        random = self._random
        alert = self._written()
        late = 0.0
        if random.random() < self._terms.late:
            late = random.choice((random.uniform(0, 5), random.uniform(0, 50), random.uniform(50, 200)))
        self._spawn(alert, late)
        if random.random() < self._terms.again:
            for _ in range(random.choice((1, 1, 2, 3))):
                span = random.choice((0.02, 0.5, 5.0, 40.0, 400.0))
                self._spawn(alert, late + random.uniform(-min(late, span), span))

    def _spawn(self, alert: SentAlert, after: float) -> None:
        task = asyncio.create_task(self._deliver(alert, after), name=f"alert {alert.name}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _written(self) -> SentAlert:
        random = self._random
        source = random.choice(list(self._sources))
        verb = random.choices(list(_VERBS), list(_VERBS.values()))[0]
        self._sent += 1
        fields: dict[str, Any] = {"action": _WORDS.get(verb, verb.value) if random.random() < 0.5 else verb}
        if random.random() >= self._terms.nameless:
            fields["id"] = f"{self._title} {self._sent}"
        elif random.random() < 0.5:
            fields["order_id"] = f"L{self._sent % 3}"
        if random.random() < 0.3:
            fields["symbol"] = random.choice((self._symbol, f"BINANCE:{self._symbol}USDT.P"))
        if verb is IntentVerb.OPEN and random.random() < 0.25:
            believed = "long" if self._held() > 0 else "flat"
            fields["prev_market_position"] = random.choice(("long", "flat", believed, believed, believed))
        return self._told(source, verb, fields)

    def _told(self, source: str, verb: IntentVerb, fields: dict[str, Any]) -> SentAlert:
        at = self._wall() + self._terms.ahead
        fields["time"] = time_text(at)
        name = fields.get("id") or f"{verb} {at} {fields.get('order_id', '')}"
        return SentAlert(
            f"webhook:{source}", verb, name, at, json.dumps(fields).encode(), verb in self._sources[source]
        )

    async def _deliver(self, alert: SentAlert, after: float) -> None:
        """Send it after so many seconds, and again while nobody has taken it."""
        random = self._random
        await asyncio.sleep(max(after, 0.0))
        if "id" in (fields := json.loads(alert.body)) and random.random() < 0.3:
            # Whoever names an alert may say it again at any time: it stays the same one.
            alert = replace(self._told(alert.source.partition(":")[2], alert.verb, fields), name=alert.name)
        for _ in range(_TRIES):
            await asyncio.sleep(random.uniform(0.0, 0.3))
            if self.quiet and not self._audit.knows(alert):
                return
            arrived_at = self._wall()
            answer = await self._post(alert)
            if answer is not None:
                self._audit.answered(alert, answer, arrived_at)
            if answer is not None and answer.status not in (429, 503):
                return
            await asyncio.sleep(random.choice((random.uniform(0.1, 3.0), random.uniform(3.0, 40.0))))
            if self._wall() + self._terms.ahead - alert.event_at > 2 * OLDEST:
                return
