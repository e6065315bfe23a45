"""What all tests share: property tests that are the same on every run and every machine, and what is looked
through for garbage."""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings

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


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """What is there at the end of a file of tests stays: a heap that grows to millions of objects would be
    looked through for seconds, again and again."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()
