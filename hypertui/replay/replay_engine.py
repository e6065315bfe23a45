"""The engine that replays: the port of a live one, by a clock of its own that the operator moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue

from hypertui.journal import JournalError
from hypertui.port.commands import Ack, Command, Stop, StopReason
from hypertui.port.engine import Attachment, EngineView, Event
from hypertui.port.replay import ReplayOrder, ReplayState
from hypertui.replay.playhead import Playhead
from hypertui.replay.replayed_trade import REFUSAL

SPEEDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
_TURN = 0.1  # seconds between two steps of the clock
_LONGEST_TURN = 0.5  # seconds that one step goes on by at most: behind a slow one the replay is late, no more
_LOOK_EVERY = 1.0  # seconds between two looks for what a trade that goes on has written


class ReplayEngine:
    """Fulfils `EnginePort` and `ReplayPort`. `steady` gives seconds of a clock that nobody sets. The playhead
    belongs to whoever makes this, and from then on to `run`. Raises JournalError."""

    def __init__(self, playhead: Playhead, speed: float, steady: Callable[[], float]) -> None:
        self._playhead = playhead
        self._steady = steady
        self._orders: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._wake: Callable[[], None] = lambda: None
        self._exact = float(playhead.at)  # the time with the fractions that a turn leaves
        self._turned_at = self._looked_at = steady()
        self._state = ReplayState(playhead.at, playhead.at, playhead.end, speed, runs=True)
        self._shown = self._made()

    @property
    def view(self) -> EngineView:
        """The snapshot of the moment."""
        return self._shown[0]

    @property
    def replay(self) -> ReplayState:
        """Where it is."""
        return self._shown[1]

    def events_after(self, seq: int) -> Sequence[Event]:
        """What was told up to the moment, after `seq`."""
        return self._shown[2][seq:]

    @property
    def attachment(self) -> Attachment:
        """Whoever looks at it owns it."""
        return Attachment.OWNER

    async def take_pen(self) -> str:
        """There is nothing to write."""
        return REFUSAL

    async def command(self, command: Command) -> Ack:
        """Nothing is traded here."""
        return Ack(command.id, False, REFUSAL)

    def order(self, order: ReplayOrder) -> None:
        """Move it."""
        self._put(partial(self._do, order))

    def seek(self, at: int) -> None:
        """Go to a time (ms)."""
        self._put(partial(self._go_to, at))

    async def run(self, stop: Stop) -> StopReason:
        """Replay until it is asked to stop; at the end it waits."""
        loop, awake = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # a loop that has closed: it has left already
                loop.call_soon_threadsafe(awake.set)

        self._wake = wake
        stop.on_request(wake)
        self._turned_at = self._steady()
        while not stop.requested:
            awake.clear()
            self.turn()
            with suppress(TimeoutError):
                await asyncio.wait_for(awake.wait(), _TURN)
        return StopReason(0, "")

    def turn(self) -> None:
        """Do what was ordered, let the clock go on, and show what is so then."""
        now = self._steady()
        passed, self._turned_at = min(now - self._turned_at, _LONGEST_TURN), now
        try:
            while True:
                with suppress(Empty):
                    self._orders.get_nowait()()
                    continue
                break
            self._look_for_more(now)
            if self._state.runs:
                self._exact = min(self._exact + passed * 1_000 * self._state.speed, float(self._state.end))
                self._playhead.go_to(max(int(self._exact), self._playhead.at))
        except JournalError as error:
            self._state = replace(self._state, runs=False, problem=str(error))
        self._shown = self._made()

    def _put(self, work: Callable[[], None]) -> None:
        self._orders.put(work)
        self._wake()

    def _do(self, order: ReplayOrder) -> None:
        state, playhead = self._state, self._playhead
        match order:
            case ReplayOrder.PAUSE:
                self._state = replace(state, runs=not state.runs)
            case ReplayOrder.FASTER:
                speed = next((each for each in SPEEDS if each > state.speed), state.speed)
                self._state = replace(state, speed=speed)
            case ReplayOrder.SLOWER:
                speed = next((each for each in reversed(SPEEDS) if each < state.speed), state.speed)
                self._state = replace(state, speed=speed)
            case ReplayOrder.NEXT:
                playhead.go_to_next()
                self._stand()
            case ReplayOrder.PREVIOUS:
                playhead.go_to_previous()
                self._stand()
            case ReplayOrder.END:
                playhead.go_to(state.end)
                self._exact = float(playhead.at)

    def _go_to(self, at: int) -> None:
        self._playhead.go_to(min(max(at, self._state.begin), self._state.end))
        self._exact = float(self._playhead.at)

    def _stand(self) -> None:
        """Who steps wants to look."""
        self._exact = float(self._playhead.at)
        self._state = replace(self._state, runs=False)

    def _look_for_more(self, now: float) -> None:
        """A trade that goes on writes more."""
        if self._playhead.trade.ended_at is not None or now - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = now
        self._playhead.look_again()
        self._state = replace(self._state, end=self._playhead.end)

    def _made(self) -> tuple[EngineView, ReplayState, Sequence[Event]]:
        playhead = self._playhead
        self._state = replace(self._state, at=playhead.at, turns=playhead.turns)
        return EngineView((playhead.snapshot(),)), self._state, playhead.events
