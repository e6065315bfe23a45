from __future__ import annotations

from pathlib import Path

import pytest

from hypertui.core.price_series import Series, load_series
from tests.series.helpers import Content, Load


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(content: Content, symbol: str | None = None) -> Series:
        path = tmp_path / "prices.data"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_series(path, symbol)

    return load
