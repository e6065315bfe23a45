"""The pages beside the main one: orders, ledger, map, log, risk and health."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from hypertui.console.frame import Frame
from hypertui.console.screens.page import Page
from hypertui.console.screens.signals import SignalsPage
from hypertui.console.views import audit, desk, exits, guards, health, ledger, orders, result
from hypertui.console.views.ladder import units
from hypertui.console.widgets.table import TablePanel


class DeskPage(Page):
    """All trades; the one under the cursor is the one that the keys act on."""

    def body(self) -> ComposeResult:
        yield self.table(
            "both", TablePanel(desk.table, desk.basis, id="desk", title=desk.title, ascii=self.plain)
        )

    def action_scroll(self, rows: int) -> None:
        self._move(rows)

    def action_scroll_page(self, pages: int) -> None:
        self._move(pages, pages=True)

    def _move(self, rows: int, *, pages: bool = False) -> None:
        if self.focus_list is not None:
            self.focus_list.move(rows, pages=pages)
            self._select()

    def action_open(self) -> None:
        self._select()
        self.app.action_go("main")

    def action_back(self) -> None:
        self.app.action_go("main")

    def present(self, frame: Frame) -> None:
        if self.focus_list is not None:
            self.focus_list.select(frame.snapshot.name)
        super().present(frame)

    def _select(self) -> None:
        row = None if self.focus_list is None else self.focus_list.current
        if row is not None:
            self.app.select(row.key)


class OrdersPage(Page):
    """The orders three ways."""

    def body(self) -> ComposeResult:
        yield self.table(
            "both",
            TablePanel(orders.table, orders.basis, id="orders", title=orders.title, ascii=self.plain),
        )


class LedgerPage(Page):
    """Executions, lots, cycles and totals."""

    def body(self) -> ComposeResult:
        yield self.table(
            "both",
            TablePanel(
                ledger.fills, ledger.fills_basis, id="fills", title=ledger.fills_title, ascii=self.plain
            ),
        )
        with Horizontal(id="lots-and-cycles", classes="row"):
            yield self.table(
                "both",
                TablePanel(
                    ledger.lots,
                    ledger.lots_basis,
                    id="lots",
                    title=lambda frame: "LOTS  first in, first out",
                    ascii=self.plain,
                ),
            )
            yield self.table(
                "both",
                TablePanel(
                    ledger.cycles,
                    ledger.cycles_basis,
                    id="cycles",
                    title=lambda frame: "CYCLES",
                    ascii=self.plain,
                ),
            )
        with Horizontal(id="result", classes="row"):
            yield self.panel("full", "curve", result.curve, "RESULT")
            yield self.panel("full", "shares", result.shares, "BY REASON, HOUR (UTC), UNIT")
        yield self.panel("both", "totals", ledger.totals, "TOTALS")


class UnitsPage(Page):
    """The whole position map."""

    def body(self) -> ComposeResult:
        yield self.table(
            "both", TablePanel(units.table, units.basis, id="units", title=units.title, ascii=self.plain)
        )


class LogPage(Page):
    """Operators' actions above, events below."""

    def __init__(self, name: str, *, ascii: bool) -> None:
        super().__init__(name, ascii=ascii)
        self._picked = audit.Picked()

    def body(self) -> ComposeResult:
        yield self.panel("both", "operators", audit.operator, audit.title)
        picked = self._picked
        yield self.table(
            "both",
            TablePanel(picked.table, picked.basis, id="log", title=picked.title, ascii=self.plain),
        )

    def action_level(self) -> None:
        self._picked.next_level()
        self.app.show_frame()

    def action_kind(self) -> None:
        self._picked.next_kind()
        self.app.show_frame()


class HealthPage(Page):
    """Risk, sources and budget, latency, alarms, tasks."""

    def body(self) -> ComposeResult:
        with Horizontal(id="risk-and-engine", classes="row"):
            yield self.panel("both", "risk", health.risk, "RISK")
            yield self.panel("both", "engine", health.engine, "ENGINE")
        yield self.table(
            "both",
            TablePanel(
                health.alarms, health.alarms_basis, id="alarms", title=health.alarms_title, ascii=self.plain
            ),
        )
        with Horizontal(id="latency-and-tasks", classes="row"):
            yield self.panel("both", "latency", health.latency, "LATENCY")
            yield self.table(
                "both",
                TablePanel(
                    health.tasks,
                    health.tasks_basis,
                    id="tasks",
                    title=lambda frame: "TASKS",
                    ascii=self.plain,
                ),
            )


class ExitsPage(Page):
    """The rules that may end the trade, with the price and the distance of each; below them the guards."""

    def body(self) -> ComposeResult:
        yield self.table(
            "both", TablePanel(exits.table, exits.basis, id="exits", title=exits.title, ascii=self.plain)
        )
        yield self.table(
            "both", TablePanel(guards.table, guards.basis, id="guards", title=guards.title, ascii=self.plain)
        )


PAGES: dict[str, type[Page]] = {
    "desk": DeskPage,
    "orders": OrdersPage,
    "ledger": LedgerPage,
    "map": UnitsPage,
    "log": LogPage,
    "health": HealthPage,
    "signals": SignalsPage,
    "exits": ExitsPage,
}
