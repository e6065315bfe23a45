"""A command in a pseudo-terminal of its own: what it prints comes as bytes, what is typed goes as text."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress

_READ = 65_536  # bytes at once
_LEAVES_WITHIN = 5.0  # seconds, after its terminal is gone
_MOST = 500  # columns or rows
_MOST_TYPED = 1_000_000  # bytes that wait


class PseudoTerminal:
    """Runs from `started` to `ended`. Sizes are cells; those beyond all screens are cut to one."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self._process = process
        self._master = master
        self._typed = b""  # what is not written yet

    @classmethod
    def started(
        cls, command: Sequence[str], columns: int, rows: int, env: Mapping[str, str]
    ) -> PseudoTerminal:
        """Run it. Raises OSError where that cannot be."""
        master, slave = pty.openpty()
        try:
            _set_size(master, columns, rows)
            process = subprocess.Popen(
                command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=env
            )
        except OSError:
            os.close(master)
            raise
        finally:
            os.close(slave)
        os.set_blocking(master, False)
        return cls(process, master)

    async def output(self) -> AsyncIterator[bytes]:
        """What it prints, until it has ended. Nothing is read before what came last was taken."""
        loop = asyncio.get_running_loop()
        while True:
            there: asyncio.Future[None] = loop.create_future()
            loop.add_reader(self._master, _settle, there)
            try:
                await there
            finally:
                loop.remove_reader(self._master)
            try:
                read = os.read(self._master, _READ)
            except BlockingIOError:
                continue
            except OSError:  # the other side is closed
                return
            if not read:
                return
            yield read

    def type(self, keys: str) -> None:
        """Type this, as soon as there is room for it. What comes after too much of that is left out."""
        if len(self._typed) < _MOST_TYPED:
            self._typed += keys.encode(errors="replace")
            self._write()

    def _write(self) -> None:
        try:
            self._typed = self._typed[os.write(self._master, self._typed) :]
        except BlockingIOError:
            pass
        except OSError:  # nobody reads any more
            self._typed = b""
        loop = asyncio.get_running_loop()
        if self._typed:
            loop.add_writer(self._master, self._write)
        else:
            loop.remove_writer(self._master)

    def resize(self, columns: int, rows: int) -> None:
        """The window has another size."""
        _set_size(self._master, columns, rows)
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGWINCH)

    async def ended(self) -> None:
        """Close its terminal, and see it gone."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGHUP)
        asyncio.get_running_loop().remove_writer(self._master)
        os.close(self._master)
        try:
            await asyncio.to_thread(self._process.wait, _LEAVES_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)


def _settle(there: asyncio.Future[None]) -> None:
    if not there.done():
        there.set_result(None)


def _set_size(master: int, columns: int, rows: int) -> None:
    cells = (min(max(number, 1), _MOST) for number in (rows, columns))
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", *cells, 0, 0))
