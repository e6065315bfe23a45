"""A sweep under way, as a screen shows it: the map, the best so far with its curve, the ranking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event, Lock

from hypertui.core.phrases import counted
from hypertui.port.work import WorkCurve, WorkFact, WorkMap, WorkRow, WorkState, WorkTable, WorkView
from hypertui.sweep.progress import rate_words
from hypertui.sweep.result_map import NET, ResultMap, walked
from hypertui.sweep.results import SweepRow

_SO_FAR = "best so far"
_MOST = 500  # rows of the table
_PUBLISH = 0.25  # seconds between two views, at least
_SHARE = 10  # so many times what a view took goes by before the next
_COLUMNS = (
    ("unit size", True),
    ("setting", True),
    ("net PnL", False),
    ("next to it", False),
    ("drawdown", False),
    ("whipsaw cost", False),
    ("fees", False),
    ("round trips", False),
)


class SweepWork:
    """The sweep as the screen knows it; fed by whoever sweeps, from any thread. `prices` is how many prices
    each setting walks, for the rate; `clock` tells seconds that go on."""

    def __init__(self, title: str, prices: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._prices = prices
        self._tried: list[SweepRow] = []
        self._lock = Lock()
        self._stopped = Event()
        self._began = clock()
        self._known = 0
        self._next = 0.0
        self._view = WorkView("Sweep", title, WorkState.RUNNING, "walks")

    @property
    def view(self) -> WorkView:
        """The newest one."""
        return self._view

    def stop(self) -> None:
        """End the sweep soon: whoever sweeps asks `stopped`."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether it is to end."""
        return self._stopped.is_set()

    def found(self, tried: Sequence[SweepRow], done: int, total: int, known: int = 0) -> None:
        """The next results over the whole series. In all so many of `total` are `done`, of which an earlier
        run has left `known`, which do not count for the rate."""
        with self._lock:
            self._tried += tried
            self._known = known
            self._view = replace(self._view, done=done, total=total)
            now = self._clock()
            if now >= self._next:
                self._publish()
                self._next = self._clock() + max(_PUBLISH, _SHARE * (self._clock() - now))

    def ended(self, notes: Sequence[str] = ()) -> None:
        """It is over: all was tried, or it was stopped. `notes` are sentences about the result."""
        with self._lock:
            self._publish()
            state = WorkState.DONE if self._view.done >= self._view.total else WorkState.STOPPED
            facts = tuple(
                replace(fact, label="best") if state is WorkState.DONE and fact.label == _SO_FAR else fact
                for fact in self._view.facts
            )
            self._view = replace(self._view, state=state, left=None, facts=facts, notes=tuple(notes))

    def failed(self, why: str) -> None:
        """It cannot go on."""
        self._view = replace(self._view, state=WorkState.FAILED, problem=why)

    def _publish(self) -> None:
        done = self._view.done
        took, fresh = self._clock() - self._began, done - self._known
        rate = fresh / took if took > 0 and fresh else None
        left = (self._view.total - done) / rate if rate else None
        view = replace(self._view, rate=rate, left=left)
        there = walked(self._tried)
        self._view = _with(view, ResultMap(there), self._prices) if there else view


def _with(view: WorkView, found: ResultMap, prices: int) -> WorkView:
    """The view with what the results say."""
    place = found.best()
    best, beside = found.placed[place], found.neighbours(place)
    net = best.found.net_pnl
    label = f"{best.setting.unit_size}, {found.rows[place[0]]}"
    facts = [
        WorkFact(_SO_FAR, f"{net:+,.2f} USD at {label}", net),
        *([] if beside is None else [WorkFact("next to it", f"{beside:+,.2f}", beside)]),
        WorkFact("with a gain", f"{sum(each.found.net_pnl > 0 for each in found.placed.values()):,}"),
    ]
    if view.rate is not None:
        facts.append(WorkFact("tick-settings", f"{rate_words(view.rate * prices)}/s"))
    values = found.values(NET)
    rows = found.ranked()[:_MOST]
    title = f"BY NET PNL  {counted(len(found.placed), 'setting')}"
    named = (tuple(found.units), tuple(found.rows))
    return replace(
        view,
        facts=tuple(facts),
        curve=_curve(best),
        beside=WorkMap("NET PNL BY UNIT SIZE", *named, values, found.scale(), found.plateau(), place),
        table=WorkTable(title, _COLUMNS, tuple(_row(found, at, each) for at, each in rows)),
    )


def _curve(best: SweepRow) -> WorkCurve | None:
    """The net PnL of the best so far, at the end of each part of the series."""
    nets = (0.0, *best.found.blocks)
    if len(nets) < 2:
        return None
    parts = tuple(range(len(nets)))
    return WorkCurve(f"NET PNL OF THE BEST, {len(nets) - 1} PARTS", parts, nets, nets, nets, timed=False)


def _row(found: ResultMap, place: tuple[int, int], tried: SweepRow) -> WorkRow:
    made, beside = tried.found, found.neighbours(place)
    cells = (
        tried.setting.unit_size,
        found.rows[place[0]],
        f"{made.net_pnl:+,.2f}",
        "" if beside is None else f"{beside:+,.2f}",
        f"{-made.max_drawdown:+,.2f}",
        f"{made.whipsaw_cost:,.2f}",
        f"{made.fees:,.2f}",
        f"{made.round_trips:,}",
    )
    amounts = (None, None, made.net_pnl, beside, -made.max_drawdown, None, None, None)
    phases = ", ".join(f"{phase} {made.phase_pnl[phase]:+,.2f}" for phase in made.phase_pnl)
    details = (
        f"net PnL by phase (USD): {phases}",
        f"slippage and gaps {made.slippage_cost:,.2f} USD, funding {made.funding:+,.2f} USD, "
        f"{made.steps:,} steps, {made.fills:,} fills",
        *([f"ended by the {made.ended_by}"] if made.ended_by else []),
        *([f"halted: {made.halted}"] if made.halted else []),
    )
    return WorkRow(f"{place[0]} {tried.setting.unit_size}", cells, amounts, details)
