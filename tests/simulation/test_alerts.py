"""Seeds with alerts that every run of the tests plays: however often one comes, and whenever the process
dies, it leads to one entry at most."""

from __future__ import annotations

import pytest

from hypertui.journal.intents import IntentJournal
from hypertui.journal.records import IntentRecord
from tests.simulation.alerts import draw_alerts
from tests.simulation.play import play

_CHEAP = (4,)
# Two engines with one journal, of which one settled what the other was doing; rows of which nobody knew
# whether they were written; what a trade had refused counted as expired.
_FAILED_ONCE = (3, 19, 155)


@pytest.mark.parametrize("seed", [*_CHEAP, *_FAILED_ONCE])
def test_an_alert_leads_to_one_entry_at_most(seed: int) -> None:
    assert not play(seed, draw_alerts, False).problems


def test_an_alert_that_is_taken_again_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    receive = IntentJournal.receive

    def forgetful(self: IntentJournal, record: IntentRecord) -> IntentRecord:
        receive(self, record)
        return record

    monkeypatch.setattr(IntentJournal, "receive", forgetful)
    problems = " ".join(play(4, draw_alerts, False).problems)
    assert "taken twice" in problems
    assert "done twice" in problems
