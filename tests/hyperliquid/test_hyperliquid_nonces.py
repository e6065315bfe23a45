"""Nonces: never twice, whoever draws them, and never an obstacle."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.exchange.hyperliquid import NonceSource
from hypertui.exchange.hyperliquid import nonces as subject
from tests.support.prefork import Process

SIGNER, OTHER = "0x" + "ab" * 20, "0x" + "cd" * 20
NOW = 1_700_000_000_000
HOUR = 3_600_000

# Draws as fast as it can as soon as somebody opens the gate, and says what it drew.
HAMMER = """
import sys
from pathlib import Path
from hypertui.exchange.hyperliquid import nonces
from hypertui.exchange.hyperliquid.nonces import NonceSource
nonces._PATIENCE = 30.0  # on a machine that is busy the lock's holder may not run for long
source = NonceSource(Path(sys.argv[1]), clock=lambda: 1_700_000_000_000)
print("ready", flush=True)
sys.stdin.readline()
print(*[source.draw(sys.argv[2]) for _ in range(int(sys.argv[3]))])
"""


def source(folder: Path | None = None, now: int = NOW) -> NonceSource:
    return NonceSource(folder, clock=lambda: now)


def kept(folder: Path) -> Path:
    return folder / f"{SIGNER}.nonce"


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    with caplog.at_level(logging.WARNING):
        yield lambda: [record.getMessage() for record in caplog.records]


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(-5, 50))))
def test_whatever_the_clock_does_and_whoever_draws(steps: list[tuple[int, bool, int]]) -> None:
    """Four sources by the same file; one may lose its memory, as a restart does."""
    now = [NOW]
    with tempfile.TemporaryDirectory() as name:
        sources = [NonceSource(Path(name), clock=lambda: now[0]) for _ in range(4)]
        drawn = []
        for which, restarts, passes in steps:
            now[0] += passes
            if restarts:
                sources[which] = NonceSource(Path(name), clock=lambda: now[0])
            drawn.append(sources[which].draw(SIGNER))
            assert drawn[-1] == max([now[0], *(nonce + 1 for nonce in drawn[:-1])])


def test_each_signer_has_its_own(tmp_path: Path) -> None:
    for numbers in (source(), source(tmp_path)):
        assert [numbers.draw(SIGNER), numbers.draw(SIGNER), numbers.draw(OTHER)] == [NOW, NOW + 1, NOW]


def test_processes_of_one_key_never_draw_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "nonces"
    processes = [
        Process(
            [sys.executable, "-c", HAMMER, str(folder), SIGNER, "3000"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    drawn = [[int(nonce) for nonce in process.communicate(timeout=60)[0].split()] for process in processes]
    assert all(own == sorted(own) for own in drawn)
    assert sorted(chain.from_iterable(drawn)) == list(range(NOW, NOW + 9000))
    assert kept(folder).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "garbage",
    [b"x", b"\0" * 4096, b"-0000000000000000001\n", b"%020d\n" % (NOW + 24 * HOUR), b"%d\n" % NOW, b"9" * 64],
)
def test_garbage_is_replaced_and_told_once(
    garbage: bytes, tmp_path: Path, said: Callable[[], list[str]]
) -> None:
    kept(tmp_path).write_bytes(garbage)
    numbers = source(tmp_path)
    assert [numbers.draw(SIGNER) for _ in range(3)] == [NOW, NOW + 1, NOW + 2]
    assert source(tmp_path).draw(SIGNER) == NOW + 3
    assert kept(tmp_path).read_bytes() == b"%020d\n" % (NOW + 3)
    (text,) = said()
    assert "held no nonce" in text


def test_a_clock_that_was_set_back_by_some_hours(tmp_path: Path) -> None:
    source(tmp_path, NOW + 10 * HOUR).draw(SIGNER)
    assert source(tmp_path).draw(SIGNER) == NOW + 10 * HOUR + 1


def test_a_file_that_is_taken_away_is_made_anew(tmp_path: Path, said: Callable[[], list[str]]) -> None:
    one, other = source(tmp_path), source(tmp_path)
    assert [one.draw(SIGNER), other.draw(SIGNER)] == [NOW, NOW + 1]
    kept(tmp_path).unlink()
    assert [one.draw(SIGNER), other.draw(SIGNER), one.draw(SIGNER)] == [NOW + 1, NOW + 2, NOW + 3]
    assert not said()


def spoiled_folder(path: Path) -> Path:
    (path / "file").write_text("")
    return path / "file"


def spoiled_link(path: Path) -> Path:
    kept(path).symlink_to(path / "elsewhere")
    return path


def spoiled_pipe(path: Path) -> Path:
    os.mkfifo(kept(path))
    return path


@pytest.mark.parametrize("spoiled", [spoiled_folder, spoiled_link, spoiled_pipe])
def test_a_file_that_cannot_be_had_holds_nothing_up(
    spoiled: Callable[[Path], Path],
    tmp_path: Path,
    said: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subject, "_REST", 0.0)
    numbers = source(spoiled(tmp_path))
    assert [numbers.draw(SIGNER) for _ in range(3)] == [NOW, NOW + 1, NOW + 2]
    assert len(said()) == 1
    assert not (tmp_path / "elsewhere").exists()


def failing(code: int) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize(
    ("module", "call", "stand_in"),
    [
        (fcntl, "flock", failing(errno.ENOLCK)),
        (os, "pwrite", failing(errno.ENOSPC)),
        (os, "pwrite", lambda *_: 3),
        (os, "pread", failing(errno.EIO)),
    ],
)
def test_a_disk_that_fails_holds_nothing_up(
    module: Any,
    call: str,
    stand_in: Callable[..., Any],
    tmp_path: Path,
    said: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subject, "_REST", 0.0)
    source(tmp_path, NOW + 100).draw(SIGNER)
    numbers = source(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(module, call, stand_in)
        drawn = [numbers.draw(SIGNER) for _ in range(3)]
    # What can still be read is heeded.
    first = NOW + 101 if call == "pwrite" else NOW
    assert drawn == [first, first + 1, first + 2]
    assert len(said()) == 1
    # Nothing is held that another one waits for, and once it works again it counts with the others.
    assert source(tmp_path).draw(SIGNER) == NOW + 101
    assert numbers.draw(SIGNER) > NOW + 101
    assert len(list(tmp_path.iterdir())) == 1


def test_a_lock_that_another_process_keeps_is_waited_for_once_and_shortly(
    tmp_path: Path, said: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "_REST", 3600.0)
    source(tmp_path).draw(SIGNER)
    numbers = source(tmp_path)
    with kept(tmp_path).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        began = time.monotonic()
        assert [numbers.draw(SIGNER) for _ in range(1000)] == list(range(NOW, NOW + 1000))
        assert 0.05 <= time.monotonic() - began < 2.0
    (text,) = said()
    assert "does not let go" in text
