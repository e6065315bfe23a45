"""The daily report: the ledger's own figures of one UTC day, and how each trade is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hypertui.charts.figures import gain, usd
from hypertui.core.market import ZERO
from hypertui.core.phrases import coins, counted, in_words
from hypertui.journal.accumulations import AccumulationJournal
from hypertui.journal.errors import JournalError, NoJournal
from hypertui.journal.history import History
from hypertui.ledger.reports.profit import Statement, Tally, statement
from hypertui.ledger.scope import Scope, day_of
from hypertui.notices.hours import DAY
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Severity, Snapshot

_MOST = 8  # of a group: the rest is one figure


def daily_report(url: str, network: str, midnight: int, view: EngineView) -> str:
    """The report of the day that ended at `midnight` (ms), a line for each matter. The journal at `url` is
    only read, and what cannot be is said instead; `view` is the engine as it is now."""
    try:
        with History.open(url) as history:
            found = statement(Scope(history, network, since=midnight - DAY, until=midnight))
        aside = _accumulated(url, network, day_of(midnight - DAY))
        figures = [*_figures(found), *aside]
    except NoJournal:
        figures = ["nothing has been traded yet"]
    except JournalError as error:
        figures = [f"the journal cannot be read: {error}"]
    health = [f"now {_health(trade)}" for trade in view.trades]
    return "\n".join((f"{day_of(midnight - DAY)} (UTC) on {network}", *figures, *health))


def _figures(found: Statement) -> Iterator[str]:
    totals = found.totals
    if not totals.fills and not totals.funding:
        yield "no fills"
        return
    net = totals.pnl + totals.funding
    yield f"net {gain(net)} USD: realised {gain(totals.pnl)} after fees, funding {gain(totals.funding)}"
    yield f"fees {usd(totals.fees)} USD"
    yield f"{counted(totals.fills, 'fill')}, {usd(totals.volume)} USD"
    for group in ("source", "reason"):
        yield f"by {group}: {', '.join(_of(found.tallies(group)))}"


def _accumulated(url: str, network: str, day: str) -> Iterator[str]:
    """What of the day was put aside, where any was to be."""
    with AccumulationJournal.read(url) as kept:
        rows = [row for row in kept.newest(network, _MOST) if row.day == day]
    for row in rows:
        what = f"{usd(row.amount)} USD to the spot wallet, " if row.amount else ""
        yield f"accumulate {row.state.lower()}: {what}{row.text}"


def _of(tallies: Iterable[tuple[object, Tally]]) -> Iterator[str]:
    largest = sorted(tallies, key=lambda each: -abs(each[1].pnl))
    for name, tally in largest[:_MOST]:
        yield f"{in_words(str(name))} {gain(tally.pnl)} in {tally.fills}"
    if rest := largest[_MOST:]:
        yield f"{len(rest)} more {gain(sum((tally.pnl for _, tally in rest), ZERO))}"


def _health(trade: Snapshot) -> str:
    alarms = [alarm for alarm in trade.alarms if alarm.active]
    critical = sum(alarm.severity is Severity.CRITICAL for alarm in alarms)
    words = [trade.mode.value]
    if trade.position:
        words.append(f"{coins(trade.position, trade.instrument)} held")
    if trade.invariant is not None and trade.invariant.unprotected:
        words.append(f"unprotected: {trade.invariant.unprotected}")
    words.append(counted(len(alarms), "alarm") if alarms else "no alarm")
    if critical:
        words.append(f"{critical} critical")
    return f"{trade.name} {', '.join(words)}"
