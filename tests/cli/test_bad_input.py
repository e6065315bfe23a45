"""Bad input: one clear line that names the figure and the limit, exit status 2, nothing started."""

import os
import socket
from pathlib import Path

import pytest

from hypertui.cli import main

TRADES = ["run", "--headless"]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No config file, no settings of whoever runs the tests, no state outside the test."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("HYPERTUI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def refusal(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    """Run a command that must be refused; returns its one line."""
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    line = shown.err.removesuffix("\n")
    assert line.startswith("hypertui: ")
    assert "\n" not in line
    assert "Traceback" not in line
    return line


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--unit-size", "0"], ["--unit-size 0 is not above 0"]),
        (["--unit-size", "-5"], ["--unit-size -5 is not above 0"]),
        (["--unit-size", "abc"], ["--unit-size abc is not a number"]),
        (["--unit-size", "NaN"], ["--unit-size NaN is not a finite number"]),
        (["--position-size", "0"], ["--position-size 0 is not above 0"]),
        (["--position-size", "1e3x"], ["--position-size 1e3x is not a number"]),
        (["--position-size", "39"], ["position size 39", "9.75 USD", "10 USD"]),
        (["--leverage", "0"], ["--leverage 0 is below 1"]),
        (["--leverage", "2.5"], ["--leverage 2.5 is not a whole number"]),
        (["--leverage", "41"], ["leverage 41", "40", "BTC"]),
        (["--reinvest", "often"], ["--reinvest often is not one of recovery, continuous, off"]),
        (["--on-exit", "panic"], ["--on-exit panic is not one of buys, leave, flatten"]),
        (["--speed", "0"], ["--speed 0 is not above 0"]),
        (["--speed", "10001"], ["--speed 10001 is above 10000"]),
        (["--faucet", "-1"], ["--faucet -1 is below 0"]),
        (["--refresh-hz", "31"], ["--refresh-hz 31 is above 30"]),
        (["--theme", "pink"], ["--theme pink is not one of dark, light, contrast, ansi"]),
        (["--times", "noon"], ["--times noon is not one of utc, local"]),
        (["--symbol", ""], ["--symbol", "is empty"]),
        (["--for", "soon"], ["--for soon", "not a number"]),
        (["--for", "0"], ["--for 0", "above 0"]),
        (["--config", "nowhere.toml"], ["config file nowhere.toml", "No such file"]),
        (["--testnet"], ["testnet needs a key", "HYPERTUI_SECRET_KEY"]),
        (["--mainnet", "--confirm-mainnet", "BTC"], ["mainnet needs a key"]),
        (["--mainnet", "--confirm-mainnet", "ETH"], ["mainnet was not confirmed", "ETH", "BTC"]),
        (["--base-url", "ftp://x"], ["ftp://x"]),
        (["--base-url", "http://127.0.0.1:99999"], ["port 99999", "65535"]),
        (["--testnet", "--base-url", "http://127.0.0.1:1"], ["--base-url goes with paper"]),
    ],
)
def test_what_can_be_known_without_a_network(
    capsys: pytest.CaptureFixture[str], arguments: list[str], parts: list[str]
) -> None:
    line = refusal(capsys, [*TRADES, *arguments])
    for part in parts:
        assert part in line


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("unit_sise = 5", "unit_sise is not a setting"),
        ("[trade]\nunit_sise = 5", "trade.unit_sise is not a setting"),
        ("[trade]\nunit_size = 0", "trade.unit_size 0 in config.toml is not above 0"),
        ("[console]\nmouse = 5", "console.mouse 5 in config.toml is neither true nor false"),
        ("trade = 5", "trade 5 in config.toml is not a section of settings"),
        ("[trade", "is not TOML"),
        ('secret_key = "0x01"', "holds a secret key"),
        ('network = "moon"', "network moon in config.toml is not one of paper, testnet, mainnet"),
    ],
)
def test_a_config_file_that_cannot_be_used(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, part: str
) -> None:
    (tmp_path / "config.toml").write_text(text)
    assert part in refusal(capsys, TRADES)


@pytest.mark.parametrize("arguments", [["bogus"], ["--wallet", "short"], ["run", "--nope"], ["backtest"]])
def test_words_that_mean_nothing(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("hypertui: ")
    assert len(shown.err.splitlines()) == 1


def test_a_bad_key_is_refused_and_never_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = "0x" + "zz" * 32
    monkeypatch.setenv("HYPERTUI_SECRET_KEY", secret)
    line = refusal(capsys, [*TRADES, "--testnet"])
    assert "zz" not in line
    monkeypatch.delenv("HYPERTUI_SECRET_KEY")

    file = tmp_path / "key"
    file.write_text("0x" + "12" * 32)
    file.chmod(0o644)
    monkeypatch.setenv("HYPERTUI_ACCOUNT__KEY_FILE", str(file))
    line = refusal(capsys, [*TRADES, "--testnet"])
    assert "644" in line
    assert "1212" not in line


def test_an_address_that_is_none(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPERTUI_ACCOUNT_ADDRESS", "0x12")
    line = refusal(capsys, TRADES)
    assert "HYPERTUI_ACCOUNT_ADDRESS 0x12 is not 0x and 40 hex digits" in line
    # A flag goes before the environment, so it is the flag that is named.
    monkeypatch.delenv("HYPERTUI_ACCOUNT_ADDRESS")
    monkeypatch.setenv("HYPERTUI_TRADE__UNIT_SIZE", "0")
    assert "HYPERTUI_TRADE__UNIT_SIZE 0 is not above 0" in refusal(capsys, TRADES)
    assert "--unit-size -1 is not above 0" in refusal(capsys, [*TRADES, "--unit-size", "-1"])


def test_the_console_needs_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert "needs a terminal" in refusal(capsys, [])


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--symbol", "DOGE"], ["symbol DOGE", "--sz-decimals"]),
        (["--symbol", "SOL", "--unit-size", "0"], ["unit size 0"]),
        (["--symbol", "SOL", "--unit-size", "much"], ["unit size much"]),
        (["--symbol", "SOL", "--unit-size", "0.001"], ["unit size 0.001", "price tick"]),
        (["--symbol", "SOL", "--unit-size", "60"], ["unit size 60"]),
        (["--symbol", "SOL", "--position-size", "39"], ["39", "10 USD"]),
        (["--symbol", "SOL", "--leverage", "21"], ["leverage 21", "20"]),
        (["--symbol", "SOL", "--fee-rate", "1"], ["fee rate 1", "between 0 and 1"]),
        (["--symbol", "SOL", "--slippage", "-0.1"], ["slippage -0.1"]),
        (["--symbol", "SOL", "--sz-decimals", "9"], ["sz-decimals 9", "5"]),
        (["--symbol", "SOL", "--reinvest", "never"], ["reinvest never"]),
        (["--symbol", "SOL", "--trace", "no/such/folder/t"], ["trace file", "No such file"]),
    ],
)
def test_a_backtest_that_makes_no_sense(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], parts: list[str]
) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("price\n100\n101\n")
    defaults = {"--unit-size": "1", "--position-size": "2000"}
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    flags = [word for pair in (defaults | given).items() for word in pair]
    line = refusal(capsys, ["backtest", str(prices), *flags])
    for part in parts:
        assert part in line


@pytest.mark.parametrize(
    "text",
    [
        "",
        "price\n",
        "price\n100\n",
        "price\n100\nNaN\n",
        "price\n100\n-1\n",
        "time,price\n2,1\n1,1\n",
        "x\n1\n",
    ],
)
def test_a_price_file_that_cannot_be_walked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text(text)
    flags = ["--symbol", "SOL", "--unit-size", "1", "--position-size", "2000"]
    assert str(prices) in refusal(capsys, ["backtest", str(prices), *flags])
    missing = str(tmp_path / "none.csv")
    assert missing in refusal(capsys, ["backtest", missing, *flags])


def test_a_venue_on_a_busy_port(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refusal(capsys, ["venue", "--port", str(port)])
    assert f"port {port}" in line
    assert "in use" in line


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--port", "70000"], "port 70000"),
        (["--port", "x"], "port x"),
        (["--seed", "x"], "seed x"),
        (["--prices", "none.csv"], "none.csv"),
        (["--faucet", "-1"], "faucet"),
        (["--speed", "0"], "speed"),
        (["--symbol", "NOPE", "--prices", "p.csv"], "NOPE"),
        (["--symbol", "BTC"], "--symbol BTC names the market that --prices drives"),
        (["--market", "DOGE"], "market DOGE is not of the form NAME:szDecimals:maxLeverage:price"),
        (["--market", "DOGE:0:10:0.2:cross"], "market DOGE:0:10:0.2:cross is not of the form"),
        (["--market", "D/E:0:10:0.2"], "is not of the form"),
        (["--market", "DOGE:6:10:0.2"], "szDecimals 6 is not between 0 and 5"),
        (["--market", "DOGE:0:0:0.2"], "maxLeverage 0 is not between 1 and 50"),
        (["--market", "DOGE:0:10:0"], "price 0 is not above 0"),
        (["--market", "DOGE:0:10:-1"], "price -1 is not above 0"),
        (["--market", "DOGE:0:10:much"], "price much is not a number"),
        (["--market", "DOGE:0:10:1e400"], "price 1e400 is not a number"),
        (["--market", "DOGE:0:10:0.1234567"], "not a multiple of its tick 0.00001"),
        (["--market", "SOL:2:20:150"], "market SOL is listed twice"),
        (["--markets", "dozen", "--market", "DOGE:0:10:0.2"], "market DOGE is listed twice"),
    ],
)
def test_a_venue_that_cannot_be(capsys: pytest.CaptureFixture[str], arguments: list[str], part: str) -> None:
    port = [] if "--port" in arguments else ["--port", "0"]
    assert part in refusal(capsys, ["venue", *port, *arguments])
