"""A sweep in a Dask cluster: a real scheduler and two worker processes on this machine. One is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from distributed import Client

from hypertui.sweep.store import EvaluationStore
from hypertui.sweep.sweeping import SweepCourse
from hypertui.sweep.workers import in_a_cluster, on_this_machine
from tests.sweep.helpers import plan, walk

_PATIENCE = 60.0  # seconds


@contextmanager
def process(module: str, *arguments: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{module}.log").open("ab") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], cwd=Path(__file__).parents[2], stdout=log, stderr=log
        )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its two workers."""
    file = ("--scheduler-file", str(tmp_path / "scheduler.json"))  # whoever needs it waits for it
    plain = ("--host", "127.0.0.1", "--no-dashboard", *file)
    worker = ("--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path), *plain)
    with (
        process("distributed.cli.dask_scheduler", "--port", "0", *plain, folder=tmp_path),
        process("distributed.cli.dask_worker", *worker, folder=tmp_path) as one,
        process("distributed.cli.dask_worker", *worker, folder=tmp_path) as other,
    ):
        with Client(scheduler_file=file[1], timeout=_PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=_PATIENCE)
            address = client.scheduler.address
        yield address, [one, other]


def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, workers = cluster
    ticks, what = walk(2_500), plan("0.2%:1.2%:0.05%", reinvest="recovery,off")
    course = SweepCourse(what, ticks)
    killed = False
    with EvaluationStore(tmp_path / "a", ticks.digest) as store, in_a_cluster(ticks, address) as there:
        assert there.count == 2
        for _ in course.run(there, store):
            if course.tally.done and not killed:
                os.kill(workers[0].pid, signal.SIGKILL)
                killed = True
        assert len(store) == course.tally.done == len(what.axes)
    assert killed
    here = SweepCourse(what, ticks)
    with EvaluationStore(tmp_path / "b", ticks.digest) as store, on_this_machine(ticks, 1, tmp_path) as alone:
        for _ in here.run(alone, store):
            pass
    assert course.rows == here.rows
    lines = next((tmp_path / "a").rglob("*.jsonl")).read_text().splitlines()
    assert len({json.loads(line)["key"] for line in lines}) == len(lines) == len(what.axes)


def test_a_scheduler_that_is_not_there_is_said_in_one_line() -> None:
    with (
        pytest.raises(ValueError, match=r"scheduler tcp://127\.0\.0\.1:1 does not answer") as refused,
        in_a_cluster(walk(10), "tcp://127.0.0.1:1", patience=0.3),
    ):
        pass
    assert "\n" not in str(refused.value)
