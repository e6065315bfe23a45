"""Records a seed of the simulation on a tape."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

from hypertui.engine.engine import OpenTrade
from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.commands import StopReason, Verb
from tests.golden.names import Names
from tests.golden.tap import Tap
from tests.golden.tape import Tape
from tests.simulation.door import Boundary
from tests.simulation.exchange import SimExchange
from tests.simulation.game import Game
from tests.simulation.host import Host
from tests.simulation.ledger import FaultyDisk
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.network import Network
from tests.simulation.process import Process
from tests.simulation.scenario import Scenario, draw
from tests.simulation.venue import ADDRESS
from tests.support.ladders import config_record

# Deaths that are counted in what the engine does itself; a tape has the moment of any other.
_COUNTED = (Boundary.COMMIT, Boundary.COMMITTED, Boundary.SENT)


def record(seed: int) -> Tape:
    """Play a seed, and keep what came from outside. Raises AssertionError for one that fails."""
    scenario = draw(seed)
    loop = VirtualLoop(scenario.to_full_hour)
    with TemporaryDirectory() as folder:
        game = _TapedGame(scenario, loop, Path(folder))
        run(loop, game.play())
    assert not game.problems, game.problems
    return game.tape


class _TapedGame(Game):
    def __init__(self, scenario: Scenario, loop: VirtualLoop, folder: Path) -> None:
        self.tape = Tape(
            {
                "name": f"seed {scenario.seed}",
                "trade": config_record(scenario.config),
                "account": ADDRESS,
                "epoch": loop.clock() + scenario.clock_ahead,
                "clock_steps": scenario.clock_steps,
                "file": scenario.on_file,
            }
        )
        self.kind = partial(_TapedHost, self.tape, loop.time)
        super().__init__(scenario, loop, folder)


class _TapedHost(Host):
    def __init__(self, tape: Tape, time: Callable[[], float], *more: Any) -> None:
        self._tape = tape
        self.kind = partial(_TapedProcess, tape, Names(), time)
        super().__init__(*more)

    def disk(self) -> _TapedDisk:
        networks = [course.network for course in self.courses.values()]
        return _TapedDisk(self._tape, networks, self._disks, self._paces)


class _TapedDisk(FaultyDisk):
    def __init__(self, tape: Tape, networks: Sequence[Network], *randoms: Random) -> None:
        super().__init__(networks, *randoms)
        self._tape = tape

    def takes(self) -> float:
        """No time, as when the tape is played."""
        return 0.0

    def is_down(self) -> bool:
        before = self.down_until
        down = super().is_down()
        if self.down_until != before:
            self._tape.note(asyncio.get_running_loop().time(), "disk", round(self.down_until, 6))
        return down


class _TapedProcess(Process):
    def __init__(
        self,
        tape: Tape,
        names: Names,
        time: Callable[[], float],
        name: str,
        configs: Sequence[TradeConfig],
        exchange: SimExchange,
        open_trade: OpenTrade,
        *more: Any,
    ) -> None:
        self._tap = Tap(exchange, tape, names, time)
        self._names = names
        self._tape = tape
        self._time = time

        @contextmanager
        def opened(config: TradeConfig, account: str) -> Iterator[tuple[int, TradeJournal]]:
            with open_trade(config, account) as (number, journal):
                self._began["trade"] = f"{number:016x}"
                yield number, journal

        self._began = {"name": name, "trade": ""}
        tape.note(time(), "start", self._began)
        super().__init__(name, configs, cast(SimExchange, self._tap), opened, *more)

    async def run(self) -> StopReason | None:
        try:
            return await super().run()
        finally:
            kill = self.door.kill if self.door.shut else None
            end: dict[str, Any] = {"asked": dict(self._tap.asked), "placed": len(self._names)}
            if kill is not None:
                counted = kill.boundary in _COUNTED
                end["after"] = kill.boundary.name if counted else Boundary.TIME.name
                end["count"] = self.door.passed(kill.boundary) if counted else self._time() - self.born
            self._tape.note(self._time(), "end", end)

    async def command(self, verb: Verb, trade: str) -> bool:
        if not self.over.is_set():
            self._tape.note(self._time(), "command", verb.value)
        return await super().command(verb, trade)

    def leave(self, *, may_die: bool = True) -> None:
        self._tape.note(self._time(), "leave")
        super().leave(may_die=may_die)
