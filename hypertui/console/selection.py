"""Which trade of the engine the screens show, and the keys act on."""

from __future__ import annotations

from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Snapshot


class Selection:
    """The first trade until another one is selected; one that is gone is the first again."""

    def __init__(self) -> None:
        self._name = ""

    def of(self, view: EngineView) -> Snapshot:
        """The selected trade."""
        return view.trade(self._name) or view.first

    def select(self, name: str) -> None:
        """Select a trade by its name."""
        self._name = name

    def step(self, view: EngineView, by: int) -> Snapshot:
        """Select the trade so many places further, in a ring, and return it."""
        number = view.trades.index(self.of(view)) + by
        snapshot = view.trades[number % len(view.trades)]
        self._name = snapshot.name
        return snapshot
