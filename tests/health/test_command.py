"""`hypertui health`, `--metrics` and word to a service manager, by engines in processes of their own."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.operating import (
    DEADLINE,
    SOL,
    Engine,
    command,
    environment,
    sides,
    trades,
    wait_for,
    working,
)
from tests.support.local_venue import LocalVenue
from tests.support.prefork import run_to_end


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        yield venue


def run(home: dict[str, str], tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_to_end(command(*arguments), env=home, cwd=tmp_path, capture_output=True, timeout=DEADLINE)


def health(home: dict[str, str], tmp_path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    ran = run(home, tmp_path, "health", *arguments)
    (line,) = ran.stdout.splitlines()
    assert ran.stderr == ""
    return ran.returncode, json.loads(line)


def status_of(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=DEADLINE) as got:
            return got.status, got.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextmanager
def manager(name: str) -> Iterator[list[str]]:
    """What a service manager has heard, which reads all the time."""
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name)

        def listen() -> None:
            while (said := listening.recv(100).decode()) != "over":
                heard.append(said)

        reader = threading.Thread(target=listen)
        reader.start()
        try:
            yield heard
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"over", name)
            reader.join(DEADLINE)


def test_an_engine_from_its_start_to_its_end(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
    with (
        manager(told["NOTIFY_SOCKET"]) as heard,
        Engine(home | told, tmp_path, venue, *SOL, "--metrics", "127.0.0.1:0") as engine,
    ):
        wait_for(lambda: "READY=1" in heard, "the end of the start")
        assert trades(home) and sides(venue) == "SSSS"
        alive = heard.count("WATCHDOG=1")
        wait_for(lambda: heard.count("WATCHDOG=1") >= alive + 2, "signs of life")

        status, found = health(home, tmp_path, "--trade", "sol")
        assert (status, found["status"], found["why"], found["network"]) == (0, "ok", [], "paper")
        (trade,) = found["trades"]
        assert (trade["name"], trade["mode"], trade["protected"]) == ("SOL", "running", "1")
        words = Path(engine.errors.name).read_text()
        (url,) = re.findall(r"metrics at (http://127\.0\.0\.1:\d+)/metrics\n", words)
        assert 'hypertui_protected_ratio{network="paper",trade="SOL"} 1.0' in status_of(f"{url}/metrics")[1]

        assert run(home, tmp_path, "ctl", "pause").returncode == 0
        status, found = health(home, tmp_path)
        assert (status, found["status"]) == (1, "degraded")
        assert found["why"][0].startswith("SOL: paused: by ")
        assert status_of(f"{url}/readyz") == (200, "ok\n")

        engine.process.send_signal(signal.SIGTERM)
        assert engine.process.wait(DEADLINE) == 0
        assert (heard.count("READY=1"), heard.count("STOPPING=1")) == (1, 1)
        assert heard.index("READY=1") < heard.index("STOPPING=1")
        assert health(home, tmp_path)[0] == 2


def test_an_engine_that_stands_still_is_silent(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    with Engine(home, tmp_path, venue, *SOL):
        wait_for(lambda: trades(home) and sides(venue) == "SSSS", "the trade")
        status, found = health(home, tmp_path, "--max-age", "0.000001")
        assert status == 2 and found["why"][0].startswith("SOL: silent: no snapshot for ")


def test_a_busy_port_is_refused_before_anything_is_traded(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        at = f"127.0.0.1:{taken.getsockname()[1]}"
        ran = run(home, tmp_path, "run", "--headless", "--base-url", venue.base_url, *SOL, "--metrics", at)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"hypertui: --metrics {at}: somebody listens there already\n"
    assert venue.call(lambda: working(venue)) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("health", "--max-age", "0"), "--max-age 0 is not above 0 seconds"),
        (("health", "--max-age", "soon"), "--max-age soon is not a number"),
        (("run", "--headless", "--metrics", ":70000"), "--metrics :70000 has no port from 0 to 65535"),
        (("run", "--headless", "--metrics", "a:b:c"), "--metrics a:b:c is not HOST:PORT"),
        (
            ("run", "--headless", "--metrics", "nowhere.invalid:0"),
            "--metrics nowhere.invalid:0: no such host is known",
        ),
        (
            ("run", "--headless", "--metrics", "192.0.2.1:0"),
            "--metrics 192.0.2.1:0: the host is no address of",
        ),
    ],
)
def test_bad_input_is_one_line(
    home: dict[str, str], tmp_path: Path, given: tuple[str, ...], words: str
) -> None:
    ran = run(home, tmp_path, *given)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"hypertui: {words}") and ran.stderr.count("\n") == 1


def test_the_address_is_a_setting_too(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[metrics]\naddress = ":9000"\n')
    shown = json.loads(run(home, tmp_path, "config", "show", "--json").stdout)
    assert shown["metrics.address"] == {"value": "127.0.0.1:9000", "source": "file config.toml"}
    (tmp_path / "config.toml").write_text('[metrics]\naddress = "x:y"\n')
    ran = run(home, tmp_path, "config", "show")
    assert ran.stderr == "hypertui: metrics.address x:y in config.toml has no port from 0 to 65535\n"
