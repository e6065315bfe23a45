"""The report of a sweep as one HTML page, or as a picture: maps, ranking, and what the best is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from hypertui.charts.document import Headline, document, headline_list
from hypertui.charts.drawing import Drawing
from hypertui.charts.figures import gain, second
from hypertui.charts.heat_map import HeatMap
from hypertui.charts.picture import picture
from hypertui.charts.profile_chart import LINES, profile_chart
from hypertui.charts.typeset import cell, escaped, row, side, table
from hypertui.core.phrases import counted
from hypertui.sweep.result_map import MEASURES, NET, ResultMap, ResultMeasure, walked
from hypertui.sweep.results import SweepRow

_MOST = 100  # settings in the table
_UNIT = "unit size"
_COLUMNS = ("net PnL", "next to it", "drawdown", "whipsaw cost", "fees", "slippage", "round trips", "steps")
_CHOSEN = "The best of many settings is better than it will be: it was chosen for that."
_TERMS = {
    "unit size": "the step of the price, in USD or as a share of the first price.",
    "next to it": "the median net PnL of the settings with the next smaller and the next larger unit.",
    "plateau": "the settings about the best that lose at most a fifth of the way down to the median.",
    "drawdown": "how far the net PnL was below its highest until then, at most.",
    "whipsaw cost": "what the round trips lost that bought back at a higher price, with both fees.",
}


@dataclass(frozen=True)
class SweptReport:
    """What was tried over one series. `title` says of what, `period` how long it is and from when to when;
    `notes` are sentences that belong with it, such as the verdict with its reasons."""

    title: str
    period: tuple[str, str]
    tried: Sequence[SweepRow]
    verdict: str = ""
    notes: Sequence[str] = ()

    def headline(self) -> Iterator[Headline]:
        """The figures that somebody reads first. Of settings that could be walked there is one at least."""
        found = self.map
        place = found.best()
        best, others = found.placed[place], found.neighbours(place)
        nets = [each.found.net_pnl for each in found.placed.values()]
        label = f"{_UNIT} {best.setting.unit_size}, {found.rows[place[0]]}"
        yield _money("best net PnL", best.found.net_pnl, label)
        if others is not None:
            yield _money("next to the best", others, "the median of its neighbours")
        yield _money("median of all", median(nets), f"of {counted(len(nets), 'setting')}")
        gains = sum(net > 0 for net in nets)
        yield Headline("with a gain", f"{gains:,} of {len(nets):,}", "after costs")
        yield Headline("period", *self.period)
        refused = len(self.tried) - len(walked(self.tried))
        if refused:
            yield Headline("refused", f"{refused:,}", "by the market's rules or the series")

    @property
    def map(self) -> ResultMap:
        """Of those that could be walked."""
        return ResultMap(walked(self.tried))

    def maps(self) -> Iterator[Drawing]:
        """One for each measure."""
        yield from (heat_map(self.map, measure).drawing for measure in MEASURES)

    def profile(self) -> Drawing | None:
        """The net PnL over the unit sizes; None where there is one of them alone."""
        found = self.map
        if len(found.units) < 2:
            return None
        rows = found.values(NET)
        ranked = sorted(range(len(rows)), key=lambda index: -max(_known(rows[index])))[:LINES]
        lines = {found.rows[index]: rows[index] for index in ranked}
        return profile_chart("Net PnL (USD) by unit size", _UNIT, found.units, lines)


def heat_map(found: ResultMap, measure: ResultMeasure) -> HeatMap:
    """The map of a measure, with its best place and the plateau about it."""
    unit = f" ({measure.unit})" if measure.unit else ""
    place = found.best(measure)
    best = found.placed[place]
    about = f"{measure.name}: best {measure.of(best.found):+,.2f} at {_UNIT} {best.setting.unit_size}"
    return HeatMap(
        f"{measure.name}{unit}",
        about,
        found.units,
        found.rows,
        found.values(measure),
        _UNIT,
        found.plateau(measure),
        place,
        found.scale(measure),
    )


def swept_page(report: SweptReport, at: int) -> str:
    """The page, written at `at` (ms). Raises ValueError where no setting could be walked."""
    _require_some(report)
    profile = report.profile()
    body = "\n".join(
        [
            f'<section class="first"><h1>{escaped(report.title)}</h1>',
            '<p class="quiet">amounts in USD</p>',
            *([f'<p class="verdict">Verdict: {escaped(report.verdict)}</p>'] if report.verdict else []),
            *(f"<p>{escaped(note)}</p>" for note in report.notes),
            headline_list(report.headline()),
            '<div class="maps">',
            *(drawing.html() for drawing in report.maps()),
            "</div>",
            *([profile.html()] if profile is not None else []),
            "</section><section><h2>Settings</h2>",
            *_settings(report.map),
            *_refused(report.tried),
            "<h3>Words</h3>",
            '<dl class="terms">',
            *(f"<dt>{term}</dt><dd>{words}</dd>" for term, words in _TERMS.items()),
            f'</dl><footer><p class="quiet">Written {second(at)} UTC by hypertui. {_CHOSEN}</p></footer>',
            "</section>",
        ]
    )
    return document(report.title, body, interactive=True)


def swept_picture(report: SweptReport) -> bytes:
    """The headline, the map of the net PnL and its profile as PNG. Raises ValueError where that cannot be."""
    _require_some(report)
    profile = report.profile()
    drawings = [heat_map(report.map, NET).drawing, *([profile] if profile is not None else [])]
    verdict = [f"Verdict: {report.verdict}."] if report.verdict else []
    return picture(report.title, report.headline(), drawings, [*verdict, *report.notes])


def _require_some(report: SweptReport) -> None:
    if not walked(report.tried):
        why = next((each.found.refused for each in report.tried), "nothing was tried")
        raise ValueError(f"no setting could be walked: {why}")


def _settings(found: ResultMap) -> Iterator[str]:
    ranked = found.ranked()
    few = f", the best {_MOST} of {len(ranked):,}" if len(ranked) > _MOST else ""
    yield f"<h3>By net PnL{few}</h3>"
    names = [_UNIT, *(["setting"] if len(found.rows) > 1 else [])]
    head = [*(cell(name, tag="th") for name in names), *(cell(name, "n", "th") for name in _COLUMNS)]
    body = (row(_cells(found, place, each)) for place, each in ranked[:_MOST])
    yield f'<div class="sortable">{table(head, body)}</div>'


def _cells(found: ResultMap, place: tuple[int, int], tried: SweepRow) -> Iterator[str]:
    made, beside = tried.found, found.neighbours(place)
    yield cell(tried.setting.unit_size)
    if len(found.rows) > 1:
        yield cell(found.rows[place[0]])
    for amount in (made.net_pnl, beside, -made.max_drawdown):
        exact = None if amount is None else _exact(amount)
        yield cell("" if exact is None else gain(exact), f"n {'' if exact is None else side(exact)}")
    for cost in (made.whipsaw_cost, made.fees, made.slippage_cost):
        yield cell(f"{cost:,.2f}", "n")
    yield cell(f"{made.round_trips:,}", "n")
    yield cell(f"{made.steps:,}", "n")


def _refused(tried: Sequence[SweepRow]) -> Iterator[str]:
    """Why some could not be walked, each reason once."""
    reasons: dict[str, list[str]] = {}
    for each in tried:
        if each.found.refused:
            reasons.setdefault(each.found.refused, []).append(each.setting.unit_size)
    if reasons:
        yield "<h3>Refused</h3>"
        rows = (row([cell(", ".join(units[:5])), cell(why, "text")]) for why, units in reasons.items())
        yield table([cell(_UNIT, tag="th"), cell("why", tag="th")], rows)


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None] or [float("-inf")]


def _money(label: str, amount: float, about: str) -> Headline:
    exact = _exact(amount)
    return Headline(label, f"{gain(exact)} USD", about, exact)


def _exact(amount: float) -> Decimal:
    return Decimal(repr(amount))
