"""What a sweep has found, in words and as JSON: the best by several measures, its neighbours, the folds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from statistics import median

from hypertui.core.market import plain
from hypertui.core.phrases import counted
from hypertui.sweep.ranking import RankBy, RankedBest, ranked
from hypertui.sweep.results import SweepResults, SweepRow, setting_texts
from hypertui.sweep.stretches import StretchRole

_TITLES = ("best by", "unit", "position", "reinvest", "exits", "net PnL", "drawdown", "figure", "neighbours")
_FOLD_TITLES = ("fold", "unit", "position", "reinvest", "exits", "in sample", "out of sample")
_DECIMALS = 8  # of USD in JSON
_WORDS = 5  # the first columns of both tables, which stand at the left


def out_of_sample(results: SweepResults) -> float | None:
    """The net PnL (USD) of all folds together; None without one that was measured."""
    rows = results.of(StretchRole.OUT_OF_SAMPLE)
    return sum(row.found.net_pnl for row in rows) if rows else None


def sweep_in_words(results: SweepResults) -> str:
    """For a person, as several lines."""
    rows = results.of(StretchRole.WHOLE)
    best = _best(rows)
    lines = [_in_short(results, rows, best), ""]
    lines += _table(_TITLES, [_best_cells(each) for each in best])
    if chosen := [*_folds(results)]:
        total = out_of_sample(results)
        assert total is not None, "a fold has one"
        lines += ["", "walk-forward, each chosen in its fold and entered anew in the next part:"]
        lines += _table(_FOLD_TITLES, [_fold_cells(*each) for each in chosen])
        lines.append(f"out of sample together: {_usd(total)}")
    lines += ["", *_caveats(results)]
    return "\n".join(lines).rstrip()


def sweep_summary(results: SweepResults) -> dict[str, object]:
    """As one JSON object: amounts of USD are decimal strings, ratios numbers, null where there is none."""
    rows, total = results.of(StretchRole.WHOLE), out_of_sample(results)
    return {
        "settings": len([row for row in results.rows if row.stretch.role is StretchRole.WHOLE]),
        "refused": sum(
            row.stretch.role is StretchRole.WHOLE and bool(row.found.refused) for row in results.rows
        ),
        "profitable": sum(row.found.net_pnl > 0 for row in rows),
        "median_net_pnl": amount_text(median(row.found.net_pnl for row in rows)),
        "best": {
            each.by.value: {
                **setting_texts(each.row.setting),
                "net_pnl": amount_text(each.row.found.net_pnl),
                "max_drawdown": amount_text(each.row.found.max_drawdown),
                "figure": _said(each.by, each.figure),
                "neighbours_median": _said(each.by, each.neighbours),
            }
            for each in _best(rows)
        },
        "folds": [
            {
                **setting_texts(measured.setting),
                "fold": measured.stretch.fold,
                "in_sample": amount_text(chosen.found.net_pnl),
                "out_of_sample": amount_text(measured.found.net_pnl),
            }
            for chosen, measured in _folds(results)
        ],
        "out_of_sample": None if total is None else amount_text(total),
        "caveat": results.head.caveat or None,
    }


def amount_text(amount: float) -> str:
    """An amount (USD) as JSON has it."""
    return plain(Decimal(repr(round(amount, _DECIMALS))))


def _said(by: RankBy, figure: float | None) -> str | float | None:
    return amount_text(figure) if by is RankBy.NET_PNL and figure is not None else figure


def _best(rows: Sequence[SweepRow]) -> list[RankedBest]:
    return [found for by in RankBy if (found := ranked(rows, by)) is not None]


def _in_short(results: SweepResults, rows: Sequence[SweepRow], best: Sequence[RankedBest]) -> str:
    nets = [row.found.net_pnl for row in rows]
    made, tried = sum(net > 0 for net in nets), counted(len(nets), "setting")
    costs = f"fee {float(results.head.fee_rate):.3%}, slippage {float(results.head.slippage):.3%}"
    unit = best[0].row.setting.unit_size
    if made:
        said = f"{made:,} of {tried} {'makes' if made == 1 else 'make'} money after costs ({costs})"
    else:
        said = f"all of {tried} lose after costs ({costs}); a unit of {unit} loses least"
    return f"{said}; the middle one ends at {_usd(median(nets))}."


def _best_cells(best: RankedBest) -> tuple[str, ...]:
    form = _usd if best.by is RankBy.NET_PNL else _ratio
    found = best.row.found
    return (
        best.by.words,
        *_setting_cells(best.row),
        _usd(found.net_pnl),
        f"{found.max_drawdown:,.2f}",
        form(best.figure),
        "–" if best.neighbours is None else form(best.neighbours),
    )


def _fold_cells(chosen: SweepRow, measured: SweepRow) -> tuple[str, ...]:
    fold = str(chosen.stretch.fold)
    return fold, *_setting_cells(chosen), _usd(chosen.found.net_pnl), _usd(measured.found.net_pnl)


def _setting_cells(row: SweepRow) -> tuple[str, ...]:
    texts = setting_texts(row.setting)
    return texts["unit_size"], f"{row.setting.position_size:,f}", texts["reinvest"], texts["exits"]


def _folds(results: SweepResults) -> Iterator[tuple[SweepRow, SweepRow]]:
    """Of each fold the setting that was chosen, in sample and out of sample."""
    inside = {(row.stretch.fold, row.setting): row for row in results.of(StretchRole.IN_SAMPLE)}
    for measured in results.of(StretchRole.OUT_OF_SAMPLE):
        yield inside[measured.stretch.fold, measured.setting], measured


def _caveats(results: SweepResults) -> Iterator[str]:
    if results.head.caveat:
        yield f"{results.head.caveat}."
    refused = [row.found.refused for row in results.rows if row.found.refused]
    if refused:
        yield f"{counted(len(refused), 'walk')} refused, the first one: {refused[0]}."


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [titles, *rows]
    widths = [max(len(cells[column]) for cells in lines) for column in range(len(titles))]
    return [
        "  ".join(_cell(cells, widths, column) for column in range(len(titles))).rstrip() for cells in lines
    ]


def _cell(cells: Sequence[str], widths: Sequence[int], column: int) -> str:
    text, width = cells[column], widths[column]
    return text.ljust(width) if column < _WORDS else text.rjust(width)


def _usd(amount: float) -> str:
    return f"{amount:+,.2f} USD"


def _ratio(figure: float) -> str:
    return f"{figure:+.3f}"
