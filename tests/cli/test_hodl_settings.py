"""A trade of a coin on the HODL list is refused before anything is started, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.provenance import SettingsError
from hypertui.settings import load_settings

LIST = 'hodl = ["BTC"]\n'


@pytest.mark.parametrize(
    ("trade", "said"),
    [
        ("", "BTC is on the hodl list, and a ladder trades by selling"),
        ('strategy = "bracket"', "BTC is on the hodl list, and a bracket trades by selling"),
    ],
)
def test_no_strategy_may_trade_it(
    trade: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(f'{LIST}[trade]\nsymbol = "BTC"\n{trade}\n')
    assert main(["config", "check"]) == 2
    assert said in capsys.readouterr().err
    state = tmp_path / "state"
    assert main(["run", "--headless", "--state-dir", str(state)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not state.exists()
    with pytest.raises(SettingsError, match="hodl list"):
        load_settings(None, {}).trade_configs()


def test_another_trade_knows_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(
        'hodl = ["BTC", "kPEPE", "BTC"]\n[trade]\nsymbol = "SOL"\nunit_size = 0.5\n'
    )
    (config,) = load_settings(None, {}).trade_configs()
    assert config.hodl == ("BTC", "kPEPE")
    assert main(["config", "check"]) == 0
    assert main(["config", "show"]) == 0
    assert "hodl" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "said"),
    [('hodl = ["btc"]', "did you mean BTC"), ('hodl = ["B T C"]', "hodl"), ("hodl = 5", "hodl")],
)
def test_what_is_no_market_is_named(
    line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(f'{line}\n[trade]\nsymbol = "SOL"\nunit_size = 0.5\n')
    assert main(["config", "check"]) == 2
    assert said in capsys.readouterr().err
