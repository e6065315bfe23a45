"""What must be so of alerts, whatever befalls them: each leads to one entry at most, none acts late, what
takes no risk is never held, and all come to an end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from hypertui.core.intents import COMMAND_OF_INTENT, IntentReason, IntentState, IntentVerb
from hypertui.core.market import Source, SourceKind
from hypertui.intents.gate import OLDEST
from hypertui.journal.records import IntentRecord
from hypertui.port.commands import Ack, Command, Verb
from hypertui.webhook.requests import HookAnswer

_AHEAD = 5_000  # ms
_STUCK_AFTER = 45_000  # ms: the expiry of an alert, and the time in which its outcome shows
# The same of one of which nobody knew that it was written, as it may be sent again.
_GIVEN_UP_AFTER = 120_000
# What may stand against that which takes no risk.
_MAY_HOLD = (IntentReason.HALTED, IntentReason.NOT_ALLOWED)
_LOGGED_DEFECT = "a defect"


@dataclass(frozen=True, slots=True)
class SentAlert:
    """An alert, as its sender knows it: by `name`, which tells it from the others of its `source`. `event_at`
    is in ms of the sender's clock. `is_allowed`, where its source may want that."""

    source: str
    verb: IntentVerb
    name: str
    event_at: int
    body: bytes
    is_allowed: bool = True


class AlertAudit:
    """Of one machine, through all of its processes. `clock` gives ms, `complain` takes a kind and words."""

    def __init__(self, clock: Callable[[], int], complain: Callable[[str, str], None]) -> None:
        self.counts: Counter[str] = Counter()
        self._clock = clock
        self._complain = complain
        self._rows: dict[str, IntentRecord] = {}  # as they are in the file, by id
        self._known_as: dict[tuple[str, str], str] = {}  # the id of an alert, by source and name
        self._taken: set[str] = set()  # ids that were answered as new
        self._commands: dict[str, Command] = {}  # by the id of the intent
        self._opened_by: dict[tuple[str, str], str] = {}  # by source and key
        self._accepted: Counter[tuple[str, Verb]] = Counter()  # by source
        self._asked: Counter[tuple[str, Verb]] = Counter()  # the same, those that were refused among them
        self._entries: Counter[str] = Counter()  # by source

    def knows(self, sent: SentAlert) -> bool:
        """Whether it has been taken: whatever comes of it again must do nothing."""
        return (sent.source, sent.name) in self._known_as

    # What its sender is told

    def answered(self, sent: SentAlert, answer: HookAnswer, arrived_at: int) -> None:
        """An alert that arrived at this time (ms, by the machine's own clock) has its answer."""
        id, known = answer.body.get("id", ""), self._known_as.get((sent.source, sent.name))
        age = arrived_at - sent.event_at
        is_of_now = -_AHEAD <= age <= OLDEST
        self.counts[f"alerts answered by {answer.status}"] += 1
        match answer.status:
            case 202:
                # The answer to a later one may overtake that to the first.
                if known not in (None, id) or id in self._taken:
                    self._complain("taken twice", f"{sent.name} was {known} and is {id}")
                self._taken.add(id)
                if not is_of_now:
                    self._complain("stale", f"{sent.name} is {age} ms old and was taken")
                self._known_as[sent.source, sent.name] = id
            case 200:
                if known not in (None, id):
                    self._complain("taken twice", f"{sent.name} was {known}, and the first of it is {id}")
                self._known_as[sent.source, sent.name] = id
            case 422:
                if is_of_now:
                    self._complain("refused", f"{sent.name}, {age} ms old: {dict(answer.body)}")
            case 403:
                if sent.is_allowed:
                    self._complain("refused", f"{sent.name}: {dict(answer.body)}")
            case 429 | 503:
                pass
            case _:
                self._complain("refused", f"{sent.name}: {answer}")

    # What is done about it

    def written(self, row: IntentRecord) -> None:
        """This row is in the file now."""
        self._rows[row.id] = row

    def row(self, id: str) -> IntentRecord | None:
        """As it is in the file; None where it is not."""
        return self._rows.get(id)

    def commanded(self, command: Command, born: int) -> None:
        """A process that was `born` then (ms) hands a command to its engine."""
        id = command.id.removeprefix(COMMAND_OF_INTENT)
        row, now = self._rows.get(id), self._clock()
        if row is None or row.state != IntentState.ACCEPTED or row.command_id != command.id:
            self._complain("done before it was written", f"{command.verb} of {id}: {row}")
            return
        if now >= row.expires_at:
            self._complain("done too late", f"{command.verb} of {id}, {now - row.expires_at} ms too late")
        if row.received_at < born:
            self._complain("replayed", f"{command.verb} of {id}, which an earlier process received")
        if id in self._commands:
            self._complain("done twice", f"{command.verb} of {id}")
        self._commands[id] = command
        first = self._opened_by.setdefault((row.source, row.key), id)
        if first != id:
            self._complain("done twice", f"{command.verb} of {id}, which is the same as {first}")
        self._asked[row.source, command.verb] += 1

    def acknowledged(self, command: Command, ack: Ack) -> None:
        """The engine has answered it."""
        self._accepted[command.who, command.verb] += ack.accepted
        self.counts["commands by alerts"] += ack.accepted

    def entered(self, entries: Sequence[Source], by_signal: int) -> None:
        """A process is over in which these sources had a trade enter. So many trades that begin by a signal
        have been begun by all of them so far."""
        told = Counter(str(source) for source in entries if source.kind is SourceKind.WEBHOOK)
        self._entries += told
        self.counts["entries by alerts"] += told.total()
        for source, count in self._entries.items():
            if count > self._asked[source, Verb.OPEN]:
                self._complain("double entry", f"{count} of {source}, {self._asked[source, Verb.OPEN]} asked")
        starts = sum(count for (_, verb), count in self._asked.items() if verb is Verb.START)
        if by_signal > starts:
            self._complain("double entry", f"{by_signal} ladders were begun, {starts} signals came")
        self.counts["ladders begun by alerts"] = by_signal

    # At rest, and at the end

    def check_rest(self, born: int, entering: Set[str]) -> None:
        """Nothing has moved for a while: what a process that was `born` then (ms) has received has come to
        its end, but for the entries of trades that are `entering`."""
        now = self._clock()
        for row in self._rows.values():
            if IntentState(row.state).is_final or row.received_at < born:
                continue
            rests = row.verb == IntentVerb.OPEN and row.command_id and row.trade in entering
            age = now - max(row.changed_at, row.received_at)
            allowed = _GIVEN_UP_AFTER if row.state == IntentState.RECEIVED else _STUCK_AFTER
            if not rests and age > allowed:
                self._complain("stuck", f"{row.verb} {row.trade} is {row.state} for {age} ms")

    def check_end(self, rows: Sequence[IntentRecord]) -> None:
        """All that is in the file, after a last start."""
        firsts = Counter(
            (row.source, row.key) for row in rows if row.state != IntentState.DUPLICATE and row.key != row.id
        )
        if twice := [key for key, count in firsts.items() if count > 1]:
            self._complain("taken twice", f"two rows of {twice}")
        if strange := [row for row in rows if self._rows.get(row.id) != row]:
            self._complain(
                "rows of intents", f"{strange[0]} is otherwise than {self._rows.get(strange[0].id)}"
            )
        for row in rows:
            state, verb = IntentState(row.state), row.verb
            self.counts[f"intents {state.lower()}"] += 1
            if not state.is_final:
                self._complain("no end", f"{verb} {row.trade} {row.id} is {state}")
            if state is IntentState.HELD and verb not in (IntentVerb.OPEN, IntentVerb.RESUME):
                self._check_held(row)
            if _LOGGED_DEFECT in row.text:
                self._complain("defect", f"{verb} {row.trade}: {row.text}")
            if state in (IntentState.DUPLICATE, IntentState.EXPIRED) and row.id in self._commands:
                self._complain("done in spite of it", f"{verb} {row.id} is {state}")

    def _check_held(self, row: IntentRecord) -> None:
        is_close_of_halted = row.verb == IntentVerb.CLOSE and row.reason == IntentReason.HALTED
        if row.reason not in _MAY_HOLD or is_close_of_halted:
            self._complain("held", f"{row.verb} {row.trade} by {row.reason}: {row.text}")
