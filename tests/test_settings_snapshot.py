"""What is written down of the settings: all of them, the same text for the same settings, and no secret."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from hypertui.core.plain_json import digest
from hypertui.settings import Settings, load_settings
from hypertui.trade_settings import TradeSettings


def test_a_snapshot_holds_every_setting_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "0x" + "5e" * 32
    monkeypatch.setenv("HYPERTUI_SECRET_KEY", secret)
    monkeypatch.setenv("HYPERTUI_NOTICES__HEARTBEAT_URL", "https://hc.example/hunter4")
    settings = load_settings(None, {"ledger": {"url": "postgresql://ann:hunter2@db/trades?password=hunter3"}})
    text = json.dumps(settings.snapshot())
    assert "5e5e" not in text
    assert "hunter" not in text
    assert set(settings.snapshot()) == set(Settings.model_fields) - {"secret_key"}
    assert settings.snapshot()["notices"] == {
        "urls_file": None,
        "min": "warning",
        "quiet": None,
        "daily_at": "00:10",
        "heartbeat_file": None,
        "heartbeat_every": 60.0,
    }
    assert settings.snapshot()["ledger"] == {"url": "postgresql", "keep_days": None}


def test_the_same_settings_have_the_same_digest_however_they_are_written() -> None:
    one = Settings(trades=(TradeSettings(unit_size=Decimal("100.0")),)).snapshot()
    same = Settings(trades=(TradeSettings(unit_size=Decimal(100)),)).snapshot()
    other = Settings(trades=(TradeSettings(unit_size=Decimal("100.01")),)).snapshot()
    assert digest(one) == digest(dict(reversed(same.items()))) != digest(other)
    assert len(digest(one)) == 64
