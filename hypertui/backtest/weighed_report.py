"""What a result is worth, in words and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

from hypertui.backtest.baselines.fill_path import PathResult
from hypertui.backtest.weighing import Weighed
from hypertui.core.market import plain
from hypertui.core.phrases import at_price, counted

_CENTS = 8  # decimals of USD in JSON


def weighed_in_words(weighed: Weighed, holdout: str = "") -> str:
    """For a person: the baselines, how sure the result is, and the verdict with its reasons. `holdout` says
    what was kept out, and whether it was opened."""
    rows = [*_rows(weighed)]
    if holdout:
        rows.append(("holdout", holdout))
    rows.append(("verdict", weighed.verdict.rung.value))
    rows += [("", sentence) for sentence in weighed.verdict.why]
    width = max(len(label) for label, _ in rows)
    return "\n".join(f"{label:<{width}}  {text}" for label, text in rows)


def _rows(weighed: Weighed) -> Iterator[tuple[str, str]]:
    base = weighed.baselines
    units = f"4 units wide, {at_price(base.distance)} USD"
    less = f"{base.random_percentile:.1f}% of {base.random_count:,} make less"
    yield "buy and hold", _result(base.hold)
    yield "trailing stop", f"{_result(base.trailing)}; {units}"
    yield "flipped ladder", _result(base.flipped)
    yield "late fills", f"{_result(base.lagged)}; each a row late, 1 s at least"
    yield "random entries", f"{less}; their median {_usd(base.random_median)}"
    if weighed.net_interval is not None:
        low, high = weighed.net_interval
        yield "net PnL", f"with 95% between {_usd(low)} and {_usd(high)}, by resampling"
    if weighed.sharpe is not None and weighed.probabilistic_sharpe is not None:
        likely = f"above 0 with {weighed.probabilistic_sharpe:.1%}, were it the only try"
        yield "Sharpe ratio", f"{weighed.sharpe:+.3f} in each of {weighed.parts} parts; {likely}"
    others = (
        ("Sortino", weighed.sortino, "{:+.3f} in each"),
        ("return over drawdown", weighed.over_drawdown, "{:+.2f}"),
        ("Calmar", weighed.calmar, "{:+.2f} a year"),
    )
    if said := [f"{name} {form.format(ratio)}" for name, ratio, form in others if ratio is not None]:
        yield "other ratios", ", ".join(said)
    deflated = weighed.figures.deflated_sharpe
    tries = f"{counted(weighed.figures.tries, 'setting')} tried on this series so far"
    if deflated is not None:
        tries += f": deflated Sharpe ratio {deflated:.1%}"
    yield "tries", tries


def weighed_summary(weighed: Weighed) -> dict[str, object]:
    """As one JSON object: amounts of USD are decimal strings, ratios and probabilities numbers, null where
    there is none."""
    base, figures = weighed.baselines, weighed.figures
    bounds = weighed.net_interval
    return {
        "verdict": weighed.verdict.rung.value,
        "rung": weighed.verdict.rung.height,
        "why": list(weighed.verdict.why),
        "baselines": {
            "buy_and_hold": _figures(base.hold),
            "trailing_stop": {**_figures(base.trailing), "distance": plain(base.distance)},
            "flipped": _figures(base.flipped),
            "late": _figures(base.lagged),
            "random": {
                "count": base.random_count,
                "median": _amount(base.random_median),
                "percentile": base.random_percentile,
            },
        },
        "parts": weighed.parts,
        "sharpe": weighed.sharpe,
        "probabilistic_sharpe": weighed.probabilistic_sharpe,
        "deflated_sharpe": figures.deflated_sharpe,
        "sortino": weighed.sortino,
        "return_over_drawdown": weighed.over_drawdown,
        "calmar": weighed.calmar,
        "net_pnl_interval": None if bounds is None else [_amount(bounds.low), _amount(bounds.high)],
        "tries": figures.tries,
        "holdout": None
        if figures.holdout is None
        else {
            "net_pnl": _amount(figures.holdout.net_pnl),
            "opened_before": figures.holdout.opened_before,
            "seen_by": figures.holdout.seen_by,
        },
    }


def _figures(result: PathResult) -> dict[str, object]:
    return {
        "net_pnl": _amount(result.net_pnl),
        "max_drawdown": _amount(result.max_drawdown),
        "fees": _amount(result.fees),
        "funding": _amount(result.funding),
    }


def _result(result: PathResult) -> str:
    return f"{_usd(result.net_pnl)}, drawdown {result.max_drawdown:,.2f} USD"


def _usd(amount: float) -> str:
    return f"{amount:+,.2f} USD"


def _amount(amount: float) -> str:
    assert math.isfinite(amount), "it is made of prices"
    return plain(Decimal(repr(round(amount, _CENTS))))
