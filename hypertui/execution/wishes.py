"""The operator's order that is not done yet: one at a time, until done or called off.

A stronger wish takes the place of a weaker one; resume and halt call it off. It is written down as the mode
is, so it outlives a line that is down and a process that is killed alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypertui.core.market import OPERATOR, Reason, Source
from hypertui.execution.operator_exits import ExitedTrade, Progress, Winddown, what_works
from hypertui.execution.orders import Closing
from hypertui.execution.trade_inputs import WishSet
from hypertui.execution.trading_state import Posture
from hypertui.port.commands import Command, CommandState, Verb
from hypertui.port.snapshot import Severity

_ALARM_AFTER = 6_000
_WAITS = "the exchange"

# What wants more comes later. An adoption is done at once or not at all, whatever else is wanted then.
_STRENGTH = (Verb.ADOPT, Verb.CANCEL_BUYS, Verb.SELL_OUT, Verb.CANCEL_ALL, Verb.FLATTEN)
# A sell-out is part of the trade's own state by itself.
_WRITTEN_DOWN = (Verb.CANCEL_BUYS, Verb.CANCEL_ALL, Verb.FLATTEN)


@dataclass(slots=True, eq=False)
class Wish:
    """`reason` says in words whose it is or what for. A `passing` one is not written down, one that `closes`
    ends a trade that has sold out. After one that `leaves` the run is over, where else the closed trade
    stands there halted. `waits` says what it waits for, `outcome` how it has ended."""

    verb: Verb
    reason: str
    source: Source = OPERATOR
    why: Reason = Reason.MANUAL  # of the orders that it makes
    passing: bool = False
    closes: bool = False
    leaves: bool = False
    commands: list[Command] = field(default_factory=list)
    waits: str = _WAITS
    outcome: Progress | None = None


class Wishes:
    """Owns the one that stands. `fulfilled` is called with each that has come true. Times are ms."""

    def __init__(self, trade: ExitedTrade, fulfilled: Callable[[Wish, str], None]) -> None:
        self._trade = trade
        self._fulfilled = fulfilled
        self._wish: Wish | None = None
        self._way: Winddown | None = None
        self._since = 0
        self._written = False  # whether a restart would go on with one
        self._told: set[str] = set()  # the commands that have been told to wait

    @property
    def current(self) -> Wish | None:
        """The one that stands."""
        return self._wish

    @property
    def posture(self) -> Posture:
        """How much convergence may do by itself before the wish's first step."""
        everything = self._wish is not None and self._wish.verb is Verb.CANCEL_ALL
        return Posture.HANDS_OFF if everything else Posture.PROTECT

    def in_words(self) -> str:
        """What is wanted and what it waits for; empty where nothing is."""
        wish = self._wish
        return "" if wish is None else f"{wish.reason}: waits for {wish.waits}"

    def refusal(self, verb: Verb) -> str:
        """Why this cannot be wished for, in words: something stronger is."""
        wish = self._wish
        if wish is None or verb not in _STRENGTH or _STRENGTH.index(verb) >= _STRENGTH.index(wish.verb):
            return ""
        return f"{wish.reason} is wanted, which does more; resume calls it off"

    def want(self, wish: Wish) -> Wish:
        """Work on it from now on. Returns the wish that stands then: the one of the same kind that stood
        already takes its commands over, and a stronger one stays."""
        standing = self._wish
        if standing is not None and (self.refusal(wish.verb) or standing.verb is wish.verb):
            standing.commands += wish.commands
            if (
                standing.verb is wish.verb
                and not (wish.closes or wish.leaves)
                and self._goes_on_after(standing)
            ):
                self._close_for_good(standing, wish.reason)
            return standing
        if standing is not None:
            self._end(standing, Progress(True, f"overtaken by {wish.verb.value}", failed=True))
        self._set(wish)
        self._begin(wish)
        return wish

    def _goes_on_after(self, wish: Wish) -> bool:
        """Whether the trade, or the next one of its seat, may buy again once it has come true."""
        trade = self._trade
        may_buy = trade.context.config.by_signal or trade.recorder.trade.strategy.reenters
        return may_buy and (wish.closes or wish.leaves)

    def _close_for_good(self, wish: Wish, reason: str) -> None:
        """Somebody wants it closed by now, which a restart has to know."""
        wish.reason, wish.passing, wish.closes, wish.leaves = reason, False, False, False
        self._begin(wish)

    def call_off(self, verb: Verb) -> None:
        """The operator wants something else by now."""
        wish = self._wish
        if wish is None:
            return
        self._end(wish, Progress(True, f"called off by {verb.value}", failed=True))
        self._trade.context.alarms.clear("winddown")
        self._write_down(None)

    def set_aside(self) -> None:
        """Nothing more is done about it by this process; the next one goes on with what is written down."""
        if self._wish is not None:
            self._end(self._wish, Progress(True, "the engine left before it was done", failed=True))

    def take_up(self, written: WishSet) -> None:
        """Go on with what was written down before a restart."""
        self._written = True
        self._set(Wish(Verb(written.verb), written.reason, leaves=written.leaves))

    def work(self) -> None:
        """Take a step."""
        wish = self._wish
        if wish is None:
            return
        assert self._way is not None, "it came with the wish"
        progress = self._way.step()
        if progress.over:
            self._settle(wish, progress)
            return
        wish.waits = progress.text
        self._tell(wish)

    def _set(self, wish: Wish) -> None:
        self._wish, self._since = wish, self._trade.context.clock()
        self._way = Winddown(self._trade, wish.verb, Closing(wish.reason, wish.source, wish.why))

    def _begin(self, wish: Wish) -> None:
        if not wish.passing:
            self._write_down(wish)
        steering = self._trade.steering
        if wish.verb is Verb.SELL_OUT:
            steering.sell_out(wish.reason)
            return
        posture = _posture(wish.verb, steering.state.posture)
        if wish.closes:
            steering.set_posture(posture)
        else:
            # Whatever keeps it from its end: a restart takes no new risk by itself.
            steering.exit(wish.reason, posture, passing=wish.passing)

    def _settle(self, wish: Wish, outcome: Progress) -> None:
        context = self._trade.context
        left = f"; {what_works(self._trade)}" if outcome.failed else ""
        if outcome.failed:
            failed = f"{wish.verb.value} failed: {outcome.text}{left}"
            context.alarms.sound("winddown", Severity.CRITICAL, failed)
        else:
            context.alarms.clear("winddown")
        if not wish.passing:
            self._write_down(None)
        # After the trade's end nothing is written down any more, so what is told to the commands comes first.
        self._end(wish, outcome, left)
        if not outcome.failed:
            self._fulfilled(wish, outcome.text)

    def _end(self, wish: Wish, outcome: Progress, left: str = "") -> None:
        wish.outcome = outcome
        self._wish = self._way = None
        self._told.clear()
        state = CommandState.FAILED if outcome.failed else CommandState.CONFIRMED
        for command in wish.commands:
            self._trade.context.commands.note(command, state, outcome.text + left)

    def _tell(self, wish: Wish) -> None:
        """Say that it takes longer, soon to those who asked for it, and later to everybody."""
        context = self._trade.context
        waited = context.clock() - self._since
        if waited >= context.config.timing.confirm_after:
            for command in wish.commands:
                if command.id not in self._told:
                    self._told.add(command.id)
                    context.commands.note(command, CommandState.ACKNOWLEDGED, f"waits for {_WAITS}")
        if waited >= _ALARM_AFTER:
            text = f"{wish.verb.value} is not done yet: it waits for {wish.waits}"
            context.alarms.sound("winddown", Severity.CRITICAL, f"{text}; {what_works(self._trade)}")

    def _write_down(self, wish: Wish | None) -> None:
        """Have a restart go on with it; None and those that are no wish of a restart's clear what was."""
        lasting = wish if wish is not None and wish.verb in _WRITTEN_DOWN else None
        if lasting is None and not self._written:
            return
        self._written = lasting is not None
        said = ("", "") if lasting is None else (lasting.verb.value, lasting.reason, lasting.leaves)
        self._trade.recorder.take(WishSet(self._trade.context.clock(), *said))


def _posture(verb: Verb, now: Posture) -> Posture:
    if verb is Verb.CANCEL_ALL:
        return Posture.HANDS_OFF
    if verb is Verb.FLATTEN or now is Posture.TRADE:
        return Posture.PROTECT
    return now
