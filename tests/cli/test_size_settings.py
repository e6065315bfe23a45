"""A unit as a percentage and a size from risk, as they are set: which source goes first, what is refused."""

from __future__ import annotations

import json
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.cli.arguments import FLAG_NAMES
from hypertui.provenance import SettingsError
from hypertui.settings import load_settings
from hypertui.strategy.ladder.sizing import Sizing
from hypertui.strategy.ladder.terms import LadderTerms

FILE = "[trade]\nunit_size = 100\nposition_size = 5000\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def terms(**flags: object) -> LadderTerms:
    (trade,) = load_settings(None, {"trade": flags}, FLAG_NAMES).trades
    return trade.terms()


def test_rules_and_figures() -> None:
    assert terms() == LadderTerms(D(100), D(10_000))
    assert terms(unit_size="0.4%", risk="100").sizing == Sizing(D("0.004"), D(100))
    assert terms(unit_size="0.4%") == LadderTerms(D(0), D(10_000), sizing=Sizing(D("0.004")))
    assert terms(risk="100", risk_slippage="0.001") == LadderTerms(
        D(100), D(0), sizing=Sizing(None, D(100), D("0.001"))
    )
    for text in ("0.5atr", "0.5 ATR", "0.50Atr", ".5atr"):
        assert terms(unit_size=text) == LadderTerms(D(0), D(10_000), sizing=Sizing(unit_atr=D("0.5"))), text
    assert terms(unit_size="2atr", risk="100").sizing == Sizing(None, D(100), unit_atr=D(2))
    assert terms(unit_size="0.5", position_size="2000") == LadderTerms(D("0.5"), D(2_000))


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        ({"unit_size": "0%"}, "--unit-size 0% is no percentage above 0% and below 100%"),
        ({"unit_size": "100%"}, "--unit-size 100% is no percentage"),
        ({"unit_size": "0.4 percent"}, "--unit-size 0.4 percent is not a number"),
        ({"unit_size": "0atr"}, "--unit-size 0atr is no multiple of the ATR above 0, such as 0.5atr"),
        ({"unit_size": "-1atr"}, "--unit-size -1atr is no multiple of the ATR above 0"),
        ({"unit_size": "atr"}, "--unit-size atr is no multiple"),
        ({"unit_size": "nanatr"}, "--unit-size nanatr is no multiple"),
        ({"unit_size": "1e40atr"}, "--unit-size 1e40atr is no multiple"),
        ({"unit_size": "0.5% atr"}, "--unit-size 0.5% atr is no multiple"),
        ({"unit_size": "0.5atrs"}, "--unit-size 0.5atrs is not a number"),
        ({"unit_size": "-1"}, "--unit-size -1 is not above 0"),
        ({"unit_size": "nan"}, "--unit-size nan is not a finite number"),
        ({"unit_size": "1e40"}, r"--unit-size 1e40 is not from 1e-18 to 1e15"),
        ({"risk": "0"}, "--risk 0 is not above 0"),
        ({"risk": "1%"}, "--risk 1% is not a number"),
        ({"risk_slippage": "1"}, "is not below 1"),
        ({"risk": "100", "position_size": "2000"}, "both risk and position_size: give one of them"),
    ],
)
def test_what_is_refused(flags: dict[str, object], line: str) -> None:
    with pytest.raises(SettingsError, match=line) as refused:
        terms(**flags)
    assert "\n" not in str(refused.value)


def test_four_units_have_to_be_less_than_the_price() -> None:
    with pytest.raises(SettingsError, match="unit size 25% puts the lowest stop at 0 or below it"):
        load_settings(None, {"trade": {"unit_size": "25%"}}).trade_configs()


def test_what_can_be_said_of_a_unit_in_atr_without_a_price(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "config.toml").write_text('[trade]\nunit_size = "0.5 ATR"\nhard_stop = "1%"\n')
    assert main(["config", "check"]) == 0, "the unit may be smaller than that"
    capsys.readouterr()
    assert main(["config", "check", "--leverage", "60"]) == 2
    assert "leverage 60 is above the 40 of BTC" in capsys.readouterr().err
    assert main(["config", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trade.unit_size"]["value"] == "0.5 ATR"


def test_of_risk_and_position_size_the_nearer_source_counts(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "config.toml").write_text(FILE)
    assert terms(risk="100") == LadderTerms(D(100), D(0), sizing=Sizing(None, D(100)))
    monkeypatch.setenv("HYPERTUI_TRADE__RISK", "70")
    assert terms().sizing == Sizing(None, D(70))
    assert terms(position_size="2000") == LadderTerms(D(100), D(2_000))
    (here / "config.toml").write_text(FILE + "risk = 50\n")
    assert terms().sizing == Sizing(None, D(70))  # the variable's, in the place of both
    monkeypatch.delenv("HYPERTUI_TRADE__RISK")
    with pytest.raises(SettingsError, match=r"trade in config.toml has both risk and position_size"):
        terms()


def test_what_counts_is_shown_with_its_source(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "config.toml").write_text(FILE)
    assert main(["config", "show", "--risk", "100", "--unit-size", "0.4%", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["trade.risk"] == {"value": "100", "source": "flag --risk"}
    assert shown["trade.unit_size"] == {"value": "0.4%", "source": "flag --unit-size"}
    assert shown["trade.position_size"] == {"value": "unset", "source": "default"}


PRICES = "\n".join(["price", "64000", "63744", "63488", "63232", "62976"])


def test_a_backtest_takes_them_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "prices.csv").write_text(PRICES)
    walk = ["backtest", "prices.csv", "--symbol", "BTC", "--risk", "100", "--unit-size", "0.4%"]
    assert main([*walk, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert D("-100") < D(summary["realized_pnl"]) < D("-99.9")
    assert main(walk) == 0
    assert (
        "sizing        unit 0.4 % of 64,000 = 256 USD; risk 100.00 USD / (2.5 units of 0.4 % + fees 0.09 % "
        "+ slippage 0 %) = 9,174.31 USD\n"
    ) in capsys.readouterr().out
    (here / "config.toml").write_text('[trade]\nunit_size = "0.4%"\nrisk = 100\n')
    assert main(["backtest", "prices.csv", "--only", "BTC", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["realized_pnl"] == summary["realized_pnl"]


@pytest.mark.parametrize("unit", ["0.5atr", "2 ATR"])
def test_a_backtest_has_no_hours_before_its_entry(
    here: Path, capsys: pytest.CaptureFixture[str], unit: str
) -> None:
    (here / "prices.csv").write_text(PRICES)
    (here / "config.toml").write_text(f'[trade]\nunit_size = "{unit}"\n')
    asked = ["--symbol", "BTC", "--unit-size", unit, "--position-size", "5000"]
    for walk in (asked, ["--only", "BTC"], ["--only", "BTC", "--unit-size", unit, "--risk", "50"]):
        assert main(["backtest", "prices.csv", *walk]) == 2
        said = capsys.readouterr().err
        assert " needs the hours before the entry, and a file begins with that: set it in USD or as a" in said
        assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--unit-size", "0.4%"], "the following arguments are required: --position-size"),
        (["--unit-size", "x%", "--risk", "1"], "unit size x% is no percentage above 0% and below 100%"),
        (["--unit-size", "1%", "--risk", "0"], "risk 0 is not above 0"),
        (
            ["--unit-size", "1%", "--risk", "1", "--position-size", "1"],
            "--risk and --position-size: give one",
        ),
        (["--unit-size", "1%", "--risk", "0.01"], "below the minimum order value of 10 USD"),
    ],
)
def test_what_a_backtest_refuses(
    here: Path, capsys: pytest.CaptureFixture[str], flags: list[str], line: str
) -> None:
    (here / "prices.csv").write_text(PRICES)
    assert main(["backtest", "prices.csv", "--symbol", "BTC", *flags]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1
