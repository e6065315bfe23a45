"""`hypertui notices`, and the notices of an engine in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hypertui.cli import main
from tests.cli.operating import SOL, Engine, sides, trades, wait_for
from tests.notices.parts import load_apprise, nobody, receiving
from tests.support.local_venue import LocalVenue

SECRETS = ("s3cret", "hunter2")


def configured(home: dict[str, str], folder: Path, *lines: str, mode: int = 0o600) -> dict[str, str]:
    """The environment with these channels."""
    urls = folder / "urls"
    urls.write_text("\n".join(lines))
    urls.chmod(mode)
    return home | {"HYPERTUI_NOTICES__URLS_FILE": str(urls)}


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """A command in this process, with an environment."""
    load_apprise()
    monkeypatch.chdir(tmp_path)

    def run(home: dict[str, str], *arguments: str) -> Ended:
        for name in [name for name in os.environ if name.startswith("HYPERTUI_")]:
            monkeypatch.delenv(name)
        for name, value in home.items():
            monkeypatch.setenv(name, value)
        capfd.readouterr()
        status = main(arguments)
        out, err = capfd.readouterr()
        assert not any(secret in out + err for secret in SECRETS)
        return Ended(status, out, err)

    return run


def test_each_channel_is_tried_and_named_by_scheme_and_number(
    run: Run, home: dict[str, str], tmp_path: Path
) -> None:
    with receiving() as good, receiving() as bad:
        bad.status = 403
        lines = (good.url, f"critical: {bad.url}", nobody().url, "nosuch://s3cret")
        ended = run(configured(home, tmp_path, *lines), "notices", "test")
        said = dict(line.split(": ", 1) for line in ended.stdout.splitlines())
        assert said["json 1"].startswith("ok in ")
        assert said["json 2"] == "it answered 403"
        assert said["json 3"] == "no connection, or no answer in time"
        assert said["nosuch 4"] == "apprise knows no such address"
        assert (ended.returncode, ended.stderr) == (1, "")
        assert good.texts == ["a test of the notices on paper"]
        alone = run(configured(home, tmp_path, good.url), "notices", "test")
        assert (alone.returncode, alone.stderr) == (0, "")


@pytest.mark.parametrize("asked", [["notices", "test"], ["run", "--headless", "--for", "1"], ["doctor"]])
def test_a_file_that_others_may_read_is_refused(
    run: Run, home: dict[str, str], tmp_path: Path, asked: list[str]
) -> None:
    ended = run(configured(home, tmp_path, "json://s3cret", mode=0o640), *asked)
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        f"hypertui: notices.urls_file {tmp_path / 'urls'} cannot be used: has mode 640, and holds secrets: "
        "chmod 600 it"
    ]


def test_without_the_extra_there_is_one_line(
    run: Run, home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    ended = run(configured(home, tmp_path, "json://s3cret"), "run", "--headless", "--for", "1")
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
    run: Run, home: dict[str, str], name: str, value: str, said: str
) -> None:
    ended = run(home | {f"HYPERTUI_NOTICES__{name}": value}, "run", "--headless", "--for", "1")
    assert (ended.returncode, ended.stderr) == (2, f"hypertui: {said}\n")


def test_the_heartbeats_address_is_a_secret(run: Run, home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[notices]\nheartbeat_url = "https://s3cret/"\n')
    ended = run(home, "config", "show")
    assert ended.returncode == 2
    assert "keep it in a file of its own (heartbeat_file)" in ended.stderr
    (tmp_path / "config.toml").unlink()
    shown = run(home | {"HYPERTUI_NOTICES__HEARTBEAT_URL": "https://s3cret/"}, "config", "show", "--json")
    assert json.loads(shown.stdout)["notices.heartbeat_url"]["value"] == "set"


def test_a_test_without_channels_is_refused(run: Run, home: dict[str, str]) -> None:
    ended = run(home, "notices", "test")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "notices.urls_file is not set" in ended.stderr


def test_a_log_of_nothing_and_of_what_is_no_queue(run: Run, home: dict[str, str], tmp_path: Path) -> None:
    assert "no notice was queued in" in run(home, "notices", "log").stdout
    assert run(home, "notices", "log", "--last", "0").returncode == 2
    folder = tmp_path / "state" / "hypertui" / "paper"
    folder.mkdir(parents=True)
    (folder / "notices.db").write_bytes(b"no database" * 1_000)
    ended = run(home, "notices", "log")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.endswith("notices.db cannot be read: file is not a database\n")


def test_an_engine_says_that_it_starts_what_holds_and_how_it_left(
    run: Run, home: dict[str, str], tmp_path: Path, venue: LocalVenue
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
    assert receiver.texts[0] == "the engine starts on paper: SOL"
    assert receiver.texts[-1].startswith("the engine has left: ")
    assert "stops" in receiver.texts[-1]
    rows = json.loads(run(home, "notices", "log", "--json").stdout)
    assert [(row["state"], row["attempts"], row["channel"]) for row in rows] == [("sent", 1, "json 1")] * len(
        rows
    )
    assert sorted(row["text"] for row in rows) == sorted(receiver.texts)
    table = run(home, "notices", "log").stdout
    assert "the engine starts on paper: SOL" in table
    for file in (tmp_path / "state").rglob("*"):
        if file.is_file():
            assert not any(secret.encode() in file.read_bytes() for secret in SECRETS), file
