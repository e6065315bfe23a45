"""Status 2 means bad input before anything was traded: what a running engine raises is a defect."""

from __future__ import annotations

import atexit
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from hypertui.cli import main
from hypertui.engine.engine import EmbeddedEngine
from hypertui.engine.make_safe import Safety
from tests.cli.operating import SECRET, SOL
from tests.support.local_venue import LocalVenue


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder whose log is written when the test says so."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HYPERTUI_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("HYPERTUI_SECRET_KEY", SECRET)
    before = list(logging.getLogger().handlers)
    yield tmp_path
    logging.getLogger().handlers[:] = before


def words(state: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    """The exit status, and what the log holds."""
    closing = []
    monkeypatch.setattr(atexit, "register", closing.append)
    status = main(list(arguments))
    for close in closing:
        close()
    return status, (state / "paper" / "hypertui.log").read_text()


@pytest.mark.parametrize("kind", [ValueError, OSError, KeyError])
def test_a_running_engine_that_raises_is_a_defect(
    state: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], kind: type[Exception]
) -> None:
    async def run(*_: object) -> None:
        raise kind("what no one thought of")

    monkeypatch.setattr(EmbeddedEngine, "run", run)
    status, log = words(state, monkeypatch, "run", "--headless", "--base-url", "http://127.0.0.1:9", *SOL)
    assert status == 70
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"hypertui: a defect: {kind.__name__}: ") and "what no one thought of" in line
    assert "Traceback" in json.loads(log.splitlines()[-1])["exception"]


def test_safe_that_raises_is_a_defect(
    state: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    async def make_safe(*_: object) -> str:
        raise ValueError("what no one thought of")

    monkeypatch.setattr(Safety, "make_safe", make_safe)
    with LocalVenue() as venue:
        status, log = words(state, monkeypatch, "safe", "--base-url", venue.base_url, *SOL)
    assert status == 70
    (line,) = capfd.readouterr().err.splitlines()
    assert line == "hypertui: a defect: ValueError: what no one thought of"
    assert "Traceback" in log
