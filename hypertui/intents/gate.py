"""The gate: whether an intent may be done now, and why not. Pure: all that it goes by is passed in.

What makes a position smaller, or takes no risk, is never held back: not by a guard, nor by a trade that is
paused or has lost sight of the exchange.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from hypertui.core.intents import IntentReason, IntentState, IntentVerb, because_of_guard
from hypertui.core.market import SourceKind
from hypertui.core.phrases import lasting
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Mode, Snapshot
from hypertui.port.views import BracketView

Held = Literal["long", "flat", "short"]

OLDEST = 60_000  # ms for which what an alert tells of is still now
_AHEAD = 5_000  # ms that a sender's clock may go before ours

_COMMANDS = {
    IntentVerb.OPEN: Verb.START,
    IntentVerb.CLOSE: Verb.EXIT,
    IntentVerb.SELL_OUT: Verb.SELL_OUT,
    IntentVerb.PAUSE: Verb.PAUSE,
    IntentVerb.RESUME: Verb.RESUME,
    IntentVerb.CANCEL_BUYS: Verb.CANCEL_BUYS,
}


@dataclass(frozen=True, slots=True)
class SourceRules:
    """What the plan lets a source do, to which trade. `ttl` (ms) is how long an alert of it may wait;
    `needs_arming` where it acts only while an operator has armed it, `is_live` whether it may act on this
    network at all; `expect_every` (ms) is the longest that
    it is silent, None where nobody expects it. With `needs_proof` it opens trades only in a market that the
    leaderboard calls proven."""

    name: str
    trade: str
    verbs: frozenset[IntentVerb]
    ttl: int = 30_000
    needs_arming: bool = False
    is_live: bool = True
    expect_every: int | None = None
    needs_proof: bool = False
    kind: SourceKind = SourceKind.WEBHOOK

    @property
    def source(self) -> str:
        """Its name in the journal and on orders."""
        return f"{self.kind.value}:{self.name}"

    @property
    def title(self) -> str:
        """The same for people."""
        return f"{self.kind.value} {self.name}"


@dataclass(frozen=True, slots=True)
class Alert:
    """What a source wants. `key` tells it from its other ones; `event_at` (ms) is when it happened by its
    sender's clock. `before` is what the sender believes to have held until then, and an entry is worth so
    much (USD) at `most`; None where it does not say."""

    verb: IntentVerb
    key: str
    event_at: int
    before: Held | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether a market is proven by the leaderboard of its network, and by which figures, in words."""

    is_proven: bool
    text: str


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What the gate says: ACCEPTED, or another state with its reason, and in words."""

    state: IntentState
    reason: str = ""
    text: str = ""


def not_of_now(event_at: int, now: int) -> str:
    """Why what happened at `event_at` (ms) is not of now, in words; empty where it is."""
    if event_at < now - OLDEST:
        return f"it is of {lasting((now - event_at) // 1_000)} ago, {OLDEST // 1_000} s at most"
    if event_at > now + _AHEAD:
        return f"it is of {lasting((event_at - now) // 1_000)} from now: a clock is wrong"
    return ""


def command_for(verb: IntentVerb, trade: Snapshot) -> Verb:
    """The command of this trade that does it: a bracket is told to enter, any other is begun."""
    return Verb.OPEN if verb is IntentVerb.OPEN and trade.bracket is not None else _COMMANDS[verb]


def judge(
    alert: Alert,
    rules: SourceRules,
    trade: Snapshot | None,
    expires_at: int,
    now: int,
    *,
    armed: bool,
    proof: Proof | None = None,
) -> GateVerdict:
    """Whether this may be done to the trade as it is `now` (ms). `proof` is of its market. That one is needed
    and missing is said last: where it is said, nothing else stands against it."""
    if alert.verb not in rules.verbs:
        return _no(IntentState.REJECTED, IntentReason.NOT_ALLOWED, f"{alert.verb} is not among its verbs")
    if not rules.is_live:
        return _no(
            IntentState.REJECTED, IntentReason.NOT_ALLOWED, "it may not act on mainnet: live = true lets it"
        )
    if now >= expires_at:
        return _no(IntentState.EXPIRED, IntentReason.EXPIRED, "nothing was done about it in time")
    if not armed:
        return _no(IntentState.HELD, IntentReason.NOT_ARMED, "the source is not armed: w on screen 8")
    if trade is None:
        return _no(IntentState.REJECTED, IntentReason.NOT_ALLOWED, f"there is no trade {rules.trade}")
    if alert.verb.adds_risk and (missed := missed_alert(alert, trade)):
        return _no(IntentState.HELD, IntentReason.DESYNC, missed)
    if alert.most is not None and trade.bracket is None:
        text = "it says a size, which the entry of a bracket alone may have from an alert"
        return _no(IntentState.REJECTED, IntentReason.NOT_ALLOWED, text)
    if alert.verb is IntentVerb.OPEN:
        may = _may_open(trade) if trade.bracket is None else _may_enter(trade, trade.bracket, now)
        is_taken = may.state is IntentState.ACCEPTED and rules.needs_proof
        return _proven(proof) if is_taken else may
    is_flat = trade.bracket is not None and trade.bracket.state == "flat" and alert.verb.sells
    if is_flat or trade.waits or trade.over or trade.closed_at is not None:
        return _no(IntentState.REJECTED, IntentReason.NOTHING_OPEN, "no trade is open")
    if alert.verb is IntentVerb.RESUME:
        return _may_resume(trade, rules, now)
    if trade.mode is Mode.HALTED and alert.verb is not IntentVerb.CLOSE:
        return _no(IntentState.HELD, IntentReason.HALTED, f"the trade is halted: {trade.reason}")
    refused = dict(trade.refusals).get(command_for(alert.verb, trade), "")
    if refused:
        return _no(IntentState.HELD, IntentReason.NOT_ALLOWED, refused)
    return GateVerdict(IntentState.ACCEPTED)


def missed_alert(alert: Alert, trade: Snapshot) -> str:
    """That the sender believes in another position than there is, in words: an alert between was missed, or
    the position is somebody else's doing. Empty where they agree, and where the sender does not say."""
    if alert.before is None:
        return ""
    held: Held = "flat" if not trade.position else "long" if trade.position > 0 else "short"
    if held == alert.before:
        return ""
    return f"an alert was missed: its sender believes to be {alert.before}, the trade is {held}"


def _proven(proof: Proof | None) -> GateVerdict:
    if proof is None or not proof.is_proven:
        text = "nobody has looked whether the market is proven" if proof is None else proof.text
        return _no(IntentState.HELD, IntentReason.UNPROVEN, text)
    return GateVerdict(IntentState.ACCEPTED)


def _may_open(trade: Snapshot) -> GateVerdict:
    if trade.position or not (trade.waits or trade.over):
        if trade.mode is Mode.HALTED and not trade.position:
            return _no(IntentState.HELD, IntentReason.HALTED, f"the trade is halted: {trade.reason}")
        return _no(IntentState.REJECTED, IntentReason.ALREADY_OPEN, "the trade is open already")
    if trade.over and trade.mode is Mode.HALTED:
        return _no(IntentState.HELD, IntentReason.HALTED, f"the trade is halted: {trade.reason}")
    if not trade.waits:
        text = 'the trade does not wait for a signal: set begin = "signal"'
        return _no(IntentState.REJECTED, IntentReason.NOT_ALLOWED, text)
    return GateVerdict(IntentState.ACCEPTED)


def _may_enter(trade: Snapshot, bracket: BracketView, now: int) -> GateVerdict:
    """Whether a bracket that trades may be told to enter."""
    if trade.over or trade.closed_at is not None:
        return _no(IntentState.HELD, IntentReason.NOT_RUNNING, "the trade has ended")
    if trade.mode is Mode.HALTED:
        return _no(IntentState.HELD, IntentReason.HALTED, f"the trade is halted: {trade.reason}")
    if bracket.state != "flat":
        return _no(IntentState.REJECTED, IntentReason.ALREADY_OPEN, f"the bracket is {bracket.state} already")
    if bracket.cools_until is not None and now < bracket.cools_until:
        text = f"it cools down for another {lasting((bracket.cools_until - now) // 1_000)}"
        return _no(IntentState.HELD, IntentReason.COOLDOWN, text)
    if trade.mode is not Mode.RUNNING:
        return _no(IntentState.HELD, IntentReason.PAUSED, f"{trade.mode.value}: {trade.reason}")
    if why_not := _risk_is_held(trade, now):
        return why_not
    if refused := dict(trade.refusals).get(Verb.OPEN, ""):
        # A guard that would hold the entry is not tripped yet; its words begin with its name.
        guard = next((each for each in trade.guards if refused.startswith(f"guard {each.words}")), None)
        reason = IntentReason.NOT_ALLOWED if guard is None else because_of_guard(guard.guard)
        return _no(IntentState.HELD, reason, refused)
    return GateVerdict(IntentState.ACCEPTED)


def _risk_is_held(trade: Snapshot, now: int) -> GateVerdict | None:
    """What stands against new risk in an open trade; None where nothing does."""
    if trade.known_at is None or now - trade.known_at > trade.blind_after:
        return _no(IntentState.HELD, IntentReason.BLIND, "the exchange is out of sight")
    tripped = next((guard for guard in trade.guards if guard.tripped), None)
    if tripped is not None:
        return _no(IntentState.HELD, because_of_guard(tripped.guard), tripped.text)
    return None


def _may_resume(trade: Snapshot, rules: SourceRules, now: int) -> GateVerdict:
    if trade.mode is Mode.HALTED:
        return _no(IntentState.HELD, IntentReason.HALTED, f"the trade is halted: {trade.reason}")
    if trade.mode is not Mode.PAUSED:
        return _no(IntentState.REJECTED, IntentReason.NOT_ALLOWED, "the trade is not paused")
    if not trade.reason.rstrip(")").endswith(f"by {rules.source}"):
        text = f"the pause is not its own: {trade.reason}"
        return _no(IntentState.HELD, IntentReason.PAUSED, text)
    return _risk_is_held(trade, now) or GateVerdict(IntentState.ACCEPTED)


def _no(state: IntentState, reason: str, text: str) -> GateVerdict:
    return GateVerdict(state, str(reason), text)
