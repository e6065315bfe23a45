"""What all tests share: property tests that are the same on every run and every machine, which worker begins
with what, and what is looked through for garbage."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

from tests.support import shared

settings.register_profile(
    "steady",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")

# Nothing is garbage of what is loaded before the tests begin.
gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with a part of what takes long: what is quick is what they can share at the end."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if "simulation" in item.path.parts]
    quick = [item for item in items if "simulation" not in item.path.parts]
    share = -(-len(quick) // workers)
    items[:] = []
    for worker in range(workers):
        items += slow[worker::workers] + quick[worker * share :][:share]


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _shared_by_workers(tmp_path_factory: pytest.TempPathFactory) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared.folder = tmp_path_factory.getbasetemp().parent


@pytest.fixture(scope="session")
def in_machine_code() -> None:
    """For tests that the fast engine walks for: it is compiled by one worker, once."""
    from tests.support.machine_code import compile_once

    compile_once()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What is there at the end of a file of tests stays: a heap that grows to millions of objects would be
    looked through for seconds, again and again."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()
