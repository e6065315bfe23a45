"""The tries of a sweep, for the trial ledger. Needs NumPy."""

from __future__ import annotations

from decimal import Decimal

from hypertui.backtest.evaluate import terms_of
from hypertui.backtest.evaluation import Evaluation, Setting
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.trying import Attempt, trial
from hypertui.core.market import Instrument
from hypertui.evidence.trials import Trial


def attempt_of(setting: Setting, first: Decimal, instrument: Instrument, costs: Costs) -> Attempt:
    """A setting as it is walked from a first price (USD) on: what `weigh` takes. Raises ValueError for a unit
    size that is no figure."""
    plan = terms_of(setting, costs).settled(instrument, first, costs.fee_rate).plan(instrument, 1)
    return Attempt(plan, costs, setting.exits)


def trial_of(
    setting: Setting,
    found: Evaluation,
    first: Decimal,
    rows: tuple[int, int],
    instrument: Instrument,
    costs: Costs,
) -> Trial | None:
    """The try that an evaluation was, the same as by `hypertui backtest` where that walks the setting; None
    where it was refused and nothing was walked. `first` is the first price (USD) of the whole series, `rows`
    are the first row of it that was walked and the one after the last.

    `TrialLedger(state folder / "trials", whole.digest).record(tries, now)` keeps a batch of them.
    """
    if found.refused:
        return None
    attempt = attempt_of(setting, first, instrument, costs)
    return trial(attempt.terms, found.stake, found.blocks, rows)
