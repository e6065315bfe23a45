"""The newest snapshot of one trade: made soon after something has changed, and read by any thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypertui.core.findings import Finding
from hypertui.engine.blank import blank
from hypertui.engine.screen_tables import ScreenTables
from hypertui.engine.trade_runner import TradeRunner
from hypertui.engine.trade_view import compose
from hypertui.execution.arrivals import NOT_RUNNING
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import OF_SOURCES, Ack, Command, StopReason, Verb
from hypertui.port.snapshot import Mode, Severity, Snapshot
from hypertui.runtime.machine import Machine

_PUBLISH_EVERY = 100
# What may be asked for of a trade that has ended.
_WHEN_OVER = (Verb.START, Verb.ACKNOWLEDGE, *OF_SOURCES)
# Seconds from a change until it is shown: what that change has sent, and its rows, go first, and what it has
# sent for the trades beside.
_SHOWN_AFTER = 0.03


class Publisher:
    """Of one trade; `made` is told of each snapshot. Before a `runner` is there it says what was asked
    for."""

    def __init__(
        self, config: TradeConfig, machine: Machine, made: Callable[[Snapshot], None] = lambda _: None
    ) -> None:
        self._clock, self._steady = machine.clock, machine.steady
        self._made = made
        self._tables = ScreenTables()
        self._published: tuple[Mode, str] | None = None
        self._publishing: asyncio.TimerHandle | None = None
        self.runner: TradeRunner | None = None
        self.snapshot = self._blank = replace(blank(config, self._clock()), steady=self._steady())

    def changed(self) -> None:
        """Something may have changed: a new mode is shown at once, all else soon."""
        runner, now = self.runner, self._clock()
        if runner is None:
            self.snapshot = replace(self.snapshot, seq=self.snapshot.seq + 1, at=now, steady=self._steady())
            return
        if self._published != (runner.context.mode, runner.context.reason):
            self._publish()
        elif self._publishing is None and not 0 <= now - self.snapshot.at < _PUBLISH_EVERY:
            loop = asyncio.get_running_loop()
            self._publishing = loop.call_later(_SHOWN_AFTER, self._publish)

    def ended(self, reason: StopReason) -> None:
        """The run is over: what was last known stays, with how it ended."""
        if self._publishing is not None:
            self._publish()
        mode = Mode.STOPPED if reason.status == 0 else Mode.HALTED
        self.snapshot = replace(
            self.snapshot,
            seq=self.snapshot.seq + 1,
            at=self._clock(),
            steady=self._steady(),
            mode=mode,
            reason=reason.text,
            not_begun=reason.because,
            over=True,
            refusals=tuple((verb, NOT_RUNNING) for verb in Verb if verb not in _WHEN_OVER),
        )

    def again(self, findings: tuple[Finding, ...] = ()) -> None:
        """Another run is about to begin; `findings` are what the one before was refused by."""
        if self._publishing is not None:
            self._publishing.cancel()
        self._publishing = self.runner = None
        self.snapshot = replace(
            self._blank,
            seq=self.snapshot.seq + 1,
            at=self._clock(),
            steady=self._steady(),
            findings=findings,
        )

    def acknowledge(self, command: Command, beside: Sequence[str]) -> Ack:
        """Note that an operator knows of alarms of a run that has ended."""
        runner = self.runner
        assert runner is not None, "it has ended"
        ack = runner.acknowledge(command, beside)
        context = runner.context
        self.snapshot = replace(
            self.snapshot,
            seq=self.snapshot.seq + 1,
            at=self._clock(),
            steady=self._steady(),
            alarms=context.alarms.view(),
            commands=context.commands.view(),
        )
        return ack

    def begin(self, runner: TradeRunner) -> None:
        """A run has begun."""
        self.runner, self._published = runner, None

    def _publish(self) -> None:
        runner = self.runner
        assert runner is not None, "its changes are what is shown"
        if self._publishing is not None:
            self._publishing.cancel()
        self._publishing = None
        self._published = (runner.context.mode, runner.context.reason)
        if runner.fallback is not None:
            # Nothing of the books that were given up is shown on.
            self.snapshot = replace(self._blank, seq=self.snapshot.seq)
        self.snapshot = self._composed(runner, self._clock())
        self._made(self.snapshot)

    def _composed(self, runner: TradeRunner, now: int) -> Snapshot:
        try:
            return replace(compose(runner, self.snapshot, now, self._tables), steady=self._steady())
        except Exception as error:  # noqa: BLE001 - a defect in what is shown must not end what is traded
            text = f"no snapshot could be made: {type(error).__name__}: {error}"
            runner.context.alarms.sound("snapshot", Severity.CRITICAL, text)
            return self.snapshot
