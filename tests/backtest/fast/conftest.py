"""What all tests of compiled code begin with."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="package", autouse=True)
def _in_machine_code(in_machine_code: None) -> None:
    """All of these call it."""
