"""The desk: takes what sources want, has it judged, gives the trade its command, and follows that to its end.

An alert is written down before anything is done about it, and what is about to be done before it is done.
Nothing is done twice: what was under way when an engine ended has an unknown outcome, and what was not begun
is too old.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

from hypertui.core.intents import COMMAND_OF_INTENT, IntentReason, IntentState
from hypertui.core.market import Source
from hypertui.intents.arming import Arming
from hypertui.intents.gate import OLDEST, Alert, GateVerdict, Proof, SourceRules, command_for, judge
from hypertui.intents.journal_thread import JournalThread
from hypertui.intents.outcome import FOLLOWED_FOR, outcome
from hypertui.intents.proving import Prove, Proving
from hypertui.intents.received import NotWritten, Received
from hypertui.intents.shown import MOST_SHOWN, ShownIntents
from hypertui.intents.warnings import Warnings
from hypertui.journal import JournalError
from hypertui.journal.intents import IntentJournal
from hypertui.journal.records import IntentRecord
from hypertui.port.commands import Command, Verb
from hypertui.port.engine import EnginePort
from hypertui.port.intents import IntentsView

_SHOWN_WITHIN = 0.5  # seconds until a snapshot says why the trade has refused something
_SENT_AGAIN = OLDEST + 10_000  # ms: an alert that is sent later is too old
_CATCH_UP_EVERY = 2_000  # ms
_NOBODYS_AFTER = 86_400_000  # ms since an intent of a source that is not in the settings was touched
_LOOK = 0.2  # seconds between two looks at what becomes of them
_SETTLED_AGAIN = 5_000  # ms until the journal is tried again that cannot be read
_PRUNED_EVERY, _PRUNED_ON = 86_400_000, 2_000  # ms until what is too old goes again, and while more is left
_LOG = logging.getLogger(__name__)

T = TypeVar("T")


class IntentDesk:
    """Of one engine. To be used on one loop, but for `view` and `arming`; `clock` gives ms, `new_id` ids of
    intents (32 hex digits). Without `prove` no market is proven."""

    def __init__(
        self,
        engine: EnginePort,
        open_journal: Callable[[], IntentJournal],
        network: str,
        arming: Arming,
        clock: Callable[[], int],
        prove: Prove | None = None,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self.arming = arming
        self._engine = engine
        self._journal = JournalThread("intents", open_journal)
        self._network = network
        self._clock = clock
        self._new_id = new_id
        self._proving = Proving(engine, prove, clock)
        self._open: dict[str, tuple[IntentRecord, int]] = {}  # by id: those that are followed, and since when
        # By source and key: those that may have been written down, or not.
        self._unsure: defaultdict[tuple[str, str], list[IntentRecord]] = defaultdict(list)
        self._unwritten: dict[str, IntentRecord] = {}  # by id: states that are shown and not written yet
        self._shown = ShownIntents()
        self._caught_up_at = 0
        self._denied: Counter[str] = Counter()
        self.warnings = Warnings(clock)
        self._pursuing: set[asyncio.Task[None]] = set()
        self.place = ""

    @property
    def view(self) -> IntentsView:
        """The newest view, from any thread."""
        return IntentsView(
            self.place,
            self.arming.view,
            self._shown.newest,
            self._shown.counts,
            tuple(sorted(self._denied.copy().items())),
            self.warnings.view,
        )

    def refusal(self, command: Command) -> str:
        """Why a source cannot be armed or disarmed, in words; empty where it can."""
        return self.arming.refusal(command)

    def arm(self, command: Command) -> str:
        """Arm or disarm it; returns what that comes to, in words."""
        return self.arming.arm(command)

    def acknowledge(self, command: Command, trade: str) -> Sequence[str]:
        """Note that an operator knows of alarms of the sources that speak to `trade`; returns the keys of
        those that nobody knew of before."""
        return self.warnings.acknowledge(trade, command.alarms, command.who)

    # What arrives

    def deny(self, why: str, times: int = 1) -> None:
        """Count who was turned away before it was known to be anybody's alert."""
        self._denied[why] += times

    async def receive(self, rules: SourceRules, alert: Alert) -> Received:
        """Write an alert down, and have something done about it. Raises NotWritten."""
        now = self._clock()
        self.arming.heard(rules, now)
        new = self._record(rules, alert.verb, alert.key, alert.event_at, now, IntentState.RECEIVED)
        try:
            first = await self._written(lambda journal: journal.receive(new))
        except NotWritten:
            self._unsure[new.source, new.key].append(new)
            raise
        if any(first.id == each.id for each in self._unsure.pop((new.source, new.key), ())):
            # Its sender was told to send it again, and does: it was written after all, and nothing was done.
            new = replace(new, id=first.id)
        elif first.id != new.id:
            return self._repeated(new, first)
        self._shown.show(new)
        task = asyncio.create_task(self._seen_through(rules, alert, new), name=new.id)
        self._pursuing.add(task)
        task.add_done_callback(self._pursuing.discard)
        return Received(new.id, IntentState.RECEIVED, True)

    async def reject(
        self, rules: SourceRules, verb: str, reason: IntentReason, text: str, key: str = ""
    ) -> Received:
        """Write down that what a source wanted came to nothing. Without a `key` it is like no other one. What
        would have sold coins that nothing sells is held, which the operator is told, as of a sound wish that
        has come too late. Raises NotWritten."""
        now = self._clock()
        self.arming.heard(rules, now)
        state = IntentState.HELD if reason is IntentReason.HODL else IntentState.REJECTED
        record = self._record(rules, verb, key, now, now, state)
        record = replace(record, key=key or record.id, reason=reason.value, text=text)
        first = await self._written(lambda journal: journal.receive(record))
        if first.id != record.id:
            return self._repeated(record, first)
        self._shown.show(record)
        self.warnings.judged(rules.source, rules.trade, verb, GateVerdict(state, reason.value, text))
        return Received(record.id, state, True)

    def _repeated(self, again: IntentRecord, first: IntentRecord) -> Received:
        text, reason = f"of {first.id}", IntentReason.DUPLICATE.value
        self._shown.show(replace(again, state=IntentState.DUPLICATE.value, reason=reason, text=text))
        return Received(first.id, self._shown.state_of(first), False)

    def _record(
        self, rules: SourceRules, verb: str, key: str, event_at: int, now: int, state: IntentState
    ) -> IntentRecord:
        return IntentRecord(
            self._new_id(),
            self._network,
            rules.source,
            key,
            str(verb),
            rules.trade,
            event_at,
            now,
            now + rules.ttl,
            state.value,
            changed_at=now,
        )

    # What is done about it

    async def _seen_through(self, rules: SourceRules, alert: Alert, record: IntentRecord) -> None:
        try:
            await self._pursue(rules, alert, record)
        except Exception:  # noqa: BLE001 - of this intent alone
            _LOG.exception("a defect: intent %s", record.id)
            text = "a defect, which the log tells; it is not tried again"
            await self._become(record, GateVerdict(IntentState.FAILED, IntentReason.UNKNOWN, text))

    async def _judged(self, rules: SourceRules, alert: Alert, record: IntentRecord) -> GateVerdict:
        """By what is known now; the ledger is read only where all else lets it through."""
        verdict = self._judged_by(rules, alert, record, None)
        if verdict.reason != IntentReason.UNPROVEN:
            return verdict
        proof = await self._proving.proof(rules, record.expires_at)
        return self._judged_by(rules, alert, record, proof)

    def _judged_by(
        self, rules: SourceRules, alert: Alert, record: IntentRecord, proof: Proof | None
    ) -> GateVerdict:
        now, trade = self._clock(), self._engine.view.trade(rules.trade)
        armed = self.arming.is_armed(rules, now)
        return judge(alert, rules, trade, record.expires_at, now, armed=armed, proof=proof)

    async def _pursue(self, rules: SourceRules, alert: Alert, record: IntentRecord) -> None:
        verdict = await self._judged(rules, alert, record)
        now, trade = self._clock(), self._engine.view.trade(rules.trade)
        if verdict.state is not IntentState.ACCEPTED:
            await self._become(record, verdict)
            return
        accepted = replace(
            record,
            state=IntentState.ACCEPTED.value,
            changed_at=now,
            command_id=f"{COMMAND_OF_INTENT}{record.id}",
        )
        try:
            await self._written(lambda journal: journal.change(accepted))
        except NotWritten as error:
            text = f"nothing was done, because it could not be written down: {error}"
            verdict = GateVerdict(IntentState.FAILED, IntentReason.EXPIRED, text)
            failed = replace(record, state=verdict.state.value, reason=verdict.reason, text=text)
            self._shown.show(failed)
            self.warnings.judged(record.source, record.trade, record.verb, verdict)
            self._unwritten[record.id] = failed
            _LOG.error("intent %s of %s: %s", record.id, rules.source, text)
            return
        self._shown.show(accepted)
        if self._clock() >= record.expires_at:
            await self._become(
                accepted, GateVerdict(IntentState.EXPIRED, IntentReason.EXPIRED, "written too late")
            )
            return
        assert trade is not None, "it was accepted for one"
        await self._send(rules, alert, command_for(alert.verb, trade), accepted)

    async def _send(self, rules: SourceRules, alert: Alert, verb: Verb, record: IntentRecord) -> None:
        ack = await self._engine.command(
            Command(
                record.command_id,
                verb,
                rules.source,
                Source(rules.kind, rules.name),
                rules.trade,
                most=alert.most,
            )
        )
        if not ack.accepted:
            await asyncio.sleep(_SHOWN_WITHIN)
            verdict = await self._judged(rules, alert, record)
            if verdict.state in (IntentState.ACCEPTED, IntentState.EXPIRED):  # it was sent in time
                verdict = GateVerdict(IntentState.FAILED, IntentReason.NOT_RUNNING, ack.text)
            await self._become(record, verdict)
            return
        self._open[record.id] = record, self._clock()
        await self._become(record, GateVerdict(IntentState.SENT, "", ack.text))

    async def _become(self, record: IntentRecord, verdict: GateVerdict) -> None:
        """Write down and show a new state, and tell the operator where nothing came of it; what cannot be
        written is shown alone until it can be, or is settled by the next start."""
        changed = replace(
            record,
            state=verdict.state.value,
            reason=verdict.reason,
            text=verdict.text,
            changed_at=self._clock(),
        )
        self._shown.show(changed)
        self.warnings.judged(record.source, record.trade, record.verb, verdict)
        if record.id in self._open:
            self._open[record.id] = changed, self._open[record.id][1]
        if verdict.state.is_final:
            self._open.pop(record.id, None)
        self._unwritten.pop(record.id, None)
        try:
            await self._written(lambda journal: journal.change(changed))
        except NotWritten as error:
            self._unwritten[record.id] = changed
            _LOG.warning("intent %s is %s, and that is not written: %s", record.id, changed.state, error)

    # Its own run

    async def run(self) -> None:
        """Settle what an earlier engine has left, then follow what is under way, until cancelled."""
        is_settled, tried_at = await self._settled(), self._clock()
        prunes_at = self._clock()
        while True:
            await asyncio.sleep(_LOOK)
            now = self._clock()
            if not is_settled and now - tried_at >= _SETTLED_AGAIN:
                is_settled, tried_at = await self._settled(), now
            await self._catch_up(now)
            if now >= prunes_at:
                prunes_at = now + await self._prune(now)
            self.warnings.look_for_silence(self.arming.rules, self.arming.view, now)
            self._proving.look(self.arming.rules)
            view = self._engine.view
            for record, since in list(self._open.values()):
                found = outcome(record, view.trade(record.trade), since, now)
                if found is None and now - since > FOLLOWED_FOR:
                    found = GateVerdict(IntentState.FAILED, IntentReason.UNKNOWN, "no outcome was seen")
                if found is not None and (found.state.value, found.text) != (record.state, record.text):
                    await self._become(record, found)

    async def _prune(self, now: int) -> int:
        """Have some of what is too old go; returns in how many ms more of it may."""
        try:
            more = await self._written(lambda journal: journal.prune(now))
        except NotWritten:
            more = True  # it may work by then
        return _PRUNED_ON if more else _PRUNED_EVERY

    async def _catch_up(self, now: int) -> None:
        """Write down what could not be, now and then. An alert that may have been written, and is not sent
        again, comes to nothing."""
        if now - self._caught_up_at < _CATCH_UP_EVERY or not (self._unwritten or self._unsure):
            return
        self._caught_up_at = now
        with suppress(NotWritten):
            for id, record in list(self._unwritten.items()):
                await self._written(partial(_change, record))
                if self._unwritten.get(id) is record:
                    del self._unwritten[id]
            for key, tries in list(self._unsure.items()):
                if now - tries[-1].received_at > _SENT_AGAIN:
                    await self._written(partial(_give_up, tries, now))
                    self._unsure.pop(key, None)

    async def close(self) -> None:
        """Give up what is under way, and let the journal go."""
        for task in list(self._pursuing):
            task.cancel()
        await asyncio.gather(*self._pursuing, return_exceptions=True)
        await self._proving.close()
        await self._journal.close()

    async def _settled(self) -> bool:
        """Whether it is known what an earlier engine has left, and that is settled."""
        try:
            await self._settle_what_was_left()
        except NotWritten as error:
            _LOG.warning("what an earlier engine has left is not settled yet: %s", error)
            return False
        return True

    async def _settle_what_was_left(self) -> None:
        """Nothing is replayed after a restart. Another engine may be seeing its own through in this
        journal; what nobody has touched for a day is nobody's any more. Raises NotWritten."""
        ours, now = {rules.source for rules in self.arming.rules}, self._clock()
        found = await self._written(lambda journal: journal.unfinished())
        own = self._open.keys() | {task.get_name() for task in self._pursuing}
        own |= {each.id for tries in self._unsure.values() for each in tries}
        for left in found:
            is_others = left.source not in ours and now - left.changed_at < _NOBODYS_AFTER
            if left.id in own or is_others:
                continue
            if left.command_id:
                text = "the engine ended before its outcome was seen; it is not tried again"
                verdict = GateVerdict(IntentState.FAILED, IntentReason.UNKNOWN, text)
            else:
                text = "the engine ended before anything was done about it"
                verdict = GateVerdict(IntentState.EXPIRED, IntentReason.EXPIRED, text)
            await self._become(left, verdict)
        self._shown.bring_back(await self._written(lambda journal: journal.newest(MOST_SHOWN)))

    async def _written(self, work: Callable[[IntentJournal], T]) -> T:
        """What `work` does with the journal. Raises NotWritten."""
        try:
            return await self._journal.do(work)
        except JournalError as error:
            raise NotWritten(str(error)) from None


def _change(record: IntentRecord, journal: IntentJournal) -> None:
    journal.change(record)


def _give_up(tries: Sequence[IntentRecord], now: int, journal: IntentJournal) -> None:
    text = "nobody knew that it was written down, and it was not sent again"
    for each in tries:
        state, reason = IntentState.EXPIRED.value, IntentReason.EXPIRED.value
        journal.give_up(replace(each, state=state, reason=reason, text=text, changed_at=now))
