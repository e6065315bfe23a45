"""What the machine gives an engine: clocks, randomness, disk space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from hypertui.core.clock import steady_ms
from hypertui.runtime.accumulating import Accumulation
from hypertui.runtime.audit import Audit


@dataclass(frozen=True, slots=True)
class Machine:
    """`clock` (ms) must never jump; `clock_set_by` says how far the machine's own was set since the start
    (ms), and `steady` is what other processes can tell an age by. `random` serves the jitter. `disk_free`
    says how many bytes the state folder has left, `log_trouble` why lines of the log are lost, empty while
    none are. `audit` checks the accounting of what is traded, in any thread, and `accumulation` puts a
    share of its profit aside; None where nobody does."""

    clock: Callable[[], int]
    random: Random = field(default_factory=Random)
    clock_set_by: Callable[[], int] = lambda: 0
    steady: Callable[[], int] = steady_ms
    disk_free: Callable[[], int] | None = None
    log_trouble: Callable[[], str] = lambda: ""
    audit: Audit | None = None
    accumulation: Accumulation | None = None
