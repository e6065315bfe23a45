"""Bad input: one clear line that names the figure and the limit, exit status 2, nothing started."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.journal import Journal
from tests.cli.operating import command

KEY = "0x" + "ab" * 32
NEARLY_A_KEY = KEY[:-1] + "z"
LONG = "9" * 5_000
HERE = ["run", "--headless"]
WALK = ["backtest", "prices.csv", "--symbol", "SOL", "--unit-size", "1", "--position-size", "2000"]
LOCAL = ["venue", "--port", "0"]

# What is typed, and what the line says.
TABLE: list[tuple[list[str], list[str]]] = [
    # figures of the trade
    ([*HERE, "--unit-size", "0"], ["--unit-size 0 is not above 0"]),
    ([*HERE, "--unit-size", "-5"], ["--unit-size -5 is not above 0"]),
    ([*HERE, "--unit-size", "abc"], ["--unit-size abc is not a number"]),
    ([*HERE, "--unit-size", "NaN"], ["--unit-size NaN is not a finite number"]),
    ([*HERE, "--unit-size", "Infinity"], ["--unit-size Infinity is not a finite number"]),
    ([*HERE, "--unit-size", "0x10"], ["--unit-size 0x10 is not a number"]),
    ([*HERE, "--unit-size", "1,5"], ["--unit-size 1,5 is not a number"]),
    ([*HERE, "--unit-size", "1e400"], ["--unit-size 1e400 is not from 1e-18 to 1e15"]),
    ([*HERE, "--unit-size", "1e-400"], ["--unit-size 1e-400 is not from 1e-18 to 1e15"]),
    ([*HERE, "--unit-size", LONG], ["is not from 1e-18 to 1e15"]),
    ([*HERE, "--position-size", "0"], ["--position-size 0 is not above 0"]),
    ([*HERE, "--position-size", "-0"], ["--position-size -0 is not above 0"]),
    ([*HERE, "--position-size", ""], ["--position-size", "is not a number"]),
    ([*HERE, "--position-size", "1e3x"], ["--position-size 1e3x is not a number"]),
    ([*HERE, "--position-size", "1e400"], ["--position-size 1e400 is not from 1e-18 to 1e15"]),
    ([*HERE, "--position-size", "39"], ["position size 39", "9.75 USD", "10 USD"]),
    ([*HERE, "--leverage", "0"], ["--leverage 0 is below 1"]),
    ([*HERE, "--leverage", "-1"], ["--leverage -1 is below 1"]),
    ([*HERE, "--leverage", ""], ["--leverage", "is not a whole number"]),
    ([*HERE, "--leverage", "2.5"], ["--leverage 2.5 is not a whole number"]),
    ([*HERE, "--leverage", "1e2"], ["--leverage 1e2 is not a whole number"]),
    ([*HERE, "--leverage", "41"], ["leverage 41", "40", "BTC"]),
    ([*HERE, "--leverage", "9" * 30], ["--leverage 999", "is above 1000"]),
    ([*HERE, "--leverage", LONG], ["--leverage", "is not a whole number"]),
    ([*HERE, "--reinvest", "often"], ["--reinvest often is not one of recovery, continuous, off"]),
    ([*HERE, "--on-exit", "panic"], ["--on-exit panic is not one of buys, leave, flatten"]),
    ([*HERE, "--symbol", ""], ["--symbol", "is empty"]),
    ([*HERE, "--symbol", "../x"], ["--symbol ../x is not the name of a market"]),
    ([*HERE, "--symbol", "a\nb"], ["--symbol a b is not the name of a market"]),
    ([*HERE, "--symbol", "\x1b[31mBTC"], ["--symbol BTC is not the name of a market"]),
    ([*HERE, "--symbol", "\udcff"], ["--symbol is not text"]),
    ([*HERE, "--symbol", "B" * 100], ["is not the name of a market"]),
    ([*HERE, "--symbol", KEY], ["--symbol *** is not the name of a market"]),
    # the paper market and the console
    ([*HERE, "--seed", "-1"], ["--seed -1 is below 0"]),
    ([*HERE, "--seed", "x"], ["--seed x is not a whole number"]),
    ([*HERE, "--seed", "9" * 30], ["--seed 999", "is above 1000000000000000000"]),
    ([*HERE, "--speed", "0"], ["--speed 0 is not above 0"]),
    ([*HERE, "--speed", "10001"], ["--speed 10001 is above 10000"]),
    ([*HERE, "--speed", "nan"], ["--speed nan is not a finite number"]),
    ([*HERE, "--speed", "1e400"], ["--speed 1e400 is not a finite number"]),
    ([*HERE, "--faucet", "-1"], ["--faucet -1 is below 0"]),
    ([*HERE, "--faucet", "NaN"], ["--faucet NaN is not a finite number"]),
    ([*HERE, "--faucet", "1e400"], ["--faucet 1e400 is not from 1e-18 to 1e15"]),
    ([*HERE, "--refresh-hz", "31"], ["--refresh-hz 31 is above 30"]),
    ([*HERE, "--refresh-hz", "1e-300"], ["--refresh-hz 1e-300 is below 0.1"]),
    ([*HERE, "--refresh-hz", "nan"], ["--refresh-hz nan"]),
    ([*HERE, "--theme", "pink"], ["--theme pink is not one of dark, light, contrast, ansi"]),
    ([*HERE, "--times", "noon"], ["--times noon is not one of utc, local"]),
    ([*HERE, "--for", ""], ["--for", "not a number"]),
    ([*HERE, "--for", "soon"], ["--for soon", "not a number"]),
    ([*HERE, "--for", "nan"], ["--for nan", "not a number"]),
    ([*HERE, "--for", "0"], ["--for 0", "above 0"]),
    ([*HERE, "--for", "-1"], ["--for -1", "above 0"]),
    ([*HERE, "--for", "1e9"], ["--for 1e9 is above 86400 seconds"]),
    ([*HERE, "--for", "1e400"], ["--for 1e400 is not from 1e-18 to 1e15"]),
    (["run", "--for", "5"], ["--for goes with run --headless"]),
    ([], ["the console needs a terminal"]),
    # files
    ([*HERE, "--config", "nowhere.toml"], ["config file nowhere.toml", "No such file"]),
    ([*HERE, "--config", ""], ["--config", "is empty"]),
    ([*HERE, "--config", "fifo"], ["config file fifo cannot be read: is a named pipe, not a file"]),
    ([*HERE, "--config", "/dev/zero"], ["config file /dev/zero cannot be read: is a device, not a file"]),
    ([*HERE, "--config", "folder"], ["config file folder cannot be read: is a folder"]),
    ([*HERE, "--config", "prices.csv"], ["config file prices.csv is not TOML"]),
    (
        [*HERE, "--config", "~nobody-here/c"],
        ["~nobody-here/c begins with the home of a user that there is not"],
    ),
    ([*HERE, "--config", "x" * 5_000], ["is longer than the name of any file"]),
    ([*HERE, "--config", "deep.toml"], ["config file deep.toml is not TOML: too deeply nested"]),
    ([*HERE, "--config", "deeper.toml"], ["config file deeper.toml is too deeply nested at a.a.a"]),
    ([*HERE, "--config", "digits.toml"], ["config file digits.toml holds a number beyond reason"]),
    ([*HERE, "--config", "exponent.toml"], ["config file exponent.toml holds a number beyond reason"]),
    ([*HERE, "--config", "large.toml"], ["config file large.toml cannot be read: is larger than 1 MB"]),
    ([*HERE, "--config", "utf16.toml"], ["config file utf16.toml is in UTF-16; TOML is UTF-8"]),
    ([*HERE, "--config", "latin.toml"], ["config file latin.toml cannot be read: is not text in UTF-8"]),
    ([*HERE, "--config", "twice.toml"], ["config file twice.toml has both trade and Trade"]),
    ([*HERE, "--config", "keys.toml"], ["has both trade.unit_size and trade.Unit_Size"]),
    ([*HERE, "--config", "keyfile.toml"], ["account.key_file ~nobody-here/key in keyfile.toml begins with"]),
    ([*HERE, "--config", "nul.toml"], ["account.key_file", "has a NUL in it"]),
    ([*HERE, "--state-dir", ""], ["--state-dir is empty"]),
    ([*HERE, "--state-dir", "there"], ["state folder there/paper cannot be made: Not a directory"]),
    ([*HERE, "--state-dir", "~nobody-here/s"], ["--state-dir ~nobody-here/s begins with the home"]),
    ([*HERE, "--state-dir", "/proc/x"], ["state folder /proc/x/paper cannot be made"]),
    ([*HERE, "--prices", "none.csv"], ["price file none.csv cannot be read: No such file"]),
    ([*HERE, "--prices", ""], ["--prices is empty"]),
    ([*HERE, "--prices", "fifo"], ["price file fifo cannot be read: is a named pipe"]),
    ([*HERE, "--prices", "/dev/zero"], ["price file /dev/zero cannot be read: is a device"]),
    ([*HERE, "--prices", "~nobody-here/p"], ["--prices ~nobody-here/p begins with the home"]),
    # networks and keys
    ([*HERE, "--testnet"], ["testnet needs a key", "HYPERTUI_SECRET_KEY"]),
    ([*HERE, "--mainnet"], ["Mainnet needs --confirm-mainnet BTC when there is no terminal"]),
    ([*HERE, "--mainnet", "--confirm-mainnet", "BTC"], ["mainnet needs a key"]),
    ([*HERE, "--mainnet", "--confirm-mainnet", "ETH"], ["mainnet was not confirmed", "ETH", "BTC"]),
    ([*HERE, "--mainnet", "--testnet"], ["--testnet", "--mainnet"]),
    ([*HERE, "--testnet", "--base-url", "http://127.0.0.1:1"], ["--base-url goes with paper"]),
    ([*HERE, "--base-url", "http://127.0.0.1:1", "--fresh"], ["--fresh goes with the paper market"]),
    ([*HERE, "--base-url", ""], ["not the address of an exchange"]),
    ([*HERE, "--base-url", "ftp://x"], ["ftp://x"]),
    ([*HERE, "--base-url", "127.0.0.1:1"], ["not the address of an exchange", "127.0.0.1:1"]),
    ([*HERE, "--base-url", "http://"], ["not the address of an exchange"]),
    ([*HERE, "--base-url", "http://" + "a" * 300], ["not the address of an exchange"]),
    ([*HERE, "--base-url", "http://[::1"], ["hypertui: "]),
    ([*HERE, "--base-url", "http://x:0"], ["port 0", "65535"]),
    ([*HERE, "--base-url", "http://127.0.0.1:99999"], ["port 99999", "65535"]),
    ([*HERE, "--base-url", "http://x/y"], ["only http(s)://host[:port]"]),
    ([*HERE, "--base-url", "http://user:hunter2@x"], ["only http(s)://host[:port]"]),
    ([*HERE, "--base-url", "http://api.hyperliquid.xyz"], ["paper trading is never done at"]),
    # a secret in a flag
    ([*HERE, "--secret-key", KEY], ["--secret-key is no flag", "HYPERTUI_SECRET_KEY"]),
    ([*HERE, f"--private-key={NEARLY_A_KEY}"], ["--private-key is no flag"]),
    ([*HERE, "--key-file", "k"], ["--key-file is no flag", "account.key_file"]),
    ([*HERE, "--wallet", NEARLY_A_KEY], ["--wallet", "***"]),
    ([KEY], ["***"]),
    ([f"HYPERTUI_SECRET_KEY={KEY}", "run"], ["***"]),
    (["ctl", KEY], ["***"]),
    # words that mean nothing
    (["bogus"], ["bogus"]),
    (["--nope"], ["--nope"]),
    (["--wallet", "short"], ["short"]),
    (["run", "--nope"], ["--nope"]),
    (["run", "--headless", "extra"], ["extra"]),
    (["backtest"], ["required"]),
    (["ledger"], ["required"]),
    (["ctl"], ["required"]),
    (["key"], ["required"]),
    (["config"], ["required"]),
    (["completion"], ["required"]),
    (["completion", "tcsh"], ["tcsh"]),
    # a backtest
    ([*WALK, "--symbol", "DOGE"], ["symbol DOGE", "--sz-decimals"]),
    ([*WALK, "--unit-size", "0"], ["unit size 0"]),
    ([*WALK, "--unit-size", "much"], ["unit size much"]),
    ([*WALK, "--unit-size", "1e400"], ["unit size 1e400 is not from 1e-18 to 1e15"]),
    ([*WALK, "--unit-size", "0.001"], ["unit size 0.001", "price tick"]),
    ([*WALK, "--unit-size", "60"], ["unit size 60"]),
    ([*WALK, "--position-size", "39"], ["39", "10 USD"]),
    ([*WALK, "--position-size", "1e400"], ["position size 1e400 is not from 1e-18 to 1e15"]),
    ([*WALK, "--leverage", "21"], ["leverage 21", "20"]),
    ([*WALK, "--leverage", "0"], ["leverage 0"]),
    ([*WALK, "--leverage", LONG], ["leverage 999", "is not a whole number"]),
    ([*WALK, "--fee-rate", "1"], ["fee rate 1", "between 0 and 1"]),
    ([*WALK, "--fee-rate", "x"], ["fee rate x is not a number"]),
    ([*WALK, "--slippage", "-0.1"], ["slippage -0.1"]),
    ([*WALK, "--sz-decimals", "9"], ["sz-decimals 9", "5"]),
    ([*WALK, "--sz-decimals", "-1"], ["sz-decimals -1", "5"]),
    ([*WALK, "--reinvest", "never"], ["reinvest never"]),
    ([*WALK, "--trace", ""], ["--trace", "is empty"]),
    ([*WALK, "--trace", "folder"], ["trace file folder cannot be written: Is a directory"]),
    ([*WALK, "--trace", "there"], ["trace file there is there already: --force overwrites it"]),
    ([*WALK, "--trace", "prices.csv", "--force"], ["trace file prices.csv is the price file"]),
    ([*WALK, "--trace", "no/such/folder/t"], ["trace file", "No such file"]),
    (["backtest", "", *WALK[2:]], ["is empty"]),
    (["backtest", "folder", *WALK[2:]], ["folder"]),
    (["backtest", "fifo", *WALK[2:]], ["fifo", "is not a regular file"]),
    (["backtest", "/dev/zero", *WALK[2:]], ["/dev/zero", "is not a regular file"]),
    (["backtest", "~nobody-here/p", *WALK[2:]], ["begins with the home of a user that there is not"]),
    # a venue
    (["venue", "--port", "70000"], ["port 70000"]),
    (["venue", "--port", "-1"], ["port -1"]),
    (["venue", "--port", "x"], ["port x"]),
    ([*LOCAL, "--control-port", "x"], ["control port x"]),
    ([*LOCAL, "--seed", "x"], ["seed x"]),
    ([*LOCAL, "--faucet", "-1"], ["faucet"]),
    ([*LOCAL, "--past", "x"], ["past x is not a whole number"]),
    ([*LOCAL, "--past", "73"], ["past 73 is not from 0 to 72 hours"]),
    ([*LOCAL, "--past", "6", "--manual"], ["past is for invented prices"]),
    ([*LOCAL, "--faucet", "1e400"], ["faucet 1e400 is not from 1e-18 to 1e15"]),
    ([*LOCAL, "--speed", "0"], ["speed"]),
    ([*LOCAL, "--speed", "nan"], ["speed nan is not a number"]),
    ([*LOCAL, "--prices", "none.csv"], ["none.csv"]),
    ([*LOCAL, "--prices", ""], ["prices", "is empty"]),
    ([*LOCAL, "--symbol", "NOPE", "--prices", "p.csv"], ["NOPE"]),
    ([*LOCAL, "--manual", "--prices", "prices.csv"], ["do not go together"]),
    ([*LOCAL, "--loop"], ["loop is for a price file"]),
    ([*LOCAL, "--preset", "x"], ["x"]),
    ([*LOCAL, "--follow", "x"], ["x"]),
    ([*LOCAL, "--state", ""], ["--state", "is empty"]),
    ([*LOCAL, "--state", "fifo"], ["state file fifo cannot be used: is a named pipe"]),
    ([*LOCAL, "--state", "/dev/zero"], ["state file /dev/zero cannot be used: is a device"]),
    ([*LOCAL, "--state", "folder"], ["folder"]),
    ([*LOCAL, "--state", "there"], ["there"]),
    ([*LOCAL, "--symbol", "BTC"], ["--symbol BTC names the market that --prices drives"]),
    ([*LOCAL, "--market", "DOGE"], ["market DOGE is not of the form NAME:szDecimals:maxLeverage:price"]),
    ([*LOCAL, "--market", "DOGE:0:10:0.2:cross"], ["market DOGE:0:10:0.2:cross is not of the form"]),
    ([*LOCAL, "--market", "D/E:0:10:0.2"], ["is not of the form"]),
    ([*LOCAL, "--market", "DOGE:6:10:0.2"], ["szDecimals 6 is not between 0 and 5"]),
    ([*LOCAL, "--market", "DOGE:0:0:0.2"], ["maxLeverage 0 is not between 1 and 50"]),
    ([*LOCAL, "--market", "DOGE:0:10:0"], ["price 0 is not above 0"]),
    ([*LOCAL, "--market", "DOGE:0:10:-1"], ["price -1 is not above 0"]),
    ([*LOCAL, "--market", "DOGE:0:10:much"], ["price much is not a number"]),
    ([*LOCAL, "--market", "DOGE:0:10:1e400"], ["price 1e400 is not"]),
    ([*LOCAL, "--market", "DOGE:0:10:0.1234567"], ["not a multiple of its tick 0.00001"]),
    ([*LOCAL, "--market", "SOL:2:20:150"], ["market SOL is listed twice"]),
    ([*LOCAL, "--markets", "dozen", "--market", "DOGE:0:10:0.2"], ["market DOGE is listed twice"]),
    ([*LOCAL, "--prices", "fifo"], ["fifo", "is not a regular file"]),
    ([*LOCAL, "--prices", "/dev/zero"], ["/dev/zero", "is not a regular file"]),
    # the journal
    (["status", "--events", "x"], ["--events x is not a whole number"]),
    (["status", "--events", "-1"], ["--events -1 is not between 0 and 1000"]),
    (["status", "--events", LONG], ["is not a whole number"]),
    (["status", "--state-dir", "nowhere"], ["there is no journal at nowhere/paper/journal.db"]),
    (["status", "--state-dir", ""], ["--state-dir", "is empty"]),
    (["ledger", "why", ""], ["order"]),
    (["ledger", "why", "x"], ["order x"]),
    (["ledger", "why", KEY], ["***"]),
    (["ledger", "why", LONG], ["hypertui: "]),
    (["ledger", "prune", "--before", "x"], ["--before x is not a date"]),
    (["ledger", "prune", "--before", "2026-13-01"], ["--before 2026-13-01 is not a date"]),
    (["ledger", "fills", "--since", "x"], ["--since x is neither a day"]),
    (["ledger", "fills", "--until", "2026-01-01T25:00"], ["--until 2026-01-01T25:00 is neither"]),
    (["ledger", "fills", "--trade", "x"], ["trade x is not in the journal"]),
    (["ledger", "fills", "--json", "--csv"], ["--csv"]),
    (["ledger", "fills", "--state-dir", "there"], ["there/paper/journal.db"]),
    (["ledger", "report", "--out", ""], ["--out", "is empty"]),
    (["ledger", "report", "--out", "there"], ["report there is there already: --force overwrites it"]),
    (["ledger", "report", "--out", "folder"], ["report folder cannot be written: Is a directory"]),
    (["ledger", "report", "--out", "no/x"], ["report no/x cannot be written: No such file"]),
    (["ledger", "backup", ""], ["is empty"]),
    (["ledger", "backup", "there"], ["there is there already"]),
    # an engine that runs, and none
    (["ctl", "explode"], ["explode"]),
    (["ctl", "pause", "--timeout", "0"], ["--timeout 0 is not above 0 seconds"]),
    (["ctl", "pause", "--timeout", "x"], ["--timeout x is not a number"]),
    (["ctl", "pause", "--timeout", "1e300"], ["--timeout 1e300 is not from 1e-18 to 1e15"]),
    (["ctl", "pause", "--timeout", "1e10"], ["--timeout 1e10 is above 86400 seconds"]),
    (["ctl", "status", "--network", "moon"], ["moon"]),
    (["ctl", "status", "--state-dir", ""], ["--state-dir", "is empty"]),
    (["ctl", "status", "--config", "fifo"], ["config file fifo cannot be read"]),
    (["safe", "--stop-distance", "0"], ["--stop-distance 0 is not above 0 USD"]),
    (["safe", "--stop-distance", "1e400"], ["--stop-distance 1e400 is not from 1e-18 to 1e15"]),
    (["safe", "--fresh"], ["--fresh"]),
    (["doctor", "--unit-size", "1e400"], ["--unit-size 1e400"]),
    (["doctor", "--testnet"], ["testnet needs a key"]),
    (["config", "show", "--unit-size", "1e400"], ["--unit-size 1e400"]),
    (["config", "show", "--config", "fifo"], ["config file fifo cannot be read"]),
    (["key", "new", "--file", ""], ["--file", "is empty"]),
    (["key", "new", "--file", "there"], ["there is there already; a key is never overwritten"]),
    (["key", "new", "--file", "/proc/x/y"], ["cannot be written"]),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of every kind, and a journal."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "prices.csv").write_text("price\n100\n101\n")
    (folder / "there").write_text("something\n")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "fifo")
    (folder / "deep.toml").write_text("a = " + "[" * 100_000)
    (folder / "deeper.toml").write_text(".".join(["a"] * 5_000) + " = 1")
    (folder / "digits.toml").write_text(f"a = {LONG}")
    (folder / "exponent.toml").write_text("a = 1e99999999999999999999")
    (folder / "large.toml").write_text("#" * 2_000_000)
    (folder / "utf16.toml").write_text("[trade]\n", encoding="utf-16")
    (folder / "latin.toml").write_text("# \u00e9\n", encoding="latin-1")
    (folder / "twice.toml").write_text("[trade]\nunit_size = 7\n[Trade]\nunit_size = 9\n")
    (folder / "keys.toml").write_text("[trade]\nunit_size = 7\nUnit_Size = 9\n")
    (folder / "keyfile.toml").write_text('[account]\nkey_file = "~nobody-here/key"\n')
    (folder / "nul.toml").write_text('[account]\nkey_file = "a\\u0000b"\n')
    journal = folder / "state" / "hypertui" / "paper" / "journal.db"
    journal.parent.mkdir(parents=True)
    Journal.open(f"sqlite:///{journal}").close()
    return folder


@pytest.fixture(autouse=True)
def _elsewhere(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No config file, no settings of whoever runs the tests, no state outside the test."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("HYPERTUI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(place / "state"))


def refusal(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    """Run a command that must be refused; returns its one line."""
    began = time.process_time()
    try:
        status: object = main(arguments)
    except SystemExit as left:
        status = left.code
    assert status == 2
    assert time.process_time() - began < 2
    shown = capsys.readouterr()
    assert shown.out == ""
    line = shown.err.removesuffix("\n")
    assert line.startswith("hypertui: ")
    assert line.isprintable()
    assert len(line) < 500
    for hidden in ("Traceback", "defect", "abab", "hunter2"):
        assert hidden not in line
    return line


def test_there_are_a_hundred() -> None:
    assert len(TABLE) >= 100
    assert len({tuple(arguments) for arguments, _ in TABLE}) == len(TABLE)


@pytest.mark.parametrize(("arguments", "parts"), TABLE, ids=[" ".join(a)[:60] for a, _ in TABLE])
def test_bad_input_is_one_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    place: Path,
    arguments: list[str],
    parts: list[str],
) -> None:
    monkeypatch.chdir(place)
    line = refusal(capsys, arguments)
    for part in parts:
        assert part in line
    assert (place / "there").read_text() == "something\n"
    assert (place / "prices.csv").read_text().startswith("price")


@pytest.mark.parametrize(
    "arguments",
    [
        [*HERE, "--config", "fifo"],
        [*LOCAL, "--state", "/dev/zero"],
        [KEY],
    ],
)
def test_the_same_as_a_process(place: Path, arguments: list[str]) -> None:
    done = subprocess.run(
        command(*arguments), cwd=place, capture_output=True, text=True, timeout=20, check=False,
        env=os.environ | {"HOME": str(place)}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("hypertui: ") and len(done.stderr.splitlines()) == 1
    assert "abab" not in done.stderr


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("unit_sise = 5", "unit_sise is not a setting"),
        ("[trade]\nunit_sise = 5", "trade.unit_sise is not a setting"),
        ("[trade]\nunit_size = 0", "trade.unit_size 0 in config.toml is not above 0"),
        ("[trade]\nunit_size = 1e400", "trade.unit_size 1E+400 in config.toml is not from 1e-18 to 1e15"),
        ("[trade]\nleverage = 0x" + "f" * 5_000, "trade.leverage of thousands of digits in config.toml"),
        ("[engine]\ntimeout = 1e300", "engine.timeout 1E+300 in config.toml is above 86400"),
        ("[console]\nmouse = 5", "console.mouse 5 in config.toml is neither true nor false"),
        ("trade = 5", "trade 5 in config.toml is not a section of settings"),
        ("[trade", "is not TOML"),
        ('secret_key = "0x01"', "holds a secret key"),
        ('Secret_Key = "0x01"', "holds a secret key"),
        ('network = "moon"', "network moon in config.toml is not one of paper, testnet, mainnet"),
        ('state_dir = ""', "state_dir in config.toml is empty"),
    ],
)
def test_a_config_file_that_cannot_be_used(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, part: str
) -> None:
    (tmp_path / "config.toml").write_text(text)
    assert part in refusal(capsys, HERE)


def test_a_bad_key_is_refused_and_never_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: Path
) -> None:
    secret = "0x" + "zz" * 32
    monkeypatch.setenv("HYPERTUI_SECRET_KEY", secret)
    line = refusal(capsys, [*HERE, "--testnet"])
    assert "zz" not in line
    monkeypatch.delenv("HYPERTUI_SECRET_KEY")

    file = tmp_path / "key"
    file.write_text("0x" + "12" * 32)
    file.chmod(0o644)
    monkeypatch.setenv("HYPERTUI_ACCOUNT__KEY_FILE", str(file))
    line = refusal(capsys, [*HERE, "--testnet"])
    assert f"readable by others: chmod 600 {file}" in line
    assert "1212" not in line

    for odd in ("/dev/zero", str(place / "fifo"), str(place / "folder")):
        monkeypatch.setenv("HYPERTUI_ACCOUNT__KEY_FILE", odd)
        assert odd in refusal(capsys, [*HERE, "--testnet"])


def test_an_address_that_is_none(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPERTUI_ACCOUNT_ADDRESS", "0x12")
    line = refusal(capsys, HERE)
    assert "HYPERTUI_ACCOUNT_ADDRESS 0x12 is not 0x and 40 hex digits" in line
    # A flag goes before the environment, so it is the flag that is named.
    monkeypatch.delenv("HYPERTUI_ACCOUNT_ADDRESS")
    monkeypatch.setenv("HYPERTUI_TRADE__UNIT_SIZE", "0")
    assert "HYPERTUI_TRADE__UNIT_SIZE 0 is not above 0" in refusal(capsys, HERE)
    assert "--unit-size -1 is not above 0" in refusal(capsys, [*HERE, "--unit-size", "-1"])
    monkeypatch.setenv("hypertui_trade__unit_size", "5")
    assert "are the same setting" in refusal(capsys, HERE)


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
    assert str(prices) in refusal(capsys, ["backtest", str(prices), *WALK[2:]])
    missing = str(tmp_path / "none.csv")
    assert missing in refusal(capsys, ["backtest", missing, *WALK[2:]])


def test_a_venue_on_a_busy_port(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refusal(capsys, ["venue", "--port", str(port)])
    assert f"port {port}" in line
    assert "in use" in line
