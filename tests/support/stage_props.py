"""What stands on a stage: the ways to the markets, the journal, an engine that shows itself at the end."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hypertui.engine.engine import Connect, EmbeddedEngine, OpenTrade
from hypertui.engine.publisher import Publisher
from hypertui.execution.trade_config import TradeConfig
from hypertui.runtime.machine import Machine
from tests.simulation.network import Fate, Network
from tests.simulation.scenario import Faults, Scenario
from tests.support.memory_journal import MemoryJournal

_SHOWN_SELDOM = 10_000  # ms between two snapshots that nobody looks at
_LOOKED_AT = 1_500  # ms before the end from which on the engine publishes as it does


class ScriptedNetwork(Network):
    """The way to one market, on which nothing befalls anything but what the script says."""

    def __init__(self, scenario: Scenario, random: Random) -> None:
        super().__init__(scenario, random)
        self.actions = Fate.ARRIVES
        self.questions = Fate.ARRIVES
        self.down_for = 0.5  # seconds that a feed is down whose connection broke

    def hush(self, hushed: bool = True) -> None:
        """The feed says nothing any more, and its connection seems to hold."""
        self.faults = Faults(drop=1.0 if hushed else 0.0)

    def silence(self) -> float:
        """A break is known at once."""
        return 0.0

    def away(self) -> float:
        """As long as the script says."""
        return self.down_for

    def _fate(self, is_action: bool) -> Fate:
        return self.actions if is_action else self.questions


class StageJournal(MemoryJournal):
    """One in memory that says of itself what a file would."""

    @property
    def place(self) -> str:
        """Where the file would be."""
        return "/state/journal.db"

    def room(self) -> tuple[int | None, int | None]:
        """As on some machine, and always the same."""
        return 4_400_000, 9_000_000_000


class _StagePublisher(Publisher):
    """Makes a snapshot now and then, as often as an engine does only shortly before `end` (ms)."""

    def __init__(self, config: TradeConfig, machine: Machine, end: int) -> None:
        super().__init__(config, machine)
        self._end = end

    def changed(self) -> None:
        runner, now = self.runner, self._clock()
        nobody_looks = now < self._end - _LOOKED_AT and now - self.snapshot.at < _SHOWN_SELDOM
        if (
            nobody_looks
            and runner is not None
            and self._published == (runner.context.mode, runner.context.reason)
        ):
            return
        super().changed()


class StageEngine(EmbeddedEngine):
    """The engine, which saves the snapshots that nobody would see before `end` (ms)."""

    def __init__(
        self,
        connect: Connect,
        open_trade: OpenTrade,
        configs: Sequence[TradeConfig],
        machine: Machine,
        end: int,
    ) -> None:
        super().__init__(connect, open_trade, configs, machine)
        for seat in self._seats.values():
            seat.publisher = _StagePublisher(seat.config, machine, end)

    def is_open(self, trade: str) -> bool:
        """Whether a trade has been entered or taken up."""
        runner = self._seats[trade].runner
        return runner is not None and runner.trade is not None
