"""Records a seed of the simulation on a tape, and plays a tape to the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, cast

from hypertui.execution.event_log import EventLog
from hypertui.execution.trader import Trader
from hypertui.market import Order
from hypertui.port import Command, Stop, Verb
from tests.golden.replay import Ids, TapeExchange
from tests.golden.tap import Names, Tap
from tests.golden.tape import Tape
from tests.simulation.door import Door
from tests.simulation.exchange import SimExchange
from tests.simulation.game import Game
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.scenario import Scenario, draw
from tests.simulation.venue import ADDRESS
from tests.support.memory_journal import MemoryJournal


class _TapedGame(Game):
    """Notes what reaches the engine."""

    def __init__(self, scenario: Scenario, loop: VirtualLoop, folder: Path) -> None:
        super().__init__(scenario, loop, folder)
        self.tape = Tape({"seed": scenario.seed})
        self._names = Names()

    def _reach(self, door: Door) -> SimExchange:
        self.tape.note(self._clock(), "start")
        return cast(SimExchange, Tap(super()._reach(door), self.tape, self._names, self._clock))


def record(seed: int, folder: Path) -> Tape:
    """Play a seed, and keep what came from outside."""
    scenario = draw(seed)
    loop = VirtualLoop(scenario.to_full_hour)
    game = _TapedGame(scenario, loop, folder)
    run(loop, game.play())
    for each in game.auditor.problems.values():
        print(each)
    return game.tape


def decide(tape: Tape) -> Sequence[str]:
    """What the engine does with what is on the tape, a line for each action."""
    scenario = draw(tape.about["seed"])
    loop = VirtualLoop(scenario.to_full_hour)
    lines: list[str] = []
    ids = Ids()

    def clock() -> int:
        return loop.clock() + scenario.clock_ahead

    def decided(name: str, args: tuple[Any, ...], more: Mapping[str, Any]) -> None:
        at = clock() % 10_000_000
        if name == "place":
            for order in cast(tuple[Order, ...], args):
                lines.append(
                    f"{at} place {ids.names[order.client_id]} {order.side} {order.size} {order.type} "
                    f"trigger {order.trigger} limit {order.limit} {'reduce' if order.reduce_only else ''}"
                )
        elif name == "cancel":
            lines.append(f"{at} cancel {' '.join(ids.names.get(each, each) for each in args[1])}")
        else:
            lines.append(f"{at} {name} {args[:2]} {dict(more)}")

    async def play() -> None:
        (rows,) = tape.processes()
        exchange = TapeExchange(ADDRESS, rows, ids, clock, decided)
        log = EventLog(clock, 100_000)
        stop = Stop(scenario.config.on_exit)
        trader = Trader(
            cast(Any, exchange),
            scenario.config,
            scenario.seed + 1,
            clock,
            Random(f"engine {scenario.seed}"),
            log,
            MemoryJournal(),
            lambda: None,
            clock_set_by=lambda: scenario.clock_set_by(loop.time()),
        )
        work = asyncio.create_task(trader.run(stop))
        for row in rows:
            if row.kind == "command":
                await asyncio.sleep(max(0, row.at - clock()) / 1000)
                await trader.command(Command(str(row.at), Verb(row.data), "tape"))
            if row.kind == "leave":
                await asyncio.sleep(max(0, row.at - clock()) / 1000)
                stop.request()
        await asyncio.sleep(max(0, rows[-1].at - clock()) / 1000 + 60)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        lines.append(f"strays {len(exchange.strays)} {exchange.strays[:5]}")

    run(loop, play())
    return lines
