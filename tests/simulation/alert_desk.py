"""The desk of intents of one process, from what is left of a request after HTTP to the engine's command: real
but for the time that its rows take, and gone with the process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeVar, cast

from hypertui.alert_source.desk_taker import DeskTaker
from hypertui.core.intents import IntentReason, IntentState
from hypertui.intents.arming import Arming
from hypertui.intents.desk import IntentDesk
from hypertui.journal import JournalDown
from hypertui.journal.intents import IntentJournal
from hypertui.journal.records import IntentRecord
from hypertui.port.commands import Ack, Command
from hypertui.port.engine import EnginePort
from hypertui.port.snapshot import Snapshot
from hypertui.webhook.hook_settings import HookSettings
from hypertui.webhook.requests import Door as AlertDoor
from hypertui.webhook.requests import HookAnswer, HookRequest
from hypertui.webhook.secrets import Hooks
from tests.simulation.alert_audit import AlertAudit
from tests.simulation.door import Boundary, Door
from tests.simulation.ledger import Disk

T = TypeVar("T")

_PATIENCE = 3.0  # seconds that a sender waits for its answer
_UNSEEN = 0.3  # the chance that what a bad disk did not answer for was written all the same


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What the desks of all processes of one machine have in common. `clock` and `wall` are in ms, the second
    one is the one that hands set; `intents` opens the journal."""

    network: str
    settings: Mapping[str, HookSettings]
    hooks: Hooks
    audit: AlertAudit
    random: Random
    clock: Callable[[], int]
    wall: Callable[[], int]
    intents: Callable[[], IntentJournal]


class Watched:
    """An engine, as a desk has it, whose commands are watched."""

    def __init__(
        self,
        shown: Callable[[str], Snapshot | None],
        command: Callable[[Command], Coroutine[Any, Any, Ack]],
        audit: AlertAudit,
        born: int,
    ) -> None:
        self._shown = shown
        self._command = command
        self._audit = audit
        self._born = born

    @property
    def view(self) -> Watched:
        """Itself: only the trades that are asked for are looked at."""
        return self

    def trade(self, name: str) -> Snapshot | None:
        """The trade of this name, as it is shown at this moment."""
        return self._shown(name)

    async def command(self, command: Command) -> Ack:
        """Hand it on."""
        self._audit.commanded(command, self._born)
        ack = await self._command(command)
        self._audit.acknowledged(command, ack)
        return ack


class DoorIntents:
    """The journal's intents until their process dies: nothing of it is written from then on."""

    def __init__(self, journal: IntentJournal, door: Door, disk: Disk, parts: DeskParts) -> None:
        self._journal = journal
        self._door = door
        self._disk = disk
        self._parts = parts

    def receive(self, record: IntentRecord) -> IntentRecord:
        """Write it down, unless it is known."""
        return self._written(lambda: self._journal.receive(record), lambda first: _as_kept(record, first))

    def change(self, record: IntentRecord) -> None:
        """Write down what has become of it."""
        self._written(lambda: self._journal.change(record), lambda _: record)

    def give_up(self, record: IntentRecord) -> None:
        """Write down that nothing came of it, where nothing has."""
        known = self._parts.audit.row(record.id)
        is_open = known is not None and known.state == IntentState.RECEIVED
        self._written(lambda: self._journal.give_up(record), lambda _: record if is_open else known)

    def prune(self, now: int) -> bool:
        """No seed lasts so long that any of it were too old."""
        return False

    def unfinished(self) -> Sequence[IntentRecord]:
        """Those that have not come to an end."""
        return self._journal.unfinished()

    def newest(self, most: int) -> Sequence[IntentRecord]:
        """The newest ones."""
        return self._journal.newest(most)

    def close(self) -> None:
        """Let go of the file."""
        self._journal.close()

    def _written(self, work: Callable[[], T], kept: Callable[[T], IntentRecord | None]) -> T:
        if self._door.shut:
            raise JournalDown("its process is dead")
        is_down = self._disk.is_down()
        if is_down and self._parts.random.random() > _UNSEEN:
            raise JournalDown("the database is out of reach")
        if not self._door.passes(Boundary.NOTED):
            raise JournalDown("its process is dead")
        done = work()
        if (row := kept(done)) is not None:
            self._parts.audit.written(row)
        self._door.passes(Boundary.KNOWN)
        if is_down:
            raise JournalDown("the database has not answered")
        return done


def _as_kept(record: IntentRecord, first: IntentRecord) -> IntentRecord:
    """The row of one that was received, whose first one this is."""
    if first.id == record.id:
        return record
    text = f"of {first.id}"
    return replace(record, state=IntentState.DUPLICATE, reason=IntentReason.DUPLICATE, text=text)


class SimDesk(IntentDesk):
    """The desk, whose rows take as long as the disk of its machine needs for them, one after another."""

    def __init__(self, engine: Watched, door: Door, disk: Disk, parts: DeskParts) -> None:
        self._parts = parts
        self._door = door
        self._disk = disk
        self._line = asyncio.Lock()
        self._is_closed = False
        self._answering: set[asyncio.Task[HookAnswer]] = set()

        def journal() -> IntentJournal:
            return cast(IntentJournal, DoorIntents(parts.intents(), door, disk, parts))

        rules = [each.rules for each in parts.settings.values()]
        arming = Arming(rules, parts.clock)
        random = parts.random
        super().__init__(
            cast(EnginePort, engine),
            journal,
            parts.network,
            arming,
            parts.clock,
            new_id=lambda: f"{random.getrandbits(128):032x}",
        )
        taker = DeskTaker(self, parts.settings, parts.wall)
        self._requests = AlertDoor(taker, parts.hooks, parts.settings, (), parts.clock, parts.wall)

    async def answer(self, path: str, said: bytes) -> HookAnswer | None:
        """The answer to a request with this body; None where nobody answers in time. What has arrived is seen
        through all the same."""

        async def body(most: int) -> bytes | None:
            return said if len(said) <= most else None

        if self._door.shut or self._is_closed:
            return None
        answer = asyncio.create_task(self._requests.answer(HookRequest("POST", path, "1.2.3.4"), body))
        self._answering.add(answer)
        answer.add_done_callback(self._answering.discard)
        await asyncio.wait([answer], timeout=_PATIENCE)
        return answer.result() if answer.done() and not answer.cancelled() and not self._door.shut else None

    async def close(self) -> None:
        """Nobody is answered any more."""
        self._is_closed = True
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        await super().close()

    async def _written(self, work: Callable[[IntentJournal], T]) -> T:
        async with self._line:
            await asyncio.sleep(self._disk.takes())
            if self._door.shut:
                await self._door.never()
            done = await super()._written(work)
        await asyncio.sleep(self._parts.random.uniform(0.0, 0.005))
        return done
