"""How lively synthetic prices are, and where they drift."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class MarketPhase:
    """So many minutes in which log prices drift by `drift` a minute and move `liveliness` times as usual."""

    minutes: int
    drift: float = 0.0
    liveliness: float = 1.0


@dataclass(frozen=True, slots=True)
class Preset:
    """`deviation` is the standard deviation of a minute's return, `jump_share` the part of its variance that
    jumps bring, `cluster` the standard deviation of log volatility. The phases come round for ever."""

    deviation: float
    jump_share: float
    cluster: float
    phases: tuple[MarketPhase, ...] = (MarketPhase(1),)

    def phase(self, time: int) -> MarketPhase:
        """The phase at `time` ms of market time."""
        left = time // MINUTE_MS % sum(phase.minutes for phase in self.phases)
        for phase in self.phases:
            left -= phase.minutes
            if left < 0:
                return phase
        raise AssertionError("the phases are as long as their sum")


USUAL = Preset(0.0008, 0.2, 0.35)
PRESETS = {
    "usual": USUAL,
    "calm": Preset(0.0002, 0.0, 0.1),
    # About 2.4 % up in an hour, with pullbacks.
    "trending": Preset(0.0006, 0.1, 0.25, (MarketPhase(1, 0.0004),)),
    # Half an hour of quiet, 18 % down within a quarter of an hour, a third of that back, quiet again.
    "crash": Preset(
        0.0005,
        0.1,
        0.25,
        (MarketPhase(30), MarketPhase(15, -0.0132, 4.0), MarketPhase(30, 0.0021, 2.5), MarketPhase(165)),
    ),
    # Up and down by about 1.2 %, every six minutes.
    "whipsaw": Preset(0.0008, 0.1, 0.25, (MarketPhase(6, 0.002, 1.5), MarketPhase(6, -0.002, 1.5))),
}
