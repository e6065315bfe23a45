"""Apprise is there before the tests begin."""

from __future__ import annotations

import pytest

from tests.notices.parts import load_apprise


@pytest.fixture(scope="session", autouse=True)
def _apprise() -> None:
    load_apprise()
