"""A frame: one engine snapshot together with the console's own state at that moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from hypertui.console import format as fmt
from hypertui.console.keys import KEYS, Key
from hypertui.console.stretch import Stretch
from hypertui.console.toasts import Toast
from hypertui.port.commands import CommandView, OnExit, StopReason, Verb
from hypertui.port.engine import Attachment, Event
from hypertui.port.intents import NO_INTENTS, IntentsView
from hypertui.port.replay import ReplayState
from hypertui.port.signals import SignalView
from hypertui.port.snapshot import Alarm, Dependency, Mode, Severity, Snapshot
from hypertui.port.views import FillView

if TYPE_CHECKING:
    from hypertui.port.work import WorkView

# A snapshot older than this means that the engine has fallen silent, whatever the sources say.
SILENT_AFTER = 2_000
# The age at which a mark is stale if no source named "mark" sets a limit.
MARK_LIMIT = 10_000
_ENGINE = "engine"  # the source that is the engine itself
# Why no engine takes a command.
IS_REPLAY = "this is a replay"
HAS_LEFT = "the engine has left: it takes no commands"
NONE_ARMED = "no signal and no webhook needs arming here"


@dataclass(frozen=True, slots=True)
class Frame:
    """What the views draw: it all derives from the snapshot, the events and one reading of the clock."""

    snapshot: Snapshot
    now: int
    trades: tuple[Snapshot, ...] = ()  # all of the engine's, the one that is shown among them
    intents: IntentsView = NO_INTENTS
    signals: tuple[SignalView, ...] = ()  # the engine's, each in one market
    events: tuple[Event, ...] = ()
    sent: tuple[CommandView, ...] = ()  # commands that no snapshot knows yet, newest first
    notice: str = ""  # shown in the key bar for a few seconds
    toasts: tuple[Toast, ...] = ()  # of the commands under way or just ended, newest first
    leaving: OnExit | None = None
    ended: StopReason | None = None
    crash: str = ""  # how the engine's thread failed, if it did
    cursor: int | None = None  # the unit that the operator has moved to; None: the current one
    stretch: Stretch = Stretch.MINUTES  # how much of the past the chart shows
    story: FillView | None = None  # the fill that the mouse is on
    guided: bool = False  # whether a first trade is explained
    ascii: bool = False
    page: str = "main"
    keys: tuple[Key, ...] = KEYS
    zone: tzinfo | None = UTC  # None: this machine's own
    # Alarm occurrences (key, count, severity) that were acknowledged here after the engine had left.
    acknowledged: frozenset[tuple[str, int, Severity]] = frozenset()
    muted: bool = False
    replay: ReplayState | None = None  # where a replay is; None for a live engine
    attachment: Attachment = Attachment.OWNER
    pen: str = ""  # who writes among the attached consoles
    written: int | None = None  # bytes per second written to the terminal, lately
    work: WorkView | None = None  # a backtest or a sweep, in the place of a trade

    def clock(self, ms: int) -> str:
        """A time of day in the operator's zone."""
        return fmt.clock(ms, self.zone)

    def clock_short(self, ms: int) -> str:
        """The same without seconds."""
        return fmt.clock_short(ms, self.zone)

    def day(self, ms: int) -> str:
        """A day and the hour in the operator's zone."""
        return fmt.day(ms, self.zone)

    def as_of(self, label: str, at: int | None) -> str:
        """A label with the time as of which its figure is, where that is known."""
        return label if at is None else f"{label} {self.clock(at)}"

    def exact_time(self, ms: int) -> str:
        """Day and time to the millisecond."""
        return fmt.exact_time(ms, self.zone)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Those of the trade, and of the sources that speak to it."""
        return (*self.snapshot.alarms, *self.intents.alarms_of(self.snapshot.name))

    def seen(self, alarm: Alarm) -> bool:
        """Whether this occurrence of an alarm was acknowledged."""
        return alarm.acknowledged is not None or (alarm.key, alarm.count, alarm.severity) in self.acknowledged

    def cannot(self, verb: Verb) -> str:
        """Why nothing would come of a command now, in words; empty where it would be taken from here."""
        if self.replay is not None:
            return IS_REPLAY
        if self.ended is not None:
            return HAS_LEFT
        if self.attachment in (Attachment.READ_ONLY, Attachment.CUT):
            return "this console only reads" if self.attachment is Attachment.READ_ONLY else "no connection"
        over = self.snapshot.mode in (Mode.HALTED, Mode.STOPPED)
        if verb is Verb.RESUME and over and self.several:
            return ""  # it starts the trade again
        if verb is Verb.ARM:
            needed = {each.needs_arming for each in self.signals}
            needed |= {each.needs_arming for each in self.intents.sources}
            return "" if True in needed else NONE_ARMED
        return dict(self.snapshot.refusals).get(verb, "")

    @property
    def silent(self) -> int | None:
        """How long the engine has published nothing, in ms; None while it is not overdue."""
        age = self.now - self.snapshot.at
        gone = self.ended is not None or self.snapshot.over or self.snapshot.mode is Mode.STOPPED
        # A snapshot from the future was not just made either: its clock and ours disagree.
        return None if gone or abs(age) <= SILENT_AFTER else abs(age)

    @property
    def mark_age(self) -> int | None:
        """The age of the mark in ms; None before the first one."""
        at = self.snapshot.mark_at
        return None if at is None else abs(self.now - at)

    @property
    def mark_stale(self) -> bool:
        """Whether the mark and all that was computed from it are too old to be trusted."""
        if self.mark_age is None:
            return False
        limits = [source.limit for source in self.snapshot.sources if source.name == "mark"]
        return self.mark_age > min(limits, default=MARK_LIMIT) or self.silent is not None

    @property
    def out_of_sight(self) -> int | None:
        """How long ago (ms) anything was last heard of orders and position, if that is longer than it may
        be: what is said of them is as of then. None while the exchange is in sight, and before a trade is
        open."""
        snapshot = self.snapshot
        over = self.ended is not None or snapshot.over or snapshot.mode in (Mode.STARTING, Mode.STOPPED)
        if over or snapshot.known_at is None:
            return None
        age = self.now - snapshot.known_at
        return age if age > snapshot.blind_after else None

    @property
    def ends_by(self) -> str:
        """The exit that ends the trade just now; empty where none does, and once it has ended."""
        over = self.ended is not None or self.snapshot.over or self.snapshot.closed_at is not None
        return "" if over else self.snapshot.ends_by

    @property
    def unattended(self) -> bool:
        """Whether the engine has left while coins are held or orders are live: nothing follows the price."""
        snapshot = self.snapshot
        over = self.ended is not None or snapshot.mode is Mode.STOPPED
        return over and bool(snapshot.position or snapshot.slots)

    @property
    def unchecked(self) -> bool:
        """Whether a trade has been taken up and the exchange has not been asked about it yet: nothing can be
        said of its orders and position."""
        return self.snapshot.invariant is not None and self.snapshot.known_at is None

    @property
    def told_by_nobody(self) -> bool:
        """Whether the engine has left the trade, or is silent: of its sources only the last word is known."""
        over = self.ended is not None or self.snapshot.over or self.snapshot.mode is Mode.STOPPED
        return over or self.silent is not None

    def source_age(self, source: Dependency) -> int | None:
        """The age of a source's last sign of life in ms; None if there was none."""
        return None if source.seen_at is None else abs(self.now - source.seen_at)

    def source_stale(self, source: Dependency) -> bool:
        """Whether a source is disconnected or older than its limit. One not heard of yet is not, while the
        engine is starting; of an engine that says nothing any more, only itself is."""
        if self.told_by_nobody:
            return source.name == _ENGINE and (bool(self.crash) or self.silent is not None)
        age = self.source_age(source)
        if age is None:
            return self.snapshot.mode is not Mode.STARTING
        return not source.connected or age > source.limit

    @property
    def trouble(self) -> str:
        """The worst fault in a few words, or nothing: it turns the header critical."""
        snapshot = self.snapshot
        if self.crash:
            return "ENGINE FAILED"
        if self.silent is not None:
            return "ENGINE SILENT"
        invariant = snapshot.invariant
        if invariant is not None and not invariant.ok and invariant.settled:
            return "UNPROTECTED" if invariant.unprotected else "FAULT"
        if any(self._loud(alarm) for alarm in self.alarms):
            return "ALARM"
        if self.ended is not None or snapshot.over:
            return ""
        return next((f"{s.name.upper()} STALE" for s in snapshot.sources if self.source_stale(s)), "")

    def of(self, trade: Snapshot) -> Frame:
        """The same moment of another trade."""
        return replace(self, snapshot=trade)

    @property
    def several(self) -> bool:
        """Whether the engine has more than one trade."""
        return len(self.trades) > 1

    @property
    def troubled(self) -> tuple[str, ...]:
        """The other trades that are in trouble, by name."""
        others = (trade for trade in self.trades if trade.name != self.snapshot.name)
        return tuple(trade.name for trade in others if self.of(trade).trouble)

    @property
    def all_critical(self) -> frozenset[str]:
        """The critical causes of all trades: the bell rings for them."""
        if not self.several:
            return self.critical
        return frozenset(
            f"{trade.name} {cause}" for trade in self.trades for cause in self.of(trade).critical
        )

    @property
    def critical(self) -> frozenset[str]:
        """The critical causes of this moment, by name."""
        causes = {f"alarm {alarm.key} {alarm.count}" for alarm in self.alarms if self._loud(alarm)}
        if self.trouble in ("ENGINE FAILED", "ENGINE SILENT", "UNPROTECTED", "FAULT"):
            causes.add(self.trouble)
        return frozenset(causes)

    @property
    def warned(self) -> int:
        """How many warnings hold that nobody has acknowledged."""
        return sum(a.active and a.severity is Severity.WARNING and not self.seen(a) for a in self.alarms)

    def _loud(self, alarm: Alarm) -> bool:
        return alarm.active and alarm.severity is Severity.CRITICAL and not self.seen(alarm)
