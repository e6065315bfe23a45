"""Profit by source and reason, day, hour, unit and cycle, each as a table with a small bar for each row."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.charts.figures import FigureKind, heading, kinds, shown
from hypertui.charts.tally_table import TallyRow, tally_table
from hypertui.core.market import ZERO
from hypertui.ledger.reports.profit import Statement, Tally

_MOST = 60  # rows

_COUNTED = ("fills", "closings", "volume", "fees", "pnl")
_PAID = ("funding", "net")  # of the groups that funding belongs to


def group_table(statement: Statement, group: str, *, funding: bool) -> str:
    """The newest rows of a group, of those before them the sum, and below the sum of all: the statement's own
    totals. `funding` says whether funding is counted by it."""
    tallies = statement.tallies(group)
    if not tallies:
        return '<p class="quiet">nothing yet</p>'
    columns = kinds((*_COUNTED, *(_PAID if funding else ())))
    rows = [(_name(group, name), tally) for name, tally in tallies[-_MOST:]]
    older = tallies[:-_MOST]
    if older:
        rows.insert(0, (f"{len(older):,} before them", _sum([tally for _, tally in older])))
    name = heading(group, kinds((group,))[group])
    body = [
        TallyRow(label, tally.figures(), tally.pnl + (tally.funding if funding else ZERO))
        for label, tally in rows
    ]
    return tally_table(name, body, columns, statement.totals.figures())


def _name(group: str, name: object) -> str:
    if isinstance(name, tuple):
        source, reason = name
        return f"{source}: {shown(reason, FigureKind.WORDS)}"
    if group == "unit" and name is None:
        return "none"
    kind = FigureKind.WORDS if group == "reason" else kinds((group,))[group]
    return shown(name, kind)


def _sum(tallies: Sequence[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.join(tally)
    return total
