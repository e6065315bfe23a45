"""`hypertui notices`, and the notices of an engine in a process of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.operating import SOL, Engine, command, sides, trades, wait_for
from tests.notices.parts import nobody, receiving
from tests.support.local_venue import LocalVenue
from tests.support.prefork import run_to_end

SECRETS = ("s3cret", "hunter2")


def configured(home: dict[str, str], folder: Path, *lines: str, mode: int = 0o600) -> dict[str, str]:
    """The environment with these channels."""
    urls = folder / "urls"
    urls.write_text("\n".join(lines))
    urls.chmod(mode)
    return home | {"HYPERTUI_NOTICES__URLS_FILE": str(urls)}


def run(home: dict[str, str], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    ended = run_to_end(command(*arguments), env=home, cwd=folder, capture_output=True, timeout=60)
    for secret in SECRETS:
        assert secret not in ended.stdout + ended.stderr
    return ended


def test_each_channel_is_tried_and_named_by_scheme_and_number(home: dict[str, str], tmp_path: Path) -> None:
    with receiving() as good, receiving() as bad:
        bad.status = 403
        lines = (good.url, f"critical: {bad.url}", nobody().url, "nosuch://s3cret")
        ended = run(configured(home, tmp_path, *lines), tmp_path, "notices", "test")
        said = dict(line.split(": ", 1) for line in ended.stdout.splitlines())
        assert said["json 1"].startswith("ok in 0.")
        assert said["json 2"] == "it answered 403"
        assert said["json 3"] == "no connection, or no answer in time"
        assert said["nosuch 4"] == "apprise knows no such address"
        assert (ended.returncode, ended.stderr) == (1, "")
        assert good.texts == ["a test of the notices on paper"]
        alone = run(configured(home, tmp_path, good.url), tmp_path, "notices", "test")
        assert (alone.returncode, alone.stderr) == (0, "")


@pytest.mark.parametrize("asked", [["notices", "test"], ["run", "--headless", "--for", "1"], ["doctor"]])
def test_a_file_that_others_may_read_is_refused(
    home: dict[str, str], tmp_path: Path, asked: list[str]
) -> None:
    ended = run(configured(home, tmp_path, "json://s3cret", mode=0o640), tmp_path, *asked)
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        f"hypertui: notices.urls_file {tmp_path / 'urls'} cannot be used: has mode 640, and holds secrets: "
        "chmod 600 it"
    ]


def test_without_the_extra_there_is_one_line(home: dict[str, str], tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['apprise'] = None; from hypertui.cli import main;"
        " raise SystemExit(main(['run', '--headless', '--for', '1']))"
    )
    home = configured(home, tmp_path, "json://s3cret")
    ended = run_to_end(
        [*command()[:1], "-c", program], env=home, cwd=tmp_path, capture_output=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (
        2, "hypertui: notices need apprise: pip install 'hypertui[notices]'\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("URLS_FILE", "none", "notices.urls_file none cannot be used: No such file or directory"),
     ("MIN", "bad", "HYPERTUI_NOTICES__MIN bad is not one of info, warning, critical"),
     ("QUIET", "22-7", "HYPERTUI_NOTICES__QUIET 22-7 is not a span of the day such as 22:00-07:00"),
     ("DAILY_AT", "8am", "HYPERTUI_NOTICES__DAILY_AT 8am is not a time of the day such as 22:00"),
     ("HEARTBEAT_EVERY", "1", "HYPERTUI_NOTICES__HEARTBEAT_EVERY 1 is below 5.0"),
     ("HEARTBEAT_URL", "http://s3cret.example/", "the address in HYPERTUI_NOTICES__HEARTBEAT_URL is neither"
      " https nor http on loopback"),
     ("HEARTBEAT_FILE", "none", "notices.heartbeat_file none cannot be used: No such file or directory"),
     ("HEARTBEAT", "x", "environment variable HYPERTUI_NOTICES__HEARTBEAT is not a setting")],
)  # fmt: skip
def test_a_setting_that_is_of_no_use(
    home: dict[str, str], tmp_path: Path, name: str, value: str, said: str
) -> None:
    ended = run(home | {f"HYPERTUI_NOTICES__{name}": value}, tmp_path, "run", "--headless", "--for", "1")
    assert (ended.returncode, ended.stderr) == (2, f"hypertui: {said}\n")


def test_the_heartbeats_address_is_a_secret(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[notices]\nheartbeat_url = "https://s3cret/"\n')
    ended = run(home, tmp_path, "config", "show")
    assert ended.returncode == 2
    assert "keep it in a file of its own (heartbeat_file)" in ended.stderr
    (tmp_path / "config.toml").unlink()
    shown = run(
        home | {"HYPERTUI_NOTICES__HEARTBEAT_URL": "https://s3cret/"}, tmp_path, "config", "show", "--json"
    )
    assert json.loads(shown.stdout)["notices.heartbeat_url"]["value"] == "set"


def test_a_test_without_channels_is_refused(home: dict[str, str], tmp_path: Path) -> None:
    ended = run(home, tmp_path, "notices", "test")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "notices.urls_file is not set" in ended.stderr


def test_a_log_of_nothing_and_of_what_is_no_queue(home: dict[str, str], tmp_path: Path) -> None:
    assert "no notice was queued in" in run(home, tmp_path, "notices", "log").stdout
    assert run(home, tmp_path, "notices", "log", "--last", "0").returncode == 2
    folder = tmp_path / "state" / "hypertui" / "paper"
    folder.mkdir(parents=True)
    (folder / "notices.db").write_bytes(b"no database" * 1_000)
    ended = run(home, tmp_path, "notices", "log")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.endswith("notices.db cannot be read: file is not a database\n")


def test_an_engine_says_that_it_starts_what_holds_and_how_it_left(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    with receiving() as receiver:
        beat = tmp_path / "beat"
        beat.write_text(receiver.url.replace("json", "http"))
        beat.chmod(0o600)
        home = configured(home, tmp_path, receiver.url) | {"HYPERTUI_NOTICES__HEARTBEAT_FILE": str(beat)}
        with Engine(home, tmp_path, venue, *SOL):
            wait_for(lambda: trades(home) and sides(venue) == "SSSS", "the trade")
            wait_for(lambda: receiver.gets > 0, "a sign of life")
            wait_for(lambda: len(receiver.bodies) > 0, "the start")
    assert receiver.texts[0] == "the engine has started on paper: SOL"
    assert receiver.texts[-1].startswith("the engine has left: ")
    assert "stops" in receiver.texts[-1]
    rows = json.loads(run(home, tmp_path, "notices", "log", "--json").stdout)
    assert [(row["state"], row["attempts"], row["channel"]) for row in rows] == [("sent", 1, "json 1")] * len(
        rows
    )
    assert [row["text"] for row in rows] == receiver.texts
    assert {row["severity"] for row in rows} == {"info"}
    table = run(home, tmp_path, "notices", "log").stdout
    assert "the engine has started on paper: SOL" in table
    for file in (tmp_path / "state").rglob("*"):
        if file.is_file():
            assert not any(secret.encode() in file.read_bytes() for secret in SECRETS), file
