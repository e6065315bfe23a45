"""What is kept of a sweep: once, whatever has been cut off, and by one process at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from hypertui.backtest.evaluation import Evaluation
from hypertui.sweep.store import EvaluationStore, key_of_evaluation

DIGEST = "ab" * 32
ONE = Evaluation(net_pnl=1.1, blocks=(0.1, 1.1), phase_pnl={"advance": 1.1}, phase_steps={"advance": 3})
OTHER = Evaluation(refused="unit size 1 is below the price tick")


def file_of(folder: Path) -> Path:
    return folder / DIGEST[:32] / "evaluations.jsonl"


def test_evaluations_are_there_again_as_they_were(tmp_path: Path) -> None:
    with EvaluationStore(tmp_path, DIGEST) as store:
        store.add([("a", ONE), ("b", OTHER)])
        assert store.get("a") == ONE and store.get("c") is None
    with EvaluationStore(tmp_path, DIGEST) as store:
        assert (store.get("a"), store.get("b"), len(store)) == (ONE, OTHER, 2)


def test_none_is_kept_twice(tmp_path: Path) -> None:
    with EvaluationStore(tmp_path, DIGEST) as store:
        store.add([("a", ONE)])
        store.add([("a", ONE), ("b", OTHER)])
    assert file_of(tmp_path).read_text().count("\n") == 2


@pytest.mark.parametrize("lost", [1, 2, 30])
def test_a_line_that_was_cut_off_costs_that_line_alone(tmp_path: Path, lost: int) -> None:
    with EvaluationStore(tmp_path, DIGEST) as store:
        store.add([("a", ONE)])
        store.add([("b", OTHER)])
    file = file_of(tmp_path)
    file.write_bytes(file.read_bytes()[:-lost])
    with EvaluationStore(tmp_path, DIGEST) as store:
        assert store.get("a") == ONE and store.get("b") is None
        store.add([("b", OTHER)])
    with EvaluationStore(tmp_path, DIGEST) as store:
        assert (store.get("a"), store.get("b")) == (ONE, OTHER)


def test_a_second_sweep_of_the_series_is_refused(tmp_path: Path) -> None:
    with EvaluationStore(tmp_path, DIGEST):
        with pytest.raises(ValueError, match="another sweep of this series is running"):
            EvaluationStore(tmp_path, DIGEST).__enter__()
        with EvaluationStore(tmp_path, "cd" * 32):
            pass
    with EvaluationStore(tmp_path, DIGEST):
        pass


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    file = file_of(tmp_path)
    file.parent.mkdir()
    file.write_text('{"key": "a"}\nhello\n')
    with pytest.raises(ValueError, match=r"line 1 is no evaluation|line 2 is no evaluation"):
        EvaluationStore(tmp_path, DIGEST).__enter__()
    assert file.read_text() == '{"key": "a"}\nhello\n'


def test_a_key_is_that_of_all_terms_in_whatever_order() -> None:
    assert key_of_evaluation({"a": 1, "b": 2}) == key_of_evaluation({"b": 2, "a": 1})
    assert key_of_evaluation({"a": 1, "b": 2}) != key_of_evaluation({"a": 1, "b": 3})
