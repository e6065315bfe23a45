"""How a trade fares, in figures that add up over its run: the feed, its fills' ways, orders, exits.

A run begins with a start of the process, or of the trade in it; so do the counts. Times are milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

# The ways of a fill, in their order: from the exchange's time of it to us, from there into the books, from
# the books to the disk, and from the books to the first comparison with the exchange that is asked for after.
RECEIVED, BOOKED, DURABLE, COMPARED = "received", "booked", "durable", "compared"
FILL_STAGES = (RECEIVED, BOOKED, DURABLE, COMPARED)

# Up to how many ms each count of `Spans.up_to` goes.
SPAN_STEPS = (
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spans:
    """How long something took, each time that it was done: how often, the sum, the middle (p50) and the slow
    end (p99) of the newest, and how many took up to each of `SPAN_STEPS`; all since the run began."""

    name: str
    count: int
    total: int
    middle: int
    slow: int
    up_to: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ExitCount:
    """How many orders have sold for this reason, at the word of this source; one that fills in parts is
    one."""

    reason: str
    source: str
    count: int


@dataclass(frozen=True, slots=True)
class HealthFigures:
    """Of one trade's run, which began at `began_at`. `connected` is how long the feed was up in connections
    that are over, `up_since` when the present one began. `answers` are those to orders and cancels. `states`
    counts the own orders that are alive by their state, `findings` what comparisons found by its kind, again
    each time that it is found. `refused` orders came to nothing: refused, or not placed at all."""

    began_at: int
    connected: int = 0
    up_since: int | None = None
    stages: tuple[Spans, ...] = ()  # in the order of `FILL_STAGES`, those that a fill has gone
    answers: Spans | None = None
    states: tuple[tuple[str, int], ...] = ()
    exits: tuple[ExitCount, ...] = ()
    attempts: tuple[tuple[int, int], ...] = ()  # how many orders were taken at the first, second, … attempt
    verdicts: tuple[tuple[tuple[str, str], int], ...] = ()  # of exits by rule and word, when one has acted
    sent: int = 0
    refused: int = 0
    findings: tuple[tuple[str, int], ...] = ()

    def uptime(self, now: int) -> float | None:
        """The part of the run by `now` for which the feed was up; None before any time has passed."""
        ran = now - self.began_at
        up = self.connected + (0 if self.up_since is None else max(0, now - self.up_since))
        return None if ran <= 0 else min(1.0, up / ran)
