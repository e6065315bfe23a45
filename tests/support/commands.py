"""Many commands in little time, each in a process of its own with streams, locale and terminal as wanted.

This module is a program too: it loads the commands once and forks for each. What the interpreter does to the
standard streams when it starts and ends is done here again, as far as a command can tell.
"""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

PATIENCE = 30  # seconds for one command


@dataclass(frozen=True, slots=True)
class Cell:
    """A command, and what its streams are: `closed`, `full`, `broken`, `null`, or into a file by default."""

    argv: Sequence[str]
    streams: Mapping[str, str] = field(default_factory=dict)  # by "0", "1", "2"
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = "."


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: exit status, what it printed, and the traceback of what nobody caught."""

    status: int
    out: bytes
    err: bytes
    crash: str


class Commands:
    """A context manager that runs cells, one after the other."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.commands"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env=dict(env),
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.communicate()

    def run(self, cell: Cell) -> Outcome:
        """Run one and wait for its end."""
        assert self._process.stdin is not None and self._process.stdout is not None
        asked = asdict(cell) | {"folder": str(self._folder)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        out, err, crash = (self._folder / name for name in ("1", "2", "crash"))
        return Outcome(said["status"], out.read_bytes(), err.read_bytes(), crash.read_text())


def _serve() -> None:
    load()
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _be(asked)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(json.dumps({"status": os.waitstatus_to_exitcode(status)}) + "\n")
        sys.stdout.flush()


def load() -> None:
    """Import what the commands do."""
    import hypertui.backtest.simulation
    import hypertui.cli.backtest
    import hypertui.cli.completion
    import hypertui.cli.ctl
    import hypertui.cli.doctor
    import hypertui.cli.key
    import hypertui.cli.ledger
    import hypertui.cli.reports
    import hypertui.cli.safe
    import hypertui.cli.show
    import hypertui.cli.status
    import hypertui.cli.trade
    import hypertui.cli.venue
    import hypertui.cli.version
    import hypertui.exchange.hyperliquid
    import hypertui.ledger.order_history
    import hypertui.ledger.order_history_text  # noqa: F401


def _be(asked: dict[str, object]) -> None:
    """The command, in this process; does not return."""
    folder = Path(str(asked["folder"]))
    signal.alarm(PATIENCE)
    os.chdir(str(asked["cwd"]))
    env, streams = asked["env"], asked["streams"]
    assert isinstance(env, dict) and isinstance(streams, dict)
    os.environ.update(env)
    (folder / "crash").write_text("")
    _arrange(folder, streams)
    _start(env)
    try:
        status = _end(_call(asked["argv"]))
    except BaseException:  # noqa: BLE001 - this is what the test is about
        (folder / "crash").write_text(traceback.format_exc())
        status = 1
    os._exit(status)


def _arrange(folder: Path, streams: Mapping[str, str]) -> None:
    for number in range(3):
        kind = streams.get(str(number), "null" if number == 0 else "file")
        path = {"full": "/dev/full", "file": str(folder / str(number))}.get(kind, os.devnull)
        if number and kind != "file":
            (folder / str(number)).write_bytes(b"")
        if kind == "broken":
            reader, opened = os.pipe()
            os.close(reader)
        else:
            opened = os.open(path, os.O_RDWR | (os.O_CREAT | os.O_TRUNC if kind == "file" else 0), 0o600)
        os.dup2(opened, number)
        os.close(opened)
    for number in range(3):
        if streams.get(str(number)) == "closed":
            os.close(number)


def _start(env: Mapping[str, str]) -> None:
    """As the interpreter makes them: none for a closed one, UTF-8 in the C locale."""
    encoding = "iso-8859-1" if "8859" in env.get("LC_ALL", "") else "utf-8"
    sys.stdin = sys.__stdin__ = _stream(0, encoding, "strict")  # type: ignore[assignment,misc]
    sys.stdout = sys.__stdout__ = _stream(1, encoding, "strict")  # type: ignore[assignment,misc]
    sys.stderr = sys.__stderr__ = _stream(2, encoding, "backslashreplace")  # type: ignore[assignment,misc]


def _stream(number: int, encoding: str, errors: str) -> io.TextIOWrapper | None:
    with suppress(OSError):
        os.fstat(number)
        mode = "w" if number else "r"
        return open(number, mode, 1 if number == 2 else -1, encoding, errors, closefd=False)  # type: ignore[return-value]
    return None


def _call(argv: object) -> int:
    from hypertui.cli import main

    assert isinstance(argv, list)
    try:
        return main(argv)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1


def _end(status: int) -> int:
    """As the interpreter ends: what cannot be written out is told by a traceback and status 120."""
    with suppress(ImportError):
        import logging

        logging.shutdown()
    sys.stdout.flush()
    with suppress(OSError):
        sys.stderr.flush()
    return status


if __name__ == "__main__":
    _serve()
