"""Where the commands are tried: an environment without anybody's settings, and a venue to trade on."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.operating import environment
from tests.support.local_venue import LocalVenue


@pytest.fixture(autouse=True)
def counted_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands in this process leave nothing in anybody's state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150), "BTC": Decimal(64_000)}) as venue:
        yield venue
