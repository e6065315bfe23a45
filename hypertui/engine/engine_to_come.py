"""An engine that is loaded while its console is on the screen already: what stands in its place till then.

To load what trades takes half a second of processor, and nobody should have to look at nothing meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from hypertui.engine.blank import blank
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import Ack, Command, Stop, StopReason
from hypertui.port.engine import Attachment, EnginePort, EngineView, Event
from hypertui.port.intents import NO_INTENTS, IntentsView
from hypertui.port.prices import SeenMark
from hypertui.port.signals import SignalView
from hypertui.port.snapshot import Snapshot

_LOADING = "loading the engine"


class EngineToCome:
    """Fulfils `EnginePort`: what `build` makes, as soon as there is a run, and until then what was asked for.

    `build` loads the engine and takes as long as that needs, in the thread that runs it; it may raise
    StartRefused. Until the engine has heard a price, the market's is the one that was `seen` last, by its
    symbol, with the time of that; `intents` are the sources, and `signals` those, that there will be.
    """

    def __init__(
        self,
        configs: Sequence[TradeConfig],
        build: Callable[[], EnginePort],
        clock: Callable[[], int],
        seen: Mapping[str, SeenMark],
        intents: IntentsView = NO_INTENTS,
        signals: tuple[SignalView, ...] = (),
    ) -> None:
        self._build = build
        self._clock = clock
        self._seen = seen
        self._intents = intents
        self._signals = signals
        self._engine: EnginePort | None = None
        now = clock()
        self._asked_for = tuple(
            replace(blank(config, now), reason="loading the engine") for config in configs
        )

    @property
    def view(self) -> EngineView:
        """The newest view."""
        engine = self._engine
        if engine is None:
            # Whoever loads is no engine that has fallen silent.
            now = self._clock()
            shown = tuple(self._priced(replace(each, at=now)) for each in self._asked_for)
            return EngineView(shown, intents=self._intents, signals=self._signals)
        view = engine.view
        return replace(view, trades=tuple(map(self._priced, view.trades)))

    def _priced(self, snapshot: Snapshot) -> Snapshot:
        seen = self._seen.get(snapshot.instrument.symbol)
        if seen is None or snapshot.mark is not None:
            return snapshot
        return replace(snapshot, mark=seen.mark, mark_at=seen.at)

    @property
    def attachment(self) -> Attachment:
        """Whoever runs it has all of it."""
        return Attachment.OWNER

    def events_after(self, seq: int) -> Sequence[Event]:
        """Events after `seq` that are still kept."""
        return () if self._engine is None else self._engine.events_after(seq)

    async def take_pen(self) -> str:
        """Nothing: its own console writes without one."""
        return ""

    async def command(self, command: Command) -> Ack:
        """Hand a command over and wait for the first answer."""
        if self._engine is None:
            return Ack(command.id, False, "the engine is still loading")
        return await self._engine.command(command)

    async def run(self, stop: Stop) -> StopReason:
        """Load the engine and trade until done, halted or asked to stop."""
        if stop.requested:
            return StopReason(0, "left before the engine was started")
        try:
            self._engine = self._build()
        except StartRefused as refused:
            return StopReason(refused.status, str(refused))
        return await self._engine.run(stop)
