"""Keeps the process with the door: starts it, answers it, and starts it again where it has ended."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress

from hypertui.alert_source.desk_taker import DeskTaker
from hypertui.core.redaction import printable, without_secrets
from hypertui.intents.received import NotWritten
from hypertui.intents.warnings import Warnings
from hypertui.port.snapshot import Severity
from hypertui.webhook.wire import (
    LONGEST_LINE,
    MOST_AT_ONCE,
    AlertWish,
    DoorOpening,
    Rejection,
    SignOfLife,
    Trouble,
    WishAnswer,
    answer_line,
    opening_line,
    said_of,
)

# Without the folder that it is started in, where anything may be called as one of Python's own modules.
DOOR_PROCESS = (sys.executable, "-P", "-m", "hypertui.webhook")

_ALARM = "alerts"
_SILENCE = 20.0  # seconds without a sign of life after which it is ended
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0  # seconds until the next one is started
_LIVED = 60.0  # seconds after which the next one is started at once again
_LEAVES = 2.0  # seconds in which it may go by itself
_PACE = (
    0.002  # seconds between two of its lines: what it says more often waits, and takes no time from trades
)
_COMPLAINS_EVERY = 1.0  # seconds between two of its troubles that are told
_UNTAKEN = 8_192  # bytes of answers that wait until it takes them, before no more of its wishes are looked at
_LONGEST = 400  # characters of what it says that are told
_LAST_WORDS = 8_192  # bytes of what it says about its own end
_LOG = logging.getLogger(__name__)


class Doorkeeper:
    """Of one engine, on the desk's loop. `listening` is a socket that listens already, and is closed when
    `run` is over; `environment` is the process's."""

    def __init__(
        self,
        taker: DeskTaker,
        warnings: Warnings,
        opening: DoorOpening,
        listening: socket.socket,
        environment: Mapping[str, str],
        command: Sequence[str] = DOOR_PROCESS,
    ) -> None:
        self._taker = taker
        self._warnings = warnings
        self._opening = opening
        self._listening = listening
        self._environment = environment
        self._command = tuple(command)
        self._answering: set[asyncio.Task[None]] = set()
        self._process: Process | None = None
        self._fault = ""  # why its wire was cut, where it was

    @property
    def pid(self) -> int | None:
        """Of the process that there is."""
        return None if self._process is None else self._process.pid

    async def run(self) -> None:
        """Have alerts taken until cancelled."""
        loop, pause = asyncio.get_running_loop(), _FIRST_PAUSE
        try:
            while True:
                began = loop.time()
                why = await self._kept()
                text = f"no alert is taken: the process with the door has ended ({why}); it is started again"
                self._warnings.sound(_ALARM, Severity.CRITICAL, text)
                _LOG.error("%s", text)
                pause = _FIRST_PAUSE if loop.time() - began > _LIVED else min(2 * pause, _LONGEST_PAUSE)
                await asyncio.sleep(pause)
        finally:
            self._listening.close()
            for task in self._answering:
                task.cancel()
            await asyncio.gather(*self._answering, return_exceptions=True)

    async def _kept(self) -> str:
        """One process from its start to its end; returns why it ended."""
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = theirs.fileno(), self._listening.fileno()
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    *map(str, descriptors),
                    stdin=DEVNULL,
                    stdout=DEVNULL,
                    stderr=PIPE,
                    pass_fds=descriptors,
                    env=self._environment,
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                return f"it could not be started: {error.strerror}"
            except BaseException:
                ours.close()
                raise
        self._process, self._fault = process, ""
        said = asyncio.create_task(_last_words(process))
        try:
            with closing(ours):
                reader, writer = await asyncio.open_unix_connection(sock=ours, limit=LONGEST_LINE)
                writer.transport.set_write_buffer_limits(_UNTAKEN)
                try:
                    why = await self._attended(reader, writer)
                finally:
                    writer.transport.abort()  # whatever it has not taken by now
        finally:
            await _ended(process)
            self._process = None
            words = await _in_time(said)
        return why or self._fault or words or f"status {process.returncode}"

    async def _attended(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
        """Answer it until the wire is cut; returns why the engine has cut it, if it has."""
        places, loop = asyncio.Semaphore(MOST_AT_ONCE), asyncio.get_running_loop()
        complains_at = loop.time()
        with suppress(ConnectionError):
            writer.write(opening_line(self._opening))
            try:
                while line := await asyncio.wait_for(reader.readline(), _SILENCE):
                    match said_of(line):
                        case SignOfLife(denied):
                            self._warnings.clear(_ALARM)
                            for why, times in denied.items():
                                self._taker.deny(why, times)
                        case Trouble(text) if loop.time() >= complains_at:
                            complains_at = loop.time() + _COMPLAINS_EVERY
                            _LOG.error("the door: %s", without_secrets(printable(text, _LONGEST)))
                        case AlertWish() | Rejection() as wish:
                            await places.acquire()
                            if not self._fault:
                                self._answer(wish, writer, places)
                    await asyncio.sleep(_PACE)
                    if self._fault:
                        break  # what it had said before that was noticed is not listened to
            except TimeoutError:
                return f"no sign of life for {_SILENCE:.0f} s"
            except ValueError as error:  # or a line that is too long
                return f"it said what it may not say: {error}"
        return ""

    def _answer(
        self, wish: AlertWish | Rejection, writer: asyncio.StreamWriter, places: asyncio.Semaphore
    ) -> None:
        # Seen through even where the door has gone meanwhile: what is written down is done.
        task = asyncio.create_task(self._answered(wish, writer))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        task.add_done_callback(lambda _: places.release())

    async def _answered(self, wish: AlertWish | Rejection, writer: asyncio.StreamWriter) -> None:
        try:
            match wish:
                case AlertWish(nr, name, alert):
                    received = await self._taker.receive(name, alert)
                case Rejection(nr, name, verb, reason, text):
                    received = await self._taker.reject(name, verb, reason, text)
            answer = WishAnswer(nr, received)
        except NotWritten as error:
            answer = WishAnswer(wish.nr, why=str(error))
        except ValueError as error:
            self._cut(writer, str(error))
            return
        except Exception:  # noqa: BLE001 - of this one alone
            _LOG.exception("a defect: what came through the door was not taken")
            answer = WishAnswer(wish.nr, why="a defect, which the log tells")
        if writer.is_closing():
            return
        writer.write(answer_line(answer))
        try:
            async with asyncio.timeout(_SILENCE):  # its place is not free before it has taken the answer
                await writer.drain()
        except TimeoutError:
            self._cut(writer, "it takes no answers")
        except ConnectionError:
            pass

    def _cut(self, writer: asyncio.StreamWriter, why: str) -> None:
        if not writer.is_closing():
            self._fault = why
            writer.transport.abort()


async def _last_words(process: Process) -> str:
    """The last line of what it says about its own end."""
    assert process.stderr is not None, "it has a pipe"
    kept = b""
    while part := await process.stderr.read(4_096):
        kept = (kept + part)[-_LAST_WORDS:]
    lines = (line.strip(" |+-") for line in reversed(kept.decode("utf-8", "replace").split("\n")))
    return printable(without_secrets(next(filter(None, lines), "")), _LONGEST)


async def _in_time(said: asyncio.Task[str]) -> str:
    """What it has said, unless somebody else keeps its end open."""
    try:
        return await asyncio.wait_for(said, _LEAVES)
    except TimeoutError:
        return ""


async def _ended(process: Process) -> None:
    """Wait until it has gone by itself, as it does without its wire, or end it."""
    try:
        await asyncio.wait_for(process.wait(), _LEAVES)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _LEAVES)
