"""What a service manager hears, on a real datagram socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hypertui.cli.service import ServiceReport, notify, watchdog
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Mode
from tests.health.test_verdict import good


@contextmanager
def manager(name: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name[1:]}" if name.startswith("@") else name)
        listening.settimeout(5)
        yield listening


@pytest.mark.parametrize("abstract", [False, True])
def test_a_line_goes_to_the_manager(tmp_path: Path, abstract: bool) -> None:
    name = f"@hypertui-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with manager(name) as heard:
        notify("READY=1", {"NOTIFY_SOCKET": name})
        assert heard.recv(100) == b"READY=1"


def test_nobody_is_waited_for(tmp_path: Path) -> None:
    notify("READY=1", {})
    notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})
    notify("READY=1", {"NOTIFY_SOCKET": "x" * 500})
    with manager(str(tmp_path / "deaf")) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        for _ in range(2_000):  # more than it keeps
            notify("WATCHDOG=1", {"NOTIFY_SOCKET": str(tmp_path / "deaf")})


@pytest.mark.parametrize(
    ("said", "every"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 10.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 10.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_signs_of_life_are_for_whom_they_were_asked(said: dict[str, str], every: float | None) -> None:
    assert watchdog(said, 7) == every


def test_the_manager_hears_of_start_life_and_end() -> None:
    said: list[str] = []
    report = ServiceReport(10.0, said.append)
    starting, trading = (EngineView((replace(good(), mode=mode),)) for mode in (Mode.STARTING, Mode.RUNNING))
    report.look(starting, 0.5, leaving=False)
    report.look(starting, 10.4, leaving=False)
    assert said == ["WATCHDOG=1"]
    report.look(starting, 10.6, leaving=False)
    report.look(EngineView((*trading.trades, *starting.trades)), 11.0, leaving=False)
    assert said == ["WATCHDOG=1"] * 2
    for now in (12.0, 12.1):
        report.look(trading, now, leaving=False)
    for now in (13.0, 13.1):
        report.look(trading, now, leaving=True)
    report.look(trading, 21.0, leaving=True)
    assert said == ["WATCHDOG=1", "WATCHDOG=1", "READY=1", "STOPPING=1", "WATCHDOG=1"]


def test_a_start_that_is_refused_was_none() -> None:
    said: list[str] = []
    refused = replace(good(), mode=Mode.HALTED, over=True)
    ServiceReport(None, said.append).look(EngineView((refused,)), 0.0, leaving=True)
    assert said == ["STOPPING=1"]
    ServiceReport(None, said.append).look(EngineView((refused, good())), 0.0, leaving=False)
    assert said == ["STOPPING=1", "READY=1"]


def test_without_a_watchdog_there_are_no_signs_of_life() -> None:
    said: list[str] = []
    report = ServiceReport(None, said.append)
    report.look(EngineView((good(),)), 0.0, leaving=False)
    report.look(EngineView((good(),)), 99.0, leaving=False)
    assert said == ["READY=1"]
