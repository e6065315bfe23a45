"""The newest intents, as they are shown."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Sequence

from hypertui.core.intents import IntentState
from hypertui.journal.records import IntentRecord
from hypertui.port.intents import IntentCounter, IntentView

MOST_SHOWN = 50
_LOG = logging.getLogger(__name__)


class ShownIntents:
    """Those of one desk, on its loop; `newest` (the newest first) and `counts` from any thread."""

    def __init__(self) -> None:
        self.newest: tuple[IntentView, ...] = ()
        self._records: deque[IntentRecord] = deque(maxlen=MOST_SHOWN)
        self._counts: Counter[tuple[str, str, str]] = Counter()

    @property
    def counts(self) -> tuple[IntentCounter, ...]:
        """How many came to which end, since the start."""
        return tuple(IntentCounter(*key, count) for key, count in sorted(self._counts.copy().items()))

    def show(self, record: IntentRecord) -> None:
        """This is how far one has come."""
        for number, known in enumerate(self._records):
            if known.id == record.id:
                self._records[number] = record
                break
        else:
            self._records.append(record)
        self._view_anew()
        if IntentState(record.state).is_final:
            self._counts[record.source, record.state, record.reason] += 1
        words = f"intent {record.id} of {record.source}: {record.verb} {record.trade} {record.state}"
        said = f" {record.reason}: {record.text}" if record.reason else ""
        _LOG.info("%s%s", words, said)

    def state_of(self, record: IntentRecord) -> IntentState:
        """How far one has come by now, of which this was read."""
        known = next((each for each in self._records if each.id == record.id), record)
        return IntentState(known.state)

    def bring_back(self, older: Sequence[IntentRecord]) -> None:
        """These were there before anything was shown."""
        known = {each.id for each in self._records}
        found = [*self._records, *(each for each in older if each.id not in known)]
        self._records.clear()
        self._records.extend(sorted(found, key=lambda each: each.received_at))
        self._view_anew()

    def _view_anew(self) -> None:
        self.newest = tuple(_view(each) for each in reversed(self._records))


def _view(record: IntentRecord) -> IntentView:
    return IntentView(
        record.id,
        record.source,
        record.verb,
        record.trade,
        record.received_at,
        record.state,
        record.reason,
        record.text,
        record.changed_at,
    )
