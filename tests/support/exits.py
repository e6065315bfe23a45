"""Trades that rules end, at the local venue."""

from __future__ import annotations

import re
from contextlib import nullcontext

from hypertui.execution.input_codec import JournalledInput, decode
from hypertui.execution.trade_inputs import ExitBegan
from hypertui.port.engine import EventKind
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from tests.support.live_engine import SOON, LiveEngine
from tests.support.local_venue import LocalVenue
from tests.support.memory_journal import MemoryJournal

TRADE = 0xE817


class Kept(MemoryJournal):
    """Remembers what was recorded after the trade's end too."""

    def ended(self, at: int, how: str) -> None:
        self.all, self.how = list(self.inputs), how
        super().ended(at, how)


def start(
    venue: LocalVenue,
    rules: ExitRules,
    history: list[JournalledInput] | None = None,
    before: LiveEngine | None = None,
) -> LiveEngine:
    journal = Kept(history or [])
    live = LiveEngine(venue, journal=lambda *_: nullcontext((TRADE, journal)), exits=rules, timing=SOON)
    live.journal = journal
    if before is not None:
        live.key = before.key
    return live


def closed(live: LiveEngine, rule: ExitRule) -> ExitBegan:
    """Wait for the end of a trade that this rule has closed; returns what was written down of it."""
    assert re.fullmatch(rf"Trade ended: {rule.words}\. Result [+-]\d+\.\d\d USD", live.reason.text), (
        live.reason
    )
    assert live.reason.status == 0
    assert live.held() == 0
    assert live.working() == []
    sales = [e.data for e in live.events(EventKind.FILL) if e.data["role"] in ("close", "exit")]
    assert sales, "something was sold"
    assert {(str(sale["reason"]), str(sale["source"])) for sale in sales} == {
        (rule.reason.value, f"exit:{rule.value}")
    }
    return begun(live, rule)


def begun(live: LiveEngine, rule: ExitRule) -> ExitBegan:
    """What was written down when this rule ended the trade."""
    assert isinstance(live.journal, Kept)
    (began,) = (each for each in map(decode, live.journal.all) if isinstance(each, ExitBegan))
    assert began.rule is rule
    return began
