"""What comes through the door goes to the desk, once it is seen to be what the plan allows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from hypertui.core.intents import IntentReason
from hypertui.core.redaction import printable, without_secrets
from hypertui.intents.desk import IntentDesk
from hypertui.intents.gate import Alert, SourceRules, not_of_now
from hypertui.intents.received import NotWritten, Received
from hypertui.webhook.hook_settings import HookSettings
from hypertui.webhook.taker import Denial

_LONGEST_KEY, _LONGEST_TEXT = 64, 400  # characters


class DeskTaker:
    """An AlertTaker, on the desk's loop. `wall` is the clock that senders share (ms)."""

    def __init__(
        self, desk: IntentDesk, settings: Mapping[str, HookSettings], wall: Callable[[], int]
    ) -> None:
        self._desk = desk
        self._settings = settings
        self._wall = wall

    def deny(self, why: Denial, times: int = 1) -> None:
        """Count who was turned away before it was known to be anybody's alert."""
        self._desk.deny(why, times)

    async def receive(self, name: str, alert: Alert) -> Received:
        """Have an alert written down, and something done about it. Raises NotWritten, and ValueError for one
        that the door should not have let in."""
        settings = self._known(name)
        is_sized = alert.most is None or (settings.sized and alert.most > 0)
        is_key = len(alert.key) <= _LONGEST_KEY and alert.key.isprintable()
        if alert.verb not in settings.rules.verbs or not is_sized or not is_key:
            raise ValueError(f"the door let in what {name} may not want")
        # Between the door and here it may have waited, for as long as either process has stood still.
        if wrong := not_of_now(alert.event_at, self._wall()):
            return await self.reject(name, alert.verb, IntentReason.STALE, wrong)
        return await self._written(settings.rules, self._desk.receive(settings.rules, alert))

    async def reject(self, name: str, verb: str, reason: IntentReason, text: str) -> Received:
        """Have it written down that what a source wanted came to nothing. Raises NotWritten, and ValueError
        for a source that there is not."""
        rules = self._known(name).rules
        words = without_secrets(printable(text, _LONGEST_TEXT))
        return await self._written(
            rules, self._desk.reject(rules, printable(verb, _LONGEST_KEY), reason, words)
        )

    def _known(self, name: str) -> HookSettings:
        if name not in self._settings:
            raise ValueError("the door let in a source that there is not")
        return self._settings[name]

    async def _written(self, rules: SourceRules, work: Awaitable[Received]) -> Received:
        try:
            received = await work
        except NotWritten as error:
            self._desk.warnings.not_written(rules.title, str(error), rules.trade)
            raise
        self._desk.warnings.written(rules.title)
        return received
