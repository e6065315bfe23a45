"""The commands as processes: what they print and how they end."""

import argparse
import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hypertui.cli.arguments import parser
from tests.support.local_venue import LocalVenue
from tests.support.prefork import Process, run_to_end

DEADLINE = 60
COMMANDS = (
    *("backtest", "sweep", "swept", "record", "data", "data fetch", "data check", "data generate"),
    *("signals", "signals check", "signals backtest", "signals show", "venue", "run", "doctor", "replay"),
)


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment without anybody's settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}
    return clean | {"XDG_STATE_HOME": str(tmp_path / "state")}


def hypertui(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hypertui", *arguments]


def run(home: dict[str, str], cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_to_end(hypertui(*arguments), env=home, cwd=cwd, capture_output=True, timeout=DEADLINE)


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_help_and_version(home: dict[str, str], tmp_path: Path) -> None:
    shown = run(home, tmp_path, "--help")
    assert shown.returncode == 0
    for word in ("backtest", "venue", "run", "--unit-size", "exit status"):
        assert word in shown.stdout
    (line,) = run(home, tmp_path, "--version").stdout.splitlines()
    assert line.startswith("hypertui 0.")
    for part in ("commit", "Python 3.", "hyperliquid-python-sdk 0.24.0", "Textual 8."):
        assert part in line


def test_every_command_has_a_help() -> None:
    parsers = {"": parser()}
    for name in COMMANDS:
        *group, last = name.split()
        for action in parsers[" ".join(group)]._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers[name] = action.choices[last]
        shown = parsers[name].format_help()
        assert shown.startswith(f"usage: hypertui {name}")
        assert "%%" not in shown and "%(" not in shown


def test_a_headless_run_on_its_own_paper_market(home: dict[str, str], tmp_path: Path) -> None:
    shown = run(home, tmp_path, "run", "--headless", "--for", "5", "--speed", "600", "--seed", "8")
    assert shown.returncode == 0, shown.stderr
    events = records(shown.stdout)
    kinds = {event["event"] for event in events}
    assert {"step", "order", "fill", "state"} <= kinds
    assert [event for event in events if event["event"] == "step"]
    assert events[-1]["mode"] == "stopped"
    # The venue that it started is gone with it.
    assert (tmp_path / "state" / "hypertui" / "paper" / "venue.log").read_text() == ""


def test_prices_from_a_file_drive_the_paper_market(home: dict[str, str], tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("price\n" + "\n".join(["150"] * 200 + ["149.4", "148.4"]) + "\n")
    arguments = ["--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000", "--leverage", "10"]
    shown = run(
        home,
        tmp_path,
        "run",
        "--headless",
        "--for",
        "5",
        "--prices",
        str(prices),
        "--speed",
        "60",
        *arguments,
    )
    assert shown.returncode == 0, shown.stderr
    units = [event["unit"] for event in records(shown.stdout) if event["event"] == "step"]
    assert units == [-1, -2, -3]


SOL = ["--symbol", "SOL", "--unit-size", "0.5", "--position-size", "2000", "--leverage", "20"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_winds_it_down(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue, number: signal.Signals
) -> None:
    command = hypertui("run", "--headless", "--base-url", venue.base_url, *SOL)
    with Process(command, env=home, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        working = 0
        for line in process.stdout:
            working += json.loads(line).get("status") == "live"
            if working == 4:
                break
        process.send_signal(number)
        rest, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, errors
    assert records(rest)[-1]["mode"] == "stopped"
    assert "live stops for" in errors


def test_a_halt_is_status_3_with_the_reason_in_the_last_line(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    command = hypertui(
        "run", "--headless", "--base-url", venue.base_url, "--symbol", "SOL", "--unit-size", "2",
        "--position-size", "54", "--leverage", "1",
    )  # fmt: skip
    with Process(command, env=home, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if json.loads(line).get("status") == "live" and len(lines) > 8:
                venue.call(lambda: venue.core.set_price("SOL", Decimal(138)))
        errors = process.stderr.read() if process.stderr is not None else ""
        process.wait(DEADLINE)
    assert process.returncode == 3
    assert "below the minimum order value of 10 USD" in json.loads(lines[-1])["text"]
    assert "below the minimum order value of 10 USD" in errors.splitlines()[-1]


def test_a_start_that_the_venue_makes_impossible(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    shown = run(home, tmp_path, "run", "--headless", "--base-url", venue.base_url, "--symbol", "NOPE")
    assert shown.returncode == 2
    assert "symbol NOPE is not among the exchange's markets" in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_a_venue_that_is_not_there(home: dict[str, str], tmp_path: Path) -> None:
    with LocalVenue() as gone:
        url = gone.base_url
    shown = run(home, tmp_path, "run", "--headless", "--base-url", url, *SOL)
    assert shown.returncode == 4
    assert len(shown.stderr.splitlines()) == 1


def test_a_key_from_the_environment_is_honoured_on_paper_and_never_printed(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    secret = "0x" + "12" * 32
    from hypertui.exchange.hyperliquid import SigningKey

    address = SigningKey.parse(secret).address
    shown = run(
        home | {"HYPERTUI_SECRET_KEY": secret},
        tmp_path, "run", "--headless", "--base-url", venue.base_url, "--for", "1", *SOL,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    account = venue.call(lambda: venue.core.account(address))
    assert account is not None
    assert "1212" not in shown.stdout + shown.stderr
    for file in (tmp_path / "state").rglob("*"):
        assert file.is_dir() or b"12" * 8 not in file.read_bytes()


def test_a_key_that_is_neither_the_account_nor_its_agent_is_refused(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    environment = home | {
        "HYPERTUI_SECRET_KEY": "0x" + "12" * 32,
        "HYPERTUI_ACCOUNT_ADDRESS": "0x" + "ab" * 20,
    }
    shown = run(environment, tmp_path, "run", "--headless", "--base-url", venue.base_url, *SOL)
    assert shown.returncode == 2
    assert "0x" + "ab" * 20 in shown.stderr
    assert len(shown.stderr.splitlines()) == 1


def test_backtest_prints_a_summary_and_writes_a_trace(home: dict[str, str], tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("price\n100\n101\n100\n99\n98\n97\n98\n")
    trace = tmp_path / "trace.jsonl"
    arguments = ["backtest", str(prices), "--symbol", "SOL", "--unit-size", "1", "--position-size", "2000"]
    shown = run(home, tmp_path, *arguments, "--json", "--trace", str(trace))
    assert shown.returncode == 0, shown.stderr
    summary = json.loads(shown.stdout)
    assert summary["ticks"] == 7
    assert summary["steps"] == 6 == len(trace.read_text().splitlines())
    assert summary["halted"] is None
    assert set(summary["timing"]) == {"load_s", "run_s", "ticks_per_s"}
    assert isinstance(summary["realized_pnl"], str)
    words = run(home, tmp_path, *arguments).stdout
    assert "fees" in words
    assert "whipsaw cost" in words


def test_the_venue_says_where_it_listens_and_leaves_when_its_starter_does(
    home: dict[str, str], tmp_path: Path
) -> None:
    with Process(
        hypertui("venue", "--port", "0", "--until-eof"),
        env=home, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["listening"].startswith("http://127.0.0.1:")
        process.stdin.close()
        assert process.wait(DEADLINE) == 0
