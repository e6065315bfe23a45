"""A sweep finds what each backtest finds by itself, in whatever pieces it runs."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.evaluate import evaluate
from hypertui.sweep.axes import axes_of
from hypertui.sweep.ranking import RankBy, ranked
from hypertui.sweep.results import SweepHead, SweepResults, read_results, write_results
from hypertui.sweep.search import SearchKind, search_of
from hypertui.sweep.store import EvaluationStore
from hypertui.sweep.stretches import StretchRole, folds
from hypertui.sweep.summary import out_of_sample, sweep_in_words
from hypertui.sweep.sweeping import SweepCourse, SweepPlan
from hypertui.sweep.work import Terms
from hypertui.sweep.workers import on_this_machine
from tests.sweep.helpers import SOL, TERMS, plan, walk

HEAD = SweepHead("ab" * 32, "walk.npy", "SOL", 2, 1_200, "0.00045", "0.0002", "0", "exact", "grid", 0, 1)


def swept(
    what: SweepPlan, folder: Path, jobs: int = 1, stop_after: int | None = None, count: int = 1_200
) -> SweepCourse:
    ticks = walk(count)
    course = SweepCourse(what, ticks)
    with (
        EvaluationStore(folder, ticks.digest) as store,
        on_this_machine(ticks, jobs, store.folder) as workers,
    ):
        running = course.run(workers, store)
        for _ in islice(running, stop_after):
            pass
        running.close()
    return course


def test_each_setting_makes_what_it_makes_alone(tmp_path: Path) -> None:
    course = swept(plan(reinvest="recovery,off"), tmp_path)
    alone = [
        evaluate(walk(), setting, SOL, TERMS.costs, engine=Engine.EXACT)
        for setting in plan(reinvest="recovery,off").axes.settings()
    ]
    assert [row.found for row in course.rows] == alone
    assert len({row.found.net_pnl for row in course.rows}) > 5  # they differ
    assert all(len(row.found.blocks) == 256 for row in course.rows)


def test_processes_find_the_same_in_the_same_order(tmp_path: Path) -> None:
    alone, together = swept(plan(), tmp_path / "a"), swept(plan(), tmp_path / "b", jobs=2)
    assert together.rows == alone.rows
    assert [path.name for path in (tmp_path / "b").rglob("*") if path.is_file()] == ["evaluations.jsonl"]


@pytest.mark.usefixtures("in_machine_code")
def test_the_fast_engine_by_skeletons_finds_what_the_exact_one_finds(tmp_path: Path) -> None:
    terms = Terms(SOL, TERMS.costs, Engine.FAST)
    what = plan("0.2%:1.2%:0.1%")
    exact = swept(what, tmp_path / "a", count=5_000)
    fast = swept(SweepPlan(what.axes, terms), tmp_path / "b", count=5_000)
    for one, other in zip(exact.rows, fast.rows, strict=True):
        assert one.setting == other.setting
        for name in ("net_pnl", "realized_pnl", "fees", "whipsaw_cost", "max_drawdown", "slippage_cost"):
            assert getattr(other.found, name) == pytest.approx(getattr(one.found, name), rel=1e-9, abs=1e-9)
        assert other.found.blocks == pytest.approx(one.found.blocks, rel=1e-9, abs=1e-9)
        assert (other.found.steps, other.found.fills) == (one.found.steps, one.found.fills)


@pytest.mark.parametrize("stop_after", [1, 4, 9])
def test_one_that_is_interrupted_goes_on_without_losing_or_doubling_anything(
    tmp_path: Path, stop_after: int
) -> None:
    what = plan(folds=2)
    cut = swept(what, tmp_path / "a", stop_after=stop_after)
    again = swept(what, tmp_path / "a")
    straight = swept(what, tmp_path / "b")
    assert again.rows == straight.rows
    assert again.tally.known >= cut.tally.done
    prices = sum(row.stretch.after - row.stretch.first for row in straight.rows)
    assert cut.tally.walked + again.tally.walked == straight.tally.walked <= prices
    kept = [path.read_text() for path in sorted(tmp_path.rglob("*.jsonl"))]
    assert sorted(kept[0].splitlines()) == sorted(kept[1].splitlines())


def test_folds_choose_in_one_part_and_measure_in_the_next(tmp_path: Path) -> None:
    course = swept(plan(folds=3), tmp_path)
    results = SweepResults(HEAD, tuple(course.rows))
    measured = results.of(StretchRole.OUT_OF_SAMPLE)
    assert [(row.stretch.first, row.stretch.after) for row in measured] == [
        (300, 600),
        (600, 900),
        (900, 1200),
    ]
    for row in measured:
        inside = [each for each in results.of(StretchRole.IN_SAMPLE) if each.stretch.fold == row.stretch.fold]
        assert inside[0].stretch.after == row.stretch.first
        assert row.setting == max(inside, key=lambda each: each.found.net_pnl).setting
        alone = evaluate(row.stretch.of(walk()), row.setting, SOL, TERMS.costs, engine=Engine.EXACT)
        assert row.found.net_pnl == alone.net_pnl
    assert out_of_sample(results) == sum(row.found.net_pnl for row in measured)
    assert "out of sample together" in sweep_in_words(results)
    with pytest.raises(ValueError, match="folds 600 is not from 1 to"):
        [*folds(1_200, 600)]


@pytest.mark.parametrize("name", ["results.parquet", "results.jsonl"])
def test_results_are_read_as_they_were_written(tmp_path: Path, name: str) -> None:
    axes = axes_of("0.5%:1%:0.25%", "45,2000", "recovery", "none,take-profit=1%+time-stop=36h")
    course = swept(SweepPlan(axes, TERMS, folds=1), tmp_path)
    results = SweepResults(HEAD, tuple(course.rows))
    assert any(row.found.refused for row in results.rows)
    write_results(results, tmp_path / name)
    assert read_results(tmp_path / name) == results


@pytest.mark.parametrize(
    ("name", "data"), [("a.parquet", b"hello"), ("a.jsonl", b'{"a": 1}\n'), ("b.jsonl", b"")]
)
def test_what_is_no_result_is_refused_in_one_line(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=rf"results .*{name}: it ") as refused:
        read_results(tmp_path / name)
    assert "\n" not in str(refused.value)
    with pytest.raises(ValueError, match="No such file"):
        read_results(tmp_path / "none.jsonl")


def test_the_best_by_each_measure_stands_beside_its_neighbours(tmp_path: Path) -> None:
    rows = swept(plan(), tmp_path).rows
    best = ranked(rows, RankBy.NET_PNL)
    assert best is not None
    nets = [row.found.net_pnl for row in rows]
    at = nets.index(max(nets))
    beside = nets[max(at - 1, 0) : at] + nets[at + 1 : at + 2]
    assert best.figure == max(nets) and best.neighbours == pytest.approx(sum(beside) / len(beside))
    calm = ranked(rows, RankBy.DRAWDOWN)
    assert calm is not None
    assert calm.figure == max(row.found.net_pnl / row.found.max_drawdown for row in rows)
    assert ranked([], RankBy.SHARPE) is None


def test_sobol_tries_different_settings_evenly_and_the_same_again() -> None:
    axes = plan("0.01%:2%:0.01%", "recovery,off").axes
    tried = search_of(SearchKind.SOBOL, axes, 32, 7).ask()
    assert tried == search_of(SearchKind.SOBOL, axes, 32, 7).ask()
    assert len(set(tried)) == 32
    halves = [axes.place(each)[0] < 100 for each in tried]
    assert 12 <= sum(halves) <= 20
    assert len(search_of(SearchKind.SOBOL, plan("1%:3%:1%").axes, 99, 1).ask()) == 3


def test_optuna_looks_where_it_was_good_and_resumes_to_the_same() -> None:
    axes = plan("0.01%:2%:0.01%").axes
    runs = []
    for _ in range(2):
        search = search_of(SearchKind.OPTUNA, axes, 64, 3)
        tried = []
        while asked := search.ask():
            tried += asked
            search.tell({each: -abs(axes.place(each)[0] - 150.0) for each in asked})
        runs.append(tried)
    assert runs[0] == runs[1]
    assert len(set(tried)) == len(tried) == search.total
    away = [abs(axes.place(each)[0] - 150) for each in tried]
    assert sum(away[-16:]) < sum(away[:16]) / 2
