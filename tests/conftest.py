"""What all tests share: property tests that are the same on every run and every machine."""

import gc

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


def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look through it for garbage takes half a second each time."""
    gc.collect()
    gc.freeze()
