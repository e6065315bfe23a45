"""Work in progress as the screen knows it: a backtest that walks, or a sweep that tries settings.

Whoever works swaps one frozen view for the next; the screen pulls the newest and computes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class WorkState(StrEnum):
    """What is being done."""

    LOADING = "loading"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # before its end, by whoever looks at it
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WorkFact:
    """A figure with its name, in words. `amount` is the gain or loss behind it (USD); None where it is
    neither."""

    label: str
    text: str
    amount: float | None = None


@dataclass(frozen=True, slots=True)
class WorkCurve:
    """A figure over its course, in columns: the moment (ms, or a number that only counts), the lowest, the
    highest and the last value until then. `timed` says whether the moments are times."""

    title: str
    at: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    close: tuple[float, ...]
    timed: bool = True
    signed: bool = True  # whether it is a gain or a loss


@dataclass(frozen=True, slots=True)
class WorkMap:
    """A value for each row and column, None where it is not known yet; `plateau` and `best` are places (row,
    column). One of `scale` or more is drawn in full."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    scale: float = 1.0
    plateau: frozenset[tuple[int, int]] = frozenset()
    best: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A row of the table. `amounts` are the gains and losses behind its cells, None for any other cell;
    `details` are sentences about it."""

    key: str
    cells: tuple[str, ...]
    amounts: tuple[float | None, ...]
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkTable:
    """What was found so far: of each column its name, and whether it is of words, which stand at the left."""

    title: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[WorkRow, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkView:
    """Everything that the screen shows. `done` of `total` things (`noun`) are done, so many a second; `left`
    is how many seconds are to come, where that can be said. `problem` says why it failed, `notes` what
    somebody should know of the result."""

    name: str  # of the page: Backtest, Sweep
    title: str
    state: WorkState
    noun: str
    done: int = 0
    total: int = 0
    rate: float | None = None
    left: float | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()
    facts: tuple[WorkFact, ...] = ()
    curve: WorkCurve | None = None
    beside: WorkCurve | WorkMap | None = None
    table: WorkTable | None = None


class WorkPort(Protocol):
    """The work as the screen knows it; to be used from any thread."""

    @property
    def view(self) -> WorkView:
        """The newest one, at once."""

    def stop(self) -> None:
        """End it soon, if it has not ended."""
