"""Apprise, loaded once where what it is deprecated for is nobody's failure."""

from __future__ import annotations

import warnings

import pytest


@pytest.fixture(scope="session", autouse=True)
def _apprise() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        apprise = pytest.importorskip("apprise", reason="no apprise: install the extra notices")
        apprise.Apprise.instantiate("json://127.0.0.1")  # which loads the rest of it
