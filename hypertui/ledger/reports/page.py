"""The report as one self-contained HTML page: no script, style sheet or picture from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from html import escape

from hypertui.core.market import plain
from hypertui.ledger.check import Verdict
from hypertui.ledger.derivation import DERIVATION
from hypertui.ledger.reports import charts
from hypertui.ledger.reports.exits import exit_row, unit_sizes
from hypertui.ledger.reports.profit import Statement
from hypertui.ledger.scope import Scope, iso

_STYLE = """ body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:60em;padding:0
1em;color:#222;background:#fff} table{border-collapse:collapse;margin:1em 0;font-variant-numeric:tabular-nums}
td,th{padding:.15em .7em;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left} figure{margin:1em
0}figcaption{font-weight:600}svg{width:100%;height:auto;background:#fafafa} svg
text{font-size:11px;fill:#555}svg text.y{text-anchor:end}svg text.x{text-anchor:middle}
.line{fill:none;stroke:#1f6feb;stroke-width:1.5}.zero{stroke:#999;stroke-dasharray:3 3}
.up{fill:#2b8a3e}.down{fill:#c92a2a}.wrong{color:#c92a2a}.scroll{overflow-x:auto}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}td,th{border-color:#333}
svg{background:#1c1c1c}svg text{fill:#aaa}}
"""


def page(scope: Scope, statement: Statement, verdict: Verdict, at: int) -> str:
    """The page, written at `at` (ms)."""
    curve = statement.curve
    begin, end = iso(statement.first_at or at), iso(statement.last_at or at)
    profit = [(point.at, point.profit) for point in curve.points]
    drawdown = [(point.at, -point.drawdown) for point in curve.points]
    parts = [
        f"<h1>hypertui ledger, {escape(scope.network)}</h1>",
        f"<p>{escape(begin)} to {escape(end)}, written {iso(at)} from {escape(scope.history.place)}. "
        f"Amounts in USD, times in UTC. Rules of derivation: version {DERIVATION}.</p>",
        _checked(verdict),
        _table(("figure", "value"), ((name, shown(value)) for name, value in statement.summary().items())),
        charts.line(profit, "Profit, realised and not, after all fees", (begin, end)),
        charts.line(drawdown, "Drawdown", (begin, end)),
    ]
    for group, title in (("day", "day"), ("unit", "unit"), ("reason", "exit reason"), ("cycle", "cycle")):
        rows = list(statement.rows(group))
        values = [(str(row[group]), row["net"]) for row in rows]
        heights = [(label, net) for label, net in values if isinstance(net, Decimal)]
        parts.append(charts.bars(heights, f"Net by {title}"))
        if group != "unit":
            parts.append(_rows(rows[-60:]))
    units = unit_sizes(scope)
    exits = [exit_row(each, units.get(each.fill.trade_id)) for each in reversed(statement.last_exits)]
    parts += ["<h2>Last exits</h2>", _rows(exits), "<h2>Cycles</h2>"]
    parts += [_rows(list(statement.cycles.rows())[-60:]), "<h2>Settings in force</h2>", _settings(scope)]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>hypertui ledger</title>'
        '<meta name="viewport" content="width=device-width"><style>'
        f"{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def shown(value: object) -> str:
    """A figure for people: amounts to six decimals, what cannot be known as a dash."""
    match value:
        case None:
            return "–"
        case Decimal():
            return plain(round(value, 6))
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _checked(verdict: Verdict) -> str:
    if not verdict.wrong:
        counted = f"{verdict.fills} fills, {verdict.allocations} allocations"
        counted += f", {verdict.flat_points} flat points"
        return f"<p>Checked: {counted}; nothing is wrong.</p>"
    items = "".join(f"<li>{escape(text)}</li>" for text in verdict.problems[:20])
    return f'<p class="wrong">The check found {verdict.wrong} problems:</p><ul class="wrong">{items}</ul>'


def _settings(scope: Scope) -> str:
    parts = []
    for trade in scope.trades():
        starts = list(scope.history.settings(trade.id))
        text = json.dumps(dict(starts[-1].settings if starts else trade.settings), indent=1)
        digest = starts[-1].sha256 if starts else "not written down; its terms are"
        changed = len({start.sha256 for start in starts})
        more = f", the last of {changed} that it ran with" if changed > 1 else ""
        parts.append(
            f"<details><summary>trade {escape(trade.id)}, {escape(trade.symbol)}, {iso(trade.started_at)}: "
            f"{escape(digest)}{more}</summary><pre>{escape(text)}</pre></details>"
        )
    return "".join(parts)


def _rows(rows: list[dict[str, object]]) -> str:
    if not rows:
        return "<p>none yet</p>"
    return _table(tuple(rows[0]), ([shown(value) for value in row.values()] for row in rows))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{top}</tr>{body}</table></div>'


def as_json(row: Mapping[str, object]) -> dict[str, object]:
    """A row as JSON has it: amounts are decimal strings."""
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in row.items()}
