"""What leaves the machine, by the settings: checked before anything starts, then sent beside the engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from hypertui.cli.places import journal_url
from hypertui.core.clock import CLOCK
from hypertui.core.files import read_private
from hypertui.port.engine import EngineView
from hypertui.settings import Settings

# What sends is loaded where something is to be sent: most starts do without.
if TYPE_CHECKING:
    from aiohttp import BaseConnector

    from hypertui.notices.heartbeat import Heartbeat
    from hypertui.notices.post import NoticePlan, Watched

_QUEUE = "notices.db"
_LONGEST_ADDRESS = 4_000  # bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Notices by `plan` and the `heart`'s signs of life; None of either where it is not configured."""

    plan: NoticePlan | None
    heart: Heartbeat | None

    @property
    def beside(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """What goes on on the engine's own loop."""
        return () if self.heart is None else (self.heart.run,)

    @contextmanager
    def told(self, engine: Watched, settings: Settings, state_dir: Path) -> Iterator[None]:
        """Tell of an engine while the context is open."""
        if self.plan is None:
            yield
            return
        from hypertui.notices.post import NoticePost

        url, network = journal_url(settings.ledger.url, state_dir), settings.network.value

        def report(midnight: int, view: EngineView) -> str:
            from hypertui.notices.daily import daily_report

            text = daily_report(url, network, midnight, view)
            if self.heart is None:
                return text
            figure = self.heart.figure
            return f"{text}\n{figure.arrived} of {figure.given} heartbeats arrived since the start"

        with NoticePost(engine, self.plan, queue_file(state_dir), report, CLOCK, SystemRandom()):
            yield


def notices_kept(folder: Path) -> Mapping[str, int]:
    """How many notices are in each state, of those that the queue in a state folder keeps; none where there
    is no queue, or it cannot be read just now."""
    from hypertui.notices.outbox import counted

    try:
        return counted(queue_file(folder))
    except sqlite3.Error:
        return {}


def queue_file(folder: Path) -> Path:
    """The queue's file in a state folder; it need not be there."""
    return folder / _QUEUE


def outgoing(settings: Settings) -> Outgoing:
    """What the settings ask for. Raises ValueError with one line, which repeats no secret, for what cannot be
    used."""
    return Outgoing(notice_plan(settings), _heart(settings))


def notice_plan(settings: Settings) -> NoticePlan | None:
    """The notices that are configured, if any are. Raises ValueError as above."""
    said = settings.notices
    if said.urls_file is None:
        return None
    from hypertui.notices.channels import read_channels
    from hypertui.notices.hours import QuietHours, time_of_day
    from hypertui.notices.post import NoticePlan

    _refuse_an_address("notices.urls_file", said.urls_file)
    channels = read_channels(said.urls_file)
    if find_spec("apprise") is None:
        raise ValueError("notices need apprise: pip install 'hypertui[notices]'")
    quiet = None if said.quiet is None else QuietHours.parse(said.quiet)
    return NoticePlan(channels, said.min, quiet, time_of_day(said.daily_at))


def _heart(settings: Settings) -> Heartbeat | None:
    said = settings.notices
    if said.heartbeat_url is not None:
        name, url = "HYPERTUI_NOTICES__HEARTBEAT_URL", said.heartbeat_url.get_secret_value().strip()
    elif said.heartbeat_file is not None:
        _refuse_an_address("notices.heartbeat_file", said.heartbeat_file)
        name = f"notices.heartbeat_file {said.heartbeat_file}"
        try:
            url = read_private(said.heartbeat_file, _LONGEST_ADDRESS).strip()
        except OSError as error:
            raise ValueError(f"{name} cannot be used: {error.strerror}") from None
    else:
        return None
    from hypertui.notices.heartbeat import Heartbeat, refuse_address

    try:
        refuse_address(url)
    except ValueError as error:
        raise ValueError(f"the address in {name} {error}") from None
    return Heartbeat(url, said.heartbeat_every, CLOCK, connector=_connector)


def _connector() -> BaseConnector:
    """One whose look-up of a name nobody waits for, not even the end of the process."""
    from aiohttp import TCPConnector

    from hypertui.exchange.hyperliquid.resolver import Resolver

    return TCPConnector(resolver=Resolver())


def _refuse_an_address(name: str, path: Path) -> None:
    """An address in the place of its file would be repeated in messages."""
    if ":/" in str(path):
        raise ValueError(f"{name} holds an address; it names a private file that has it")
