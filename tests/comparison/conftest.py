"""Journals of real sessions, traded by the engine at the local venue in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from hypertui.comparison.session import RecordedSession
from hypertui.journal.history import History
from tests.replay.recorded import record
from tests.support.shared import once

HOUR = "hour 502"  # of paper trading, at speed
FLATTENED = "seed 0008"  # with messages late, lost and doubled, and flattened by the operator

Opened = Callable[[str], RecordedSession]


@pytest.fixture(scope="session")
def journals(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The file of a tape's journal."""

    @cache
    def journal(name: str) -> Path:
        def made() -> Path:
            folder = tmp_path_factory.mktemp("session")
            record(name, folder)
            return folder / "journal.db"

        return once(f"session {name}", made)

    return journal


@pytest.fixture(scope="session")
def opened(journals: Callable[[str], Path]) -> Iterator[Opened]:
    histories: list[History] = []

    def session(name: str) -> RecordedSession:
        histories.append(History.open(f"sqlite:///{journals(name)}"))
        (trade,) = histories[-1].trades()
        return RecordedSession(histories[-1], trade)

    yield session
    for history in histories:
        history.close()
