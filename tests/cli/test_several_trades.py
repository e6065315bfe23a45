"""Several trades in one config: their tables, what sets them, which are meant, and what is refused."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hypertui.cli import main
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.settings import load_settings
from hypertui.strategy.ladder.terms import LadderTerms
from hypertui.trade_settings import TradeSettings

REPOSITORY = Path(__file__).parents[2]
RUN = ["run", "--headless"]
SUB = "0x" + "Ab" * 20
THREE = """
[[trade]]
symbol = "SOL"
unit_size = 0.5
position_size = 2000
leverage = 20
[[trade]]
name = "big-btc"
symbol = "BTC"
unit_size = 5
position_size = 20000
leverage = 40
[[trade]]
symbol = "ETH"
Unit_Size = 1
position_size = 12500
leverage = 25
"""
TWO_OF_ONE = """
[[trade]]
symbol = "SOL"
[[trade]]
name = "other"
symbol = "SOL"
"""
NAMES = "SOL, big-btc, ETH"
ALIKE = "have names that differ in case or in - and _ alone: no variable could tell them apart"
NETTED = (
    "are both of SOL in one account, where the exchange nets what they hold: give one of them an account of "
    "its own"
)

# What the config has, what is in the environment, what is typed, and the line.
REFUSED: list[tuple[str, dict[str, str], list[str], str]] = [
    # names
    ('[[trade]]\n[[trade]]\nname="btc"', {}, RUN,
     f"trades BTC and btc {ALIKE}"),
    ('[[trade]]\nname="a-b"\n[[trade]]\nname="A_B"\nsymbol="SOL"', {}, RUN,
     f"trades a-b and A_B {ALIKE}"),
    ('[[trade]]\nname = "ALL"', {}, RUN, "no trade can be named ALL: ctl --trade all means every trade"),
    ("[[trade]]\n[[trade]]", {}, RUN, "two trades are named BTC: give each a name of its own"),
    ('[[trade]]\n[[trade]]\nsymbol="SOL"\nname="a b"', {}, RUN,
     "trades.#2.name a b in config.toml is not a name of up to 32 letters, digits, - and _"),
    ('[trade]\nname=""', {}, RUN,
     "trade.name in config.toml is not a name of up to 32 letters, digits, - and _"),
    (f'[trade]\nname="{"n" * 33}"', {}, RUN,
     f"trade.name {'n' * 33} in config.toml is not a name of up to 32 letters, digits, - and _"),
    ("[trade]\nname=5", {}, RUN, "trade.name 5 in config.toml is not a text"),
    # tables
    ("trade = []", {}, RUN, "trade is an empty list: each trade is a table [[trade]]"),
    ("trade = [5, 6]", {}, RUN, "trades.#1 5 in config.toml is not a section of settings"),
    ("[[trades]]", {}, RUN, "trades in config.toml is not a setting: each trade is a table [[trade]]"),
    ('[[trade]]\nunit_size=1\nUnit_Size=2', {}, RUN,
     "config file config.toml has both trade.unit_size and trade.Unit_Size: keep one of them"),
    (THREE + "unit_sise = 1", {}, RUN, "trades.ETH.unit_sise is not a setting"),
    (THREE.replace("leverage = 40", "leverage = 0"), {}, RUN,
     "trades.big-btc.leverage 0 in config.toml is below 1"),
    (THREE.replace("leverage = 40", "leverage = 0"), {}, [*RUN, "--only", "SOL"],
     "trades.big-btc.leverage 0 in config.toml is below 1"),
    (THREE.replace("leverage = 40", "leverage = 41"), {}, RUN,
     "trade big-btc: leverage 41 is above the 40 of BTC"),
    ('[trade]\naccount="0x12"', {}, RUN, "trade.account 0x12 in config.toml is not 0x and 40 hex digits"),
    # one market twice
    (TWO_OF_ONE, {}, RUN,
     f"trades SOL and other {NETTED}"),
    (f'{TWO_OF_ONE}account = "{SUB}"\n[account]\naddress = "{SUB.lower()}"', {}, RUN,
     f"trades SOL and other {NETTED}"),
    (THREE, {"HYPERTUI_TRADES__ETH__SYMBOL": "SOL"}, [*RUN, "--only", "big-btc"],
     f"trades SOL and ETH {NETTED}"),
    # variables
    (THREE, {"HYPERTUI_TRADE__UNIT_SIZE": "7"}, [*RUN, "--only", "SOL"],
     "environment variable HYPERTUI_TRADE__UNIT_SIZE names no trade, and 3 are configured: "
     "HYPERTUI_TRADES__SOL__UNIT_SIZE sets that of SOL"),
    (THREE, {"HYPERTUI_TRADES__DOGE__UNIT_SIZE": "7"}, RUN,
     f"environment variable HYPERTUI_TRADES__DOGE__UNIT_SIZE names no trade; there are {NAMES}"),
    (THREE, {"HYPERTUI_TRADES__BTC__UNIT_SIZE": "7"}, RUN,
     f"environment variable HYPERTUI_TRADES__BTC__UNIT_SIZE names no trade; there are {NAMES}"),
    (THREE, {"HYPERTUI_TRADES__ETH__UNIT_SISE": "7"}, RUN,
     "environment variable HYPERTUI_TRADES__ETH__UNIT_SISE is not a setting"),
    (THREE, {"HYPERTUI_TRADES__ETH__NAME": "x"}, RUN,
     "environment variable HYPERTUI_TRADES__ETH__NAME is not a setting"),
    (THREE, {"HYPERTUI_TRADES__UNIT_SIZE": "7"}, RUN,
     "environment variable HYPERTUI_TRADES__UNIT_SIZE is not a setting"),
    (THREE, {"HYPERTUI_TRADES": "[]"}, RUN, "environment variable HYPERTUI_TRADES is not a setting"),
    (THREE, {"HYPERTUI_TRADES__BIG_BTC__LEVERAGE": "x"}, RUN,
     "HYPERTUI_TRADES__BIG_BTC__LEVERAGE x is not a whole number"),
    ("", {"HYPERTUI_TRADES__SOL__LEVERAGE": "3"}, RUN,
     "environment variable HYPERTUI_TRADES__SOL__LEVERAGE names no trade; there are BTC"),
    ("", {"HYPERTUI_TRADES__BTC__LEVERAGE": "3", "HYPERTUI_TRADE__LEVERAGE": "3"}, RUN,
     "environment variables HYPERTUI_TRADE__LEVERAGE and HYPERTUI_TRADES__BTC__LEVERAGE are the same "
     "setting"),
    # flags
    (THREE, {}, [*RUN, "--unit-size", "5"],
     f"--unit-size is of one trade, and 3 are configured: say which with --only NAME ({NAMES})"),
    (THREE, {}, ["config", "show", "--symbol", "SOL", "--only", "SOL,ETH"],
     f"--symbol is of one trade, and 3 are configured: say which with --only NAME ({NAMES})"),
    (THREE, {}, [*RUN, "--only", "ETH", "--unit-size", "0"], "--unit-size 0 is not above 0"),
    # which are meant
    (THREE, {}, [*RUN, "--only", "DOGE"], f"--only DOGE is not one of the configured trades: {NAMES}"),
    (THREE, {}, [*RUN, "--only", "SOL,,ETH"], f"--only nothing is not one of the configured trades: {NAMES}"),
    (THREE, {}, [*RUN, "--only", ""], f"--only nothing is not one of the configured trades: {NAMES}"),
    ("", {}, [*RUN, "--only", "SOL"], "--only SOL is not one of the configured trades: BTC"),
    # what takes one
    (THREE, {}, ["probe", "--base-url", "http://127.0.0.1:1"],
     f"probe asks in the market of one trade, and there are 3: say which with --only NAME ({NAMES})"),
    (THREE, {}, ["safe", "--stop-distance", "5"],
     f"--stop-distance is for one market, and there are 3: say which with --only NAME ({NAMES})"),
    (THREE, {}, ["backtest", "prices.csv", "--only", "SOL,ETH"],
     "backtest walks one trade, and --only names 2"),
    (THREE, {}, ["backtest", "prices.csv", "--symbol", "SOL"],
     "the following arguments are required: --unit-size, --position-size; or --only, a configured trade"),
    (THREE, {}, [*RUN, "--prices", "prices.csv"],
     "price file prices.csv drives one market, and SOL, BTC, ETH are traded: say which with --only NAME, or "
     "leave paper.prices out"),
    # mainnet
    (THREE, {}, [*RUN, "--mainnet"], "Mainnet needs --confirm-mainnet SOL,BTC,ETH when there is no terminal"),
    (THREE, {}, [*RUN, "--mainnet", "--confirm-mainnet", "BTC,SOL"],
     "mainnet was not confirmed: BTC,SOL is not SOL,BTC,ETH"),
    (THREE, {}, [*RUN, "--mainnet", "--confirm-mainnet", "BTC,SOL", "--only", "sol"],
     "mainnet was not confirmed: BTC,SOL is not SOL"),
    (THREE, {}, [*RUN, "--mainnet", "--confirm-mainnet", "ETH, BTC,SOL"],
     "mainnet needs a key: set HYPERTUI_SECRET_KEY, or account.key_file in the config"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own, without anybody's settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("HYPERTUI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "prices.csv").write_text("price\n150\n150.6\n151.2\n149\n")
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main(list(arguments)) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("config", "environment", "arguments", "line"), REFUSED, ids=[r[3][:70] for r in REFUSED]
)
def test_what_is_refused(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    here: Path,
    config: str,
    environment: dict[str, str],
    arguments: list[str],
    line: str,
) -> None:
    (here / "config.toml").write_text(config)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"hypertui: {line}\n")
    assert not list(here.rglob("venue.*")) + list(here.rglob("journal.*")), "nothing was started"


def test_one_table_is_one_trade_however_it_is_written(here: Path) -> None:
    (here / "config.toml").write_text("[trade]\nunit_size = 7")
    plain = load_settings(None, {})
    whole = plain.snapshot()
    (here / "config.toml").write_text("[[trade]]\nunit_size = 7")
    assert load_settings(None, {}).snapshot() == whole
    assert [(trade.name, trade.unit_size) for trade in plain.trades] == [("BTC", Decimal(7))]
    assert load_settings(None, {"trade": {"symbol": "PURR/USDC"}}).trades[0].name == "PURR-USDC"
    assert load_settings(None, {"trade": {"symbol": "@107"}}).trades[0].name == "107"


def test_each_trade_becomes_a_configuration(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPERTUI_ACCOUNT_ADDRESS", "0x" + "1" * 40)
    (here / "config.toml").write_text(f'{THREE}account = "{SUB}"')
    configs = load_settings(None, {}).trade_configs(run_for=3)
    assert [(config.name, config.symbol, config.leverage) for config in configs] == [
        ("SOL", "SOL", 20),
        ("big-btc", "BTC", 40),
        ("ETH", "ETH", 25),
    ]
    assert [config.account for config in configs] == ["0x" + "1" * 40] * 2 + [SUB.lower()]
    assert [config.run_for for config in configs] == [3] * 3
    assert configs[1].strategy == LadderTerms(Decimal(5), Decimal(20_000))
    (alone,) = load_settings(None, {}, only=" Big-BTC ").trade_configs()
    assert alone.name == "big-btc"
    both = load_settings(None, {}, only="ETH,SOL,SOL").trade_configs()
    assert [config.name for config in both] == ["SOL", "ETH"]


def test_two_accounts_may_trade_one_symbol(here: Path) -> None:
    (here / "config.toml").write_text(f'{TWO_OF_ONE}account = "{SUB}"')
    assert [config.account for config in load_settings(None, {}).trade_configs()] == [None, SUB.lower()]


def test_the_strategys_own_settings_are_settings_with_its_defaults() -> None:
    for term in fields(LadderTerms):
        assert term.name == "sizing" or term.name in TradeSettings.model_fields
    unset = TradeSettings()
    assert unset.terms() == LadderTerms(unset.unit_size, unset.position_size)


def test_every_trade_is_shown_with_its_sources(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "config.toml").write_text(THREE)
    monkeypatch.setenv("hypertui_trades__big_BTC__unit_size", "6")
    rows = shown(capsys, "config", "show", "--json")
    assert len([name for name in rows if name.startswith("trade")]) == 3 * len(TradeSettings.model_fields)
    assert rows["trades.SOL.unit_size"] == {"value": "0.5", "source": "file config.toml"}
    assert rows["trades.big-btc.unit_size"] == {
        "value": "6",
        "source": "environment hypertui_trades__big_BTC__unit_size",
    }
    assert rows["trades.big-btc.name"] == {"value": "big-btc", "source": "file config.toml"}
    assert rows["trades.ETH.name"] == {"value": "ETH", "source": "default"}
    assert rows["trades.ETH.account"] == {"value": "unset", "source": "default"}
    rows = shown(
        capsys, "config", "show", "--json", "--only", "big-btc", "--unit-size", "8", "--symbol", "XRP"
    )
    assert {name.split(".")[1] for name in rows if name.startswith("trades.")} == {"big-btc"}
    assert rows["trades.big-btc.unit_size"] == {"value": "8", "source": "flag --unit-size"}
    assert rows["trades.big-btc.name"] == {"value": "big-btc", "source": "file config.toml"}
    assert rows["trades.big-btc.symbol"] == {"value": "XRP", "source": "flag --symbol"}


def test_the_only_trade_may_be_named_in_a_variable(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPERTUI_TRADES__BTC__LEVERAGE", "3")
    monkeypatch.setenv("HYPERTUI_TRADE__POSITION_SIZE", "300")
    rows = shown(capsys, "config", "show", "--json", "--only", "btc", "--unit-size", "9")
    assert rows["trade.leverage"] == {"value": "3", "source": "environment HYPERTUI_TRADES__BTC__LEVERAGE"}
    assert rows["trade.position_size"]["source"] == "environment HYPERTUI_TRADE__POSITION_SIZE"
    assert rows["trade.unit_size"] == {"value": "9", "source": "flag --unit-size"}


def test_the_journals_snapshot_has_the_trades_that_run(here: Path) -> None:
    (here / "config.toml").write_text(THREE)
    trades = load_settings(None, {}, only="ETH").snapshot()["trades"]
    assert isinstance(trades, list)
    assert [(trade["name"], trade["unit_size"]) for trade in trades] == [("ETH", "1")]


def test_the_ledger_minds_no_trade(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "config.toml").write_text(THREE)
    for arguments in (["ledger", "fills", "--symbol", "SOL"], ["status"]):
        assert main(arguments) == 2
        assert "there is no journal at" in capsys.readouterr().err


def test_a_configured_trade_is_walked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "config.toml").write_text(THREE)
    by_name = shown(capsys, "backtest", "prices.csv", "--json", "--only", "SOL", "--unit-size", "0.6")
    said = ["--symbol", "SOL", "--unit-size", "0.6", "--position-size", "2000", "--leverage", "20"]
    by_flags = shown(capsys, "backtest", "prices.csv", "--json", *said)
    for summary in (by_name, by_flags):
        del summary["timing"]
    assert by_name == by_flags
    assert by_name["steps"] > 0


def test_the_example_of_the_config_file_is_one(here: Path) -> None:
    _, _, example = (REPOSITORY / "config.toml").read_text().partition("has a word about:\n")
    text = "\n".join(line.removeprefix("#").strip() for line in example.splitlines())
    (here / "config.toml").write_text(text)
    configs = load_settings(None, {}).trade_configs()
    assert [config.name for config in configs] == ["SOL", "BTC", "ETH"]
    for config, price in zip(configs, (150, 64_000, 3_000), strict=True):
        plan = config.plan(KNOWN_INSTRUMENTS[config.symbol])
        assert not [rule.broken for rule in (*plan.rules(), *plan.rules_at(Decimal(price))) if rule.broken]


def test_the_config_file_sets_the_defaults(here: Path) -> None:
    assert load_settings(REPOSITORY / "config.toml", {}).trades == load_settings(None, {}).trades
