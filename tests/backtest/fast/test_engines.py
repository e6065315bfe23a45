"""What is left to the exact engine, and where compiled code is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal as D
from itertools import accumulate
from pathlib import Path
from random import Random

import numpy as np
import pytest

from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.engines import walk_by
from hypertui.backtest.evaluate import evaluate
from hypertui.backtest.evaluation import Setting
from hypertui.backtest.fast import compiled
from hypertui.backtest.fast.run import UndecidedByFloats, run_fast
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import replay
from hypertui.core.market import Instrument
from hypertui.series.ticks import Ticks, series_of
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.exits.trailing import TrailingTerms
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.plans import PlanError
from tests.strategy.driver import COIN, plan_of

TRAILING = ExitRules(trailing_stop=TrailingTerms(D("0.035"), D(2), D("0.5"), D("0.01"), D("0.02")))


def ticks_of_cents(*cents: int, every: int = 60_000) -> Ticks:
    times = np.arange(len(cents), dtype=np.int64) * every
    return Ticks(np.array(cents, dtype=np.int64), times, 2)


def test_a_whole_number_of_lots_is_decided_by_whole_numbers() -> None:
    """500 USD at 100 USD are five coins, and so is what is left of them after a loss without any costs: 497.5
    USD at 99.5."""
    whole = Instrument("WHOLE", 0, 20)
    plan = plan_of(unit_size=D("0.5"), instrument=whole, reinvest=Reinvest.CONTINUOUS, trust_slots=0)
    ticks = ticks_of_cents(10_000, 9_950, 9_900, 9_850, 9_800, 9_850, 9_900, 9_950, 10_000)
    found = run_fast(ticks, plan, Costs(D(0)))
    expected = replay(series_of(ticks), plan, Costs(D(0)))
    assert (found.position, found.net_pnl) == (expected.position, expected.net_pnl)
    assert found.round_trips > 0


def test_auto_leaves_to_the_exact_engine_what_the_fast_one_has_not() -> None:
    ticks = ticks_of_cents(*[10_000, 10_100] * 40, every=3_000_000)
    outcome = walk_by(Engine.AUTO, ticks, plan_of(trust_slots=0), Costs(), TRAILING)
    assert (outcome.engine, outcome.remark) == (
        Engine.EXACT,
        "the fast engine has no trailing_stop: --engine exact has",
    )
    with pytest.raises(PlanError, match=r"^the fast engine has no trailing_stop"):
        walk_by(Engine.FAST, ticks, plan_of(trust_slots=0), Costs(), TRAILING)
    row = evaluate(ticks, Setting("1", D(2000), exits=TRAILING), COIN, Costs(), engine=Engine.FAST)
    assert row.refused.startswith("the fast engine has no trailing_stop")
    assert evaluate(ticks, Setting("1", D(2000)), COIN, Costs(), engine=Engine.FAST).steps > 0
    assert walk_by(Engine.AUTO, ticks, plan_of(trust_slots=0), Costs()).engine is Engine.FAST


def test_units_that_round_to_one_price_are_left_to_the_exact_engine() -> None:
    plan = plan_of(unit_size=D("0.5"), position_size=D(20_000), trust_slots=0)
    ticks = Ticks(np.array([9_990, 10_000, 10_010, 9_000], dtype=np.int64), None, 0)
    with pytest.raises(UndecidedByFloats):
        run_fast(ticks, plan, Costs())
    outcome = walk_by(Engine.FAST, ticks, plan, Costs())
    assert outcome.engine is Engine.EXACT
    assert "too small" in outcome.halted
    assert outcome.remark.startswith("its figures lie so near")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trust_slots": 1}, "the fast engine has no trust_slots, and 1 are set"),
        ({"instrument": Instrument("FREE", 2, 20, D(0))}, "the fast engine needs a market with a minimum"),
        ({"unit_size": D("1.00000000000000001")}, "prices and the unit size have too many digits"),
    ],
)
def test_other_plans_are_refused_in_one_line(changes: dict[str, object], said: str) -> None:
    plan = plan_of(**{"trust_slots": 0, **changes})
    with pytest.raises(PlanError) as refused:
        walk_by(Engine.FAST, ticks_of_cents(10_000, 10_100), plan, Costs())
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_a_series_in_a_file_is_walked_in_windows(tmp_path: Path) -> None:
    random = Random(5)
    cents = np.array([*accumulate((random.randint(-70, 70) for _ in range(5_000)), initial=10_000)], np.int64)
    np.save(tmp_path / "prices.npy", cents)
    mapped = Ticks(np.load(tmp_path / "prices.npy", mmap_mode="r"), None, 2)
    plan = plan_of(trust_slots=0)
    expected = run_fast(Ticks(cents, None, 2), plan, Costs(), blocks=9)
    assert expected.steps > 100
    assert run_fast(mapped, plan, Costs(), blocks=9, window=64) == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_without_a_folder_to_write_it_compiles_each_time(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert folder_told({"XDG_CACHE_HOME": str(tmp_path)}) == "None"


def test_compiled_code_is_kept_in_a_private_folder_of_the_user(tmp_path: Path) -> None:
    assert folder_told({"XDG_CACHE_HOME": str(tmp_path)}).startswith(f"{tmp_path}/hypertui/compiled/")
    assert folder_told({"XDG_CACHE_HOME": "/proc/nowhere"}) == "None"
    folder = next((tmp_path / "hypertui" / "compiled").iterdir())
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    assert folder_told({"XDG_CACHE_HOME": str(tmp_path)}) == "None", "what others may write is not run"
    assert folder.name == getattr(compiled.cache_folder(), "name", folder.name), "by what the sources are"


def folder_told(environment: dict[str, str]) -> str:
    program = "from hypertui.backtest.fast.compiled import cache_folder; print(cache_folder())"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()
