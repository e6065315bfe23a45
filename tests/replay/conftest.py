"""One recorded hour for all tests of a replay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.replay.recorded import RecordedHour, record
from tests.support.shared import once


@pytest.fixture(scope="session")
def hour(tmp_path_factory: pytest.TempPathFactory) -> RecordedHour:
    return once("hour 231", lambda: record("hour 231", tmp_path_factory.mktemp("replay")))


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'journal.db'}"
