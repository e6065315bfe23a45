"""Where a sweep's batches are worked on: here, in processes of this machine, or in a Dask cluster.

All of them are a `concurrent.futures.Executor`. The series reaches each worker once: processes map its files,
a cluster is sent it by its content.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for_end
from pathlib import Path
from typing import Any

from hypertui.backtest.evaluation import Evaluation
from hypertui.core.extras import require
from hypertui.series.ticks import Ticks
from hypertui.sweep.work import SeriesFiles, SettingBatch, work

_AHEAD = 2  # batches a worker, so that none waits for its next one
_PATIENCE = 10  # seconds for a scheduler to answer
_LOOK = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Workers:
    """An executor of so many workers; `series` is what a batch is given for it there."""

    executor: Executor
    series: Any
    count: int

    def tried(
        self, batches: Iterable[SettingBatch]
    ) -> Iterator[tuple[SettingBatch, tuple[Evaluation, ...]] | None]:
        """What comes of each batch, in the order in which they end; None now and then, while nothing has
        ended. Raises ValueError, one line, where the workers are lost."""
        left = iter(batches)
        running: dict[Future[tuple[Evaluation, ...]], SettingBatch] = {}
        try:
            while True:
                while len(running) < _AHEAD * self.count and (batch := next(left, None)) is not None:
                    running[self.executor.submit(work, self.series, batch)] = batch
                if not running:
                    return
                done, _ = wait(running, timeout=_LOOK, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), _result(future)
                if not done:
                    yield None
        except BrokenExecutor:
            raise ValueError(
                "a worker has died, perhaps for want of memory: the same command goes on from here, "
                "--jobs with a smaller number needs less"
            ) from None
        finally:
            for future in running:
                future.cancel()


def _result(future: Future[tuple[Evaluation, ...]]) -> tuple[Evaluation, ...]:
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("distributed", "dask"):
            raise
        raise ValueError(
            f"the cluster has lost a batch ({error}): the same command goes on from here"
        ) from None


@contextmanager
def on_this_machine(ticks: Ticks, jobs: int, folder: Path) -> Iterator[Workers]:
    """So many workers, as processes of their own where there are several; the series is kept in `folder` as
    long. Raises ValueError where it cannot be."""
    if jobs == 1:
        with ThreadPoolExecutor(1) as threads:
            yield Workers(threads, ticks, 1)
        return
    try:
        files = SeriesFiles.keep(ticks, folder)
    except OSError as error:
        raise ValueError(f"the series cannot be kept in {folder}: {error.strerror or error}") from None
    context = multiprocessing.get_context("spawn")  # a fork would inherit the locks of running threads
    try:
        pool = ProcessPoolExecutor(jobs, context, initializer=_begin)
        try:
            yield Workers(pool, files, jobs)
        finally:
            pool.shutdown(cancel_futures=True)
    finally:
        files.remove()


def _begin() -> None:
    """A worker's own: the terminal's interrupt is for the process that gives out the work, and a worker ends
    with that one, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None, "it was begun by one"
    threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for_end([sentinel])
    os._exit(1)


@contextmanager
def in_a_cluster(ticks: Ticks, address: str, patience: float = _PATIENCE) -> Iterator[Workers]:
    """The workers of a Dask scheduler that runs at an address such as tcp://10.0.0.5:8786, and answers within
    so many seconds (`patience`). A worker that dies
    loses nothing: its batches go to another one. Raises ValueError where there is no scheduler, no worker, or
    one that has another version of this program."""
    distributed = require("distributed", "cluster", "--scheduler")
    try:
        client = distributed.Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"scheduler {address} does not answer: {error}") from None
    with client:
        threads = client.nthreads()
        if not threads:
            raise ValueError(f"scheduler {address} has no workers: start some with dask worker {address}")
        ours, theirs = generation(), client.run(generation, on_error="return")
        for worker, said in theirs.items():
            if said != ours:
                raise ValueError(f"worker {worker} cannot run this version of hypertui: {said}")
        # By its content: a second sweep of the series finds it there.
        [series] = client.scatter([ticks], broadcast=True, hash=True)
        yield Workers(client.get_executor(pure=False, retries=3), series, sum(threads.values()))


def generation() -> str:
    """What two processes must have in common to work on one sweep: the version of the program."""
    from importlib.metadata import version

    return version("hypertui")
