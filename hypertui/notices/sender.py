"""A channel's own thread, the only place where apprise is loaded.

What a channel does takes as long as it likes, and may fail in any way: nobody waits for it. Its addresses are
secrets, and so is what libraries say of them: of a failure no more is told than its kind.
"""

from __future__ import annotations

import gc
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

from hypertui.notices.channels import Channel
from hypertui.port.snapshot import Severity

if TYPE_CHECKING:
    from apprise import NotifyBase

TITLE = "hypertui"
_STATUS = re.compile(r"error=([1-5][0-9]{2})\b")
_NO_ANSWER = re.compile(r"connection|timed? ?out", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to leave by a channel."""

    severity: Severity
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of the last letter after `took` (ms); `trouble` says why it has not left, empty where it
    has."""

    channel: str
    took: int
    trouble: str


class Sender:
    """Sends what one channel is given, a letter at a time, and hands to `done`, in its own thread, what has
    become of each; `clock` in ms."""

    def __init__(self, channel: Channel, done: Callable[[Delivered], None], clock: Callable[[], int]) -> None:
        self.channel = channel
        self._done = done
        self._clock = clock
        self._letters: SimpleQueue[Letter] = SimpleQueue()
        self._plugin: NotifyBase | None = None
        self._thread = threading.Thread(target=self._run, name=f"notices {channel.name}", daemon=True)

    def start(self) -> None:
        """Begin. It never ends by itself: it goes with the process, whatever it waits for."""
        self._thread.start()

    def give(self, letter: Letter) -> None:
        """A letter to send. Waits for nothing."""
        self._letters.put(letter)

    def _run(self) -> None:
        trouble = self._load()
        while True:
            letter = self._letters.get()
            began = self._clock()
            failed = trouble or self._trouble(letter)
            self._done(Delivered(self.channel.name, self._clock() - began, failed))

    def _load(self) -> str:
        """Load apprise; returns why that failed, empty where it did not."""
        try:
            _keep_back()
            import apprise

            asset = apprise.AppriseAsset(app_id=TITLE, app_desc="notices", app_url="")
            self._plugin = apprise.Apprise.instantiate(self.channel.url, asset=asset)
            gc.freeze()  # what is loaded stays: to look through it for garbage would hold up all trades
        except Exception as error:  # noqa: BLE001 - a broken installation is no channel's address
            return f"apprise cannot be loaded: {type(error).__name__}"
        return "" if self._plugin is not None else "apprise knows no such address"

    def _trouble(self, letter: Letter) -> str:
        """Send it; returns why that failed, empty where it has left."""
        try:
            return self._sent(letter)
        except Exception as error:  # noqa: BLE001 - whatever a channel does; its words may hold its address
            return f"apprise failed: {type(error).__name__}"

    def _sent(self, letter: Letter) -> str:
        from apprise.common import NotifyFormat, NotifyType, OverflowMode
        from apprise.conversion import convert_between

        assert self._plugin is not None, "else its address is the trouble"
        # In the channel's own form, escaped: else whatever the exchange said would be taken for markup.
        form = self._plugin.resolve_format(NotifyFormat.TEXT)
        kinds = {Severity.INFO: NotifyType.INFO, Severity.WARNING: NotifyType.WARNING}
        kind = kinds.get(letter.severity, NotifyType.FAILURE)
        _WORDS.clear()
        text = convert_between(NotifyFormat.TEXT, form, letter.text)  # type: ignore[no-untyped-call]
        left = self._plugin.notify(
            body=text,
            title=letter.title,
            notify_type=kind,
            body_format=form,
            overflow=OverflowMode.SPLIT,
        )
        return "" if left else _WORDS.in_brief()


class _Words(logging.Handler):
    """What apprise says in each thread, kept from the log: it may hold addresses."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it for the thread that says it."""
        self._said.lines = [*getattr(self._said, "lines", []), record.getMessage()][-10:]

    def clear(self) -> None:
        """Forget what was said in this thread."""
        self._said.lines = []

    def in_brief(self) -> str:
        """The kind of what was said in this thread, without its words."""
        text = " ".join(getattr(self._said, "lines", []))
        status = _STATUS.search(text)
        if status is not None:
            return f"it answered {status[1]}"
        return (
            "no connection, or no answer in time" if _NO_ANSWER.search(text) else "apprise could not send it"
        )


_WORDS = _Words()


def _keep_back() -> None:
    """Keep what apprise and what is below it say from the log and the screen."""
    import urllib3

    urllib3.disable_warnings()  # which name a host, on standard error, in the middle of a screen
    for name in ("apprise", "urllib3"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.addHandler(_WORDS)  # once, however often it is added
