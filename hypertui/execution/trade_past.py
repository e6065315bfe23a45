"""What a journal tells of the past: of one trade, and of the guards of those before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from hypertui.execution.input_codec import JournalledInput, Undecodable, decode
from hypertui.execution.state_version import VERSION
from hypertui.execution.trade_history import KeptState, TradeHistory
from hypertui.execution.trade_inputs import GuardRearmed, GuardsJudged
from hypertui.journal.reader import JournalReader
from hypertui.risk.equity import EquityWatch
from hypertui.risk.memory import GuardMemory, inherited

_LOOKED_AT = 20  # trades of the account, for what their guards remember


def read_history(journal: JournalReader, trade_id: str) -> TradeHistory:
    """What a journal knows of a trade. Raises JournalError."""

    def inputs(after: int) -> Iterator[JournalledInput]:
        for row in journal.inputs(trade_id, after):
            yield JournalledInput(row.kind, row.at, row.data)

    opening: list[JournalledInput] = []
    for kept in inputs(0):
        opening.append(kept)
        if kept.kind == "opened":
            break
    record = journal.state(trade_id)
    state = None
    if record is not None and record.version == VERSION:
        state = KeptState(record.seq, record.state)
    since = tuple(inputs(len(opening) if state is None else state.seq))
    return TradeHistory(opening, state, since, lambda: tuple(inputs(len(opening))))


def read_guards(journal: JournalReader, network: str, account: str) -> GuardMemory:
    """What the guards of the newest trades of an account have written down last. Raises JournalError."""
    found: list[tuple[int, GuardMemory]] = []
    account = account.lower()
    same = [each for each in journal.trades() if (each.network, each.account) == (network, account)]
    for each in sorted(same, key=lambda each: each.started_at)[-_LOOKED_AT:]:
        for kind in ("guards judged", "guard re-armed"):
            row = journal.last_input(each.id, kind)
            with suppress(Undecodable):
                given = None if row is None else decode(JournalledInput(row.kind, row.at, row.data))
                if isinstance(given, GuardsJudged | GuardRearmed):
                    found.append((given.at, given.memory))
    memories = [memory for _, memory in sorted(found, key=lambda each: each[0])]
    watch = EquityWatch()
    for memory in memories:
        watch.bring_back(memory)
    return inherited(memories, watch.day, watch.peak)
