"""What has become of an intent's command, by the newest snapshot of its trade. Pure."""

from __future__ import annotations

from hypertui.core.findings import Level
from hypertui.core.intents import IntentReason, IntentState, IntentVerb
from hypertui.core.market import plain
from hypertui.core.phrases import at_price
from hypertui.intents.gate import GateVerdict
from hypertui.journal.records import IntentRecord
from hypertui.port.commands import CommandState
from hypertui.port.snapshot import Snapshot
from hypertui.port.views import BracketView

FOLLOWED_FOR = 600_000  # ms
_SHOWN_WITHIN = 1_000  # ms from a change of a trade until its snapshot says so, at the longest

_ENDS = {CommandState.REFUSED: IntentState.FAILED, CommandState.FAILED: IntentState.FAILED}


def outcome(record: IntentRecord, trade: Snapshot | None, sent_at: int, now: int) -> GateVerdict | None:
    """How it has ended, None while that cannot be said; `sent_at` is when the trade had the command (ms)."""
    if trade is None:
        return GateVerdict(IntentState.FAILED, IntentReason.UNKNOWN, "the trade is gone")
    # An engine that is held up shows what was before.
    is_shown = now - sent_at > _SHOWN_WITHIN and (trade.over or trade.at >= sent_at)
    if record.verb == IntentVerb.OPEN and trade.bracket is not None:
        return _entered(record, trade, trade.bracket, is_shown)
    if record.verb == IntentVerb.OPEN:
        return _opened(record, trade, is_shown)
    known = next((each for each in trade.commands if each.id == record.command_id), None)
    if known is not None and known.state is CommandState.CONFIRMED:
        return GateVerdict(IntentState.DONE, "", known.text)
    if known is not None and known.state in _ENDS:
        return GateVerdict(IntentState.FAILED, IntentReason.UNKNOWN, known.text)
    if (trade.over or trade.waits) and is_shown:
        return GateVerdict(IntentState.DONE, "", trade.reason) if not trade.position else None
    return None


def _entered(
    record: IntentRecord, trade: Snapshot, bracket: BracketView, is_shown: bool
) -> GateVerdict | None:
    """A bracket's entry may rest for long, and is followed for as long."""
    if bracket.state == "held":
        average = "" if bracket.average is None else f" at {at_price(bracket.average)} on average"
        return GateVerdict(IntentState.DONE, "", f"holds {plain(trade.position)}{average}")
    if bracket.state == "buying":
        if not bracket.bought:
            return GateVerdict(IntentState.SENT, "", record.text)
        of = "" if bracket.wanted is None else f" of {plain(bracket.wanted)}"
        return GateVerdict(IntentState.PARTIAL, "", f"{plain(bracket.bought)}{of} bought")
    if not is_shown:
        return None
    return GateVerdict(IntentState.FAILED, IntentReason.UNFILLED, bracket.given_up or "it has bought nothing")


def _opened(record: IntentRecord, trade: Snapshot, is_shown: bool) -> GateVerdict | None:
    if is_shown and trade.begun_by not in ("", record.command_id):
        text = "another signal came before its outcome was seen"
        return GateVerdict(IntentState.FAILED, IntentReason.UNKNOWN, text)
    is_shown |= trade.begun_by == record.command_id
    if trade.wish and not trade.over:
        return None  # what was bought may be on its way out again
    if trade.entry_price is not None and trade.position and not (trade.over or trade.waits):
        return GateVerdict(IntentState.DONE, "", f"the trade is open at {at_price(trade.entry_price)}")
    if not is_shown or not (trade.over or trade.waits):
        return None
    red = next((finding for finding in trade.findings if finding.level is Level.RED), None)
    state = IntentState.EXPIRED if trade.not_begun == IntentReason.EXPIRED else IntentState.FAILED
    text = trade.reason if red is None else red.text
    return GateVerdict(state, trade.not_begun or IntentReason.NOT_RUNNING, text)
