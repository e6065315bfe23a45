"""Exits as they are set: percentages and times as they are written, and what cannot be meant."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.provenance import SettingsError
from hypertui.settings import load_settings
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.exits.trailing import TrailingTerms


def exits(**settings: object) -> ExitRules:
    (config,) = load_settings(None, {"trade": settings}).trade_configs()
    return config.exits


@pytest.fixture(autouse=True)
def _nowhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("nowhere"))


def test_percentages_and_times() -> None:
    assert exits() == ExitRules()
    assert exits(
        hard_stop="5%", soft_stop=" 2.5 %", take_profit="12%", time_stop="36h", signal_exit="true"
    ) == (ExitRules(D("0.05"), D("0.025"), D("0.12"), signal_exit=True, time_stop=36 * 3_600_000))
    assert exits(trailing_atr="3").trailing_stop is None, "nothing trails before it is armed by something"
    assert exits(trailing_arm="3.5%").trailing_stop == TrailingTerms(
        D("0.035"), D(2), D("0.5"), D("0.01"), D("0.02")
    )
    assert exits(
        trailing_arm="1%", trailing_atr="3", trailing_step="0.2", trailing_min="0.5%", trailing_max="5%"
    ).trailing_stop == TrailingTerms(D("0.01"), D(3), D("0.2"), D("0.005"), D("0.05"))
    assert exits(time_stop="90m").time_stop == 5_400_000
    assert exits(time_stop="2d").time_stop == 172_800_000
    assert not exits(native_exits="false").native


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hard_stop": "0.05"}, "is no percentage above 0% and below 100%, such as 5%"),
        ({"hard_stop": "100%"}, "is no percentage above 0% and below 100%"),
        ({"take_profit": "-1%"}, "is no percentage above 0% and below 100%"),
        ({"soft_stop": "5%%"}, "is no percentage"),
        ({"time_stop": "36"}, "is no time in minutes, hours or days, such as 90m, 36h or 2d"),
        ({"time_stop": "0h"}, "is no time"),
        ({"time_stop": "999999d"}, "is no time"),
        ({"signal_exit": "perhaps"}, "is neither true nor false"),
        ({"hard_stop": "5%", "soft_stop": "5%"}, "soft_stop 5% is not below hard_stop 5%"),
        ({"trailing_arm": "3"}, "trailing_arm 3 is no percentage"),
        ({"trailing_min": ""}, "trailing_min +is empty"),
        ({"trailing_atr": "0"}, "trailing_atr 0 is not above 0"),
        ({"trailing_step": "-1"}, "trailing_step -1 is not above 0"),
        (
            {"trailing_arm": "3%", "trailing_max": "0.5%"},
            "trailing_max 0.5% is below trailing_min 1%",
        ),
        (
            {"trailing_arm": "3%", "take_profit": "3%"},
            "trailing_arm 3% is not below take_profit 3%: the profit would always be taken first",
        ),
        ({"soft_stop": "0.05%"}, "soft_stop 0.05% is not above 0.09%"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(settings: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        exits(**settings)
    assert "\n" not in str(refused.value)


def test_what_is_shown_can_be_set(tmp_path_factory: pytest.TempPathFactory) -> None:
    shown = load_settings(None, {"trade": {"hard_stop": "5%", "time_stop": "36h"}}).snapshot()
    (trade,) = shown["trades"]  # type: ignore[misc]
    assert (trade["hard_stop"], trade["time_stop"]) == ("5%", "36h")


CHECKED: list[tuple[str, tuple[str, ...]]] = [
    ('hard_stop = "4%"', ()),
    (
        'hard_stop = "5%"\nsoft_stop = "6%"\nunit_size = "0.4%"\ntake_profit = "0.4%"',
        (
            "soft_stop 6% is not below hard_stop 5%",
            "take_profit 0.4% is not beyond 0.49%, a unit of 0.4% and the fees",
        ),
    ),
    ('hard_stop = "25%"', ("hard_stop 25% is beyond the liquidation: at leverage 5",)),
    (
        'hard_stop = "0.09%"\nsoft_stop = "6%"\n'
        'trailing_arm = "3%"\ntrailing_max = "0.5%"\ntake_profit = "3%"',
        (
            "hard_stop 0.09% is not above 0.09%, the fees of buying and selling",
            "soft_stop 6% is not below hard_stop 0.09%",
            "trailing_max 0.5% is below trailing_min 1%",
            "trailing_arm 3% is not below take_profit 3%",
        ),
    ),
    (
        'trailing_atr = 3.0\ntrailing_step = 0.5\ntrailing_max = "3%"',
        (
            "trailing_atr 3 has no effect without trailing_arm",
            "trailing_max 3% has no effect without trailing_arm",
        ),
    ),
    ('trailing_atr = 3.0\ntrailing_arm = "3%"', ()),
    ("leverage = 41", ("leverage 41 is above the 40 of BTC",)),
]


@pytest.mark.parametrize(("trade", "lines"), CHECKED)
def test_a_check_of_the_settings_names_what_contradicts(
    trade: str, lines: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.toml").write_text(f"[[trade]]\nsymbol = 'BTC'\n{trade}\n[[trade]]\nsymbol = 'SOL'\n")
    assert main(["config", "check"]) == (2 if lines else 0)
    said = capsys.readouterr()
    assert said.out == ("" if lines else "2 trades, nothing contradicts\n")
    found = said.err.splitlines()
    assert len(found) == len(lines)
    for line, words in zip(found, lines, strict=True):
        assert line.startswith(f"hypertui: trade BTC: {words}")


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        ("trade = 'ETH'", "webhooks.tv names trade ETH, which is not there: BTC"),
        ("allow_size = true", "webhooks.tv.allow_size is for a bracket, and BTC is a ladder"),
    ],
)
def test_a_check_names_what_contradicts_in_a_webhook(
    hook: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.toml").write_text(f"[[trade]]\nsymbol = 'BTC'\n[webhooks.tv]\n{hook}\n")
    assert main(["config", "check"]) == 2
    assert capsys.readouterr().err == f"hypertui: {why}\n"


def test_a_start_refuses_the_same() -> None:
    with pytest.raises(SettingsError, match=r"hard_stop 0\.4% is not beyond 0\.49%"):
        exits(hard_stop="0.4%", unit_size="0.4%")
    exits(hard_stop="0.4%")  # how far a unit of 100 USD is hangs on the price


def test_a_check_takes_flags_and_refuses_what_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", "--hard-stop", "4%"]) == 0
    assert capsys.readouterr().out == "1 trade, nothing contradicts\n"
    assert main(["config", "check", "--hard-stop", "4"]) == 2
    assert "--hard-stop 4 is no percentage" in capsys.readouterr().err
    assert main(["config", "check", "--hard-stop", "-5%"]) == 2  # a value, and no flag that there is not
    said = capsys.readouterr().err
    assert said == "hypertui: --hard-stop -5% is no percentage above 0% and below 100%, such as 5%\n"
    with pytest.raises(SystemExit) as left:
        main(["config", "check", "--hard-stop"])
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("hypertui: --hard-stop needs a value; hypertui config check")


def test_a_backtest_refuses_an_exit_within_a_unit(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.toml").write_text("[trade]\nunit_size = 100\nhard_stop = '0.9%'\n")
    Path("prices.csv").write_text("time,price\n1,10000\n2,10001\n")
    assert main(["backtest", "prices.csv", "--only", "BTC"]) == 2
    assert "hard_stop 0.9% is not beyond 1.09%" in capsys.readouterr().err
