"""The report as one self-contained HTML page.

What it says is worked out by the statement and the check; here it is put into sections, each of which
begins a page of its own on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from hypertui.charts.document import document, headline_list
from hypertui.charts.equity_chart import equity_chart
from hypertui.charts.figures import gain, heading, kinds, minute, row_shown, second
from hypertui.charts.price_chart import price_chart
from hypertui.charts.typeset import cell, escaped, row, side, table
from hypertui.core.market import Instrument
from hypertui.core.phrases import counted
from hypertui.journal.records import TradeRecord
from hypertui.ledger.check import Verdict
from hypertui.ledger.derivation import DERIVATION
from hypertui.ledger.reports.board_table import board_tables
from hypertui.ledger.reports.exits import exit_row, unit_sizes
from hypertui.ledger.reports.group_tables import group_table
from hypertui.ledger.reports.markets import instruments
from hypertui.ledger.reports.price_track import tracks
from hypertui.ledger.reports.profit import CROSS, Statement
from hypertui.ledger.reports.settings_list import settings_list
from hypertui.ledger.reports.statement_words import headline, statement_in_words
from hypertui.ledger.scope import Scope

_MOST = 60  # cycles
_PROBLEMS = 20

_EXIT = ("time", "symbol", "reason", "unit", "size", "trigger", "price", "slippage", "fees", "pnl", "hold_s")
_CYCLE = ("symbol", "cycle", "began", "ended", "peak_unit", "valley_unit", "steps", "fills", "fees", "pnl")
_LEFT = ("time", "symbol", "reason", "began", "ended")

_MADE_IT = (
    (CROSS, "By source and reason", True),
    ("reason", "By reason", False),
    ("day", "By day (UTC)", True),
)
_TERMS = {
    "unit": "a step of the price, of the size that was set: 0 is where the trade began, +1 one step above.",
    "ladder stop": "the sale of a quarter of the position where the price comes down to a unit.",
    "ladder buy": "the buy that takes such a quarter back where the price comes up to a unit.",
    "round trip": "a sale and the buy that took its coins back.",
    "whipsaw cost": "what the round trips lost that bought back at a higher price, with both fees.",
    "exit": "an order that closed something, over all of its fills; it won or lost by half a cent at least.",
    "sample": "a cycle of a ladder, or a bracket's stay in the market, that is over.",
    "lower bound": "the mean of the samples less 1.645 of its standard errors.",
    "proven": "20 samples at least, and a lower bound above 0.",
    "cycle": "from all coins held, through a decline, to all coins held again.",
    "drawdown": "how far the net result was below its highest until then.",
    "net result": "realised and unrealised, less all fees, with funding.",
}


def page(scope: Scope, statement: Statement, verdict: Verdict, at: int) -> str:
    """The page, written at `at` (ms)."""
    trades = list(scope.trades())
    markets = instruments(scope)
    title = _title(trades, scope.network)
    figures = statement_in_words(statement)
    body = "\n".join(
        [
            *_summary(trades, statement, verdict, title),
            *_charts(scope, statement, markets),
            "</section>",
            "<section><h2>What made it</h2>",
            _rest(statement),
            *_groups(statement, _MADE_IT),
            "</section><section><h2>When and where</h2>",
            *_groups(statement, (("hour", "By hour of the day (UTC)", True), ("unit", "By unit", False))),
            "</section><section><h2>How surely it earns</h2>",
            *board_tables(scope.history, statement.samples, min(at, scope.until)),
            "</section><section><h2>Cycles and exits</h2>",
            *_cycles(statement, trades),
            *_exits(scope, statement, markets),
            "</section><section><h2>All figures</h2>",
            table([], (row([cell(name), cell(text, "text")]) for name, text in figures)),
            "<h3>Settings in force</h3>",
            *(settings_list(trade, list(scope.history.settings(trade.id))) for trade in trades),
            "<h3>Words</h3>",
            '<dl class="terms">',
            *(f"<dt>{term}</dt><dd>{words}</dd>" for term, words in _TERMS.items()),
            f'</dl><footer><p class="quiet">Written {second(at)} UTC by hypertui from its journal,'
            f" first in, first out; rules of derivation: version {DERIVATION}.</p></footer></section>",
        ]
    )
    return document(title, body)


def _title(trades: list[TradeRecord], network: str) -> str:
    symbols = sorted({trade.symbol for trade in trades})
    return f"hypertui, {network}: {', '.join(symbols) or 'no trade'}"


def _summary(trades: list[TradeRecord], statement: Statement, verdict: Verdict, title: str) -> Iterator[str]:
    yield f'<section class="first"><h1>{escaped(title)}</h1>'
    accounts = sorted({trade.account for trade in trades})
    if accounts:
        whose = ", ".join(f"{account[:6]}…{account[-4:]}" for account in accounts)
        word = "account" if len(accounts) == 1 else "accounts"
        yield f'<p class="quiet">{word} {escaped(whose)}; amounts in USD, times in UTC</p>'
    yield headline_list(headline(statement, len(trades)))
    yield from _checked(verdict)


def _charts(scope: Scope, statement: Statement, markets: Mapping[str, Instrument]) -> Iterator[str]:
    yield from (price_chart(track, markets.get(track.symbol)).html() for track in tracks(scope))
    points = statement.curve.points
    if len(points) > 1:
        since = "" if statement.first_at is None else f" since {minute(statement.first_at)}"
        title = f"Equity (USD): net result{since}, realised or not, with the drawdown under it"
        yield equity_chart(points, title).html()


def _checked(verdict: Verdict) -> Iterator[str]:
    if not verdict.wrong:
        made = f"{counted(verdict.fills, 'fill')}, {counted(verdict.allocations, 'allocation')}"
        made += f", {counted(verdict.flat_points, 'flat point')}"
        yield f'<p class="quiet">Checked: {made}; nothing is wrong.</p>'
        return
    yield f'<p class="wrong">The check found {counted(verdict.wrong, "problem")}:</p><ul class="wrong">'
    yield from (f"<li>{escaped(text)}</li>" for text in verdict.problems[:_PROBLEMS])
    yield "</ul>"


def _rest(statement: Statement) -> str:
    """What of the net result is in none of the tables."""
    realised = statement.totals.pnl + statement.totals.funding
    held = f"the other {gain(statement.curve.made - realised)} USD of the net result are of coins still held"
    text = f"Realised, with funding: {gain(realised)} USD; {held}, less the fees paid for them."
    return f'<p class="quiet">{escaped(text)}</p>'


def _groups(statement: Statement, groups: tuple[tuple[str, str, bool], ...]) -> Iterator[str]:
    for group, title, funding in groups:
        yield f"<h3>{title}</h3>"
        yield group_table(statement, group, funding=funding)


def _cycles(statement: Statement, trades: list[TradeRecord]) -> Iterator[str]:
    symbols = {trade.id: trade.symbol for trade in trades}
    found = [{"symbol": symbols.get(str(each["trade"]), ""), **each} for each in statement.cycles.rows()]
    yield f"<h3>Cycles{_newest(len(found), _MOST)}</h3>"
    yield _rows(found[-_MOST:], _CYCLE, {})


def _exits(scope: Scope, statement: Statement, markets: Mapping[str, Instrument]) -> Iterator[str]:
    units = unit_sizes(scope)
    found = [exit_row(each, units.get(each.fill.trade_id)) for each in reversed(statement.last_exits)]
    yield f"<h3>Exits{_newest(statement.results.exits, len(found))}</h3>"
    yield _rows(found, _EXIT, markets)


def _newest(count: int, most: int) -> str:
    return f", the newest {most:,} of {count:,}" if count > most else ""


def _rows(rows: list[dict[str, object]], names: tuple[str, ...], markets: Mapping[str, Instrument]) -> str:
    """A table of these columns."""
    if not rows:
        return '<p class="quiet">none yet</p>'
    columns = kinds(rows[0])
    body = []
    for each in rows:
        texts, pnl = row_shown(each, columns, markets), each["pnl"]
        looks = dict.fromkeys(names, "n") | dict.fromkeys(_LEFT, "")
        if isinstance(pnl, Decimal):
            looks["pnl"] = f"n {side(pnl)}"
        body.append(row(cell(texts[name], looks[name]) for name in names))
    head = [cell(heading(name, columns[name]), "" if name in _LEFT else "n", "th") for name in names]
    return table(head, body)
