"""The tries of a sweep, for the trial ledger. Needs NumPy."""

from __future__ import annotations

from decimal import Decimal

from hypertui.backtest.evaluate import terms_of
from hypertui.backtest.evaluation import Evaluation, Setting
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.trying import trial, trial_terms
from hypertui.core.market import Instrument
from hypertui.evidence.trials import Trial


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
    plan = terms_of(setting, costs).settled(instrument, first, costs.fee_rate).plan(instrument, 1)
    return trial(trial_terms(plan, costs, setting.exits), found.stake, found.blocks, rows)
