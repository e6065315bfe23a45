"""A second engine for an account and symbol is refused, wherever it keeps its state."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from hypertui.cli import alone
from hypertui.cli.alone import locks_folder
from hypertui.cli.which_venue import venue_of
from hypertui.execution.refusal import StartRefused
from hypertui.settings import load_settings
from tests.cli.operating import (
    ADDRESS,
    BTC,
    DEADLINE,
    SOL,
    Engine,
    command,
    environment,
    held,
    sides,
    trades,
    wait_for,
)
from tests.support.local_venue import LocalVenue
from tests.support.prefork import run_to_end


def test_another_state_folder_is_no_way_round_the_lock(tmp_path: Path, venue: LocalVenue) -> None:
    home = environment(tmp_path)
    elsewhere = ["--state-dir", str(tmp_path / "elsewhere"), *SOL]
    by_name = venue.base_url.replace("127.0.0.1", "localhost")
    bare = {name: value for name, value in home.items() if name not in ("HOME", "XDG_RUNTIME_DIR")}
    ways = [
        (home, ["run", "--headless", "--base-url", venue.base_url, *elsewhere]),
        (home, ["run", "--headless", "--base-url", by_name, *elsewhere]),
        (home, ["safe", "--base-url", venue.base_url, *elsewhere]),
        (bare, ["run", "--headless", "--base-url", venue.base_url, *elsewhere]),
        (
            home | {name: str(tmp_path / "other") for name in ("HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")},
            ["run", "--headless", "--base-url", venue.base_url, *SOL],
        ),
    ]
    with Engine(home, tmp_path, venue, *SOL) as engine:
        wait_for(lambda: trades(home) and sides(venue) == "SSSS", "the trade")
        coins = venue.call(lambda: held(venue, "SOL"))
        for environ, arguments in ways:
            second = run_to_end(
                command(*arguments), env=environ, cwd=tmp_path, stdin=subprocess.DEVNULL,
                capture_output=True, timeout=DEADLINE,
            )  # fmt: skip
            assert second.returncode == 2, (arguments, second.stderr)
            (line,) = second.stderr.splitlines()
            assert "is traded by another engine: process " in line
            assert f"process {engine.process.pid} of " in line
            assert f"its state in {tmp_path / 'state' / 'hypertui' / 'paper'}" in line
        assert venue.call(lambda: held(venue, "SOL")) == coins
        assert sides(venue) == "SSSS"
        with Engine(home, tmp_path, venue, *BTC, "--state-dir", str(tmp_path / "elsewhere")):
            wait_for(lambda: sides(venue) == "SSSSSSSS", "another symbol's trade beside it")


@pytest.mark.parametrize("first_is_named", [True, False])
def test_an_account_is_the_same_whether_it_is_named_or_the_keys_own(
    tmp_path: Path, venue: LocalVenue, first_is_named: bool
) -> None:
    home = environment(tmp_path)
    spelt = f"0x{ADDRESS[2:].upper()}"
    for name, table in (("named", f'account = "{spelt}"'), ("bare", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.toml").write_text(
            f'[[trade]]\nsymbol = "SOL"\nunit_size = 0.5\nposition_size = 2000\nleverage = 20\n{table}\n'
        )
    first, second = ("named", "bare") if first_is_named else ("bare", "named")
    with Engine(home, tmp_path / first, venue, "--state-dir", first) as engine:
        wait_for(lambda: sides(venue) == "SSSS", "the trade")
        refused = run_to_end(
            command("run", "--headless", "--base-url", venue.base_url, "--state-dir", second),
            env=home, cwd=tmp_path / second, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=DEADLINE,
        )  # fmt: skip
        assert refused.returncode == 2, refused.stderr
        (line,) = refused.stderr.splitlines()
        assert f"SOL of {ADDRESS} on paper" in line
        assert f"is traded by another engine: process {engine.process.pid} of " in line
        assert sides(venue) == "SSSS"


def test_two_trades_of_one_market_are_refused_where_one_names_the_keys_own_account(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    (tmp_path / "config.toml").write_text(
        '[[trade]]\nsymbol = "SOL"\nname = "one"\nunit_size = 0.5\n'
        f'[[trade]]\nsymbol = "SOL"\nname = "two"\nunit_size = 0.5\naccount = "{ADDRESS}"\n'
    )
    refused = run_to_end(
        command("run", "--headless", "--base-url", venue.base_url),
        env=home, cwd=tmp_path, stdin=subprocess.DEVNULL,
        capture_output=True, timeout=DEADLINE,
    )  # fmt: skip
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert "trades one and two are both of SOL in one account" in line


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"network": "mainnet"}, "mainnet"),
        ({"network": "testnet"}, "testnet"),
        ({}, None),
        ({"base_url": "http://127.0.0.1:3001/"}, "paper at localhost:3001"),
        ({"base_url": "http://[::1]:3001"}, "paper at localhost:3001"),
        ({"base_url": "http://localhost"}, "paper at localhost:80"),
        ({"base_url": "https://10.0.0.7"}, "paper at 10.0.0.7:443"),
    ],
)
def test_a_venue_has_one_name(given: dict[str, str], name: str | None) -> None:
    assert venue_of(load_settings(None, given)) == name


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home that the system knows of; the shared place for those without one is beside it."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(pwd, "getpwuid", lambda number: SimpleNamespace(pw_dir=str(home)))
    monkeypatch.setattr(alone, "_WITHOUT_HOME", tmp_path)
    return home


def test_the_locks_are_in_the_users_home_and_private(user: Path) -> None:
    folder = user / ".local/state/hypertui/locks"
    assert locks_folder() == folder
    folder.chmod(0o755)
    assert locks_folder() == folder
    assert folder.stat().st_mode & 0o777 == 0o700


def test_without_a_home_they_are_in_a_place_of_the_users_own(user: Path, tmp_path: Path) -> None:
    user.rmdir()
    user.write_text("no folder")
    shared = tmp_path / f"hypertui-{os.getuid()}"
    assert locks_folder() == shared
    assert shared.stat().st_mode & 0o777 == 0o700
    shared.rmdir()
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    shared.symlink_to(theirs)
    with pytest.raises(StartRefused, match=f"no place for the lock: .* nor {shared} cannot be"):
        locks_folder()


def test_a_user_whom_the_system_does_not_know_has_a_place_too(
    user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert locks_folder() == tmp_path / f"hypertui-{os.getuid()}"
