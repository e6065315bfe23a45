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

_SETTING = ("unit", "position", "reinvest", "exits")
_FIGURES = ("net PnL", "drawdown", "figure", "neighbours")
_FOLD_FIGURES = ("in sample", "out of sample")
_DECIMALS = 8  # of USD in JSON


def out_of_sample(results: SweepResults) -> float | None:
    """The net PnL (USD) of all folds together; None without one that was measured."""
    rows = results.of(StretchRole.OUT_OF_SAMPLE)
    return sum(row.found.net_pnl for row in rows) if rows else None


def sweep_in_words(results: SweepResults) -> str:
    """For a person, as several lines."""
    rows = results.of(StretchRole.WHOLE)
    best = _best(rows)
    varied = _varied(rows)
    lines = [*_in_short(results, rows, best, varied), ""]
    cells = [[each.by.words, *_setting_cells(each.row, varied), *_best_figures(each)] for each in best]
    lines += _table(["best by", *varied], _FIGURES, cells)
    if chosen := [*_folds(results)]:
        total = out_of_sample(results)
        assert total is not None, "a fold has one"
        lines += ["", "walk-forward, each chosen in its fold and entered anew in the next part:"]
        lines += _table(["fold", *varied], _FOLD_FIGURES, [_fold_cells(*each, varied) for each in chosen])
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


def _in_short(
    results: SweepResults, rows: Sequence[SweepRow], best: Sequence[RankedBest], varied: Sequence[str]
) -> Iterator[str]:
    nets = [row.found.net_pnl for row in rows]
    made, tried = sum(net > 0 for net in nets), counted(len(nets), "setting")
    costs = f"fee {float(results.head.fee_rate):.3%}, slippage {float(results.head.slippage):.3%}"
    first = best[0].row
    unit, net = setting_texts(first.setting)["unit_size"], _usd(first.found.net_pnl)
    middle = f"the middle one ends at {_usd(median(nets))}"
    if made:
        yield f"{made:,} of {tried} {'makes' if made == 1 else 'make'} money after costs ({costs})"
        yield f"a unit of {unit} makes most, {net}; {middle}"
    else:
        yield f"all of {tried} lose after costs ({costs})"
        yield f"a unit of {unit} loses least, {net}; {middle}"
    sizes = {row.found.unit_size for row in rows}
    if len(sizes) > 1 and first.found.unit_size in (min(sizes), max(sizes)):
        at, beyond = ("largest", "larger") if first.found.unit_size == max(sizes) else ("smallest", "smaller")
        yield f"that is the {at} unit tried: {beyond} ones may do better"
    alike = [name for name in _SETTING if name not in varied]
    if alike:
        same = zip(alike, _setting_cells(first, alike), strict=True)
        said = [f"{name} {cell}{' USD' * (name == 'position')}" for name, cell in same]
        yield f"all with {', '.join(said)}"


def _varied(rows: Sequence[SweepRow]) -> list[str]:
    """What of a setting is worth a column: the unit, and what is not the same in all."""
    settings = [row.setting for row in rows]
    others: dict[str, set[object]] = {
        "position": {each.position_size for each in settings},
        "reinvest": {each.reinvest for each in settings},
        "exits": {each.exits for each in settings},
    }
    return ["unit", *(name for name, values in others.items() if len(values) > 1)]


def _best_figures(best: RankedBest) -> tuple[str, ...]:
    form = _usd if best.by is RankBy.NET_PNL else _ratio
    found = best.row.found
    return (
        _usd(found.net_pnl),
        f"{found.max_drawdown:,.2f}",
        form(best.figure),
        "–" if best.neighbours is None else form(best.neighbours),
    )


def _fold_cells(chosen: SweepRow, measured: SweepRow, varied: Sequence[str]) -> list[str]:
    figures = _usd(chosen.found.net_pnl), _usd(measured.found.net_pnl)
    return [str(chosen.stretch.fold), *_setting_cells(chosen, varied), *figures]


def _setting_cells(row: SweepRow, names: Sequence[str]) -> list[str]:
    texts = setting_texts(row.setting)
    cells = (texts["unit_size"], f"{row.setting.position_size:,f}", texts["reinvest"], texts["exits"])
    return [cells[_SETTING.index(name)] for name in names]


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


def _table(words: Sequence[str], figures: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Words stand at the left of their columns, figures at the right."""
    lines = [[*words, *figures], *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            text.ljust(width) if column < len(words) else text.rjust(width)
            for column, (text, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in lines
    ]


def _usd(amount: float) -> str:
    return f"{amount:+,.2f} USD"


def _ratio(figure: float) -> str:
    return f"{figure:+.3f}"
