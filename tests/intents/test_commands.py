"""`hypertui webhook` and `hypertui intents`, and the settings behind them."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest

from hypertui.cli import main, webhook_door
from hypertui.cli.signal_plans import signal_plans
from hypertui.cli.webhook_door import hooks_of
from hypertui.core.intents import IntentVerb
from hypertui.provenance import SettingsError
from hypertui.settings import load_settings

_CONFIG = """
[trade]
symbol = "SOL"
begin = "signal"
[webhook]
listen = "127.0.0.1:0"
[webhooks.tv-sol]
verbs = ["open", "close"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(_CONFIG)
    return file


def run(tmp_path: Path, config: Path, *words: str) -> int:
    return main([*words, "--config", str(config), "--state-dir", str(tmp_path / "state")])


def test_a_secret_is_printed_once(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, config, "webhook", "new", "tv-sol") == 0
    token = capsys.readouterr().out.split("/hook/tv-sol/")[1].split()[0]
    kept = (tmp_path / "state" / "paper" / "webhooks.json").read_text()
    assert len(token) == 64
    assert token not in kept
    assert run(tmp_path, config, "webhook", "list") == 0
    said = capsys.readouterr().out
    assert "tv-sol" in said
    assert token not in said
    assert run(tmp_path, config, "webhook", "new", "tv-sol") == 2
    assert run(tmp_path, config, "webhook", "remove", "tv-sol") == 0
    assert run(tmp_path, config, "webhook", "remove", "tv-sol") == 2
    assert "there is no webhook tv-sol" in capsys.readouterr().err


def test_what_would_become_of_an_alert(
    tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alert = tmp_path / "alert.json"
    alert.write_text(json.dumps({"action": "buy", "time": "2026-01-02T03:04:05Z"}))
    words = ("webhook", "test", "tv-sol", "--dry", "--file", str(alert))
    assert run(tmp_path, config, *words) == 0
    assert capsys.readouterr().out.startswith("open SOL, as of 2026-01-02 03:04:05 UTC")
    alert.write_text(json.dumps({"action": "pause", "time": "2026-01-02T03:04:05Z"}))
    assert run(tmp_path, config, *words) == 1
    assert "not-allowed" in capsys.readouterr().out


def test_nothing_came_yet(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, config, "intents", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('listen = "0.0.0.0:9465"', "of this machine alone"),
        ('trusted_proxies = ["10.0.0.300"]', "no address and no range"),
        ('[webhooks.x]\nverbs = ["flatten"]', "verbs"),
        ("[webhooks.x]\nsize = 5", "size"),
        ("[webhooks.x]\nttl = 3600", "ttl"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(line if line.startswith("[") else f"[webhook]\n{line}")
    with pytest.raises(SettingsError, match=says):
        load_settings(file, {})


def test_sources_of_a_trade_that_is_left_out_are_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        "[[trade]]\nsymbol = 'SOL'\n[[trade]]\nsymbol = 'BTC'\n[webhook]\nlisten = '127.0.0.1:0'\n"
        "[webhooks.of-sol]\ntrade = 'SOL'\n[webhooks.of-btc]\ntrade = 'BTC'\n"
        "[signals.trend]\nfamily = 'trend'\ntimeframe = '5m'\nsymbols = ['SOL']\n"
        "trade = 'SOL'\naction = 'open'\n"
    )
    only = load_settings(config, {}, only="BTC")
    assert [*hooks_of(only)] == ["of-btc"]
    assert [each.acts for each in signal_plans(only)] == [None]
    assert run(tmp_path, config, "config", "check", "--only", "BTC") == 0
    config.write_text(config.read_text().replace("trade = 'BTC'", "trade = 'SOL'"))
    with webhook_door.webhook_door(load_settings(config, {}, only="BTC")) as door:
        assert door is None
    config.write_text(config.read_text().replace("trade = 'SOL'", "trade = 'ETH'"))
    with pytest.raises(ValueError, match="names trade ETH, which is not there"):
        hooks_of(load_settings(config, {}, only="BTC"))


def test_a_source_speaks_to_one_trade(tmp_path: Path, config: Path) -> None:
    found = hooks_of(load_settings(config, {}))["tv-sol"]
    assert (found.rules.trade, found.symbol) == ("SOL", "SOL")
    assert found.rules.verbs == {IntentVerb.OPEN, IntentVerb.CLOSE}
    assert (found.rules.needs_arming, found.rules.is_live) == (False, True)
    real = hooks_of(load_settings(config, {"network": "mainnet"}))["tv-sol"]
    assert (real.rules.needs_arming, real.rules.is_live) == (True, False)
    config.write_text(f"{_CONFIG}allow_size = true")
    with pytest.raises(ValueError, match="allow_size is for a bracket, and SOL is a ladder"):
        hooks_of(load_settings(config, {}))
    config.write_text(f'{_CONFIG}trade = "ETH"')
    with pytest.raises(ValueError, match="names trade ETH, which is not there: SOL"):
        hooks_of(load_settings(config, {}))


def test_an_address_that_a_killed_engine_s_door_is_about_to_let_go_of_is_waited_for(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        config.write_text(_CONFIG.replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        settings = load_settings(config, {})
        with monkeypatch.context() as patched:
            patched.setattr(webhook_door, "_LETS_GO", 0.0)
            with pytest.raises(
                ValueError, match=f"^webhook.listen 127.0.0.1:{port}: Address already in use$"
            ):
                webhook_door.webhook_door(settings).__enter__()
        threading.Timer(0.2, other.close).start()
        with webhook_door.webhook_door(settings) as door:
            assert door is not None and door.getsockname()[1] == port
