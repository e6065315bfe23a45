"""The leaderboard as people read it: which figures, in which order, and the tables of the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hypertui.charts.figures import heading, kinds, row_shown
from hypertui.charts.typeset import cell, escaped, row, table
from hypertui.core.market import plain
from hypertui.journal.history import History
from hypertui.ledger.leaderboard import BoardStanding, BoardTerms, leaderboard, record
from hypertui.ledger.sample_keys import BoardKey, SampleKeys
from hypertui.ledger.samples import TradeSample

BOARD_KEYS: tuple[BoardKey, ...] = ("symbol", "source", "settings")
_COLUMNS = (
    "n", "win_rate", "break_evens", "net", "mean", "bound", "profit_factor", "max_drawdown", "fee_share",
    "effective_n",
)  # fmt: skip
_PROVEN = "proven"


def board_records(standings: Sequence[BoardStanding], by: str) -> Iterator[Mapping[str, object]]:
    """A row for each, with all figures."""
    for rank, standing in enumerate(standings, 1):
        yield record(standing, by, rank)


def board_rows(standings: Sequence[BoardStanding], by: str) -> Iterator[dict[str, object]]:
    """A row for each, with the figures that people read, and what they come to in words."""
    for found in board_records(standings, by):
        yield {
            "rank": found["rank"],
            by: found[by],
            **{name: found[name] for name in _COLUMNS},
            "verdict": found["why"] or _PROVEN,
        }


def board_tables(history: History, samples: Sequence[TradeSample], now: int) -> Iterator[str]:
    """Those of the report, as of `now` (ms)."""
    terms, keys = BoardTerms(), SampleKeys(history)
    days, half_life = plain(terms.days), plain(terms.half_life)
    said = f"What ended in the last {days} days; after {half_life} days it counts half as much."
    yield f'<p class="quiet">{escaped(said)}</p>'
    for by in BOARD_KEYS:
        standings = leaderboard(((keys.of(each, by), each) for each in samples), terms, now)
        yield f"<h3>By {by}</h3>"
        yield _table(list(board_rows(standings, by)), by)


def _table(rows: Sequence[Mapping[str, object]], by: str) -> str:
    if not rows:
        return '<p class="quiet">none yet</p>'
    columns = kinds(rows[0])
    looks = {name: "" if name in (by, "verdict") else "n" for name in columns}
    head = [cell(heading(name, kind), looks[name], "th") for name, kind in columns.items()]
    texts = (row_shown(each, columns, {}) for each in rows)
    return table(head, (row(cell(text, looks[name]) for name, text in each.items()) for each in texts))
