"""A program in a terminal of its own, typed at and read like a person would."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.support.prefork import Process

DEADLINE = 40.0
_ESCAPES = re.compile(rb"\x1b\[[0-9;?>=]*[A-Za-z]|\x1b[^\[]")


def plain(output: bytes) -> str:
    """What was printed, without the sequences that a terminal obeys."""
    return _ESCAPES.sub(b"", output).decode(errors="replace")


class Terminal:
    """A context manager; the process is killed on the way out if it is still there."""

    def __init__(
        self,
        command: list[str],
        cwd: Path,
        env: Mapping[str, str],
        rows: int = 40,
        columns: int = 120,
        kind: str = "xterm-256color",
    ) -> None:
        # Our end of the program's side stays open: what it leaves of the terminal can be looked at.
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.modes_before = termios.tcgetattr(self.slave)
        self.output = b""
        self.process = Process(
            command,
            cwd=cwd,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            start_new_session=True,
            env={**env, "TERM": kind},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master >= 0:
            os.close(self.master)
        os.close(self.slave)

    @property
    def modes(self) -> list[object]:
        """The terminal's modes as they are now."""
        return termios.tcgetattr(self.slave)

    def read_until(self, *wanted: str, deadline: float = DEADLINE) -> str:
        """Read until one of `wanted` has been printed since the last call; returns what was, as text."""
        end = time.monotonic() + deadline
        fresh = b""
        while time.monotonic() < end:
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if not ready:
                if self.process.poll() is not None:
                    break
                continue
            read = os.read(self.master, 65_536)
            fresh += read
            self.output += read
            text = plain(fresh)
            if any(word in text for word in wanted):
                return text
        shown = plain(fresh)
        raise AssertionError(f"none of {wanted} came: {shown[-1500:]!r}")

    def resize(self, rows: int, columns: int) -> None:
        """Change the window, as dragging its corner does."""
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.signal(signal.SIGWINCH)

    def drain(self) -> None:
        """Read what is there."""
        while select.select([self.master], [], [], 0)[0]:
            self.output += os.read(self.master, 65_536)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def hang_up(self) -> None:
        """Close the window. It is no session's terminal, so that the kernel sends nobody a signal."""
        os.close(self.master)
        self.master = -1

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, deadline: float = DEADLINE) -> int:
        """Read to the end; returns the exit status."""
        end = time.monotonic() + deadline
        while True:
            assert time.monotonic() < end, "the program did not end"
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if ready:
                self.output += os.read(self.master, 65_536)
            elif self.process.poll() is not None:
                return self.process.returncode
