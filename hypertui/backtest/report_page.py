"""The report of a backtest as one HTML page, or as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hypertui.backtest.report import RunTime, figures_in_words
from hypertui.backtest.shares import FillTally
from hypertui.backtest.told import HOLD, ToldRun
from hypertui.charts.document import document, headline_list
from hypertui.charts.figures import FigureKind, gain, kinds, second, usd
from hypertui.charts.picture import picture
from hypertui.charts.tally_table import TallyRow, tally_table
from hypertui.charts.typeset import cell, escaped, row, table
from hypertui.core.market import ZERO
from hypertui.core.phrases import in_words, unit
from hypertui.strategy.ladder.ladder import Phase

_TALLIED = kinds(("fills", "closings", "volume", "fees", "pnl"))
_MADE = {"net": FigureKind.GAIN}
_COST = {"cost": FigureKind.USD}
_LIKELY = "A backtest says what this file would have made, not what the next one will."

_TERMS = {
    "unit": "a step of the price, of the size that was set: 0 is the entry, +1 one step above.",
    "net PnL": "realised and unrealised, less all fees, with funding.",
    "phase": "advance: all slots hold coins; decline: none does; between them retracement or recovery.",
    "drawdown": "how far the net PnL was below its highest until then.",
    "round trip": "a sale and the buy that took its coins back.",
    "whipsaw cost": "what the round trips lost that bought back at a higher price, with both fees.",
    "gap": "a fill beyond its trigger, because the price had jumped over it.",
    HOLD: "the entry's coins held to the end, with the entry's fee.",
}


def report_page(told: ToldRun, timing: RunTime, at: int) -> str:
    """The page, written at `at` (ms)."""
    title = told.title
    body = "\n".join(
        [
            f'<section class="first"><h1>{escaped(title)}</h1>',
            f'<p class="quiet">{escaped(_costs(told))}; amounts in USD{_utc(told)}</p>',
            *_verdict(told),
            headline_list(told.headline()),
            *(f'<p class="quiet">{escaped(text)}</p>' for text in _notes(told)),
            *([told.chart().html] if len(told.curve) > 1 else []),
            "</section><section><h2>What made it</h2>",
            *_made_by(told),
            "</section><section><h2>What it cost</h2>",
            *_cost(told),
            *_baselines(told),
            "</section><section><h2>When and where</h2>",
            *_when_and_where(told),
            "</section><section><h2>All figures</h2>",
            table(
                [],
                (
                    row([cell(name), cell(text, "text")])
                    for name, text in figures_in_words(told.run, told.costs, timing)
                ),
            ),
            "<h3>Words</h3>",
            '<dl class="terms">',
            *(f"<dt>{term}</dt><dd>{words}</dd>" for term, words in _TERMS.items()),
            f'</dl><footer><p class="quiet">Written {second(at)} UTC by hypertui. {_LIKELY}</p></footer>',
            "</section>",
        ]
    )
    return document(title, body, interactive=True)


def report_picture(told: ToldRun) -> bytes:
    """The headline and the course as PNG. Raises ValueError where that cannot be drawn."""
    words = [
        *([f"Verdict: {told.weighed.verdict.rung.value}."] if told.weighed is not None else []),
        *_notes(told),
    ]
    return picture(told.title, told.headline(), told.drawings(), words)


def _costs(told: ToldRun) -> str:
    costs, plan = told.costs, told.run.plan
    parts = [f"taker fee {_share(costs.fee_rate)}", f"slippage {_share(costs.slippage)}"]
    if costs.funding:
        parts.append(f"funding {_share(costs.funding)} an hour")
    return f"reinvest {plan.reinvest.value}, {', '.join(parts)}"


def _share(fraction: Decimal) -> str:
    return f"{(fraction * 100).normalize():f} %"


def _utc(told: ToldRun) -> str:
    return ", times in UTC" if told.run.series.timed else ""


def _notes(told: ToldRun) -> Iterator[str]:
    if told.spread:
        yield told.spread
    if told.run.ended_by:
        yield f"Ended by the {told.run.ended_by}."
    if told.run.halted:
        yield f"Halted: {told.run.halted}"


def _verdict(told: ToldRun) -> Iterator[str]:
    if told.weighed is not None:
        verdict = told.weighed.verdict
        yield f'<p class="verdict">Verdict: {escaped(verdict.rung.value)}</p>'
        yield f"<ul>{''.join(f'<li>{escaped(text)}</li>' for text in verdict.why)}</ul>"


def _made_by(told: ToldRun) -> Iterator[str]:
    run = told.run
    columns = {"steps": FigureKind.COUNT, **_MADE}
    phases = [
        TallyRow(phase.value, {"steps": run.phase_steps.get(phase.value, 0), "net": made}, made)
        for phase in Phase
        for made in [run.phase_pnl.get(phase.value, ZERO)]
    ]
    whole = {"steps": sum(run.phase_steps.values()), "net": told.run.net_pnl}
    yield "<h3>By phase</h3>"
    yield tally_table("phase", phases, columns, whole)
    yield "<h3>By reason</h3>"
    reasons = [_tallied(in_words(reason), tally) for reason, tally in told.shares.reasons.items()]
    yield tally_table("reason", reasons, _TALLIED, told.shares.total.figures())
    yield f'<p class="quiet">{escaped(_rest(told))}</p>'


def _rest(told: ToldRun) -> str:
    """What of the net PnL no fill has realised."""
    realised, funding = told.shares.total.pnl, told.run.funding
    held = told.run.net_pnl - realised - funding
    with_funding = f", funding {gain(funding)} USD" if funding else ""
    return (
        f"Realised {gain(realised)} USD{with_funding}; the other {gain(held)} USD are of coins still held, "
        "less the fees paid for them."
    )


def _cost(told: ToldRun) -> Iterator[str]:
    total, paid = told.shares.total, -told.run.funding
    rows = [
        ("fees", total.fees),
        ("slippage", total.slippage),
        ("gaps", told.shares.gaps),
        ("funding paid", paid),
    ]
    whole = sum((cost for _, cost in rows), ZERO)
    body = [TallyRow(name, {"cost": cost}, -cost) for name, cost in rows]
    yield tally_table("cost", body, _COST, {"cost": whole})
    whipsaw = told.run.whipsaw_cost
    without = f"Without them: {gain(told.run.net_pnl + whole)} USD."
    trips = f"The whipsaws cost {usd(whipsaw)} USD, with the fees and the slippage of their fills."
    yield f'<p class="quiet">{escaped(without)} {escaped(trips)}</p>'


def _baselines(told: ToldRun) -> Iterator[str]:
    if told.weighed is None:
        return
    base = told.weighed.baselines
    compared = (
        (HOLD, base.hold),
        ("a plain trailing stop", base.trailing),
        ("the flipped ladder", base.flipped),
        ("this ladder, its fills a row later", base.lagged),
    )
    rows = [_simpler("this ladder", told.run.net_pnl, told.run.max_drawdown)]
    rows += [_simpler(name, _exact(each.net_pnl), _exact(each.max_drawdown)) for name, each in compared]
    yield "<h3>The same stake, traded more simply</h3>"
    yield tally_table("", rows, {**_MADE, "drawdown": FigureKind.USD})
    beats = f"It made more than {base.random_percentile:.1f} % of {base.random_count:,} random entries."
    yield f'<p class="quiet">{escaped(beats)}</p>'


def _simpler(name: str, made: Decimal, drawdown: Decimal) -> TallyRow:
    return TallyRow(name, {"net": made, "drawdown": drawdown}, made)


def _exact(amount: float) -> Decimal:
    return Decimal(repr(amount))


def _when_and_where(told: ToldRun) -> Iterator[str]:
    shares = told.shares
    if shares.hours:
        yield "<h3>By hour of the day (UTC)</h3>"
        hours = [TallyRow(f"{hour:02d}:00", {"net": made}, made) for hour, made in shares.hours.items()]
        yield tally_table("hour", hours, _MADE, {"net": told.run.net_pnl})
    yield "<h3>By unit</h3>"
    units = [_tallied("none" if each is None else unit(each), tally) for each, tally in shares.units.items()]
    yield tally_table("unit", units, _TALLIED, shares.total.figures())


def _tallied(label: str, tally: FillTally) -> TallyRow:
    return TallyRow(label, tally.figures(), tally.pnl)
