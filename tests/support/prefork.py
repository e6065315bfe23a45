"""Python programs in processes of their own, each forked from one that has loaded what all of them import.

To load the package takes a second of a processor for every `python -m hypertui`. A process that is forked has
its own arguments, environment, folder, streams, signals, session and exit status, and its interpreter ends as
any does. How long a start takes, what it loads, and what the interpreter makes of a strange locale is for a
process that is really started.

A command that starts processes of the package itself, a paper market or the consoles of a page, has them
from a process beside it that was forked at the same moment and had loaded no more than it.

This module is a program too: the process that the others are forked from.
"""

from __future__ import annotations

import atexit
import ctypes
import fcntl
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any

# What the interpreter, or Textual when it is imported, has read before a fork.
_READ_EARLY = ("PYTHON", "LC_", "LANG", "TEXTUAL_", "ESCDELAY")
_OF_THE_TESTS_ALONE = "TEXTUAL_SNAPSHOT_"
_AS_THE_CONSOLE_SETS_IT = {"TEXTUAL_FPS": "10", "TEXTUAL_ANIMATIONS": "none"}
# What there was before any test changed it: the process that forks begins with that, whichever test is first.
_AT_FIRST = dict(os.environ)
_MOST = 200_000  # bytes of what is asked of a fork
_MOST_STREAMS = 8
_ABOVE_THE_STREAMS = 100  # where no program that is started here has been given a stream
_PR_SET_CHILD_SUBREAPER = 36


class Process(subprocess.Popen[str]):
    """`subprocess.Popen` in text; a fork where `[sys.executable, "-m" or "-c", …]` is asked for."""

    def __init__(self, args: list[str], **options: Any) -> None:
        super().__init__(args, text=True, **options)

    def _execute_child(self, args: list[str], *others: Any) -> None:
        if not _is_forked(self, args, *others):
            super()._execute_child(args, *others)  # type: ignore[misc]


def _is_forked(process: subprocess.Popen[Any], args: Sequence[str], *others: Any) -> bool:
    """Whether a process that is to be executed was forked instead: all that is asked for is possible so."""
    _, preexec, _, pass_fds, cwd, env, _, _, shell, *streams = others
    read, _, _, write, _, errors, *_, session, group = streams
    environment = dict(os.environ if env is None else env)
    stranger = preexec or shell or group != -1 or args[0] != sys.executable or args[1] not in ("-m", "-c")
    if stranger or len(pass_fds) > _MOST_STREAMS - 3 or not _Nursery.serves(environment):
        return False
    try:
        asked = {
            "argv": args[1:],
            "env": environment,
            "cwd": str(cwd or Path.cwd()),
            "session": session,
            "streams": [0, 1, 2, *pass_fds],
        }
        given = [at if stream == -1 else stream for at, stream in enumerate((read, write, errors))]
        process.pid = _Nursery.the().fork(asked, [*given, *pass_fds])
        process._child_created = True  # type: ignore[attr-defined]
    finally:
        process._close_pipe_fds(*streams[:6])  # type: ignore[attr-defined]
    return True


def run_to_end(
    args: list[str], *, capture_output: bool = False, timeout: float | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """`subprocess.run`, in text, that checks nothing."""
    if capture_output:
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Process(args, **options) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(args, process.returncode, out, err)


class _Nursery:
    """The process that forks. It ends when the test process does."""

    _only: _Nursery | None = None
    _lock = threading.Lock()

    @classmethod
    def the(cls) -> _Nursery:
        with cls._lock:
            cls._only = cls._only or cls._started()
            return cls._only

    @staticmethod
    def serves(environment: Mapping[str, str]) -> bool:
        """Whether nothing is asked for that a fork comes too late for."""
        return sys.platform == "linux" and _early(environment) == _early(_AT_FIRST)

    def __init__(self, control: socket.socket, how_it_ended: Callable[[], object]) -> None:
        self._socket = control
        self._how_it_ended = how_it_ended
        self._libc = ctypes.CDLL(None, use_errno=True)

    @classmethod
    def _started(cls) -> _Nursery:
        ours, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        clean = {name: value for name, value in _AT_FIRST.items() if not name.startswith("HYPERTUI_")}
        with other:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.prefork", str(other.fileno())],
                stdin=subprocess.DEVNULL,
                cwd=Path(__file__).parents[2],
                env=clean | _AS_THE_CONSOLE_SETS_IT,
                pass_fds=[other.fileno()],
            )
        return cls(ours, process.poll)

    @classmethod
    def have(cls, control: socket.socket) -> None:
        """From now on what this process starts comes from the one at the other end of a socket."""
        cls._only = cls(control, lambda: None)
        execute = subprocess.Popen._execute_child  # type: ignore[attr-defined]

        def fork(self: subprocess.Popen[Any], args: Sequence[str], *others: Any) -> None:
            if not _is_forked(self, args, *others):
                execute(self, args, *others)

        subprocess.Popen._execute_child = fork  # type: ignore[attr-defined]

    def fork(self, asked: Mapping[str, object], streams: list[int]) -> int:
        """The number of the new process, a child of this one."""
        with self._lock:
            # It is a grandchild's child, and whoever was between has ended: that makes it ours.
            self._adopt_orphans(True)
            try:
                socket.send_fds(self._socket, [json.dumps(asked).encode()], streams)
                said = self._socket.recv(100)
            finally:
                self._adopt_orphans(False)
        if not said:
            raise OSError(f"the process that forks has ended: {self._how_it_ended()}")
        return int(said)

    def _adopt_orphans(self, adopt: bool) -> None:
        if self._libc.prctl(_PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")


def _early(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(_READ_EARLY)
        and not name.startswith(_OF_THE_TESTS_ALONE)
        and _AS_THE_CONSOLE_SETS_IT.get(name) != value
    }


# The program


def _serve(control: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Fork for each that asks; returns, in the new process, what it is to be and its streams."""
    while True:
        message, streams, *_ = socket.recv_fds(control, _MOST, _MOST_STREAMS)
        if not message:
            os._exit(0)
        reader, writer = os.pipe()
        middle = os.fork()
        if middle == 0:
            number = os.fork()
            if number == 0:
                os.close(reader)
                os.close(writer)
                return json.loads(message), streams
            os.write(writer, str(number).encode())
            os._exit(0)
        os.waitpid(middle, 0)
        control.send(os.read(reader, 100))
        for each in (reader, writer, *streams):
            os.close(each)


def _with_one_beside_it(asked: dict[str, Any], streams: list[int]) -> tuple[dict[str, Any], list[int]]:
    """Leave a process behind from which those come that the program starts. It ends when the program does."""
    ours, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork():
        control.close()
        # Out of the way of the numbers that the program's own files would have without it.
        _Nursery.have(socket.socket(fileno=fcntl.fcntl(ours.detach(), fcntl.F_DUPFD_CLOEXEC, 500)))
        return asked, streams
    ours.close()
    for stream in (*streams, 0, 1, 2):
        os.close(stream)
    for _ in range(3):
        os.open(os.devnull, os.O_RDWR)
    with closing(control):
        return _serve(control)


def _starts_others(asked: dict[str, Any]) -> bool:
    """Whether it is a command with a paper market of its own, or a page."""
    kind, program, *arguments = asked["argv"]
    return (kind, program) == ("-m", "hypertui") and ("--base-url" not in arguments or "serve" in arguments)


def _be(asked: dict[str, Any], streams: list[int]) -> None:
    """What a new process and its interpreter are before the program begins."""
    apart = [fcntl.fcntl(stream, fcntl.F_DUPFD_CLOEXEC, _ABOVE_THE_STREAMS) for stream in streams]
    for stream in streams:
        os.close(stream)
    for number, stream in zip(asked["streams"], apart, strict=True):
        os.dup2(stream, number)
        os.close(stream)
    if asked["session"]:
        os.setsid()
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which whoever runs the tests may ignore
    sys.stdin = sys.__stdin__ = _stream(sys.stdin)  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _stream(sys.stdout)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _stream(sys.stderr)  # type: ignore[misc]


def _stream(like: IO[str]) -> IO[str]:
    buffering = 1 if like.fileno() == 2 else -1
    stream = open(like.fileno(), like.mode, buffering, like.encoding, like.errors, closefd=False)  # noqa: SIM115
    stream.buffer.raw.name = like.name  # type: ignore[attr-defined]
    return stream


def _end(code: object) -> None:
    """End as the interpreter does, but for taking apart what was loaded: that would copy nearly all of it,
    and take longer than most commands. Returns where more is to be done: a text to print, a broken stream."""
    if code is not None and not isinstance(code, int):
        return
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            return
    os._exit((code or 0) & 0xFF)


def _load() -> None:
    """Everything that the tests start imports."""

    import tests.support.commands

    tests.support.commands.load()


def main() -> None:
    """Serve by the socket of this number, and then be what was asked for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    _load()
    gc.freeze()
    gc.enable()
    with closing(socket.socket(fileno=int(sys.argv[1]))) as control:
        asked, streams = _serve(control)
    if _starts_others(asked):
        asked, streams = _with_one_beside_it(asked, streams)
    _be(asked, streams)
    kind, program, *arguments = asked["argv"]
    sys.argv = [kind, *arguments]
    sys.path[0] = asked["cwd"] if kind == "-m" else ""
    try:
        if kind == "-m":
            runpy.run_module(program, run_name="__main__", alter_sys=True)
        else:
            exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - what -c is for
    except SystemExit as left:
        _end(left.code)
        raise
    _end(None)


if __name__ == "__main__":
    main()
